"""What the built-in server writes on a message, and what it reads of one: stamps, the DMARC verdict, bounce reports.

Fear: headers are a stranger's. They are read linearly, and nothing of them is written into a stamp unless it passes a
strict pattern. Stamps stand on top; what the sender forged stays below our Received header, where nobody trusts it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

EVERYONE = "everyone"
ADDRESS = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?=.{1,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
"""A dot-atom address of ASCII letters (RFC 5321 4.1.2), matched in full. No quoted local parts, no address literals."""

_QUOTED = re.compile(r'"(?:[^"\\\r\n]|\\.)*"')
_ANGLE = re.compile(r"([^<>@,:;()\"]*)<([^<>\s]*)>")
_HELLO = re.compile(r"[A-Za-z0-9.\-:\[\]]{1,255}")
_LONE_BREAK = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a message came: who logged in (empty if nobody), the envelope, and when."""

    user: str
    hello: str
    peer: str
    sender: str
    serial: str
    moment: datetime


def normalised(content: bytes) -> bytes:
    """The message with CRLF line ends only, and one at its end."""
    content = _LONE_BREAK.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def header_block(content: bytes) -> bytes:
    """Everything before the first empty line."""
    if content.startswith(b"\r\n"):
        return b""
    return content.partition(b"\r\n\r\n")[0] + b"\r\n"


def header_values(content: bytes, name: bytes) -> list[bytes]:
    """All values of one header, unfolded, in order. `content` has CRLF line ends."""
    wanted, found, open_value = name.lower(), list[bytes](), False
    for line in header_block(content).split(b"\r\n"):
        if line[:1] in (b" ", b"\t"):
            if open_value:
                found[-1] += line
            continue
        label, colon, value = line.partition(b":")
        open_value = bool(colon) and label.rstrip(b" \t").lower() == wanted
        if open_value:
            found.append(value.strip())
    return found


def author(content: bytes) -> str | None:
    """The one address of the one From header, or None if there is any doubt about it."""
    values = header_values(content, b"From")
    if len(values) != 1:
        return None
    try:
        text = values[0].decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    angle = _ANGLE.fullmatch(_QUOTED.sub("", text).strip())
    address = angle[2] if angle else text
    return address if ADDRESS.fullmatch(address) else None


def verdict(content: bytes, user: str) -> str:
    """The dmarc result (RFC 8601 2.7, RFC 7489 11.2): pass only for somebody who logged in as the author."""
    address = author(content)
    if address is None:
        return "dmarc=fail"
    domain = address.rpartition("@")[2].lower()
    if not user:
        return f"dmarc=none header.from={domain}"
    result = "pass" if address.casefold() == user.casefold() else "fail"
    return f"dmarc={result} header.from={domain}"


def stamped(content: bytes, arrival: Arrival, recipient: str, authserv_id: str) -> bytes:
    """The message as it is stored: our four headers on top, then everything as it was sent."""
    hello = arrival.hello if _HELLO.fullmatch(arrival.hello) else "unknown"
    protocol = "ESMTPA" if arrival.user else "ESMTP"
    lines = (
        f"Return-Path: <{arrival.sender}>",
        f"Delivered-To: {recipient}",
        f"Authentication-Results: {authserv_id}; {verdict(content, arrival.user)}",
        f"Received: from {hello} ([{arrival.peer}]) by {authserv_id} with {protocol} id {arrival.serial}",
        f"\tfor <{recipient}>; {format_datetime(arrival.moment)}",
    )
    return "\r\n".join(lines).encode("ascii") + b"\r\n" + content


def bounce(content: bytes, arrival: Arrival, recipient: str, authserv_id: str) -> bytes:
    """A delivery status notification (RFC 3464) to the sender: permanently failed, with the headers of the original.

    `arrival` is that of the original; the report gets a serial of its own, made from it.
    """
    sender, moment = arrival.sender, arrival.moment
    serial = f"{arrival.serial}.{hashlib.sha256(recipient.encode()).hexdigest()[:8]}"
    boundary = f"=_{serial}"
    lines = (
        f"From: Mail Delivery System <MAILER-DAEMON@{authserv_id}>",
        f"To: <{sender}>",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(moment)}",
        f"Message-ID: <bounce-{serial}@{authserv_id}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"Your message could not be delivered to <{recipient}>: no such mailbox.",
        "",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {authserv_id}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 no such mailbox",
        "",
        f"--{boundary}",
        "Content-Type: message/rfc822",
        "",
    )
    start = "\r\n".join(lines).encode("ascii") + b"\r\n"
    return start + header_block(content) + f"\r\n--{boundary}--\r\n".encode("ascii")
