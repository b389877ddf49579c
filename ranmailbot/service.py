"""The one place that builds everything: settings, clock and servers become a worker.

The only room that looks at the wall clock and draws random numbers; everybody else is handed them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from ranmailbot.adapters.access_tokens import with_tokens
from ranmailbot.adapters.embedded import HOST, EmbeddedServer, start_embedded
from ranmailbot.adapters.imap import ImapFolders, ImapMailbox
from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.adapters.keyring import open_seal, rotate, tend
from ranmailbot.adapters.seal import AesSeal
from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.adapters.sql.backup import BackupFacts, back_up
from ranmailbot.adapters.sql.engine import (
    DATABASE,
    bind_key_store,
    check_integrity,
    key_store_of,
    open_engine,
    worker_lock,
)
from ranmailbot.adapters.sql.reports import SqlReports
from ranmailbot.adapters.sql.reserve import Reserve
from ranmailbot.adapters.sql.store import SqlStore
from ranmailbot.adapters.vouching_room import reading_room
from ranmailbot.call.application import Application, Decision, Rsvp, Status
from ranmailbot.config import Settings
from ranmailbot.flows.access_watch import AccessWatch
from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.announce import Announcer
from ranmailbot.flows.brake import Brake
from ranmailbot.flows.clock_watch import ClockWatch
from ranmailbot.flows.compose import Desk
from ranmailbot.flows.disk_watch import DiskWatch
from ranmailbot.flows.pulse import FeltSubmission, Pulse
from ranmailbot.flows.receive import Receiver
from ranmailbot.flows.silence_mail import vitals
from ranmailbot.flows.submit import Submitter
from ranmailbot.mail.authentication import Trust
from ranmailbot.ports import Account, Clock, Tokens, Unavailable
from ranmailbot.records import BooksReport, LetterRecord, MailRecord
from ranmailbot.sealing import WrappingKey
from ranmailbot.watching import Part

__all__ = [
    "BackupFacts",
    "BooksReport",
    "Desktop",
    "LetterRecord",
    "MailRecord",
    "MailServer",
    "Story",
    "WallClock",
    "Worker",
    "back_up",
    "build",
    "open_desktop",
    "serve_built_in",
    "worker_lock",
]

BUILT_IN_AUTHSERV = "mx.built-in.example"
Guard = Callable[[], None]
"""Called with every tick of the alarm clock."""
TICKS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
WRAPPING_KEY = "wrapping.key"
"""The file in the key store's folder, if no other source is configured."""
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
TOKEN = 26
"""Letters of a token: 130 bits."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """The clock on the wall, or one that was set to another day and goes on at the same pace (`run --as-of`)."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """Aware UTC time."""
        return datetime.now(UTC) + self.offset

    def monotonic(self) -> float:
        """Seconds, for waiting only; those in which the machine slept count too, so that sleep is no jump."""
        return time.clock_gettime(TICKS)

    def arrival(self, stamp: datetime) -> datetime:
        """The mailbox stamps wall time: shifted like everything else."""
        return stamp + self.offset


@dataclass(frozen=True, slots=True)
class RandomTokens:
    """Tokens from the system's randomness."""

    def token(self) -> str:
        """26 letters and digits, 130 bits."""
        return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN))

    def uuid(self) -> str:
        """A random UUID (RFC 9562, version 4)."""
        return str(uuid4())


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where to fetch and send, and whose Authentication-Results count. `archive` is an envelope recipient of ours."""

    imap: Account
    smtp: Account
    archive: str
    authserv_id: str
    folders: ImapFolders = field(default_factory=ImapFolders)
    """Where mail waits and where our copies lie; the built-in server has the names of `ImapFolders`."""
    profile: str = "generic"
    """In whose style it stamps mail; the built-in server has the general one, whatever provider is configured."""
    own_dkim: bool = False
    """Whether we check DKIM signatures ourselves; on the built-in server nobody signs."""


@dataclass(frozen=True, slots=True)
class Story:
    """One applicant as the books have them, for people who check."""

    reference: str
    address: str
    name: str
    status: Status
    decision: Decision | None
    told: Decision | None
    rsvps: Mapping[str, Rsvp]
    answers: Mapping[int, str]
    version: int
    late: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the key store is, and its wrapping key."""

    folder: Path
    wrapping: WrappingKey


