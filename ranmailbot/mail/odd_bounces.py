"""Bounces that are no delivery reports in the sense of RFC 3464 (flufl.bounce): qmail, Exim, Yahoo, Domino and others.

Fear: anyone can write one, and the library's expressions meet strangers' text. So it is asked only about letters that
look like bounces, about their first part only, in the reading child with its limits; whatever it raises is no report.
What came back is known by a Message-ID of ours in it, or by the token in the return path (flows/resolve.py), or not.
"""

from __future__ import annotations

import re
from email import message_from_bytes

from flufl.bounce import all_failures

from ranmailbot.mail import headers as fields
from ranmailbot.mail.address import Address, clean_email
from ranmailbot.mail.delivery_report import Report
from ranmailbot.mail.headers import Headers, first

MACHINES = frozenset({"mailer-daemon", "postmaster", "mailerdaemon", "mail-daemon"})
UNCLEAR = "unclear"
"""The action of a report that does not say what happened: a human has to read it."""
_BYTES = 100_000
_MOST = 20
_MESSAGE_ID_LINE = re.compile(
    rb"^[ \t>]{0,8}message-id:[ \t]{0,20}\n?[ \t]{0,20}(<[!-;=?-~]{1,300}>)", re.IGNORECASE | re.MULTILINE
)


def looks_returned(headers: Headers, sender: Address | None, return_path: str | None, content_type: str) -> bool:
    """Whether a mail system speaks here of a mail that it could not deliver."""
    if content_type == "multipart/report":
        return not _reads_back(headers)
    local = sender.email.rpartition("@")[0].lower() if sender else ""
    if local == "postmaster":  # a person may sit there
        return return_path == ""
    return local in MACHINES or bool(first(headers, "x-failed-recipients"))


def _reads_back(headers: Headers) -> bool:
    """Whether the report is about reading (RFC 8098) or abuse (RFC 5965), not about delivery."""
    kind = fields.parameters(first(headers, "content-type"))[1].get("report-type", "").lower()
    return kind in ("disposition-notification", "feedback-report")


def odd_reports(raw: bytes, original: str) -> tuple[Report, ...]:
    """What a letter that looks like a bounce says; `original` is the Message-ID it returns, if that is known.

    Never empty: if nothing can be told, one report says so.
    """
    original = original or _returned_message_id(raw)
    try:
        delayed, failed = all_failures(message_from_bytes(raw[:_BYTES]))
    except Exception:  # noqa: BLE001 - the library meets hostile text; what it stumbles over is read by a human
        delayed, failed = frozenset(), frozenset()
    found = [_report("failed", address, original) for address in sorted(failed)[:_MOST]]
    found += [_report("delayed", address, original) for address in sorted(delayed - failed)[:_MOST]]
    return tuple(found) or (Report(UNCLEAR, "", "", original),)


def _report(action: str, address: bytes, original: str) -> Report:
    return Report(action, clean_email(address.decode("ascii", "replace")) or "", "", original)


def _returned_message_id(raw: bytes) -> str:
    """The first Message-ID below the letter's own head: that of the copy which many append as text."""
    body = raw[:_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    match = _MESSAGE_ID_LINE.search(body)
    return match[1].decode("ascii", "replace") if match else ""
