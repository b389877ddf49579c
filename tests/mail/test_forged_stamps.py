"""The self-test tells a server that lets forged stamps through from one that does not."""

from __future__ import annotations

import pytest

from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.forged_stamps import FORGED_DOMAIN, believed, forged_fields
from tests.mail.provider_heads import (
    EXCHANGE_BORDER,
    EXCHANGE_INSIDE,
    EXCHANGE_SPF,
    EXCHANGE_STAMP,
    GOOGLE_ABOVE,
    GOOGLE_BORDER,
    GOOGLE_COPY,
    GOOGLE_RESULTS,
    GOOGLE_SPF,
    INTERNAL_HOPS,
    Head,
    unfolded,
)

GENERIC, MICROSOFT = Trust("generic", "mx.ran.example", "ran.example"), Trust("microsoft365", "", "ran.example")
GOOGLE = Trust("google", "mx.google.com", "ran.example")
LETTER: Head = (("From", "call@ran.example"), ("To", "call@ran.example"))
RECEIVED = ("Received", "from out.ran.example by mx.ran.example with ESMTPS id 1; Wed, 2 Mar 2022 08:17:56 +0000")
STAMP = ("Authentication-Results", "mx.ran.example; dmarc=pass header.from=ran.example")


@pytest.mark.parametrize(
    ("trust", "above"),
    [
        (GENERIC, (STAMP, RECEIVED)),
        (GENERIC, (RECEIVED,)),
        (MICROSOFT, (*EXCHANGE_INSIDE, ("Authentication-Results", EXCHANGE_STAMP), EXCHANGE_SPF, EXCHANGE_BORDER)),
        (MICROSOFT, (*EXCHANGE_INSIDE, EXCHANGE_BORDER)),
        (MICROSOFT, INTERNAL_HOPS[:2]),
        (GOOGLE, (*GOOGLE_ABOVE, GOOGLE_COPY, *GOOGLE_BORDER, GOOGLE_SPF, ("Authentication-Results", GOOGLE_RESULTS))),
        (GOOGLE, (*GOOGLE_ABOVE, GOOGLE_COPY, *GOOGLE_BORDER, GOOGLE_SPF)),
    ],
)
def test_forged_stamps_below_our_servers_own_are_not_believed(trust: Trust, above: Head) -> None:
    assert believed(unfolded((*above, *forged_fields(trust), *LETTER)), trust) == ""


@pytest.mark.parametrize(
    ("trust", "above"), [(GENERIC, ()), (MICROSOFT, EXCHANGE_INSIDE), (GOOGLE, (*GOOGLE_ABOVE, GOOGLE_COPY))]
)
def test_a_server_that_lets_them_stand_above_its_own_received_is_found_out(trust: Trust, above: Head) -> None:
    border: dict[str, Head] = {
        "generic": (RECEIVED,), "microsoft365": (EXCHANGE_BORDER,), "google": (*GOOGLE_BORDER, GOOGLE_SPF),
    }  # fmt: skip
    if trust is GOOGLE:  # there the stamp stands below: only a copy above, forged as well, could mislead us
        stamp, copy = forged_fields(trust)
        head = (*above[:-1], copy, *border[trust.profile], stamp, *LETTER)
    else:
        head = (*above, forged_fields(trust)[0], *border[trust.profile], *LETTER)
    told = believed(unfolded(head), trust)
    assert "forged" in told
    assert FORGED_DOMAIN not in told
