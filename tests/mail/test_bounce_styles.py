"""Bounces of many mail systems are understood: what happened, to whom, and which mail of ours it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Letter, decode
from ranmailbot.mail.limits import Limits
from tests.mail.bounce_styles import DELAYED, FAILED, NO_BOUNCES, UNCLEAR, filled

ID, ANNA = "<00000001abcdefghijklmnopqr.invitation@ran.example>", "anna@prison.example"


def letter(style: str) -> Letter:
    raw = filled(style, ID, ANNA)
    return decode(raw, datetime(2022, 3, 2, tzinfo=UTC), Limits(), Trust("generic", ""), ("prisons-call@ran.example",))


@pytest.mark.parametrize(
    ("style", "action"),
    [
        *((style, "failed") for style in FAILED.values()),
        *((style, "delayed") for style in DELAYED.values()),
        *((style, "unclear") for style in UNCLEAR.values()),
    ],
    ids=[*(f"{name} failed" for name in FAILED), *(f"{name} delayed" for name in DELAYED), *UNCLEAR],
)
def test_a_bounce_says_what_became_of_which_mail(style: str, action: str) -> None:
    (report,) = letter(style).reports
    assert report.action == action
    assert report.original_message_id == ID
    assert report.recipient == ("" if action == "unclear" else ANNA)
    assert letter(style).automatic


@pytest.mark.parametrize("style", NO_BOUNCES.values(), ids=NO_BOUNCES)
def test_other_letters_of_machines_are_no_bounces(style: str) -> None:
    assert letter(style).reports == ()
    assert letter(style).automatic


@pytest.mark.parametrize("local", ["postmaster", "anna"])
def test_a_person_who_quotes_a_bounce_or_sits_at_postmaster_has_sent_none(local: str) -> None:
    quoted = FAILED["qmail"].replace("Return-Path: <>", "Return-Path: <x@prison.example>")
    assert letter(quoted.replace("From: MAILER-DAEMON@", f"From: {local}@")).reports == ()


def test_text_that_is_made_to_be_slow_costs_little_and_hides_no_other_letter() -> None:
    slow = "message-id:" + " " * 50_000 + "\n" + "<" * 20_000 + "\n" + "Your message\n\n  to: " * 3_000
    (report,) = letter(UNCLEAR["a system that nobody knows"].replace("{id}", slow)).reports
    assert report.original_message_id == ""
