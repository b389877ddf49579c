"""Delivery reports: the action decides, and the Message-ID says which mail it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.delivery_report import Report
from ranmailbot.mail.letter import Letter, decode
from ranmailbot.mail.limits import Limits

STATUS = "Reporting-MTA: dns; x.example\n\n{recipients}"
RECIPIENT = """Original-Recipient: rfc822;anna@prison.example
Final-Recipient: rfc822;box7@inner.example
Action: {action}
Status: 5.1.1
"""


def bounce(status: str, returned: str) -> Letter:
    text = (
        "From: MAILER-DAEMON@x.example\nSubject: Undelivered\nContent-Type: multipart/report; boundary=b\n\n--b\n\n"
        f"1. Sorry.\n--b\nContent-Type: message/delivery-status\n\n{status}\n--b\n{returned}\n--b--\n"
    )
    return decode(text.encode(), datetime(2022, 3, 2, tzinfo=UTC), Limits(), Trust("generic", ""), ())


@pytest.mark.parametrize(
    "returned",
    [
        "Content-Type: message/rfc822\n\nMessage-ID: <ours@ran.example>\nSubject: call\n\nbody",
        "Content-Type: text/rfc822-headers\n\nSubject: call\nMessage-ID: <ours@ran.example>\n",
    ],
)
@pytest.mark.parametrize("action", ["failed", "delayed", "Delivered", "relayed (to a fax)", "expanded"])
def test_a_report_says_what_became_of_which_mail(returned: str, action: str) -> None:
    one = bounce(STATUS.format(recipients=RECIPIENT.format(action=action)), returned)
    wanted = Report(action.split(" ", maxsplit=1)[0].lower(), "anna@prison.example", "5.1.1", "<ours@ran.example>")
    assert one.reports == (wanted,)
    assert one.automatic


def test_every_recipient_has_a_report_and_nonsense_has_none() -> None:
    recipients = "\n".join(RECIPIENT.format(action=action) for action in ("failed", "exploded", "delayed"))
    one = bounce(STATUS.format(recipients=recipients), "\nx")
    assert [report.action for report in one.reports] == ["failed", "delayed"]
    assert one.reports[0].original_message_id == ""


def test_the_mail_that_came_back_is_not_read_as_text() -> None:
    one = bounce(
        STATUS.format(recipients=RECIPIENT.format(action="failed")), "Content-Type: message/rfc822\n\n\n1. Ten years"
    )
    assert "Ten years" not in one.text.text