@dataclass(frozen=True, slots=True)
class Desktop:
    """The store and the stationery, without any server: what the command line works with beside the worker."""

    settings: Settings
    clock: Clock
    store: SqlStore
    reports: SqlReports
    desk: Desk
    stationery: JinjaStationery
    seal: AesSeal
    keys: Keys
    new_key: bool

    def close(self) -> None:
        """Give database and key store back."""
        self.reports.close()
        self.seal.keys.close()


class Worker:
    """The three steps of the bot. Each is idempotent; call them until they have nothing more to do."""

    def __init__(self, desktop: Desktop, mail: MailServer, state: Path, held: ExitStack) -> None:
        """`held` are the resources that `close` gives back."""
        self._held = held
        self._reports = desktop.reports
        self._seal, self._keys, self._tended = desktop.seal, desktop.keys, date.min
        self.settings, self.clock = desktop.settings, desktop.clock
        self.mailbox = _mailbox(desktop, mail, None, held)
        self._archive, self._archive_noted = _mailbox(desktop, mail, state / "archive.json", held), not mail.archive
        self.pulse = Pulse(self.clock)
        submission = FeltSubmission(SmtpSubmission(mail.smtp, archive=mail.archive or None), self.pulse)
        held.callback(submission.close)
        call, limits = self.settings.call, self.settings.limits
        own = call.mailbox.email
        trust = Trust(mail.profile, mail.authserv_id, own.rpartition("@")[2], mail.own_dkim)
        room = reading_room(limits, trust, frozenset({own.casefold()}), self.clock.monotonic, held)
        self._receiver = Receiver(self.mailbox, room, desktop.store, desktop.desk, call, self.clock, limits)
        self._announcer = Announcer(desktop.store, desktop.desk, call, self.clock)
        alarms = Alarms(desktop.desk, call)
        self._clock_watch = ClockWatch(desktop.store, alarms, self.clock)
        self._disk_watch = DiskWatch(desktop.store, alarms, self.clock)
        self._vitals = vitals(desktop.store, alarms, self.pulse, self.settings.alarm.tolerance, call.key)
        self._access_watch = AccessWatch(desktop.store, alarms, self.clock, self.settings.grants)
        brake = Brake(alarms, limits.replies_per_hour)
        owner = f"worker-{secrets.token_hex(4)}"
        self._submitter = Submitter(submission, desktop.store, self.clock, limits, owner, self._archive.archived, brake)

    def receive_once(self) -> int:
        """Judge and file one batch; how many messages. Raises Unavailable."""
        with self.pulse.trying(Part.FETCH):
            return self._receiver.run()

    def announce_once(self) -> int:
        """Keep the timeline; how much was done. A clock that jumped is told first, and so is a full disk."""
        with self.pulse.trying(Part.COMMIT, proves=False):
            self._clock_watch.run()
            return self._announcer.run() if self._disk_watch.run() else 0

    def feel_pulse(self) -> None:
        """With every tick: prove that the database takes a commit, and tell the organisers of a silence by mail."""
        self._vitals.run()

    def submit_once(self) -> int:
        """Hand over what is due; how many mails. Raises Unavailable."""
        if not self._archive_noted:
            with suppress(Unavailable):  # no reason to send nothing: what is in doubt meanwhile is held
                self._archive_noted = self._archive.note_archive()
            self._archive.close()  # no connection is kept for a question that is rarely asked
        with self.pulse.trying(Part.SEND, proves=False):
            count = self._submitter.run()
        if self.pulse.paused:
            self.pulse.good(Part.SEND)
        return count

    def tend_keys(self) -> None:
        """Once a day: keys past their time are destroyed, the key store is copied; access that ends soon is told."""
        today = self.clock.now().date()
        if today != self._tended:
            lives = self.settings.keys
            days = {"strangers": lives.strangers_days, "organisers": lives.organisers_days}
            tend(self._seal, self._keys.folder, today, **days)
            self._access_watch.run()
            self._tended = today

    def wait(self, seconds: float) -> None:
        """Wait until a letter may have arrived, or somebody called `wake`. Raises Unavailable."""
        with self.pulse.trying(Part.FETCH):
            self.mailbox.wait(seconds)

    def wake(self) -> None:
        """End a `wait` at once."""
        self.mailbox.wake()

    def next_moment(self) -> datetime | None:
        """When there is something to do again by itself: a milestone, a waiting mail, the end of a lease."""
        now = self.clock.now()
        moments = [self._announcer.next_moment(), self.next_attempt(now)]
        return min((moment for moment in moments if moment is not None), default=None)

    def next_attempt(self, now: datetime) -> datetime | None:
        """When the outbox wants the submitter, not before a second from now."""
        found = self._reports.next_attempt(now)
        if found is None:
            self.pulse.good(Part.SEND)  # nothing waits: that is no silence
        return None if found is None else max(found, now + timedelta(seconds=1))

    def books(self) -> BooksReport:
        """The sums."""
        return self._reports.books()

    def letters(self) -> tuple[LetterRecord, ...]:
        """Every letter and how it ended."""
        return self._reports.letters()

    def mails(self) -> tuple[MailRecord, ...]:
        """Every mail of the outbox."""
        return self._reports.mails()

    def stories(self) -> tuple[Story, ...]:
        """Every application."""
        return tuple(_story(person) for person in self._reports.applications())

    def close(self) -> None:
        """Give everything back."""
        self._held.close()


