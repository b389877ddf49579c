"""A provider in memory: takes probes, changes what it pleases, delivers late, and holds folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ranmailbot.adapters.imap_look import Found
from ranmailbot.checkup.probe import Own
from ranmailbot.checkup.trip import Places, Trip
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.delivery import Delivery, Refused, Sent
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Unavailable
from tests.world import CountedTokens, PlayedClock

BOX = "call@city.example"
AUTHSERV = "mx.city.example"


@dataclass
class Provider:
    """What this provider does to mail. `lag` and `sent_lag` in seconds; None: never."""

    clock: PlayedClock
    rewrite: Callable[[bytes], bytes] = lambda raw: raw
    stamps: str = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from=city.example\r\n"
    stamp_below: bool = False
    plus: bool = True
    sorts_plus: bool = False
    full: str = ""
    refuse_verp: bool = False
    return_path: str | None = "as sent"
    junk: bool = False
    lag: float | None = 0.0
    sent_lag: float | None = 0.0
    ahead: timedelta = timedelta()
    uidplus: bool = True
    worker: bool = False
    """A worker beside the checkup moves what it sees to Automatic."""
    broken_after: int | None = None
    messages: list[tuple[str, int, datetime, bytes]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    looks: int = 0
    _number: int = 100

    def send(self, mail: OutgoingMail, before_data: Callable[[bool], bool]) -> Delivery:
        if self.refuse_verp and "+" in mail.sender:
            return Refused("553 5.7.1 to MAIL")
        if self.full:
            return Refused(self.full)
        assert before_data(True)
        if self.sent_lag is not None:
            self._deliver("Sent", mail.content, self.sent_lag)
        if self.lag is not None and (self.plus or "+" not in mail.recipient):
            self._deliver("Junk" if self.junk else "INBOX", self._arriving(mail), self.lag)
        return Sent()

    def next_uid(self, folder: str) -> int:
        return self._number + 1

    def find(self, folder: str, since: int, token: str) -> Sequence[Found]:
        self.looks += 1
        if self.broken_after is not None and self.looks > self.broken_after:
            raise Unavailable("mailbox imap.city.example:993: looking into INBOX: no answer in time")
        if self.worker:
            self.messages = [
                ("Automatic" if place == "INBOX" and at <= self.clock.moment else place, uid, at, raw)
                for place, uid, at, raw in self.messages
            ]
        return [
            Found(place, uid, at.replace(microsecond=0) + self.ahead, raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
            for place, uid, at, raw in self.messages
            if (place, uid >= since, at <= self.clock.moment) == (folder, True, True) and token.encode() in raw
        ]

    def take_folder_of(self, token: str) -> str:
        return f"INBOX/{token}" if self.sorts_plus else ""

    def remove(self, folder: str, uids: Sequence[int]) -> bool:
        self.removed += uids
        if self.uidplus:
            self.messages = [one for one in self.messages if one[1] not in uids]
        return self.uidplus

    def _deliver(self, folder: str, raw: bytes, lag: float) -> None:
        self._number += 1
        self.messages.append((folder, self._number, self.clock.moment + timedelta(seconds=lag), raw))

    def _arriving(self, mail: OutgoingMail) -> bytes:
        sender = mail.sender if self.return_path == "as sent" else self.return_path
        path = b"" if sender is None else f"Return-Path: <{sender}>\r\n".encode()
        received = f"Received: from there by {AUTHSERV}; Tue, 1 Mar 2022 09:00:00 +0000\r\n".encode()
        stamps = self.stamps.encode()
        top = received + stamps if self.stamp_below else stamps + received
        return path + top + self.rewrite(mail.content)


def replaced(pattern: str, text: str) -> Callable[[bytes], bytes]:
    """A server that rewrites a header."""
    return lambda raw: re.sub(pattern.encode(), text.encode(), raw, count=1)


def trip(provider: Provider, *, trust: Trust | None = None, return_tokens: bool = False, seconds: float = 120) -> Trip:
    """A round trip on this provider; while it pauses, the played clock goes on."""
    clock = provider.clock
    until = clock.monotonic() + seconds

    def pause(length: float) -> None:
        clock.moment += timedelta(seconds=length)

    return Trip(
        box=provider,
        post=provider,
        places=Places("INBOX", "Junk", ("Automatic",), "Sent"),
        own=Own(BOX, return_tokens),
        trust=trust or Trust("generic", AUTHSERV),
        clock=clock,
        token=CountedTokens().token,
        pause=pause,
        left=lambda: until - clock.monotonic(),
    )
