"""Which letters may not be answered (RFC 3834), and which a machine wrote."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Letter, decode
from ranmailbot.mail.limits import Limits

OWN = ("prisons-call@ran.example",)


def letter(head: str, sender: str = "anna@prison.example") -> Letter:
    raw = f"{head}From: {sender}\nSubject: x\n\n1. Ten years.\n".encode()
    return decode(raw, datetime(2022, 3, 2, tzinfo=UTC), Limits(), Trust("generic", ""), OWN)


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied\n",
        "Auto-Submitted: auto-generated (by a machine)\n",
        "Auto-Submitted: \n",
        "Auto-Submitted: no\nAuto-Submitted: auto-replied\n",
        "Return-Path: <>\n",
        "Content-Type: multipart/report; boundary=b\n",
        "Content-Type: message/disposition-notification\n",
        "List-Id: <x.example>\n",
        "List-Unsubscribe: <mailto:x@x.example>\n",
        "Precedence: bulk\n",
        "Precedence: JUNK\n",
        "Precedence: auto_reply\n",
        "X-Autoreply: yes\n",
        "X-Autorespond: out\n",
        "X-Auto-Reply: yes\n",
        "X-AutoReply-From: anna@prison.example\n",
        "X-FC-MachineGenerated: true\n",
        "X-POST-MessageClass: 9; Autoresponder\n",
        "Message-ID: <k3v9xabcdefghijklmnopqr234.acknowledgement@other.example>\n",
        "X-Ranmailbot: k3v9x\n",
    ],
)
def test_a_machine_is_never_answered(head: str) -> None:
    one = letter(head)
    assert one.automatic
    assert not one.answerable
    assert one.silence


@pytest.mark.parametrize(
    "sender",
    [
        "MAILER-DAEMON@x.example",
        "postmaster@x.example",
        "owner-list@x.example",
        "list-request@x.example",
        "prisons-call@ran.example",
        "Prisons-Call+k3v9x@RAN.example",
    ],
)
def test_a_machine_is_known_by_its_address(sender: str) -> None:
    assert letter("", sender).automatic


@pytest.mark.parametrize(
    "head",
    [
        "X-Auto-Response-Suppress: All\n",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply\n",
        "X-No-Ack: yes\n",
        "X-Ack: No\n",
    ],
)
def test_a_person_who_wants_no_reply_is_still_a_person(head: str) -> None:
    one = letter(head)
    assert one.silence
    assert not one.automatic


def test_an_address_that_takes_no_replies_gets_none() -> None:
    assert letter("", "no-reply@x.example").silence


@pytest.mark.parametrize(
    "head",
    [
        "",
        "Auto-Submitted: no\n",
        "Auto-Submitted: No (a person)\n",
        "X-Auto-Response-Suppress: DR, OOF\n",
        "Precedence: first-class\n",
        "Return-Path: <anna@prison.example>\n",
        "X-Ack: yes\n",
        "Message-ID: <87k3v9xabc.fsf@prison.example>\n",
        "Message-ID: <K3V9XABCDEFGHIJKLMNOPQR234.form@prison.example>\n",
        "Message-ID: <k3v9xabcdefghijklmnopqr234@prison.example>\n",
    ],
)
def test_a_person_is_answered(head: str) -> None:
    one = letter(head)
    assert one.answerable
    assert not one.automatic
