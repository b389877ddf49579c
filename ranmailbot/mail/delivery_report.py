"""Delivery reports (RFC 3464): what a server says became of a mail of ours.

Fear: anyone can write one. It names a Message-ID of ours or it means nothing, and its text is never an application.
Bounces without a message/delivery-status part (qmail and others) are read elsewhere (odd_bounces.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from ranmailbot.mail import headers as fields
from ranmailbot.mail.address import clean_email
from ranmailbot.mail.characters import clean_line
from ranmailbot.mail.headers import Headers
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.mime import Part

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = ("text/rfc822-headers", "message/global-headers")
_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
_MOST = 50


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report (RFC 3464): what happened to which mail of ours."""

    action: str
    """failed, delayed, delivered, relayed or expanded; decides alone (RFC 3464 2.3.3). "unclear" if none is told."""
    recipient: str
    status: str
    original_message_id: str


def reports(root: Part, limits: Limits) -> tuple[Report, ...]:
    """One report for each recipient named in the message's status parts, at most 50. Unknown actions are left out."""
    status = next((part for part in root.walk() if part.content_type in _STATUS_TYPES), None)
    if status is None:
        return ()
    original = original_message_id(root, limits)
    groups = status.content.replace(b"\r\n", b"\n").strip().split(b"\n\n")[: _MOST + 1]
    found = (_report(fields.parse(group, limits)[0], original) for group in groups)
    return tuple(report for report in found if report is not None)[:_MOST]


def _report(group: Headers, original: str) -> Report | None:
    action = fields.first(group, "action").split("(")[0].strip().lower()
    if action not in _ACTIONS:
        return None
    # The address we wrote to, if the server says so; after forwarding the final one is somebody else's.
    written = fields.first(group, "original-recipient") or fields.first(group, "final-recipient")
    recipient = clean_email(written.partition(";")[2].strip().strip("<>")) or ""
    return Report(action, recipient, clean_line(fields.first(group, "status"), 20), original)


def original_message_id(root: Part, limits: Limits) -> str:
    """The Message-ID of the mail that a message returns, whole or its headers only; empty if it returns none."""
    for part in root.walk():
        if part.content_type in ("message/rfc822", "message/global") and part.parts:
            found = fields.message_id(part.parts[0].headers)
        elif part.content_type in _RETURNED_TYPES:
            found = fields.message_id(fields.parse(part.content, limits)[0])
        else:
            continue
        if found:
            return found
    return ""
