"""Letters as clients write them: complete, in character, and readable by the bot's own reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest

from ranmailbot.call.call import Call
from ranmailbot.mail.answers import read_answers
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.letter import Letter, decode
from ranmailbot.mail.limits import Limits
from ranmailbot.rehearsal import letters
from ranmailbot.rehearsal.calendar_replies import calendar_reply
from ranmailbot.rehearsal.people import Persona, Style, cast
from ranmailbot.rehearsal.received import Event, Received, asked, question_spans
from ranmailbot.rehearsal.words import LANGUAGES

NOON = datetime(2022, 3, 3, 12, tzinfo=UTC)
ID = "<1.sample@people.example>"


def written(persona: Persona, call: Call, form: Received) -> bytes:
    head = letters.head_of_reply(persona, form, NOON, ID)
    return letters.answer(head, persona, call, form, persona.answers)


def understood(raw: bytes, call: Call, form: Received) -> dict[int, str]:
    letter = opened(raw)
    ours = (*form.sender, form.subject)
    sent = SentForm(form.message_id, form.text, call.questions, call.profile_lines, ours)
    return {one.question: one.text for one in read_answers(letter.text, sent, letter.sender).answers}


def opened(raw: bytes) -> Letter:
    return decode(raw, NOON, Limits(), Trust("generic", "mx.example"), ["prisons-call@ran.example"])


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("style", list(Style))
def test_what_is_written_in_each_style_is_what_is_understood(style: Style, call: Call, form_mail: Received) -> None:
    for persona in cast(call, 12, 7):
        one = replace(persona, style=style, language="en")
        got = understood(written(one, call, form_mail), call, form_mail)
        assert {k: plain(v) for k, v in got.items()} == {k: plain(v) for k, v in one.answers.items()}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_old_character_sets_carry_the_letters_of_their_language(language: str, call: Call, form_mail: Received) -> None:
    persona = next(one for one in cast(call, 120, 1) if one.style is Style.LEGACY and one.language == language)
    raw = written(persona, call, form_mail)
    assert letters.CHARSETS[language].encode() in raw
    got = understood(raw, call, form_mail)
    assert {k: plain(v) for k, v in got.items()} == {k: plain(v) for k, v in persona.answers.items()}
    assert any(not text.isascii() for text in got.values())


@pytest.mark.parametrize("style", list(Style))
def test_no_letter_has_lines_that_a_server_would_refuse(style: Style, call: Call, form_mail: Received) -> None:
    for persona in cast(call, 6, 2):
        raw = written(replace(persona, style=style), call, form_mail)
        assert max(map(len, raw.replace(b"\r\n", b"\n").split(b"\n"))) <= 998


def test_a_reply_refers_to_the_mail_it_answers(call: Call, form_mail: Received) -> None:
    message = message_from_bytes(written(cast(call, 1, 1)[0], call, form_mail), policy=SMTP)
    assert str(message["In-Reply-To"]) == form_mail.message_id
    assert str(message["References"]).split()[-1] == form_mail.message_id
    assert str(message["To"]) == form_mail.reply_to


def test_questions_are_found_where_lines_were_wrapped(call: Call, form_mail: Received) -> None:
    assert asked(form_mail, call.questions) == tuple(one.number for one in call.questions)
    lines = ["1. What is your", "   experience?", "more words of ours", "", "x"]
    question = replace(call.questions[0], text="What is your experience?")
    assert question_spans(lines, [question]) == {1: (0, 2)}


def test_a_garbled_letter_still_has_an_author_and_breaks_no_reader(call: Call, form_mail: Received) -> None:
    persona = cast(call, 1, 1)[0]
    letter = opened(letters.garbled(letters.head_of_reply(persona, form_mail, NOON, ID)))
    assert letter.sender is not None
    assert letter.sender.email == persona.email


EVENT = Event(
    method="REQUEST",
    uid="11111111-2222-3333-4444-555555555555",
    sequence=3,
    start=NOON,
    end=NOON,
    asks=True,
    attendees=1,
    lines=(
        "BEGIN:VEVENT",
        "UID:11111111-2222-3333-4444-555555555555",
        "DTSTART;TZID=Europe/Brussels:20220405T090000",
        "DTEND;TZID=Europe/Brussels:20220405T123000",
        "ORGANIZER;CN=A very long name of an organiser that must be folded:mailto:bot+abcdefghijklmnop@ran.example",
        "SUMMARY:Meeting",
    ),
)


@pytest.mark.parametrize("client", ["outlook", "google"])
def test_a_calendar_reply_keeps_uid_and_sequence_and_names_one_attendee(
    client: str, call: Call, form_mail: Received
) -> None:
    persona = cast(call, 1, 1)[0]
    head = letters.head_of_reply(persona, form_mail, NOON, ID)
    message = message_from_bytes(calendar_reply(head, EVENT, "DECLINED", NOON, client), policy=SMTP)  # type: ignore[arg-type]
    part = next(one for one in message.walk() if one.get_content_type() == "text/calendar")
    text = part.get_payload(decode=True).decode()
    assert part.get_param("method") == "REPLY"
    assert "METHOD:REPLY\r\n" in text
    assert f"UID:{EVENT.uid}\r\nSEQUENCE:3\r\n" in text
    assert text.count("ATTENDEE;PARTSTAT=DECLINED") == 1
    assert max(map(len, text.split("\r\n"))) <= 75
    assert (client == "google") == (message["Auto-Submitted"] is not None)
