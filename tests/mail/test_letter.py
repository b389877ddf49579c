"""From bytes to a letter: whatever a stranger sends becomes plain values, or a reason."""

from __future__ import annotations

import email
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Letter, NotALetter, decode
from ranmailbot.mail.limits import Limits

LETTERS = sorted((Path(__file__).parent.parent / "letters").glob("*.eml"))
NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
TRUST = Trust("generic", "mx.ran.example")
OWN = ("prisons-call@ran.example",)
HEAD = "From: Anna Ozola <anna@prison.example>\nSubject: Re: call\nMessage-ID: <1@prison.example>\n"


def letter(text: str | bytes, limits: Limits | None = None) -> Letter:
    raw = text if isinstance(text, bytes) else text.encode()
    return decode(raw, NOW, limits or Limits(), TRUST, OWN)


def multipart(kind: str, *parts: str) -> str:
    return (
        f"{HEAD}Content-Type: multipart/{kind}; boundary=b\n\n"
        + "".join(f"--b\n{part}\n" for part in parts)
        + "--b--\n"
    )


def test_what_a_simple_letter_says() -> None:
    one = letter(f"{HEAD}In-Reply-To: <form@ran.example>\nReferences: <a@x.example> <form@ran.example>\n\nHello\n")
    assert one.sender is not None
    assert (one.sender.name, one.sender.email) == ("Anna Ozola", "anna@prison.example")
    assert (one.subject, one.message_id, one.text.text.strip()) == ("Re: call", "<1@prison.example>", "Hello")
    assert one.refers_to == ("<form@ran.example>", "<a@x.example>")
    assert one.return_path is None


@pytest.mark.parametrize(
    "head", ["", "From: a@x.example\nFrom: b@x.example\n", "From: o@good.example <a@evil.example>\n"]
)
def test_a_letter_without_exactly_one_author_has_no_sender(head: str) -> None:
    assert letter(f"{head}Subject: x\n\nhi").sender is None


def test_the_key_is_the_same_for_a_copy_over_another_route_and_differs_with_the_words() -> None:
    one = letter(f"Received: by a\n{HEAD}\nHello\n")
    copy = letter(f"Return-Path: <x@y.example>\r\nReceived: by b\r\n{HEAD}\r\nHello\r\n\r\n".replace("\r", "").encode())
    assert one.key == copy.key
    assert one.key != letter(f"{HEAD}\nGoodbye\n").key
    assert one.key != letter(f"{HEAD.replace('Re: call', 'other')}\nHello\n").key


def test_line_ends_do_not_change_the_key() -> None:
    assert letter(f"{HEAD}\nHello\nyou\n").key == letter(f"{HEAD}\nHello\nyou\n".replace("\n", "\r\n")).key


def test_tricks_are_taken_out_of_every_text() -> None:
    one = letter(
        "From: =?utf-8?q?A=0D=0ABcc=3A_x=E2=80=AE?= <a@x.example>\nSubject: a\0=?utf-8?q?=00=0Ab?=\n\n"
        "x\u202ey\u200bz\0\x07"
    )
    assert one.sender is not None
    assert one.sender.name == "A Bcc: x"
    assert one.subject == "a b"
    assert one.text.text == "xyz"


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "unicode_escape", "rot13", "x-unknown", "", "hex", "idna"])
def test_an_odd_charset_neither_raises_nor_loses_the_text(charset: str) -> None:
    one = letter(f"{HEAD}Content-Type: text/plain; charset={charset}\n\nJānis +ADw-script\\u0041\n")
    assert one.text.text.strip() == "Jānis +ADw-script\\u0041"


def test_a_byte_no_charset_explains_is_marked_not_dropped() -> None:
    one = letter(HEAD.encode() + b"Content-Type: text/plain; charset=utf-8\n\nok \xff\xfe\x81 ok\n")
    assert one.text.text.startswith("ok ")
    assert one.text.text.strip().endswith(" ok")
    assert len(one.text.text.strip()) > len("ok  ok")


def test_the_alternative_that_says_more_is_chosen() -> None:
    one = letter(
        multipart(
            "alternative", "Content-Type: text/plain\n\nno viewer", "Content-Type: text/html\n\n<p>Ten long years"
        )
    )
    assert one.text.source == "html"
    assert one.text.text.strip() == "Ten long years"
    assert one.also == ("no viewer",)


