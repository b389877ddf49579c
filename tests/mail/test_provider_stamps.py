"""Exchange Online and Gmail: their own stamps prove an author, and nothing that a stranger can write does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranmailbot.mail.authentication import Authentication, Trust, judge
from ranmailbot.mail.letter import decode
from ranmailbot.mail.limits import Limits
from tests.mail.provider_heads import (
    AR,
    EXCHANGE_BORDER,
    EXCHANGE_INSIDE,
    EXCHANGE_INTERNAL,
    EXCHANGE_OLDER_STAMP,
    EXCHANGE_OUTSIDE,
    EXCHANGE_SPF,
    EXCHANGE_STAMP,
    EXCHANGE_TAIL,
    GOOGLE_ABOVE,
    GOOGLE_BORDER,
    GOOGLE_COPY,
    GOOGLE_DELIVERED,
    GOOGLE_FORGED,
    GOOGLE_RESULTS,
    GOOGLE_SPF,
    INTERNAL_HOPS,
    INTERNAL_LETTER,
    INTERNAL_MARKS,
    INTERNAL_STAMP,
    LETTER,
    MINISTRY,
    OWN,
    RECEIVED,
    Head,
    changed,
    unfolded,
    without,
)

MICROSOFT = Trust("microsoft365", "", OWN)
GOOGLE = Trust("google", "mx.google.com", OWN)
GENERIC = Trust("generic", "mx.ran.example", OWN)
GENERIC_DELIVERED: Head = (
    (AR, "mx.ran.example; dmarc=pass header.from=ministry.example"),
    (
        RECEIVED,
        "from mail.ministry.example (mail.ministry.example [192.0.2.3]) by mx.ran.example (Postfix) with ESMTPS id 1",
    ),
    *LETTER,
)


def verdict(head: Head, trust: Trust, domain: str = MINISTRY) -> Authentication:
    return judge(unfolded(head), domain, trust)


def refused(head: Head, trust: Trust, domain: str = MINISTRY) -> None:
    found = verdict(head, trust, domain)
    assert not found.passed
    assert found.reason


@pytest.mark.parametrize("stamp", [EXCHANGE_STAMP, EXCHANGE_OLDER_STAMP])
def test_the_stamp_of_exchange_online_above_its_border_proves_mail_from_outside(stamp: str) -> None:
    assert verdict((*EXCHANGE_INSIDE, (AR, stamp), EXCHANGE_SPF, EXCHANGE_BORDER, *LETTER), MICROSOFT).passed


@pytest.mark.parametrize(
    "head", [EXCHANGE_INTERNAL, (*INTERNAL_HOPS, INTERNAL_STAMP, *INTERNAL_LETTER, *INTERNAL_MARKS)]
)
def test_exchange_online_proves_mail_within_our_own_organisation(head: Head) -> None:
    assert verdict(head, MICROSOFT, OWN).passed


def test_the_stamp_of_google_right_below_its_border_and_its_copy_above_prove_the_author() -> None:
    assert verdict(GOOGLE_DELIVERED, GOOGLE).passed
    assert verdict(without(GOOGLE_DELIVERED, "Received-SPF"), GOOGLE).passed


@pytest.mark.parametrize(("head", "trust", "sender"), [
    (EXCHANGE_OUTSIDE, MICROSOFT, "anna@ministry.example"),
    (EXCHANGE_INTERNAL, MICROSOFT, "ilse@ran.example"),
    (GOOGLE_DELIVERED, GOOGLE, "anna@ministry.example"),
])  # fmt: skip
def test_the_stamps_are_found_in_the_folded_letter_itself(head: Head, trust: Trust, sender: str) -> None:
    raw = "".join(f"{name}: {value}\r\n" for name, value in head) + "\r\n1. Ten years.\r\n"
    letter = decode(raw.encode(), datetime(2022, 3, 2, tzinfo=UTC), Limits(), trust, ())
    assert letter.sender is not None
    assert letter.sender.email == sender
    assert letter.authentication.passed


OUTSIDE_WITHOUT_STAMP: Head = (*EXCHANGE_INSIDE, EXCHANGE_SPF, EXCHANGE_BORDER)
MAPI_OF_A_STRANGER = INTERNAL_HOPS[-1]
EVIL_BORDER = changed((EXCHANGE_BORDER,), "mail.ministry.example", "evil.example")
EXCHANGE_OF_A_STRANGER = (
    RECEIVED, "from x (192.0.2.9) by mail.evil.example (192.0.2.9) with Microsoft SMTP Server (TLS) id 15.0.1497.2; Wed, 2 Mar 2022",
)  # fmt: skip
FORGED_AT_MICROSOFT: dict[str, Head] = {
    "his own stamp below the border": (*OUTSIDE_WITHOUT_STAMP, (AR, EXCHANGE_STAMP), *LETTER),
    "his own stamp and a border of his own below ours": (
        *OUTSIDE_WITHOUT_STAMP, (AR, EXCHANGE_STAMP), EXCHANGE_SPF, EXCHANGE_BORDER, *LETTER,
    ),
    "his stamp below ours that says fail": (
        *EXCHANGE_INSIDE, (AR, EXCHANGE_STAMP.replace("dmarc=pass", "dmarc=fail")), EXCHANGE_BORDER, (AR, EXCHANGE_STAMP), *LETTER,
    ),
    "two stamps above the border": (*EXCHANGE_INSIDE, (AR, EXCHANGE_STAMP), (AR, EXCHANGE_STAMP), EXCHANGE_BORDER, *LETTER),
    "a stamp with an authserv-id": (*EXCHANGE_INSIDE, (AR, "evil.example; " + EXCHANGE_STAMP), EXCHANGE_BORDER, *LETTER),
    "a stamp with Microsoft's name before it": (
        *EXCHANGE_INSIDE, (AR, "mx.microsoft.com 1; " + EXCHANGE_STAMP), EXCHANGE_BORDER, *LETTER,
    ),
    "what Exchange took down of an earlier stamp": (
        *EXCHANGE_INSIDE, ("Authentication-Results-Original", EXCHANGE_STAMP), EXCHANGE_BORDER, *LETTER,
    ),
    "the stamp of another customer": (
        *EXCHANGE_INSIDE, ("X-MS-Exchange-Authentication-Results", EXCHANGE_STAMP), EXCHANGE_BORDER, *LETTER,
    ),
    "an ARC set that says pass": (
        *EXCHANGE_INSIDE, ("ARC-Authentication-Results", "i=1; mx.microsoft.com 1; dmarc=pass header.from=ministry.example"),
        EXCHANGE_BORDER, *LETTER,
    ),
    "two dmarc results": (*EXCHANGE_INSIDE, (AR, EXCHANGE_STAMP + ";dmarc=pass header.from=ministry.example"), EXCHANGE_BORDER, *LETTER),
    "dmarc within a comment": (
        *EXCHANGE_INSIDE, (AR, "spf=fail (;dmarc=pass header.from=ministry.example)"), EXCHANGE_BORDER, *LETTER,
    ),
    "best guess": (*EXCHANGE_INSIDE, (AR, EXCHANGE_STAMP.replace("dmarc=pass", "dmarc=bestguesspass")), EXCHANGE_BORDER, *LETTER),
    "another domain": (*EXCHANGE_INSIDE, (AR, EXCHANGE_STAMP.replace("header.from=ministry", "header.from=evil")), EXCHANGE_BORDER, *LETTER),
    "no border at all, from the internet": ((AR, EXCHANGE_STAMP), *LETTER),
    "no Received": ((AR, EXCHANGE_STAMP), *without(LETTER, RECEIVED)),
    "delivered by another server that keeps his hops": (
        (RECEIVED, "from evil.example ([192.0.2.9]) by mx.ran.example (Postfix) with ESMTP id 1"), *EXCHANGE_OUTSIDE,
    ),
    "a HELO that reads like a hop within": (
        (RECEIVED, "from x (192.0.2.9) by A.prod.outlook.com with HTTPS; x (192.0.2.9) by B.mail.protection.outlook.com"
                   " with Microsoft SMTP Server id 15.20 via Frontend Transport; Wed, 2 Mar 2022"),
        *EXCHANGE_OUTSIDE,
    ),
    "an Exchange of his own on top": (EXCHANGE_OF_A_STRANGER, *EXCHANGE_OUTSIDE),
    "a host that ends alike": changed(EXCHANGE_OUTSIDE, ".mail.protection.outlook.com", ".mail.protection.outlook.com.evil.example"),
    "a host without the dot": changed(EXCHANGE_OUTSIDE, "DB5EUR01FT029.mail.protection", "evilmail.protection"),
}  # fmt: skip
FORGED_INTERNAL: dict[str, Head] = {
    "the mark on mail from outside": (*OUTSIDE_WITHOUT_STAMP, *INTERNAL_LETTER, *INTERNAL_MARKS),
    "the mark and forged hops below our border": (
        *EXCHANGE_INSIDE, *EVIL_BORDER, *INTERNAL_HOPS, *INTERNAL_LETTER, *INTERNAL_MARKS,
    ),
    "the mark and a true stamp that says fail": (
        *EXCHANGE_INSIDE, (AR, EXCHANGE_STAMP.replace("dmarc=pass", "dmarc=fail")), EXCHANGE_BORDER, *INTERNAL_LETTER, *INTERNAL_MARKS,
    ),
    "the mark on top": (*INTERNAL_MARKS, *OUTSIDE_WITHOUT_STAMP, *INTERNAL_LETTER),
    "the mark beside Exchange's own": (*INTERNAL_HOPS, *INTERNAL_LETTER, *INTERNAL_MARKS, *EXCHANGE_TAIL),
    "an Exchange of a stranger on top": (EXCHANGE_OF_A_STRANGER, *EXCHANGE_INTERNAL),
    "no mark": (*INTERNAL_HOPS, *INTERNAL_LETTER),
    "a mark that begins alike": changed(EXCHANGE_INTERNAL, "Internal", "Internal74"),
    "a source that is no server of Exchange": (
        *INTERNAL_HOPS, *INTERNAL_LETTER, INTERNAL_MARKS[0], ("X-MS-Exchange-Organization-AuthSource", "X.evil.example"),
    ),
    "the mark without any Received": (*INTERNAL_LETTER, *INTERNAL_MARKS),
    "another customer of the provider": (*EXCHANGE_INTERNAL, ("X-MS-Exchange-CrossTenant-AuthAs", "Anonymous")),
    "submitted by SMTP": (*INTERNAL_HOPS[:-1], *INTERNAL_LETTER, *INTERNAL_MARKS),
    "sent on by a rule": (*EXCHANGE_INTERNAL, ("X-MS-Exchange-Inbox-Rules-Loop", "somebody@ran.example")),
    "sent again by somebody": (("Resent-From", "somebody@ran.example"), *EXCHANGE_INTERNAL),
    "a stamp that says fail": (
        *INTERNAL_HOPS, (AR, "dmarc=fail action=none header.from=ran.example"), *INTERNAL_LETTER, *INTERNAL_MARKS,
    ),
    "our own hop, then a stranger's": (
        INTERNAL_HOPS[0], (RECEIVED, "from evil.example ([192.0.2.9]) by mx.evil.example with ESMTP id 1"),
        MAPI_OF_A_STRANGER, *INTERNAL_LETTER, *INTERNAL_MARKS,
    ),
}  # fmt: skip
FORGED_AT_GOOGLE: dict[str, Head] = {
    "his stamp first, and Google wrote none": (
        *GOOGLE_ABOVE, ("ARC-Authentication-Results", "i=1; mx.google.com; spf=fail smtp.mailfrom=x@evil.example"),
        *GOOGLE_BORDER, GOOGLE_SPF, (AR, GOOGLE_FORGED), *LETTER,
    ),
    "his stamp, and no copy of Google's": (*GOOGLE_ABOVE, *GOOGLE_BORDER, GOOGLE_SPF, (AR, GOOGLE_FORGED), *LETTER),
    "his stamp below Google's, which says fail": (
        *GOOGLE_ABOVE, GOOGLE_COPY, *GOOGLE_BORDER, GOOGLE_SPF, (AR, GOOGLE_RESULTS.replace("dmarc=pass", "dmarc=fail")),
        (AR, GOOGLE_FORGED), *LETTER,
    ),
    "his stamp behind a field of his": (
        *GOOGLE_ABOVE, GOOGLE_COPY, *GOOGLE_BORDER, GOOGLE_SPF, ("X-Evil", "1"), (AR, GOOGLE_FORGED), *LETTER,
    ),
    "his stamp behind a note on SPF of his own": (
        *GOOGLE_ABOVE, GOOGLE_COPY, *GOOGLE_BORDER, ("Received-SPF", "pass (evil.example)"), (AR, GOOGLE_FORGED), *LETTER,
    ),
    "his own ARC set below the border": (
        *GOOGLE_ABOVE, *GOOGLE_BORDER, GOOGLE_SPF, (AR, GOOGLE_FORGED), ("ARC-Authentication-Results", "i=1; " + GOOGLE_FORGED), *LETTER,
    ),
    "a copy with two instances": (
        *GOOGLE_ABOVE, GOOGLE_COPY, GOOGLE_COPY, *GOOGLE_BORDER, GOOGLE_SPF, (AR, GOOGLE_RESULTS), *LETTER,
    ),
    "a stamp above the border": (*GOOGLE_ABOVE, (AR, GOOGLE_FORGED), GOOGLE_COPY, *GOOGLE_BORDER, GOOGLE_SPF, (AR, GOOGLE_RESULTS), *LETTER),
    "a name that ends alike": changed(GOOGLE_DELIVERED, "by mx.google.com", "by evilmx.google.com"),
    "a name that begins alike": changed(GOOGLE_DELIVERED, "by mx.google.com", "by mx.google.com.evil.example"),
    "a stamp of another name": changed(GOOGLE_DELIVERED, "mx.google.com;", "mx.google.com.evil.example;"),
    "a stamp of another name, and a true copy": (
        *GOOGLE_ABOVE, GOOGLE_COPY, *GOOGLE_BORDER, GOOGLE_SPF, (AR, GOOGLE_RESULTS.replace("mx.google.com", "evil.example")), *LETTER,
    ),
    "a HELO that reads like Google's border": changed(
        GOOGLE_DELIVERED, "from mail.ministry.example (mail.ministry.example. [192.0.2.3])",
        "from x (x. [192.0.2.3]) by mx.google.com with ESMTPS id 1; (evil.example. [192.0.2.9])",
    ),
    "delivered by another server": ((RECEIVED, "from evil.example ([192.0.2.9]) by mx.ran.example with ESMTP id 1"), *GOOGLE_DELIVERED),
    "no hop of Google's at all": ((AR, GOOGLE_FORGED), *LETTER),
    "other results in the copy": (
        *GOOGLE_ABOVE, (GOOGLE_COPY[0], GOOGLE_COPY[1].replace("header.from=ministry", "header.from=evil")),
        *GOOGLE_BORDER, GOOGLE_SPF, (AR, GOOGLE_RESULTS), *LETTER,
    ),
}  # fmt: skip


@pytest.mark.parametrize("head", FORGED_AT_MICROSOFT.values(), ids=FORGED_AT_MICROSOFT)
def test_nobody_is_proven_by_what_exchange_online_did_not_write_above_its_border(head: Head) -> None:
    refused(head, MICROSOFT)


@pytest.mark.parametrize("head", FORGED_INTERNAL.values(), ids=FORGED_INTERNAL)
def test_nobody_is_a_colleague_by_a_mark_that_a_stranger_can_write(head: Head) -> None:
    refused(head, MICROSOFT, OWN)


def test_mail_within_the_organisation_proves_our_own_domain_only() -> None:
    refused(changed(EXCHANGE_INTERNAL, "ilse@ran.example", "anna@ministry.example"), MICROSOFT)
    refused(EXCHANGE_INTERNAL, Trust("microsoft365", ""), OWN)


@pytest.mark.parametrize("head", FORGED_AT_GOOGLE.values(), ids=FORGED_AT_GOOGLE)
def test_nobody_is_proven_by_what_google_did_not_write_beside_its_border(head: Head) -> None:
    refused(head, GOOGLE)


@pytest.mark.parametrize(("head", "trust"), [
    (EXCHANGE_OUTSIDE, GOOGLE), (EXCHANGE_OUTSIDE, GENERIC), (GOOGLE_DELIVERED, MICROSOFT), (GOOGLE_DELIVERED, GENERIC),
    (GENERIC_DELIVERED, MICROSOFT), (GENERIC_DELIVERED, GOOGLE),
])  # fmt: skip
def test_the_stamps_of_one_provider_prove_nobody_under_the_profile_of_another(head: Head, trust: Trust) -> None:
    refused(head, trust)


@pytest.mark.parametrize("sender", [
    "anna@xn--mnistry-2va.example", "anna@m\u00ecnistry.example", "anna@ministry.example.", "anna@=?utf-8?q?ministry.example?=",
    "Anna: anna@ministry.example;", "anna@ministry.example, eve@evil.example", "anna@ministry.example <eve@evil.example>",
    "anna@ministry.example>\r\nFrom: <eve@evil.example", "anna@sub.ministry.example",
])  # fmt: skip
@pytest.mark.parametrize(("head", "trust"), [(EXCHANGE_OUTSIDE, MICROSOFT), (GOOGLE_DELIVERED, GOOGLE)])
def test_a_stamp_proves_no_from_that_only_resembles_its_domain(head: Head, trust: Trust, sender: str) -> None:
    raw = "".join(f"{name}: {value}\r\n" for name, value in head).replace("Anna Sample <anna@ministry.example>", sender)
    letter = decode((raw + "\r\nx").encode(), datetime(2022, 3, 2, tzinfo=UTC), Limits(), trust, ())
    assert not letter.authentication.passed


BORDERS = {
    "microsoft365": (MICROSOFT, OUTSIDE_WITHOUT_STAMP),
    "microsoft365, stamped fail": (
        MICROSOFT, (*EXCHANGE_INSIDE, (AR, EXCHANGE_STAMP.replace("dmarc=pass", "dmarc=fail")), EXCHANGE_BORDER)),
    "google": (GOOGLE, (*GOOGLE_ABOVE, GOOGLE_COPY, *GOOGLE_BORDER, GOOGLE_SPF, (AR, "mx.google.com; dmarc=fail header.from=ministry.example"))),
    "google without a stamp": (GOOGLE, (*GOOGLE_ABOVE, ("ARC-Authentication-Results", "i=1; mx.google.com; arc=none"), *GOOGLE_BORDER)),
    "generic": (GENERIC, GENERIC_DELIVERED[1:2]),
    "generic, stamped fail": (GENERIC, ((AR, "mx.ran.example; dmarc=fail header.from=ministry.example"), GENERIC_DELIVERED[1])),
}  # fmt: skip
ANY_STAMP = st.sampled_from([
    *EXCHANGE_OUTSIDE, *EXCHANGE_INTERNAL, *GOOGLE_DELIVERED, *GENERIC_DELIVERED, INTERNAL_STAMP, (AR, GOOGLE_FORGED),
    ("ARC-Authentication-Results", "i=1; " + GOOGLE_FORGED), (AR, EXCHANGE_OLDER_STAMP),
    (AR, "mx.ran.example; dmarc=pass header.from=ran.example"),
])  # fmt: skip
ANY_FIELD = st.one_of(
    ANY_STAMP,
    st.tuples(st.sampled_from([AR, RECEIVED, "ARC-Authentication-Results", "X-MS-Exchange-Organization-AuthAs", "From"]), st.text(max_size=80)),
)  # fmt: skip


@pytest.mark.parametrize("where", BORDERS)
@settings(max_examples=100, deadline=None)
@given(theirs=st.lists(ANY_FIELD, max_size=12), domain=st.sampled_from([MINISTRY, OWN]))
def test_no_field_that_a_stranger_writes_below_our_border_ever_proves_anybody(
    where: str, theirs: list[tuple[str, str]], domain: str
) -> None:
    trust, ours = BORDERS[where]
    assert not judge(unfolded((*ours, *theirs)), domain, trust).passed
