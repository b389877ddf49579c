"""The servers themselves: names, certificates, logins, what they can do, folders, and a round trip. No lock is taken.

It works beside a running worker and leaves nothing behind. Fear: servers that hang; the whole has one time limit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from ranmailbot.adapters.imap_look import MailboxLook
from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.adapters.tls_look import Certificate, NoTls, Trouble, look
from ranmailbot.checkup.findings import Finding, Level
from ranmailbot.checkup.probe import Own
from ranmailbot.checkup.trip import Places, Proven, Trip
from ranmailbot.desk import Folder
from ranmailbot.mail.authentication import Trust
from ranmailbot.ports import Account, Clock, Unavailable
from ranmailbot.service import MailServer

KEPT = "server.json"
"""The file in the state folder that holds what the last round trip proved."""
TLS_SECONDS = 15.0
SMTP_SECONDS = 30.0
FEW_DAYS = 14
SMALL_MAIL = 500_000
"""Bytes: a digest with many applications may be that large."""
EFFECTS = {
    "8bitmime": "our mails go out in 7 bits anyway",
    "smtputf8": "addresses with letters beyond ASCII before the @ cannot be written to",
}
"""What follows if a submission server lacks an extension (RFC 6152, RFC 6531)."""
SUBMISSION, MAILBOX = "submission", "mailbox"
SPECIAL = {"junk": frozenset({"\\junk"}), "archive": frozenset({"\\sent", "\\archive"})}
"""By which special use (RFC 6154) a folder of ours is known."""
Protocol = Literal["imap", "smtp"]
TABLES: Mapping[Protocol, str] = {"imap": MAILBOX, "smtp": SUBMISSION}


@dataclass(frozen=True, slots=True)
class Means:
    """What is handed in: time, tokens, and how to wait and to say how far it is."""

    clock: Clock
    token: Callable[[], str]
    pause: Callable[[float], None]
    progress: Callable[[str], None]
    seconds: float


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found online, and what the round trip proved."""

    findings: tuple[Finding, ...]
    proven: Proven | None


def checked(mail: MailServer, own: Own, profile: str, means: Means) -> Checked:
    """All of it; later steps are left out where an earlier one failed."""
    until = means.clock.monotonic() + means.seconds
    box, post = MailboxLook(mail.imap), SmtpSubmission(mail.smtp, SMTP_SECONDS, archive=mail.archive or None)
    try:
        means.progress(f"{mail.imap.host}: certificate, login, folders")
        findings = [*secured("imap", mail.imap, means.clock.now())]
        findings += _mailbox(box) if _sound(findings, "imap") else []
        places, more = folders(box, mail, means.token()) if _sound(findings, "imap") else (None, [])
        means.progress(f"{mail.smtp.host}: certificate, login")
        findings += [*more, *secured("smtp", mail.smtp, means.clock.now())]
        findings += _submission(post) if _sound(findings, "smtp") else []
        if places is None or not _sound(findings, "smtp"):
            what = "there was no round trip, because of what stands above: nothing of it is proven"
            return Checked((*findings, Finding("trip.left_out", Level.NOTE, what)), None)
        means.progress("sending mails to ourselves, and waiting for them")
        trust = Trust(profile, mail.authserv_id)
        left: Callable[[], float] = lambda: until - means.clock.monotonic()  # noqa: E731 - a name would say no more
        trip = Trip(box, post, places, own, trust, means.clock, means.token, means.pause, left)
        found, proven = trip.run()
        return Checked((*findings, *found), proven)
    finally:
        box.close()
        post.close()


def keep(proven: Proven, host: str, state: Path) -> Finding:
    """Write what was proven where the worker and people find it (0600), if there is a state folder."""
    if not state.is_dir():
        return Finding("trip.kept", Level.NOTE, "what was proven is not kept: nothing is stored yet")
    new = state / f"{KEPT}.new"
    try:
        new.touch(mode=0o600)
        new.chmod(0o600)
        new.write_text(json.dumps({"host": host, **proven.json()}, indent=1) + "\n", encoding="utf-8")
        new.replace(state / KEPT)
    except OSError as fault:
        return Finding("trip.kept", Level.NOTE, f"what was proven could not be kept ({fault.strerror})")
    return Finding("trip.kept", Level.OK, f"what was proven is kept in {state / KEPT}")


