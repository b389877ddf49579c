"""Connection loss at any byte loses and doubles nothing: a session is cut at each byte of either side, then made good.

A proxy stands between the bot's hands and the mail server. For receiving, a letter is posted, and the session that
fetches, commits and moves it is cut after byte 0, 1, 2, ... of what the server says, then of what the client says;
for sending, the session that hands one mail over. After each cut the bot comes again until it rests. In the end the
letters and mails are counted in the mailboxes and in the books. `make cuts` cuts at every byte, `STEP=7` at every
seventh; `SERVERS=real` does it on Dovecot and Postfix, with TLS from end to end or ended by the proxy. A short form is
part of the tests.
"""

from __future__ import annotations

import argparse
import imaplib
import ssl
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from ranmailbot.adapters.imap import ImapFolders, ImapMailbox
from ranmailbot.adapters.imap_session import Patience
from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.mail.outgoing import CalendarEvent, Draft, OutgoingMail
from ranmailbot.ports import Account, Stationery, Unavailable
from ranmailbot.records import State
from ranmailbot.rehearsal.clock import PlayedClock
from tests.adapters.proxy import (
    DIRECTIONS,
    Deed,
    Dial,
    Direction,
    Proxy,
    Trouble,
    ending_starttls,
    ending_tls,
    plain,
    proxied,
)
from tests.campaigns.bot import UNLIMITED
from tests.campaigns.posts import BOX, Post, RealPost, opened
from tests.interop.bench import missing
from tests.world import OPENING, World, answers, stationery

Tls = Literal["none", "through", "ended"]
"""On the way through the proxy: none at all, from end to end, or ended by the proxy, which cuts the words."""
Session = Literal["receive", "send"]
SESSIONS: tuple[Session, Session] = ("receive", "send")
MOST_TRIES = 8
A_WHILE = timedelta(minutes=16)
"""Longer than a lease."""
WAITS_FOR_WITNESS = 3


@dataclass(frozen=True)
class Cut:
    """Where a connection was cut."""

    direction: Direction
    after: int
    deed: Deed


@dataclass
class Outcome:
    """What came of all cuts of one session."""

    session: Session
    length: dict[Direction, int]
    """Bytes of a session that nobody cuts."""
    data_began: int = 0
    """Sending: how many bytes the client has said when its word DATA begins."""
    cuts: int = 0
    bitten: int = 0
    """Cuts that fell while the session lasted."""
    faults: list[str] = field(default_factory=list)
    held: list[Cut] = field(default_factory=list)
    doubted: int = 0
    """Mails that were in doubt for a while: the archive settled all that are not held."""

    def line(self) -> str:
        """The closing line."""
        lengths = " + ".join(f"{count} of the {side}" for side, count in self.length.items())
        kept = f", in doubt {self.doubted}, held {len(self.held)}"
        tail = kept if self.session == "send" else ""
        counted = f"cuts {self.cuts}, bitten {self.bitten}{tail}, faults {len(self.faults)}"
        return f"{self.session}: session of {lengths} bytes, {counted}"


@dataclass(frozen=True)
class Small:
    """Stationery whose mails are a few lines, so that every byte of a session can be tried."""

    real: Stationery

    def write(self, draft: Draft, message_id: str, date: datetime, event: CalendarEvent | None) -> OutgoingMail:
        mail = self.real.write(draft, message_id, date, event)
        lines = (f"From: {BOX}", f"To: {mail.recipient}", f"Message-ID: {message_id}", f"Date: {format_datetime(date)}",
                 f"X-Ranmailbot-Kind: {draft.kind}", "", "Hello", "")  # fmt: skip
        return replace(mail, content="\r\n".join(lines).encode())


@dataclass
class Bench:
    """The bot's own hands behind proxies, on one mail server."""

    post: Post
    world: World
    imap: Proxy
    smtp: Proxy
    imap_account: Account
    smtp_account: Account
    archive: str
    letters: int = 0
    patience: Patience = Patience()  # noqa: RUF009 - frozen
    seconds: float = 60
    """What the submission server may take for one mail."""

    def mailbox(self) -> ImapMailbox:
        return ImapMailbox(self.imap_account, self.world.clock, ImapFolders(), own_address=BOX, patience=self.patience)

    def submission(self) -> SmtpSubmission:
        return SmtpSubmission(self.smtp_account, self.seconds, self.archive or None)

    def next_letter(self) -> tuple[str, bytes]:
        """An application of somebody new."""
        self.letters += 1
        sender = f"person{self.letters}@town{self.letters}.example"
        text = answers((1, 2, 3, 4)).replace("\n", "\r\n")
        head = f"From: {sender}\r\nTo: {BOX}\r\nSubject: Mine\r\nMessage-ID: <{self.letters}@town.example>\r\n\r\n"
        return sender, (head + text + "\r\n").encode()


