"""The round trip: probes go out, are waited for in every folder where a worker may have put them, and are removed.

Known limit: what was moved elsewhere by a rule of the provider is not found, and said to be missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from ranmailbot.adapters.imap_look import Found
from ranmailbot.checkup import probe
from ranmailbot.checkup.findings import Finding, Level
from ranmailbot.checkup.probe import NOBODY, Arrival, Own, Probe, Role
from ranmailbot.mail.authentication import Trust, stamped_by
from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Sent, Unclear
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Clock, Unavailable

LOOK_EVERY = 0.5
ARCHIVE_SECONDS = 60
"""How long a copy in the archive is waited for, once the mail itself has arrived."""
OTHERS_SECONDS, OTHERS_TIMES = 20, 5
"""How long the other probes are waited for: so many seconds, or so many times what the plain one took."""
LAST_LOOKS = 6
FULL = ("2.2 ", "(452 ", "(552 ")
"""In a refusal: the mailbox is full (RFC 3463 X.2.2), or there is no room (RFC 5321 4.2.3)."""
NOT_IN_TIME = "it did not arrive in time"


class Box(Protocol):
    """What the trip needs of the mailbox."""

    def next_uid(self, folder: str) -> int: ...
    def find(self, folder: str, since: int, token: str) -> Sequence[Found]: ...
    def remove(self, folder: str, uids: Sequence[int]) -> bool: ...
    def take_folder_of(self, token: str) -> str:
        """Remove the folder that a server made for this plus part; its name, empty if there is none."""
        ...


class Post(Protocol):
    """What the trip needs of the submission server (as ports.Submission)."""

    def send(self, mail: OutgoingMail, before_data: Callable[[bool], bool]) -> Delivery: ...


@dataclass(frozen=True, slots=True)
class Places:
    """Folders as the server names them: where a probe may lie, and where a copy of what we sent should."""

    inbox: str
    junk: str
    others: tuple[str, ...]
    archive: str

    @property
    def arrivals(self) -> tuple[str, ...]:
        """Where a probe may have arrived."""
        return tuple(dict.fromkeys(one for one in (self.inbox, self.junk, *self.others) if one))


@dataclass(frozen=True, slots=True)
class Proven:
    """What the trip proved, for the worker and for people. Seconds; None: not known."""

    at: datetime
    from_kept: bool
    message_ids_kept: bool
    return_path_kept: bool | None
    plus: bool
    verp: bool
    archive_seconds: float | None
    clock_seconds: float
    authserv_ids: tuple[str, ...]
    forged_refused: bool | None

    def json(self) -> dict[str, object]:
        """For programs, and for the file in the state folder."""
        names = ("from_kept", "message_ids_kept", "return_path_kept", "plus", "verp", "archive_seconds",
                 "clock_seconds", "forged_refused")  # fmt: skip
        facts: dict[str, object] = {name: getattr(self, name) for name in names}
        return {"at": self.at.isoformat(), **facts, "authserv_ids": list(self.authserv_ids)}


@dataclass(slots=True)
class Trip:
    """One round trip. `pause` waits so many seconds; `left` says how many there are for all of it."""

    box: Box
    post: Post
    places: Places
    own: Own
    trust: Trust
    clock: Clock
    token: Callable[[], str]
    pause: Callable[[float], None]
    left: Callable[[], float]
    _since: dict[str, int] = field(default_factory=dict, init=False)
    _sent: dict[Role, tuple[Probe, datetime]] = field(default_factory=dict, init=False)
    _why: dict[Role, str] = field(default_factory=dict, init=False)

    def run(self) -> tuple[list[Finding], Proven | None]:
        """Send, wait, judge, remove. What was proven is None if the trip could not be made to its end."""
        found: list[Finding] = []
        proven: Proven | None = None
        try:
            for folder in filter(None, (*self.places.arrivals, self.places.archive)):
                self._since[folder] = self.box.next_uid(folder)
            proven = self._judged(found)
        except Unavailable as fault:
            remedy = "Run this command again; what was not proven by now stays unproven."
            found.append(Finding("trip.broken", Level.FAULT, f"the round trip was cut short: {fault}", remedy))
        found += self._removed()
        return found, proven

    def _judged(self, found: list[Finding]) -> Proven | None:
        self._send(Role.PLAIN)
        plain = self._wait({Role.PLAIN}, self.left()).get(Role.PLAIN)
        if plain is None:
            found.append(self._lost())
            return None
        found += probe.plain_findings(plain, self.own, self.places.junk)
        found += probe.stamp_findings(plain, self.trust)
        signs_as = self.trust.authserv_id or next(iter(_names(plain)), self.own.domain)
        forged_as = replace(self.trust, authserv_id=signs_as)
        for role in (Role.PLUS, Role.RETURN, Role.FORGED):
            self._send(role, forged_as)
        took = (plain.found_at - plain.sent_at).total_seconds()
        others = {Role.PLUS, Role.RETURN, Role.FORGED} & set(self._sent)
        arrived = {Role.PLAIN: plain, **self._wait(others, max(OTHERS_SECONDS, took * OTHERS_TIMES))}
        self._sorted_away(arrived)
        verp = probe.verp_finding(arrived.get(Role.RETURN), self._reason(Role.RETURN), self.own)
        found += [probe.plus_finding(arrived.get(Role.PLUS), self._reason(Role.PLUS), self.own), verp]
        forged = self._forged(arrived.get(Role.FORGED), forged_as)
        found.append(forged)
        copied = self._archived(plain)
        found.append(self._archive_finding(copied))
        return self._proven(arrived, copied, forged, verp=verp.level is Level.OK)

    def _send(self, role: Role, forged_as: Trust = NOBODY) -> None:
        now = self.clock.now()
        one = probe.made(role, self.token(), self.own, now, forged_as)
        delivery = self.post.send(one.mail, lambda _: True)
        if isinstance(delivery, (Sent, Unclear)):
            self._sent[role] = one, now
        elif isinstance(delivery, (Refused, Deferred)):
            self._why[role] = f"the server refuses it ({delivery.reply})"

    def _wait(self, wanted: set[Role], seconds: float) -> dict[Role, Arrival]:
        """Those of these probes that arrive in time."""
        arrived: dict[Role, Arrival] = {}
        until = self.clock.monotonic() + seconds
        while wanted - set(arrived) - set(self._why):
            for role in wanted - set(arrived):
                if (one := self._arrival(role)) is not None:
                    arrived[role] = one
            if wanted <= set(arrived) or self.left() <= 0 or self.clock.monotonic() >= until:
                break
            self.pause(LOOK_EVERY)
        return arrived

    def _arrival(self, role: Role) -> Arrival | None:
        sent, at = self._sent[role]
        for folder in self.places.arrivals:
            for one in self.box.find(folder, self._since[folder], sent.token):
                headers = probe.headers_of(one.head)
                return Arrival(sent, folder, at, self.clock.now(), one.stamp, headers)
        return None

    def _sorted_away(self, arrived: Mapping[Role, Arrival]) -> None:
        """A server may file mail with a plus part into a folder of that name, which the bot does not read."""
        if Role.PLUS in self._sent and Role.PLUS not in arrived:
            folder = self.box.take_folder_of(self._sent[Role.PLUS][0].token)
            if folder:
                self._why[Role.PLUS] = "the server files it into a folder that is named like the plus part"

    def _archived(self, plain: Arrival) -> float | None:
        """Seconds until a copy of the plain probe lay in the archive; None if none came in time."""
        if not self.places.archive:
            return None
        until = self.clock.monotonic() + ARCHIVE_SECONDS
        while not self.box.find(self.places.archive, self._since[self.places.archive], plain.probe.token):
            if self.clock.monotonic() >= until or self.left() <= 0:
                return None
            self.pause(LOOK_EVERY)
        return (self.clock.now() - plain.sent_at).total_seconds()

    def _archive_finding(self, seconds: float | None) -> Finding:
        if seconds is not None:
            what = f"a copy of what we sent lies in {self.places.archive} within {seconds:.1f} s"
            return Finding("trip.archive", Level.OK, f"{what}: a mail in doubt can be looked up there")
        what = f"no copy of what we sent came to {self.places.archive or 'the archive, for there is no such folder'}"
        remedy = (
            "Until there is one, a mail whose sending was cut short is held for a person. Set [mailbox] archive to the "
            "folder where your provider keeps copies, or [submission] archive_address to an address that arrives there."
        )
        return Finding("trip.archive", Level.NOTE, what, remedy, "mailbox.archive")

    def _forged(self, arrival: Arrival | None, forged_as: Trust) -> Finding:
        if arrival is None:
            what = (
                f"whether a forged Authentication-Results header is believed is not known: {self._reason(Role.FORGED)}"
            )
            return Finding("trip.forged", Level.NOTE, what)
        return probe.forged_finding(arrival, forged_as)

    def _lost(self) -> Finding:
        what = f"a mail from the mailbox to itself does not come back: {self._reason(Role.PLAIN)}"
        if any(code in self._reason(Role.PLAIN) for code in FULL):
            remedy = (
                "The mailbox is full: make room in it, or ask your provider for more. Nothing else could be proven."
            )
            return Finding("trip.arrival", Level.FAULT, what, remedy, "mailbox.address")
        remedy = (
            "See whether mail to the address of the mailbox is delivered to the account that the bot reads, and "
            "whether a rule or filter of the provider moves it. Nothing else could be proven."
        )
        return Finding("trip.arrival", Level.FAULT, what, remedy, "mailbox.address")

    def _reason(self, role: Role) -> str:
        return self._why.get(role, NOT_IN_TIME)

    def _proven(self, arrived: Mapping[Role, Arrival], copied: float | None, forged: Finding, *, verp: bool) -> Proven:
        plain = arrived[Role.PLAIN]
        levels = {one.key: one.level for one in probe.plain_findings(plain, self.own, self.places.junk)}
        path = probe.return_path(plain)
        return Proven(
            at=self.clock.now(),
            from_kept=levels["trip.from"] is Level.OK,
            message_ids_kept=levels["trip.message_id"] is Level.OK,
            return_path_kept=None if path is None else levels["trip.return_path"] is Level.OK,
            plus=Role.PLUS in arrived,
            verp=verp,
            archive_seconds=copied,
            clock_seconds=probe.clock_gap(plain) / timedelta(seconds=1),
            authserv_ids=_names(plain),
            forged_refused=None if forged.level is Level.NOTE else forged.level is Level.OK,
        )

    def _removed(self) -> Iterator[Finding]:
        """Take every probe away, wherever it lies; a worker may move them meanwhile, so look again."""
        tokens, purged, gone = [sent.token for sent, _ in self._sent.values()], True, False
        try:
            for _ in range(LAST_LOOKS):
                lying = self._lying(tokens)
                for folder, uids in lying.items():
                    purged = self.box.remove(folder, uids) and purged
                gone = not lying or not purged
                if gone:
                    break
                self.pause(LOOK_EVERY)
        except Unavailable as fault:
            what = f"probes may be left in the mailbox: {fault}"
            return iter([Finding("trip.removed", Level.NOTE, what, "Delete them by hand: their subject begins with "
                                 '"A check of ranmailbot".')])  # fmt: skip
        if not purged:
            what = "the probes are marked as deleted; the server lets nobody remove single messages (no UIDPLUS)"
            return iter([Finding("trip.removed", Level.NOTE, what)])
        return iter([Finding("trip.removed", Level.OK, "the probes were removed from the mailbox")] if gone else [])

    def _lying(self, tokens: Sequence[str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for folder, since in self._since.items():
            for token in tokens:
                found[folder] += [one.uid for one in self.box.find(folder, since, token)]
        return {folder: uids for folder, uids in found.items() if uids}


def _names(arrival: Arrival) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in stamped_by(arrival.headers) if name and "=" not in name))
