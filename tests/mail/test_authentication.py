"""Who is proven: only what our own server stamped above its first Received, and only without any doubt."""

from __future__ import annotations

import pytest

from ranmailbot.mail.authentication import Trust, judge

TRUST = Trust("generic", "mx.ran.example")
RECEIVED = ("Received", "from x by mx.ran.example")
GOOD = "mx.ran.example; spf=pass smtp.mailfrom=ministry.example; dmarc=pass (p=none) header.from=ministry.example"


def passed(*headers: tuple[str, str], domain: str = "ministry.example", trust: Trust = TRUST) -> bool:
    return judge(headers, domain, trust).passed


def results(value: str) -> tuple[str, str]:
    return ("Authentication-Results", value)


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        'mx.ran.example 1; dkim=pass (key) header.d=x.example header.b="a;b"; dmarc=pass header.from=Ministry.Example',
        "MX.RAN.EXAMPLE; dmarc=pass action=none header.from=ministry.example;compauth=pass reason=100",
        'mx.ran.example; dmarc=pass reason="all (well); really" header.from="ministry.example"',
    ],
)
def test_a_pass_of_our_own_server_counts(value: str) -> None:
    assert passed(results(value), RECEIVED)


@pytest.mark.parametrize(
    "value",
    [
        "mx.ran.example; dmarc=fail header.from=ministry.example",
        "mx.ran.example; dmarc=none header.from=ministry.example",
        "mx.ran.example; spf=pass smtp.mailfrom=ministry.example",
        "mx.ran.example; none",
        "mx.ran.example",
        "",
        "mx.ran.example; dmarc=pass header.from=ministry.example; dmarc=pass header.from=ministry.example",
        "mx.ran.example; dmarc=fail header.from=ministry.example; dmarc=pass header.from=ministry.example",
        "mx.ran.example; dmarc=pass",
        "mx.ran.example; dmarc=pass header.from=sub.ministry.example",
        "mx.ran.example; dmarc=pass header.from=ministry.example.evil.example",
        "mx.ran.example; dmarc=pass header.from=evil.example header.from=ministry.example",
        "mx.ran.example; dmarc=pass header.d=ministry.example",
        "mx.ran.example; dmarc=passed header.from=ministry.example",
        "mx.ran.example; dmarc=fail (dmarc=pass header.from=ministry.example)",
        'mx.ran.example; spf=fail reason="; dmarc=pass header.from=ministry.example"',
        "mx.ran.example; garbage; dmarc=pass header.from=ministry.example",
        "mx.ran.example; dmarc=pass (unclosed header.from=ministry.example",
        'mx.ran.example; dmarc=pass header.from="ministry.example',
        "mx.ran.example; dmarc=pass header.from=ministry.example)",
        "mx.ran.example 2; dmarc=pass header.from=ministry.example",
        "mx.ran.example evil; dmarc=pass header.from=ministry.example",
        "evil.example; dmarc=pass header.from=ministry.example",
        "mx.ran.example.evil.example; dmarc=pass header.from=ministry.example",
        "mx.ran.example; dmarc=pass header.from=ministry.example" + " " * 9_000,
        "(mx.ran.example) evil.example; dmarc=pass header.from=ministry.example",
    ],
)
def test_anything_else_does_not(value: str) -> None:
    assert not passed(results(value), RECEIVED)


def test_a_header_below_the_first_received_is_the_senders_own() -> None:
    assert not passed(RECEIVED, results(GOOD))


DOVECOT = (
    "Received",
    "from mx.ran.example ([192.0.2.1])\tby imap.ran.example with LMTP\tid 4OTd\t(envelope-from <ann@ministry.example>)",
)
CYRUS = ("Received", "from localhost ([unix socket]) by imap (Cyrus 3.6.1) with LMTPA; Tue, 1 Mar 2022 09:00:00 +0000")


@pytest.mark.parametrize("delivery", [DOVECOT, CYRUS])
def test_delivery_into_the_mailbox_by_lmtp_stands_above_the_stamp_and_does_not_hide_it(
    delivery: tuple[str, str],
) -> None:
    assert passed(delivery, results(GOOD), RECEIVED)
    assert not passed(delivery, RECEIVED, results(GOOD))
    assert not passed(delivery, results(GOOD))


@pytest.mark.parametrize(
    "received",
    [
        "from with LMTP (unknown [192.0.2.9])\tby mx.ran.example (Postfix) with ESMTP id 1",
        "from x by y with LMTP ( (unknown [192.0.2.9])\tby mx.ran.example (Postfix) with ESMTP id 1",
        "from x by y with LMTP ([192.0.2.9])\tby mx.ran.example id 1",
        "from with LMTP ([192.0.2.9])\tby mx.ran.example id 1",
        "from x ([192.0.2.9]) by mx.ran.example with LMTPX id 1",
    ],
)
def test_a_stranger_who_calls_himself_lmtp_brings_no_stamp_of_his_own_past_our_border(received: str) -> None:
    assert not passed(("Received", received), results(GOOD), RECEIVED)


def test_without_any_received_nothing_was_stamped_by_us() -> None:
    assert not passed(results(GOOD))


def test_the_topmost_one_of_our_server_decides() -> None:
    bad = "mx.ran.example; dmarc=fail header.from=ministry.example"
    assert not passed(results(bad), results(GOOD), RECEIVED)
    assert passed(results("other.example; dmarc=fail header.from=ministry.example"), results(GOOD), RECEIVED)


def test_a_torn_topmost_one_is_not_passed_over() -> None:
    assert not passed(results('mx.ran.example; dmarc=fail reason="'), results(GOOD), RECEIVED)


def test_without_a_trusted_server_nobody_is_proven() -> None:
    assert not passed(results("; dmarc=pass header.from=ministry.example"), RECEIVED, trust=Trust("microsoft365", ""))


def test_without_a_from_domain_nobody_is_proven() -> None:
    assert not passed(results("mx.ran.example; dmarc=pass header.from="), RECEIVED, domain="")