@contextmanager
def bench(servers: str, tls: Tls, folder: Path, piece: int = 65536) -> Iterator[Bench]:
    """Everything, until the block ends."""
    with opened(servers, folder) as post:
        (imap, dial_imap), (smtp, dial_smtp) = _ways(post, tls)
        with proxied(dial_imap, piece) as to_imap, proxied(dial_smtp, piece) as to_smtp:
            world = World(folder)
            world.limits = replace(world.limits, **UNLIMITED)
            world.clock = PlayedClock.at(OPENING)  # type: ignore[assignment] - it has a moment, too
            world.desk = replace(world.desk, stationery=Small(stationery()))
            world.start()
            here = (replace(imap, port=to_imap.port), replace(smtp, port=to_smtp.port))
            yield Bench(post, world, to_imap, to_smtp, *here, post.mail.archive)
            world.engine.dispose()


def _ways(post: Post, tls: Tls) -> tuple[tuple[Account, Dial], tuple[Account, Dial]]:
    """How the bot reaches the proxy, and the proxy the server."""
    imap, smtp = post.mail.imap, post.mail.smtp
    if tls != "ended":
        return (imap, plain(imap.port)), (smtp, plain(smtp.port))
    trusting = ssl.create_default_context(cafile=imap.ca_file)
    open_imap, open_smtp = (replace(one, host="127.0.0.1", security="none") for one in (imap, smtp))
    return (open_imap, ending_tls(imap.port, trusting)), (open_smtp, ending_starttls(smtp.port, trusting))


def positions(length: dict[Direction, int], step: int, first: int = 0) -> Iterator[Cut]:
    """Every step-th byte of both directions; how the connection ends takes turns."""
    deeds: tuple[Deed, Deed] = ("fin", "rst")
    for direction in DIRECTIONS:
        for number, after in enumerate(range(first, length[direction], step)):
            yield Cut(direction, after, deeds[number % 2])


# -- receiving -------------------------------------------------------------------------------------------------------


def receive(here: Bench, step: int, first: int = 0) -> Outcome:
    """The session that fetches, commits and moves one letter, cut everywhere."""
    deliver(here)
    come(here)
    outcome = Outcome("receive", dict(here.imap.passed))
    for cut in positions(outcome.length, step, first):
        deliver(here)
        here.imap.arm(Trouble(cut.direction, cut.after, cut.deed))
        come(here)
        outcome.cuts += 1
        outcome.bitten += here.imap.trouble is None
        here.imap.trouble = None
        _look(here, cut, outcome)
    outcome.faults += letters_in_folders(here)
    return outcome


def deliver(here: Bench) -> None:
    here.post.deliver([here.next_letter()])
    if isinstance(here.post, RealPost):
        here.post.bench.quiet()


def come(here: Bench) -> None:
    """The bot comes until it has nothing to do; after a loss with a new connection, and once more in the end."""
    world = here.world
    for _ in range(MOST_TRIES):
        mailbox = here.mailbox()
        receiver = replace(world.receiver, mailbox=mailbox)
        try:
            while receiver.run():
                pass
        except Unavailable:
            continue
        finally:
            mailbox.close()
        return
    raise AssertionError("the bot does not come to rest")


def _look(here: Bench, cut: Cut, outcome: Outcome) -> None:
    """The books after one cut: as many letters as were posted, each judged once, none a copy."""
    with here.world.store.look() as books:
        known = books.application(here.letters)
        beyond = books.application(here.letters + 1)
    if known is None or beyond is not None:
        outcome.faults.append(f"{cut}: letter {here.letters} has no application of its own")


def letters_in_folders(here: Bench) -> list[str]:
    """Where the letters lie in the end, and what the books say."""
    found: Counter[str] = Counter()
    client = here.post.client(BOX)
    for folder in ("INBOX", "Applications", "Copies", "Shunted", "Quarantine"):
        if client.select(folder, readonly=True)[0] == "OK":
            found[folder] = int(client.select(folder, readonly=True)[1][0] or b"0")
    ids = _ids(client, "Applications")
    client.logout()
    report = here.world.reports.books()
    faults = [
        f"{folder} holds {count} letters" for folder, count in found.items() if count and folder != "Applications"
    ]
    if len(ids) != here.letters or len(set(ids)) != here.letters:
        faults.append(f"{here.letters} letters were posted; {len(ids)} lie filed, {len(set(ids))} of them different")
    if report.letters != {"applied": here.letters} or report.copies:
        faults.append(f"the books say {dict(report.letters)} and {report.copies} copies of {here.letters} letters")
    return faults


def _ids(client: imaplib.IMAP4, folder: str) -> list[str]:
    client.select(folder, readonly=True)
    parts = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
    return [part[1].decode().partition(":")[2].strip() for part in parts if isinstance(part, tuple)]


# -- sending ---------------------------------------------------------------------------------------------------------