def open_desktop(
    settings: Settings, clock: Clock, state: Path, tokens: Tokens | None = None, database: str = DATABASE
) -> Desktop:
    """Store and stationery. Raises StoreRefused or SealBroken, each with the remedy."""
    engine = open_engine(state, database)
    check_integrity(engine)
    keys = keys_of(settings, state)
    seal, new_key = open_seal(keys.folder, keys.wrapping, make=not key_store_of(engine))
    bind_key_store(engine, settings.call.key, seal.keys.id, clock.now())
    stationery, reserve = JinjaStationery(settings.call, settings.templates), Reserve(state / "reserve")
    domain = settings.call.mailbox.email.rpartition("@")[2]
    return Desktop(
        settings=settings,
        clock=clock,
        store=SqlStore(engine, settings.call, seal, settings.digest, settings.announcement, reserve=reserve),
        reports=SqlReports(engine, settings.call, seal),
        desk=Desk(stationery, tokens or RandomTokens(), domain, settings.submission.return_tokens),
        stationery=stationery,
        seal=seal,
        keys=keys,
        new_key=new_key,
    )


def keys_of(settings: Settings, state: Path) -> Keys:
    """The configured keys; a trial on another folder (a rehearsal) has keys of its own in that folder."""
    ours = settings.keys if state == settings.storage.folder else replace(settings.keys, folder=None, wrapping=None)
    folder = ours.folder or state / "keys"
    return Keys(folder, ours.wrapping or WrappingKey(folder / WRAPPING_KEY, own=True))


def key_owners(desktop: Desktop) -> tuple[str, ...]:
    """Whose keys there are; the names hold no personal data."""
    return desktop.seal.owners("")


def copy_keys(desktop: Desktop, file: Path) -> None:
    """A copy of the key store as it is now. Raises FileExistsError."""
    desktop.seal.keys.copy(file)


def rotate_keys(settings: Settings, new_text: str) -> int:
    """Change the wrapping key, whose worker does not run; how many keys were wrapped anew. Raises SealBroken."""
    keys = keys_of(settings, settings.storage.folder)
    return rotate(keys.folder, keys.wrapping, new_text)


def build(settings: Settings, clock: Clock, *, state: Path, mail: MailServer, tokens: Tokens | None = None) -> Worker:
    """A worker on `state`, whose role (`worker_lock`) the caller holds. Raises StoreRefused or SealBroken."""
    with ExitStack() as held:
        desktop = open_desktop(settings, clock, state, tokens)
        held.callback(desktop.close)
        return Worker(desktop, mail, state, held.pop_all())
    raise AssertionError("unreachable: the stack hands exceptions on")