def test_words_that_stand_in_one_alternative_only_are_kept() -> None:
    one = letter(multipart("alternative", "\nTen years in Riga", "Content-Type: text/html\n\n<p>Ten years, withdraw"))
    assert one.text.source == "plain"
    assert one.also == ("Ten years, withdraw",)


def test_calendars_are_found_wherever_they_are_but_not_in_a_forwarded_letter() -> None:
    one = letter(
        multipart(
            "mixed",
            "\nhi",
            "Content-Type: text/calendar; method=REPLY; charset=utf-8\n\nBEGIN:VCALENDAR one",
            'Content-Type: application/octet-stream; name="a.ICS"\n'
            "Content-Transfer-Encoding: base64\n\nQkVHSU46VkNBTEVOREFSIHR3bw==",
            "Content-Type: message/rfc822\n\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR three",
        )
    )
    assert [text.strip() for text in one.calendars] == ["BEGIN:VCALENDAR one", "BEGIN:VCALENDAR two"]


def test_encrypted_letters_are_known() -> None:
    assert letter(
        f"{HEAD}Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nMIIB"
    ).encrypted
    assert letter(multipart("encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1")).encrypted
    assert letter(f"{HEAD}\n-----BEGIN PGP MESSAGE-----\n\nhQ\n").encrypted
    assert not letter(multipart("signed", "\nhello", "Content-Type: application/pkcs7-signature\n\nMI")).encrypted


def test_attachments_are_named_without_tricks() -> None:
    part = "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''a%0D%0Ab%E2%80%AE.pdf\n\nx"
    (attachment,) = letter(multipart("mixed", "\nhi", part)).attachments
    assert (attachment.name, attachment.content_type) == ("a b.pdf", "application/pdf")


BOMBS = {
    "nested": HEAD
    + "".join(f"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n" for i in range(5_000))
    + "\nhi",
    "messages": (HEAD + "Content-Type: message/rfc822\n\n") * 5_000,
    "parts": f"{HEAD}Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 100_000,
    "headers": "X-A: b\n" * 100_000 + "\nhi",
    "one header": "Subject: " + "=?utf-8?q?x?= " * 80_000 + "\n\nhi",
    "recipients": "To: " + "a@b.example, " * 20_000 + "\n\nhi",
    "html": f"{HEAD}Content-Type: text/html\n\n" + '<div a="<">' * 80_000 + "hi",
    "text": f"{HEAD}\n" + "x" * 3_000_000,
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_is_read_up_to_the_limits(name: str) -> None:
    one = letter(BOMBS[name])
    assert len(one.text.text) <= Limits().text_bytes
    assert one.faults or name == "html"


def test_text_beyond_the_limit_is_cut_and_said_so() -> None:
    one = letter(BOMBS["text"])
    assert one.text.text == "x" * Limits().text_bytes
    assert "text cut" in one.faults


@pytest.mark.parametrize(("raw", "reason"), [(b"", "empty"), (b"\r\n \r\n", "empty"), (b"x" * 101, "larger")])
def test_no_letter_can_be_made_of_nothing_or_too_much(raw: bytes, reason: str) -> None:
    with pytest.raises(NotALetter, match=reason):
        letter(raw, Limits(message_bytes=100))


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, len(LETTERS) - 1),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=40), st.integers(0, 60)), max_size=8),
)
def test_a_damaged_letter_still_becomes_a_letter(which: int, damage: list[tuple[float, bytes, int]]) -> None:
    raw = bytearray(LETTERS[which].read_bytes())
    for place, added, removed in damage:
        at = int(place * len(raw))
        raw[at : at + removed] = added
    one = letter(bytes(raw))
    one.text.text.encode()  # no lone surrogate survives
    one.subject.encode()


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_our_own_parser_sees_the_parts_that_the_standard_library_sees(path: Path) -> None:
    theirs = Counter(part.get_content_type() for part in email.message_from_bytes(path.read_bytes()).walk())
    texts = theirs["text/plain"] + theirs["text/html"]
    one = letter(path.read_bytes())
    others = sum(count for kind, count in theirs.items() if not kind.startswith(("text/", "multipart/")))
    assert len(one.attachments) == others
    assert texts > 0
    assert one.text.lines
