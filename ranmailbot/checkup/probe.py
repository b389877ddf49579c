"""Probes: mails of the mailbox to itself, and what their arrival proves. Pure: bytes in, findings out.

A probe carries our own loop header, so a worker beside the checkup knows it for ours: it is never answered and never an
application. Fear: a server that rewrites what it pleases; so each probe is known by a token that stands in it thrice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

from ranmailbot.checkup.findings import Finding, Level
from ranmailbot.mail.address import plus
from ranmailbot.mail.authentication import Trust, stamped_by
from ranmailbot.mail.forged_stamps import believed, forged_fields
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.headers import Headers, first, parse
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.mail.silence import LOOP_HEADER

CHECK_HEADER = "X-Ranmailbot-Check"
CLOCK_TOLERANCE = timedelta(seconds=60)
"""Deadlines are judged by the mailbox's clock; a minute is what people would notice."""


NOBODY = Trust("generic", "")
"""Nobody's stamps."""


class Role(StrEnum):
    """What a probe is for."""

    PLAIN = "plain"
    """To the mailbox, as any mail of the bot."""
    PLUS = "plus"
    """To a plus part of the mailbox (RFC 5233)."""
    RETURN = "return"
    """With an envelope sender that has a plus part (VERP)."""
    FORGED = "forged"
    """With an Authentication-Results header that we forged."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe as it goes out. `token` is its own."""

    role: Role
    token: str
    mail: OutgoingMail


@dataclass(frozen=True, slots=True)
class Arrival:
    """One probe as it lies in the mailbox. Moments are aware UTC; `found_at` is when we saw it."""

    probe: Probe
    folder: str
    sent_at: datetime
    found_at: datetime
    stamp: datetime
    headers: Headers


TOKENS = "submission.return_tokens"
_BOUNCES = "Bounces are then known by the Message-ID that they return; those that return none are left to a person."
TOKENS_STAY_OFF = f"Keep return_tokens off. {_BOUNCES}"
TOKENS_OFF = f"Write return_tokens = false under [submission]: with it, bounces do not come back to us. {_BOUNCES}"


@dataclass(frozen=True, slots=True)
class Own:
    """Who we are: the address of the mailbox, and whether its mails have return paths of their own (VERP)."""

    address: str
    return_tokens: bool = False

    def plus(self, token: str) -> str:
        """The mailbox with a plus part."""
        return plus(self.address, token)

    @property
    def domain(self) -> str:
        """Behind the @."""
        return self.address.rpartition("@")[2]


def made(role: Role, token: str, own: Own, at: datetime, trust: Trust = NOBODY) -> Probe:
    """A probe. `trust` is whose stamps are forged."""
    message_id = f"<{token}.check@{own.domain}>"
    to = own.plus(token) if role is Role.PLUS else own.address
    sender = own.plus(token) if role is Role.RETURN else own.address
    forged = [f"{name}: {value}" for name, value in forged_fields(trust)]
    lines = [
        *(forged if role is Role.FORGED else []),
        f"From: ranmailbot <{own.address}>",
        f"To: <{to}>",
        f"Subject: A check of ranmailbot, please ignore ({token})",
        f"Date: {format_datetime(at)}",
        f"Message-ID: {message_id}",
        "Auto-Submitted: auto-generated",
        f"{LOOP_HEADER}: check",
        f"{CHECK_HEADER}: {token}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "This mail was sent by `ranmailbot check` to its own mailbox. It is removed again by itself.",
        "",
    ]
    form = SentForm(message_id, "", (), (), ())
    content = "\r\n".join(lines).encode("ascii")
    return Probe(role, token, OutgoingMail(message_id, sender, to, content, lines[2], form))


def headers_of(head: bytes) -> Headers:
    """The header block as pairs."""
    return parse(head.replace(b"\r\n\r\n", b"\r\n"), Limits())[0]