def configured_server(settings: Settings) -> MailServer | None:
    """The server of the configuration, or None for the built-in one."""
    imap, smtp = settings.mailbox.account, settings.submission.account
    if imap is None or smtp is None:
        return None
    real = WallClock()  # whatever clock is played: providers compare it with theirs
    imap, smtp = with_tokens(((imap, settings.mailbox.grant), (smtp, settings.submission.grant)), real)
    folders = ImapFolders(junk=settings.mailbox.junk, archive=settings.mailbox.archive)
    box = settings.mailbox
    return MailServer(imap, smtp, settings.submission.archive, box.authserv_id, folders, box.trust, box.own_dkim)


class BuiltIn:
    """The built-in server while the bot runs: watched, and started again on the same ports if it dies."""

    def __init__(self, settings: Settings, state: Path, smtp_port: int, imap_port: int) -> None:
        """Starts the server. Raises Unavailable."""
        self._settings, self._state = settings, state
        self.server = self._start(smtp_port, imap_port)

    def watch(self) -> None:
        """Start the server again if it has died. Raises Unavailable."""
        if not self.server.alive():
            self.server.stop()
            self.server = self._start(self.server.smtp_port, self.server.imap_port)

    def _start(self, smtp_port: int, imap_port: int) -> EmbeddedServer:
        box = self._settings.call.mailbox.email
        spool, password = self._state / "built-in" / "spool", built_in_password(self._state)
        return start_embedded(spool, box, password, BUILT_IN_AUTHSERV, _archive_address(box), smtp_port, imap_port)


@contextmanager
def serve_built_in(settings: Settings, state: Path, smtp_port: int, imap_port: int) -> Iterator[BuiltIn]:
    """The built-in server on its own spool below `state`, until the block ends. Raises Unavailable."""
    built_in = BuiltIn(settings, state, smtp_port, imap_port)
    try:
        yield built_in
    finally:
        built_in.server.stop()


def built_in_server(settings: Settings, state: Path, server: EmbeddedServer) -> MailServer:
    """How to reach a built-in server that runs."""
    return built_in_at(settings, state, server.smtp_port, server.imap_port)


def built_in_at(settings: Settings, state: Path, smtp_port: int, imap_port: int) -> MailServer:
    """How to reach a built-in server on these ports."""
    box = settings.call.mailbox.email
    imap, smtp = (Account(HOST, port, "none", box, built_in_password(state)) for port in (imap_port, smtp_port))
    return MailServer(imap, smtp, _archive_address(box), BUILT_IN_AUTHSERV)


def built_in_password_file(state: Path) -> Path:
    """Where that password is kept (0600 in 0700)."""
    return state / "built-in" / "password"


def built_in_password(state: Path) -> str:
    """The one password of all mailboxes on the built-in server, made at its first start."""
    path = built_in_password_file(state)
    for folder in (state, path.parent):  # parents made on the way would be readable by others
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(RandomTokens().token(), encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def _archive_address(box: str) -> str:
    local, _, domain = box.rpartition("@")
    return f"archive+{local}@{domain}"


def _mailbox(desktop: Desktop, mail: MailServer, memory: Path | None, held: ExitStack) -> ImapMailbox:
    settings = desktop.settings
    mailbox = ImapMailbox(
        mail.imap,
        desktop.clock,
        mail.folders,
        own_address=settings.call.mailbox.email,
        message_bytes=settings.limits.message_bytes,
        memory=memory,
    )
    held.callback(mailbox.close)
    return mailbox


def _story(person: Application) -> Story:
    return Story(
        reference=person.reference,
        address=person.address,
        name=person.name,
        status=person.status,
        decision=person.decision,
        told=person.told,
        rsvps=person.rsvps,
        answers={answer.question: answer.text for answer in person.answers},
        version=person.version,
        late=person.late,
    )