def send(here: Bench, step: int, first: int = 0, *, archive: bool = True) -> Outcome:
    """The session that hands over one mail, cut everywhere. Without an archive, doubts can only be held."""
    if not archive:
        here.archive = ""
    outcome = readied(here)
    for cut in positions(outcome.length, step, first):
        cut_one_mail(here, cut, outcome)
    outcome.faults += mails_in_mailboxes(here)
    return outcome


def readied(here: Bench) -> Outcome:
    """The bot knows its archive, and one mail has gone out undisturbed."""
    with here.post.client(BOX) as client:
        client.create("Archive")
    looker = ImapMailbox(here.post.mail.imap, here.world.clock, ImapFolders(), own_address=BOX)
    looker.note_archive()
    here.world.submitter = replace(here.world.submitter, probe=looker.archived)
    _write(here)
    _hand_over(here)
    return Outcome("send", dict(here.smtp.passed), data_began=here.smtp.heard.find(b"\r\nDATA\r\n") + 2)


def cut_one_mail(here: Bench, cut: Cut, outcome: Outcome) -> None:
    """One mail, whose session is cut here; then time passes."""
    number = _write(here)
    here.smtp.arm(Trouble(cut.direction, cut.after, cut.deed))
    _hand_over(here)
    outcome.cuts += 1
    outcome.bitten += here.smtp.trouble is None
    here.smtp.trouble = None
    _make_good(here, number, cut, outcome)


def _write(here: Bench) -> int:
    """A mail lies in the outbox: the acknowledgement of an application. Its number."""
    _, raw = here.next_letter()
    world = here.world
    world.mailbox.deliver(raw, world.clock.moment)
    world.receive()
    number, _ = _row(here, "SELECT id, state FROM outbox ORDER BY id DESC LIMIT 1")
    return number


def _hand_over(here: Bench) -> None:
    """The bot sends until nothing is due; after a loss it says goodbye and comes again."""
    for _ in range(MOST_TRIES):
        submission = here.submission()
        submitter = replace(here.world.submitter, submission=submission)
        try:
            while submitter.run():
                pass
        except Unavailable:
            continue
        finally:
            submission.close()
        return
    raise AssertionError("the bot does not come to rest")


def _make_good(here: Bench, number: int, cut: Cut, outcome: Outcome) -> None:
    """Time passes; a later mail goes out, so that an absence can be proved."""
    outcome.doubted += _state(here, number) is State.IN_DOUBT
    for turn in range(MOST_TRIES * 2):
        if _state(here, number) in (State.SENT, State.HELD):
            break
        if turn == WAITS_FOR_WITNESS:
            _write(here)
        here.world.clock.moment += A_WHILE
        _hand_over(here)
    state = _state(here, number)
    if state is State.HELD:
        outcome.held.append(cut)
    elif state is not State.SENT:
        outcome.faults.append(f"{cut}: mail {number} is {state} in the end")


def _state(here: Bench, number: int) -> State:
    _, state = _row(here, f"SELECT id, state FROM outbox WHERE id = {number}")  # noqa: S608 - ours
    return State(state)


def _row(here: Bench, query: str) -> tuple[int, str]:
    """Past the store, which would unseal everything for it."""
    with here.world.engine.connect() as connection:
        row = connection.exec_driver_sql(query).one()
        return int(row[0]), str(row[1])


def mails_in_mailboxes(here: Bench) -> list[str]:
    """Every mail lies once with its reader if the books call it sent, at most once if it is held."""
    got = Counter(copy.message_id for copy in here.post.copies())
    faults = []
    for mail in here.world.reports.mails():
        times = got.pop(mail.message_id, 0)
        if times > 1 or (times == 0 and mail.state is not State.HELD):
            faults.append(f"mail {mail.number}, {mail.state}, lies {times} times with its reader")
    if got:
        faults.append(f"{len(got)} mails arrived that the books do not know")
    return faults


def campaign(session: Session, step: int, servers: str = "built-in", tls: Tls = "none", *,
             archive: bool = True, first: int = 0, piece: int = 65536) -> Outcome:  # fmt: skip
    """Cut one session everywhere, in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder, bench(servers, tls, Path(folder), piece) as here:
        return receive(here, step, first) if session == "receive" else send(here, step, first, archive=archive)


def main() -> int:
    """0 if nothing was lost, doubled or left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--servers", choices=("built-in", "real"), default="built-in")
    options = parser.parse_args()
    if options.servers == "real" and (reason := missing()):
        parser.error(reason)
    ways: tuple[Tls, ...] = ("through", "ended") if options.servers == "real" else ("none",)
    bad = 0
    for tls in ways:
        for session in SESSIONS:
            outcome = campaign(session, options.step, options.servers, tls)
            bad += len(outcome.faults) + len(outcome.held)
            for fault in outcome.faults:
                sys.stderr.write(f"{fault}\n")
            sys.stdout.write(f"{options.servers}, TLS {tls}: {outcome.line()}\n")
            sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