def secured(protocol: Protocol, account: Account, now: datetime) -> Iterator[Finding]:
    """Name and certificate of one server."""
    key, setting = f"{protocol}.tls", f"{TABLES[protocol]}.host"
    if account.security == "none":
        yield Finding(key, Level.NOTE, "the built-in server needs no TLS: it is reached from this machine only")
        return
    found = look(account, protocol, TLS_SECONDS)
    place = f"{account.host}:{account.port}"
    if isinstance(found, NoTls):
        yield Finding(key, Level.FAULT, f"{place}: {found.words}", _tls_remedy(found.trouble, account), setting)
        return
    yield _certificate(key, place, found, now)


def _certificate(key: str, place: str, found: Certificate, now: datetime) -> Finding:
    days = (found.until - now).days
    what = f"{place}: {found.version}, its name is verified; certificate by {found.issuer}, {days} days left"
    if days >= FEW_DAYS:
        return Finding(key, Level.OK, what)
    remedy = "Ask who runs the server to renew it: the bot talks to no server whose certificate is over."
    return Finding(key, Level.WARNING, what, remedy)


def _tls_remedy(trouble: Trouble, account: Account) -> str:
    other = "tls" if account.security == "starttls" else "starttls"
    return {
        Trouble.NAME: "Correct host, or see that this machine can look up names (DNS).",
        Trouble.REFUSED: "Correct host and port; or a firewall stands in between.",
        Trouble.SILENT: "Correct host and port; or a firewall stands in between.",
        Trouble.NO_STARTTLS: f'Write security = "{other}" (and its port); nothing is ever sent in clear.',
        Trouble.NO_TLS: f'Write security = "{other}", or correct the port.',
        Trouble.EXPIRED: "Ask who runs the server to renew it; if it is new, set the clock of this machine.",
        Trouble.WRONG_NAME: "Write as host the name that stands in the certificate; ask your provider for it.",
        Trouble.NO_AUTHORITY: "If the server has an authority of its own, name its certificates as ca_file; else ask "
        "who runs the server.",
        Trouble.OTHER: "Correct host, port and security; ask your provider for them.",
    }[trouble]


def _mailbox(box: MailboxLook) -> Iterator[Finding]:
    """Login and abilities of the mailbox."""
    try:
        able = box.capabilities()
    except Unavailable as fault:
        yield Finding("imap.login", Level.FAULT, fault.what, fault.remedy or _login_remedy(MAILBOX), MAILBOX)
        return
    yield Finding("imap.login", Level.OK, "the login works")
    lacking = [name for name in ("IDLE", "MOVE", "UIDPLUS", "SPECIAL-USE") if name not in able]
    effects = {
        "IDLE": "new mail is noticed within a minute instead of at once",
        "MOVE": "letters are copied and then deleted",
        "UIDPLUS": "letters stay in their folder, marked as deleted, unless there is MOVE",
        "SPECIAL-USE": "which folder is for junk is not said by the server",
    }
    if lacking:
        what = "; ".join(f"it cannot {name}: {effects[name]}" for name in lacking)
        yield Finding("imap.capabilities", Level.NOTE, what)
    else:
        yield Finding("imap.capabilities", Level.OK, "it can do all that we use: IDLE, MOVE, UIDPLUS, SPECIAL-USE")