def return_path(arrival: Arrival) -> str | None:
    """The envelope sender as it arrived, None if the server does not say."""
    value = first(arrival.headers, "return-path").strip()
    return value.strip("<>").casefold() if value else None


def clock_gap(arrival: Arrival) -> timedelta:
    """By how much the mailbox's clock is ahead of ours at least (negative: behind); nought if it may be right."""
    slack = timedelta(seconds=1)  # INTERNALDATE has whole seconds
    if arrival.stamp > arrival.found_at + slack:
        return arrival.stamp - arrival.found_at
    if arrival.stamp < arrival.sent_at - slack:
        return arrival.stamp - arrival.sent_at
    return timedelta()


def plain_findings(arrival: Arrival, own: Own, junk: str) -> Iterator[Finding]:
    """What the plain probe shows, its stamps aside."""
    took = (arrival.found_at - arrival.sent_at).total_seconds()
    if arrival.folder == junk:
        remedy = "Have your provider trust this mailbox: mail to others will be taken for spam, too."
        yield Finding("trip.arrival", Level.WARNING, f"our own mail came into {junk}, after {took:.1f} s", remedy)
    else:
        yield Finding("trip.arrival", Level.OK, f"a mail to ourselves came back after {took:.1f} s")
    yield _from(arrival, own)
    yield _message_id(arrival)
    yield _sender(arrival, own)
    yield _clock(arrival)


def _from(arrival: Arrival, own: Own) -> Finding:
    if f"<{own.address.casefold()}>" in first(arrival.headers, "from").casefold():
        return Finding("trip.from", Level.OK, "the From address arrives as it was sent")
    remedy = (
        "Let the account send as the address of the mailbox, or write the address that it really sends as: "
        "replies go to the From address, and must arrive in this mailbox."
    )
    return Finding("trip.from", Level.WARNING, "the server rewrites the From address", remedy, "mailbox.address")


def _message_id(arrival: Arrival) -> Finding:
    if first(arrival.headers, "message-id") == arrival.probe.mail.message_id:
        return Finding("trip.message_id", Level.OK, "Message-IDs survive: replies are known by them")
    remedy = (
        "Ask your provider to leave Message-IDs alone. Until then replies are known by the reference in them only, "
        "nobody proves by a reply who they are, and a mail in doubt is held for a person."
    )
    return Finding("trip.message_id", Level.WARNING, "the server rewrites Message-IDs", remedy)


def _sender(arrival: Arrival, own: Own) -> Finding:
    path = return_path(arrival)
    if path is None:
        return Finding("trip.return_path", Level.NOTE, "the server does not say by which envelope sender a mail came")
    if path == own.address.casefold():
        return Finding("trip.return_path", Level.OK, "the envelope sender arrives as it was sent")
    remedy = "Delivery reports go to the envelope sender: see that they arrive in this mailbox, or ask your provider."
    return Finding("trip.return_path", Level.WARNING, "the server rewrites the envelope sender", remedy)


def _clock(arrival: Arrival) -> Finding:
    seconds = clock_gap(arrival).total_seconds()
    if not seconds:
        return Finding("trip.clock", Level.OK, "the clocks of this machine and of the mailbox agree")
    way = "ahead of" if seconds > 0 else "behind"
    what = f"the mailbox's clock is {abs(seconds):.0f} s {way} ours"
    if abs(seconds) <= CLOCK_TOLERANCE.total_seconds():
        return Finding("trip.clock", Level.NOTE, what)
    remedy = (
        "Set the clock of this machine by NTP (timedatectl). If ours is right, tell your provider: when a letter "
        "arrived, and so whether it was in time, is asked of the mailbox."
    )
    return Finding("trip.clock", Level.WARNING, what, remedy)


