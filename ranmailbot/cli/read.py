"""`read`: how a mail would be understood and answered. Stores nothing, sends nothing."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from ranmailbot import service
from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.adapters.reading_room import InProcessReadingRoom
from ranmailbot.call.application import SURE
from ranmailbot.call.call import Call, Question
from ranmailbot.cli.console import REFUSED, Console, Usage
from ranmailbot.cli.desk import settings_of
from ranmailbot.config import Settings
from ranmailbot.desk import Case, Context
from ranmailbot.intake import recognise
from ranmailbot.mail.answers import Reading
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.form import SentForm, blank_form, printed_question
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.letter_reading import read_letter
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Envelope, Unreadable


def read(console: Console, options: Namespace) -> int:
    """One report for each file, in order. 1 if a file could not be read as mail."""
    settings = settings_of(options)
    form = _sent_form(settings, options.form) if options.form else blank_form(settings.call)
    failed = False
    for path in options.files:
        facts = understand(settings, _bytes(path), form)
        failed = failed or facts["kind"] == "unreadable"
        if options.json:
            console.json({"file": str(path), **facts})
        else:
            _show(console, path, facts)
    return REFUSED if failed else 0


def understand(settings: Settings, raw: bytes, form: SentForm) -> dict[str, Any]:
    """Everything `read --json` says of one mail (docs/read.md)."""
    call = settings.call
    letter = _decode(settings, raw)
    if isinstance(letter, Unreadable):
        return {"kind": "unreadable", "reason": letter.reason, **_nothing(form)}
    reading = read_letter(letter, form)
    case = _case(settings, letter, form, reading)
    name, kind = recognise(case)
    outcome = kind.handle(case)
    drafts = [replace(draft, application=None) for draft in outcome.drafts]
    stationery = JinjaStationery(call, settings.templates)
    mails = [stationery.write(draft, "<preview@example.org>", letter.arrived, None) for draft in drafts]
    return {
        "kind": name,
        "outcome": outcome.name,
        "sender": letter.sender.email if letter.sender else None,
        "name": letter.sender.name if letter.sender else None,
        "authentication": {"passed": letter.authentication.passed, "reason": letter.authentication.reason},
        "silence": letter.silence,
        **_understood(letter, form, reading),
        "reply": _reply(mails),
    }


def _understood(letter: Letter, form: SentForm, reading: Reading) -> dict[str, Any]:
    found = {answer.question: answer for answer in reading.answers}
    answers = [
        {
            "question": question.number,
            "text": found[question.number].text if question.number in found else "",
            "confidence": found[question.number].confidence if question.number in found else 0.0,
            "source": found[question.number].source if question.number in found else "",
            "span": list(found[question.number].span) if question.number in found else None,
        }
        for question in form.questions
    ]
    return {
        "answers": answers,
        "profile": [{"key": value.key, "text": value.text, "guessed": value.guessed} for value in reading.profile],
        "remainder": "\n\n".join(filter(None, (reading.remainder, reading.attached))),
        "attachments": [
            {"name": a.name, "type": a.content_type, "size": a.size, "read": a.read, "reason": a.reason}
            for a in letter.attachments
        ],
        "documents": [{"name": document.name, "text": document.text.text} for document in letter.documents],
        "text": letter.text.text,
    }


def _nothing(form: SentForm) -> dict[str, Any]:
    empty = {"text": "", "confidence": 0.0, "source": "", "span": None}
    answers = [{"question": question.number, **empty} for question in form.questions]
    return {"outcome": "shunted", "sender": None, "name": None, "authentication": {"passed": False, "reason": ""},
            "silence": "", "answers": answers, "profile": [], "remainder": "", "attachments": [], "documents": [],
            "text": "", "reply": None}  # fmt: skip


def _reply(mails: list[OutgoingMail]) -> dict[str, str] | None:
    if not mails:
        return None
    return {"subject": mails[0].subject, "text": mails[0].form.text}


def _case(settings: Settings, letter: Letter, form: SentForm, reading: Reading) -> Case:
    call = settings.call
    context = Context(
        replied=None,
        referred=None,
        form=form,
        applications=(),
        organiser=call.organiser(letter.sender.email) if letter.sender else None,
        bounced=(),
        calendar_answers=(),
        replies_today=0,
        domain_replies_today=0,
        form_sent=False,
        next_number=1,
    )
    limits = settings.limits
    return Case(
        letter,
        context,
        reading,
        call,
        letter.arrived,
        limits.replies_per_sender_per_day,
        limits.replies_per_domain_per_day,
        limits.settle_seconds,
    )


def _decode(settings: Settings, raw: bytes) -> Letter | Unreadable:
    """As if it had arrived when the call was published: whether it is late is not the question here."""
    arrived = settings.call.published
    trust = Trust(settings.mailbox.trust, settings.mailbox.authserv_id or service.BUILT_IN_AUTHSERV)
    room = InProcessReadingRoom(settings.limits, trust, frozenset({settings.call.mailbox.email.casefold()}))
    return room.read([Envelope("INBOX", 1, 1, arrived, len(raw), raw)], [arrived])[0]


def _sent_form(settings: Settings, path: Path) -> SentForm:
    """A form mail of ours as it lies in a file: its text, and those questions that stand in it."""
    call = settings.call
    letter = _decode(settings, _bytes(path))
    if isinstance(letter, Unreadable):
        raise Usage(f"{path} cannot be read as a mail: {letter.reason}")
    text = letter.text.text
    ours = (call.mailbox.name, call.mailbox.email, letter.subject, call.short_title)
    return SentForm(letter.message_id, text, _asked(call, text), call.profile_lines, tuple(filter(None, ours)))


def _asked(call: Call, text: str) -> tuple[Question, ...]:
    flat = " ".join(text.split())
    found = tuple(q for q in call.questions if " ".join(printed_question(q, len(call.questions)).split()) in flat)
    return found or call.questions


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise Usage(f"{path} cannot be read: {fault.strerror}") from None


def _show(console: Console, path: Path, facts: dict[str, Any]) -> None:
    console.say(f"{path}: {facts['kind']}, from {facts['sender'] or 'nobody we can name'}")
    for answer in facts["answers"]:
        sure = "" if answer["confidence"] >= SURE or not answer["text"] else " (unsure)"
        console.say(f"  {answer['question']}. {answer['text'] or '-'}{sure}")
    if facts["remainder"]:
        console.say(f"  else: {facts['remainder']}")
    for part in facts["attachments"]:
        told = "read" if part["read"] else f"not read: {part['reason']}" if part["reason"] else "not read"
        console.say(f"  attached: {part['name']} ({part['type']}, {part['size']} bytes), {told}")
    reply = facts["reply"]
    console.say(f"  reply: {reply['subject']}" if reply else "  reply: none")