def _submission(post: SmtpSubmission) -> Iterator[Finding]:
    """Login and abilities of the submission server."""
    try:
        able = post.features()
    except Unavailable as fault:
        yield Finding("smtp.login", Level.FAULT, fault.what, fault.remedy or _login_remedy(SUBMISSION), SUBMISSION)
        return
    yield Finding("smtp.login", Level.OK, "the login works")
    size = able.get("size", "").strip()
    if size.isdecimal() and 0 < int(size) < SMALL_MAIL:
        remedy = "Ask your provider for more: a digest with many applications could be refused."
        yield Finding("smtp.size", Level.WARNING, f"it takes mails of {int(size):,} bytes at most", remedy)
    else:
        limit = f"it takes mails of up to {int(size):,} bytes" if size.isdecimal() and int(size) else "no limit is told"
        yield Finding("smtp.size", Level.OK, f"size of mails: {limit}")
    lacking = [f"it cannot {name.upper()}: {effect}" for name, effect in EFFECTS.items() if name not in able]
    if lacking:
        yield Finding("smtp.capabilities", Level.NOTE, "; ".join(lacking))
    else:
        yield Finding("smtp.capabilities", Level.OK, "it offers 8BITMIME and SMTPUTF8")


def _login_remedy(table: str) -> str:
    return f"Correct host, user and password in [{table}]; ask your provider whether programs may log in there."


def folders(box: MailboxLook, mail: MailServer, token: str) -> tuple[Places | None, list[Finding]]:
    """Which folders there are, whether more can be made, and where a probe may lie."""
    try:
        (prefix, delimiter), there = box.personal(), box.folders()
    except Unavailable as fault:
        return None, [Finding("imap.folders", Level.FAULT, fault.what, fault.remedy or _login_remedy(MAILBOX), MAILBOX)]

    def actual(name: str) -> str:
        full = name.replace("/", delimiter)
        return next((one for one in (prefix + full, full) if one in there), "")

    junk, archive = actual(mail.folders.junk), actual(mail.folders.archive)
    findings = [
        _special("junk", mail.folders.junk, junk, there),
        _special("archive", mail.folders.archive, archive, there),
        _makable(box, f"{prefix}ranmailbot-check-{token[:8]}"),
    ]
    automatic = f"{prefix}{Folder.AUTOMATIC}"  # where a worker files probes; it makes the folder when it needs it
    return Places("INBOX", junk, (automatic,), archive), findings


def _special(name: str, wanted: str, actual: str, there: Mapping[str, frozenset[str]]) -> Finding:
    """One folder that the provider keeps: is it there under the configured name?"""
    marked = sorted(folder for folder, flags in there.items() if flags & SPECIAL[name])
    key, setting = f"imap.{name}", f"mailbox.{name}"
    if actual and (actual in marked or not marked):
        return Finding(key, Level.OK, f"the {name} folder is there: {actual}", setting=setting)
    if actual:
        what = f"the {name} folder is {actual}; the server marks {marked[0]} as such"
        remedy = f'If that one is meant, write {name} = "{marked[0]}" under [mailbox].'
        return Finding(key, Level.NOTE, what, remedy, setting)
    if marked:
        remedy = f'Write {name} = "{marked[0]}" under [mailbox].'
        return Finding(key, Level.WARNING, f"there is no folder {wanted}", remedy, setting)
    lost = {"junk": "what the provider takes for spam is not read", "archive": "mail in doubt is held for a person"}
    what = f"there is no folder {wanted}: {lost[name]}"
    return Finding(key, Level.NOTE, what, f"If it has another name, write it as {name} under [mailbox].", setting)


def _makable(box: MailboxLook, name: str) -> Finding:
    try:
        box.try_folder(name)
    except Unavailable as fault:
        remedy = "Ask your provider to let this account make folders, or make those of docs/operations.md by hand."
        return Finding("imap.folders", Level.FAULT, f"no folder can be made: {fault}", remedy)
    return Finding("imap.folders", Level.OK, "folders can be made")


def _sound(findings: list[Finding], protocol: Protocol) -> bool:
    """Whether this server could be talked to."""
    return not any(one.level is Level.FAULT and one.key.startswith(f"{protocol}.") for one in findings)