def stamp_findings(arrival: Arrival, trust: Trust) -> Iterator[Finding]:
    """Whose Authentication-Results stand where only our own server writes (RFC 8601 5)."""
    key, setting = "trip.stamps", "mailbox.authserv_id"
    names = list(dict.fromkeys(name for name in stamped_by(arrival.headers) if "=" not in name))
    listed = ", ".join(f'"{name}"' for name in names)
    if trust.profile == "microsoft365":
        yield Finding(key, Level.NOTE, "Exchange Online signs with no name: its stamps are known by where they stand")
    elif trust.authserv_id and trust.authserv_id.lower() in names:
        yield Finding(key, Level.OK, f'our server signs its verdicts as "{trust.authserv_id}", as configured')
    elif names and trust.authserv_id:
        what = f'authserv_id is "{trust.authserv_id}", but the server signs as {listed}'
        remedy = f'Write authserv_id = "{names[0]}" under [mailbox]: until then nobody decides by mail.'
        yield Finding(key, Level.WARNING, what, remedy, setting)
    elif names:
        remedy = (
            f'If this is the name of your provider\'s own server, write authserv_id = "{names[0]}" under [mailbox]. '
            "Until then no letter counts as authenticated, and organisers cannot decide by mail."
        )
        yield Finding(key, Level.WARNING, f"the server signs its verdicts as {listed}", remedy, setting)
    elif trust.authserv_id:
        what = "our own mail carries no verdict, so the name of authserv_id is not proven"
        remedy = "Send a mail from another provider, and look for Authentication-Results above its first Received."
        yield Finding(key, Level.NOTE, what, remedy, setting)
    else:
        what = "our own mail carries no verdict on its sender, and no authserv_id is configured"
        remedy = (
            "Send a mail from another provider, look for Authentication-Results above its first Received, and write "
            "its name as authserv_id. Until then organisers decide with `ranmailbot decide`."
        )
        yield Finding(key, Level.WARNING, what, remedy, setting)


def forged_finding(arrival: Arrival, trust: Trust) -> Finding:
    """Whether the bot would have believed the stamp that we forged."""
    if not believed(arrival.headers, trust):
        return Finding("trip.forged", Level.OK, "a forged Authentication-Results header is not believed")
    remedy = (
        "Take authserv_id out of config.toml at once: your server leaves forged verdicts where its own should stand, "
        "so anybody could write as an organiser. Ask your provider to remove them from incoming mail (RFC 8601 5)."
    )
    return Finding(
        "trip.forged", Level.FAULT, "a forged Authentication-Results header IS believed", remedy, "mailbox.authserv_id"
    )


def plus_finding(arrival: Arrival | None, why: str, own: Own) -> Finding:
    """Whether mail to the mailbox with a plus part comes to the mailbox."""
    if arrival is not None:
        where = "" if arrival.folder.upper() == "INBOX" else f" (into {arrival.folder})"
        return Finding("trip.plus", Level.OK, f"mail to the mailbox with a plus part arrives{where}")
    what = f"mail to the mailbox with a plus part does not arrive in INBOX: {why}"
    if own.return_tokens:
        return Finding("trip.plus", Level.WARNING, what, TOKENS_OFF, TOKENS)
    remedy = "Nothing needs it; calendar answers and bounces are then known by what stands in them."
    return Finding("trip.plus", Level.NOTE, what, remedy)


def verp_finding(arrival: Arrival | None, why: str, own: Own) -> Finding:
    """Whether a return path of its own for each mail (VERP) is possible, and whether one is used that is not."""
    key = "trip.verp"
    if arrival is not None and return_path(arrival) == own.plus(arrival.probe.token).casefold():
        what = "an envelope sender with a plus part survives: if plus parts arrive, too, return_tokens may be true"
        return Finding(key, Level.OK, what, setting=TOKENS)
    what = f"does not work: {why}" if arrival is None else "does not survive"
    level, remedy = (Level.WARNING, TOKENS_OFF) if own.return_tokens else (Level.NOTE, TOKENS_STAY_OFF)
    return Finding(key, level, f"an envelope sender with a plus part {what}", remedy, TOKENS)
