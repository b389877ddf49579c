"""The self-test against forged stamps, on mail as Postfix and Dovecot deliver it."""

from __future__ import annotations

import pytest

from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.forged_stamps import believed, forged_fields
from ranmailbot.mail.headers import Headers, parse
from ranmailbot.mail.limits import Limits
from tests.interop.bench import AUTHSERV, Bench

pytestmark = pytest.mark.interop
TRUST = Trust("generic", AUTHSERV, "ran.example")


def delivered(bench: Bench, user: str) -> Headers:
    forged = "".join(f"{name}: {value}\r\n" for name, value in forged_fields(TRUST))
    raw = f"{forged}From: {user}\r\nTo: {user}\r\nSubject: self-test\r\n\r\nNothing to read.\r\n"
    bench.post(user, [user], raw.encode())
    bench.quiet()
    head = bench.mails(user)[-1].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return parse(head, Limits())[0]


def test_a_stamp_that_was_in_the_mail_before_it_reached_our_border_is_not_believed(bench: Bench) -> None:
    headers = delivered(bench, "self.test@example.org")
    assert sum("forged.invalid" in value for _, value in headers) == 1
    assert believed(headers, TRUST) == ""


def test_a_server_that_writes_no_received_of_its_own_above_it_would_be_found_out(bench: Bench) -> None:
    headers = delivered(bench, "self.test.two@example.org")
    forged = next(n for n, (_, value) in enumerate(headers) if "forged.invalid" in value)
    assert believed((headers[forged], *headers), TRUST)
