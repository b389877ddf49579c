"""Why a letter may not be answered (RFC 3834 and its neighbours), and whether a machine wrote it.

Fear: two machines that answer each other for ever. A letter that gets no answer is still read, stored and counted.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ranmailbot.mail.address import Address
from ranmailbot.mail.headers import Headers, every, first
from ranmailbot.mail.odd_bounces import MACHINES

LOOP_HEADER = "X-Ranmailbot"
"""Our own mark on everything we send: whatever comes back with it is not answered."""

_REPORTS = (
    "multipart/report",
    "message/delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
)
_NO_REPLY = frozenset({"no-reply", "noreply", "do-not-reply", "donotreply", "no_reply", "do_not_reply"})
_REPLIERS = frozenset(
    {"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-fc-machinegenerated"}
)
"""Fields of autoresponders that say it in their own way."""
_BOT_LIKE_US = re.compile(r"\s*<[a-z0-9]{26}\.[a-z_]{4,30}@[^<>\s]+>\s*")
"""A Message-ID of a bot like this one (flows/compose.py): it stays where gateways strip every mark of a machine."""
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})


def reasons(
    headers: Headers, sender: Address | None, return_path: str | None, content_type: str, own: Collection[str]
) -> tuple[str, bool]:
    """Why not to answer ("" if nothing speaks against it), and whether a machine wrote this."""
    found = _machine(headers, return_path, content_type) or _machine_address(sender)
    if found:
        return found, True
    if came_back(headers, sender, own):
        return "it is a mail of ours that came back", True
    return _wish(headers, sender), False


def came_back(headers: Headers, sender: Address | None, own: Collection[str]) -> bool:
    """Whether this is a mail of ours: from an address of ours, or with our own loop header."""
    return (sender is not None and is_own(sender.email, own)) or bool(every(headers, LOOP_HEADER.lower()))


def is_own(email: str, own: Collection[str]) -> bool:
    """Whether this is an address of ours, a plus part aside."""
    return _without_plus(email) in {_without_plus(address) for address in own}


def _without_plus(email: str) -> str:
    local, _, domain = email.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _machine(headers: Headers, return_path: str | None, content_type: str) -> str:
    submitted = [value.split(";")[0].split("(")[0].strip().lower() for value in every(headers, "auto-submitted")]
    if any(value != "no" for value in submitted):
        return "Auto-Submitted says that a machine sent it"
    if return_path == "":
        return "its return path is null"
    if content_type in _REPORTS:
        return "it is a report"
    if any(name.startswith("list-") for name, _ in headers):
        return "it comes from a mailing list"
    return _automatic_mark(headers)


def _automatic_mark(headers: Headers) -> str:
    if any(value.strip().lower() in _BULK for value in every(headers, "precedence")):
        return "its Precedence is bulk"
    if any(name in _REPLIERS for name, _ in headers):
        return "it is an automatic reply"
    if _BOT_LIKE_US.fullmatch(first(headers, "message-id")):
        return "its Message-ID is one of a bot like this one"
    if "autoresponder" in first(headers, "x-post-messageclass").lower():
        return "it is an automatic reply"
    return ""


def _machine_address(sender: Address | None) -> str:
    local = sender.email.rpartition("@")[0].lower() if sender else ""
    if local in MACHINES:
        return "a mail system sent it"
    if local.startswith("owner-") or local.endswith(("-request", "-owner", "-bounces")):
        return "it comes from a mailing list"
    return ""


def _wish(headers: Headers, sender: Address | None) -> str:
    suppressed = ",".join(every(headers, "x-auto-response-suppress")).lower()
    if {"all", "autoreply"} & {wish.strip() for wish in suppressed.split(",")}:
        return "X-Auto-Response-Suppress asks for no reply"
    if first(headers, "x-no-ack") or first(headers, "x-ack").strip().lower() == "no":
        return "it asks for no acknowledgement"
    if sender is not None and sender.email.rpartition("@")[0].lower() in _NO_REPLY:
        return "its address takes no replies"
    return ""
