"""What ports.Mailbox promises, kept by the fake and by the real adapter on each server alike; then hostile servers."""

from __future__ import annotations

import imaplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

import pytest

from ranmailbot.adapters.embedded import EmbeddedServer
from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.imap_session import Client, Patience
from ranmailbot.ports import Account, Archived, Envelope, Mailbox, Unavailable
from tests.adapters.servers import (
    PASSWORD,
    RealClock,
    Scripted,
    account,
    certificate,
    deliver,
    message,
    unique_address,
)
from tests.fakes.mailbox import FakeMailbox
from tests.interop.worlds import dovecot_world

LONG_AGO = datetime(2022, 3, 1, tzinfo=UTC)
LIMIT = 50_000


class World(Protocol):
    """A mailbox under test, and what other people do to it."""

    mailbox: Mailbox

    def deliver(self, raw: bytes, *, junk: bool = False) -> None: ...
    def archive(self, raw: bytes) -> None: ...
    def contents(self, folder: str) -> list[bytes]: ...
    def someone_deletes_everything(self) -> None: ...


@dataclass
class FakeWorld:
    mailbox: FakeMailbox

    def deliver(self, raw: bytes, *, junk: bool = False) -> None:
        self.mailbox.deliver(raw, datetime.now(UTC), "Junk" if junk else "INBOX")

    def archive(self, raw: bytes) -> None:
        self.mailbox.deliver(raw, datetime.now(UTC), "Archive")

    def contents(self, folder: str) -> list[bytes]:
        return self.mailbox.raws(folder)

    def someone_deletes_everything(self) -> None:
        self.mailbox.folders["INBOX"].clear()


@dataclass
class RealWorld:
    mailbox: ImapMailbox
    server: EmbeddedServer
    address: str

    def deliver(self, raw: bytes, *, junk: bool = False) -> None:
        spam = b"X-Spam-Flag: YES\r\n" if junk else b""
        deliver(self.server, self.address, spam + raw)

    def archive(self, raw: bytes) -> None:
        with self._client() as client:
            client.create("Archive")
            client.append("Archive", None, None, raw)

    def contents(self, folder: str) -> list[bytes]:
        with self._client() as client:
            if client.select(f'"{folder}"', readonly=True)[0] != "OK":
                return []
            return [part[1] for part in client.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(part, tuple)]

    def someone_deletes_everything(self) -> None:
        with self._client() as client:
            client.select("INBOX")
            client.store("1:*", "+FLAGS", "(\\Deleted)")
            client.expunge()

    def _client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.server.imap_port)
        client.login(self.address, PASSWORD)
        return client


DOVECOT = [pytest.param(name, marks=pytest.mark.interop) for name in ("dovecot", "dovecot-dotted", "tokens")]


@pytest.fixture(params=["fake", "built-in", *DOVECOT])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "fake":
        yield FakeWorld(FakeMailbox(message_bytes=LIMIT))
        return
    if request.param == "tokens":
        with request.getfixturevalue("token_servers").mailbox_world(LIMIT) as dovecot:
            yield dovecot
        return
    if request.param != "built-in":
        with dovecot_world(request.getfixturevalue("bench"), LIMIT, dotted="dotted" in request.param) as dovecot:
            yield dovecot
        return
    server = request.getfixturevalue("server")
    address = unique_address()
    mailbox = ImapMailbox(
        account(server.imap_port, address), RealClock(), own_address="bot@call.example", message_bytes=LIMIT
    )
    yield RealWorld(mailbox, server, address)
    mailbox.close()


def test_mail_is_fetched_whole_and_with_an_aware_stamp(world: World) -> None:
    raw = message(body="Grüße\r\n.dot\r\n")
    world.deliver(raw)
    (envelope,) = world.mailbox.fetch(10)
    assert envelope.raw.endswith(raw)
    assert envelope.size == len(envelope.raw)
    assert envelope.stamp.tzinfo is not None
    assert abs(envelope.stamp - datetime.now(UTC)) < timedelta(minutes=5)
    assert (envelope.folder, envelope.junk) == ("INBOX", False)


def test_a_null_byte_hinders_nobody(world: World) -> None:
    """IMAP cannot carry it (RFC 3501 4.3), so Dovecot hands out another byte in its place."""
    world.deliver(message(subject="odd", body="a\x00b"))
    world.deliver(message(subject="next"))
    odd, after = world.mailbox.fetch(10)
    assert b"Subject: odd" in odd.raw
    assert odd.size == len(odd.raw)
    assert b"Subject: next" in after.raw


def test_fetching_changes_nothing(world: World) -> None:
    world.deliver(message())
    assert world.mailbox.fetch(10) == world.mailbox.fetch(10)


def test_an_empty_mailbox_gives_nothing(world: World) -> None:
    assert list(world.mailbox.fetch(10)) == []


def test_the_oldest_come_first_and_no_more_than_asked(world: World) -> None:
    for number in range(5):
        world.deliver(message(subject=f"n{number}"))
    first = world.mailbox.fetch(3)
    assert [b"Subject: n%d" % n in envelope.raw for n, envelope in enumerate(first)] == [True] * 3


def test_junk_is_read_too_and_shown_as_such(world: World) -> None:
    world.deliver(message(subject="ham"))
    world.deliver(message(subject="spam"), junk=True)
    fetched = world.mailbox.fetch(10)
    assert [(b"Subject: spam" in e.raw, e.junk, e.folder) for e in fetched] == [
        (False, False, "INBOX"),
        (True, True, "Junk"),
    ]


def test_a_message_over_the_limit_comes_without_content(world: World) -> None:
    world.deliver(message(body="x\r\n" * LIMIT))
    (envelope,) = world.mailbox.fetch(10)
    assert envelope.raw == b""
    assert envelope.size > LIMIT


def test_filed_mail_is_in_the_folder_and_waits_no_more(world: World) -> None:
    world.deliver(message(subject="one"))
    world.deliver(message(subject="two"), junk=True)
    world.mailbox.file("Read/Answered", world.mailbox.fetch(10))
    assert list(world.mailbox.fetch(10)) == []
    assert sorted(b"Subject: two" in raw for raw in world.contents("Read/Answered")) == [False, True]


def test_filing_what_is_gone_is_no_error(world: World) -> None:
    world.deliver(message())
    fetched = world.mailbox.fetch(10)
    world.someone_deletes_everything()
    world.mailbox.file("Read", fetched)
    assert world.contents("Read") == []


def test_filing_twice_files_once(world: World) -> None:
    world.deliver(message())
    fetched = world.mailbox.fetch(10)
    world.mailbox.file("Read", fetched)
    world.mailbox.file("Read", fetched)
    assert len(world.contents("Read")) == 1


def test_waiting_ends_when_mail_is_there_that_nobody_fetched(world: World) -> None:
    world.mailbox.fetch(10)
    world.deliver(message())
    assert world.mailbox.wait(30)


def test_waiting_ends_for_junk_too(world: World) -> None:
    world.mailbox.fetch(10)
    world.deliver(message(), junk=True)
    assert world.mailbox.wait(30)


def test_waiting_without_news_ends_in_time(world: World) -> None:
    world.mailbox.fetch(10)
    assert not world.mailbox.wait(0.05)


def test_waking_ends_the_next_wait_once(world: World) -> None:
    world.mailbox.fetch(10)
    world.mailbox.wake()
    assert world.mailbox.wait(30)
    assert not world.mailbox.wait(0.05)


def test_an_archived_mail_is_found_by_its_whole_message_id(world: World) -> None:
    world.archive(message("bot@call.example", subject="one-more"))
    assert world.mailbox.archived("<one-more@example.org>", LONG_AGO) is Archived.FOUND
    assert world.mailbox.archived("<more@example.org>", datetime.now(UTC)) is Archived.UNKNOWN


KIND = "X-Ranmailbot-Kind: digest"


def ours(written: datetime | None, *, sender: str = "bot@call.example", kind: str = KIND) -> bytes:
    """A mail as the bot writes it, but for what a test takes away."""
    date = f"Date: {format_datetime(written)}" if written else "Date: yesterday"
    return message(sender, subject="later", extra="\r\n".join(filter(None, (date, kind))))


def test_a_mail_is_absent_only_if_a_much_later_one_of_ours_is_there(world: World) -> None:
    world.mailbox.fetch(1)
    world.archive(ours(LONG_AGO))
    world.mailbox.archived("<before@example.org>", LONG_AGO)
    since = datetime.now(UTC)
    world.archive(ours(since + timedelta(minutes=29)))
    assert world.mailbox.archived("<missing@example.org>", since) is Archived.UNKNOWN
    world.archive(ours(since + timedelta(minutes=31)))
    assert world.mailbox.archived("<missing@example.org>", since) is Archived.ABSENT


def test_a_message_id_with_control_characters_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="printable"):
        world.mailbox.archived("<a@b>\r\nA1 DELETE INBOX", LONG_AGO)


# -- the archive of the real adapter ---------------------------------------------------------------------------------


@dataclass
class SetClock:
    """A clock that stands where it is put."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return RealClock().monotonic()

    def arrival(self, stamp: datetime) -> datetime:
        return stamp


def archive_world(server: EmbeddedServer, memory: Path, moment: datetime, address: str) -> RealWorld:
    mailbox = ImapMailbox(
        account(server.imap_port, address), SetClock(moment), own_address="bot@call.example", memory=memory
    )
    return RealWorld(mailbox, server, address)


SINCE = LONG_AGO + timedelta(days=1)
"""When a mail came in doubt."""
MUCH_LATER = ours(SINCE + timedelta(minutes=31))


def test_absence_is_proved_over_a_restart_by_what_was_remembered(server: EmbeddedServer, tmp_path: Path) -> None:
    address, memory = unique_address(), tmp_path / "archive.json"
    first = archive_world(server, memory, LONG_AGO, address)
    first.archive(MUCH_LATER)
    first.mailbox.fetch(1)
    first.mailbox.close()
    second = archive_world(server, memory, LONG_AGO + timedelta(days=9), address)
    assert second.mailbox.archived("<missing@example.org>", SINCE) is Archived.ABSENT
    second.mailbox.close()


def test_a_new_uidvalidity_of_the_archive_proves_nothing(server: EmbeddedServer, tmp_path: Path) -> None:
    address, memory = unique_address(), tmp_path / "archive.json"
    first = archive_world(server, memory, LONG_AGO, address)
    first.archive(MUCH_LATER)
    first.mailbox.fetch(1)
    first.mailbox.close()
    with first._client() as client:
        client.delete("Archive")
    first.archive(MUCH_LATER)
    second = archive_world(server, memory, LONG_AGO + timedelta(days=9), address)
    assert second.mailbox.archived("<missing@example.org>", SINCE) is Archived.UNKNOWN
    second.mailbox.close()


@pytest.mark.parametrize(
    "witness",
    [
        ours(SINCE + timedelta(days=1), sender="stranger@example.test"),
        ours(SINCE + timedelta(days=1), kind=""),
        ours(SINCE + timedelta(minutes=29)),
        ours(SINCE - timedelta(minutes=31)),
        ours(None),
    ],
    ids=["a stranger's", "a person's at our address", "a little later", "earlier, however late it came", "undated"],
)
def test_a_mail_in_the_archive_that_may_have_been_overtaken_proves_nothing(
    server: EmbeddedServer, tmp_path: Path, witness: bytes
) -> None:
    world = archive_world(server, tmp_path / "archive.json", LONG_AGO, unique_address())
    world.archive(witness)
    assert world.mailbox.archived("<missing@example.org>", SINCE) is Archived.UNKNOWN
    world.mailbox.close()


def test_only_a_mail_that_is_known_to_be_later_is_a_witness_if_these_are_named(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    world = archive_world(server, tmp_path / "archive.json", LONG_AGO, unique_address())
    world.archive(MUCH_LATER)
    own = next(line for line in MUCH_LATER.decode().split("\r\n") if line.startswith("Message-ID: "))
    named = own.partition(": ")[2]
    for later, verdict in (([named], Archived.ABSENT), (["<other@example.org>"], Archived.UNKNOWN)):
        assert world.mailbox.archived("<missing@example.org>", SINCE, later) is verdict
    assert world.mailbox.archived("<missing@example.org>", SINCE, []) is Archived.UNKNOWN
    world.mailbox.close()


def test_the_witness_is_sought_before_the_mail_so_that_what_comes_in_between_is_never_absent(
    server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = archive_world(server, tmp_path / "archive.json", LONG_AGO, unique_address())
    world.archive(MUCH_LATER)
    asked: list[str] = []
    search = Client.search

    def noted(client: Client, criteria: list[str]) -> object:
        asked.append(criteria[0])
        return search(client, criteria)

    monkeypatch.setattr(Client, "search", noted)
    assert world.mailbox.archived("<missing@example.org>", SINCE) is Archived.ABSENT
    assert asked == ["ALL", "HEADER"]
    world.mailbox.close()


# -- servers that break or lie ---------------------------------------------------------------------------------------

QUICK = Patience(connect_seconds=5, read_seconds=5, command_seconds=0.3, poll_seconds=0.05, answer_bytes=100_000)


def quick_mailbox(port: int, patience: Patience = QUICK) -> ImapMailbox:
    return ImapMailbox(account(port), RealClock(), patience=patience)


EMPTY = "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n"
ONE = "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 2] x\r\n"
FACTS = '* %d FETCH (UID %d RFC822.SIZE 5 INTERNALDATE "01-Mar-2022 10:00:00 +0100")\r\n'


def imap_play(
    connection: socket.socket, capabilities: str, answers: dict[str, str], seen: list[str] | None = None
) -> None:
    """A tiny IMAP server: untagged text by the command's first words, then OK. "!" at its end hangs up instead."""
    answers = {"CAPABILITY": f"* CAPABILITY IMAP4rev1 {capabilities}\r\n", **answers}
    stream = connection.makefile("rwb")
    stream.write(b"* OK ready\r\n")
    stream.flush()
    tag = ""
    for line in stream:
        command = "DONE"
        if line != b"DONE\r\n":
            tag, _, command = line.decode().strip().partition(" ")
        if seen is not None:
            seen.append(command)
        told = next((text for start, text in answers.items() if command.startswith(start)), "")
        stream.write(told.removesuffix("!").encode())
        if command != "IDLE":
            stream.write(f"{tag} OK done\r\n".encode())
        stream.flush()
        if told.endswith("!"):
            return


def test_a_flood_of_untagged_lines_is_cut() -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"* OK ready\r\n")
        while True:
            connection.sendall(b"* 1 EXISTS\r\n" * 100)

    hostile = Scripted(flood)
    with pytest.raises(Unavailable):
        quick_mailbox(hostile.port).fetch(1)
    hostile.close()


def test_a_drip_is_cut_though_no_socket_timeout_fires() -> None:
    done = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"* OK ")
        while not done.wait(0.02):
            connection.sendall(b"x")

    hostile = Scripted(drip)
    with pytest.raises(Unavailable, match="no answer in time"):
        quick_mailbox(hostile.port).fetch(1)
    done.set()
    hostile.close()


def test_a_literal_larger_than_asked_for_is_not_read() -> None:
    answers = {
        "EXAMINE": ONE,
        "UID SEARCH": "* SEARCH 1\r\n",
        "UID FETCH 1 (RFC822.SIZE": FACTS % (1, 1),
        "UID FETCH 1 (BODY.PEEK[])": "* 1 FETCH (UID 1 BODY[] {9999999999}\r\n",
    }
    hostile = Scripted(lambda connection: imap_play(connection, "MOVE", answers))
    mailbox = ImapMailbox(account(hostile.port), RealClock(), patience=Patience(answer_bytes=100_000))
    with pytest.raises(Unavailable, match="fetching mail"):
        mailbox.fetch(1)
    hostile.close()


def test_messages_nobody_asked_for_are_not_taken() -> None:
    answers = {
        "EXAMINE": ONE,
        "UID SEARCH": "* SEARCH 1\r\n",
        "UID FETCH 1 (RFC822.SIZE": FACTS % (1, 1) + FACTS % (2, 2),
        "UID FETCH 1 (BODY.PEEK[])": "* 2 FETCH (UID 2 BODY[] {5}\r\nwrong)\r\n"
        "* 1 FETCH (UID 1 BODY[] {5}\r\nright)\r\n",
    }
    hostile = Scripted(lambda connection: imap_play(connection, "MOVE", answers))
    (envelope,) = ImapMailbox(account(hostile.port), RealClock()).fetch(5)
    assert (envelope.uid, envelope.raw) == (1, b"right")
    assert envelope.stamp.utcoffset() == timedelta(hours=1)
    hostile.close()


def test_without_move_a_message_is_copied_marked_and_expunged_alone() -> None:
    seen: list[str] = []
    old = Scripted(lambda connection: imap_play(connection, "UIDPLUS", {"SELECT": ONE}, seen))
    mailbox = ImapMailbox(account(old.port), RealClock())
    mailbox.file("Read", [Envelope("INBOX", 5, 1, LONG_AGO, 1, b"x")])
    moves = [command for command in seen if command.startswith("UID")]
    assert moves == ['UID COPY 5 "Read"', "UID STORE 5 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 5"]
    old.close()


def test_where_nothing_can_be_expunged_alone_what_is_marked_is_not_read_again() -> None:
    seen: list[str] = []
    oldest = Scripted(lambda connection: imap_play(connection, "", {"EXAMINE": ONE, "SELECT": ONE}, seen))
    mailbox = ImapMailbox(account(oldest.port), RealClock())
    mailbox.file("Read", [Envelope("INBOX", 5, 1, LONG_AGO, 1, b"x")])
    assert not any("EXPUNGE" in command for command in seen)
    mailbox.fetch(1)
    assert "UID SEARCH UNDELETED" in seen
    oldest.close()


def test_uids_of_another_uidvalidity_are_left_alone() -> None:
    seen: list[str] = []
    renumbered = Scripted(lambda connection: imap_play(connection, "MOVE", {"SELECT": ONE}, seen))
    ImapMailbox(account(renumbered.port), RealClock()).file("Read", [Envelope("INBOX", 5, 99, LONG_AGO, 1, b"x")])
    assert not any("MOVE" in command for command in seen)
    renumbered.close()


def test_folders_get_the_prefix_and_delimiter_of_the_server() -> None:
    seen: list[str] = []
    answers = {"SELECT": ONE, "NAMESPACE": '* NAMESPACE (("INBOX." ".")) NIL NIL\r\n'}
    courier = Scripted(lambda connection: imap_play(connection, "MOVE NAMESPACE", answers, seen))
    mailbox = ImapMailbox(account(courier.port), RealClock())
    mailbox.file("Read/Answered", [Envelope("INBOX", 5, 1, LONG_AGO, 1, b"x")])
    assert "CREATE INBOX.Read.Answered" in [command.replace('"', "") for command in seen]
    courier.close()


def test_the_first_call_after_a_lost_connection_starts_afresh() -> None:
    def play(connection: socket.socket) -> None:
        broken = flaky.connections == 1
        imap_play(connection, "MOVE", {"EXAMINE": "!" if broken else EMPTY, "UID SEARCH": "* SEARCH\r\n"})

    flaky = Scripted(play)
    mailbox = ImapMailbox(account(flaky.port), RealClock())
    with pytest.raises(Unavailable):
        mailbox.fetch(1)
    assert list(mailbox.fetch(1)) == []
    flaky.close()


def test_a_server_without_idle_is_asked_now_and_then() -> None:
    seen: list[str] = []
    old = Scripted(
        lambda connection: imap_play(connection, "MOVE", {"EXAMINE": EMPTY, "UID SEARCH": "* SEARCH\r\n"}, seen)
    )
    mailbox = ImapMailbox(account(old.port), RealClock(), patience=Patience(poll_seconds=0.001))
    mailbox.fetch(1)
    before = len(seen)
    assert not mailbox.wait(0.2)
    assert len(seen) > before + 1
    assert "IDLE" not in seen
    old.close()


def test_news_that_comes_together_with_the_idle_answer_is_not_missed() -> None:
    answers = {"EXAMINE": EMPTY, "UID SEARCH": "* SEARCH\r\n", "IDLE": "+ idling\r\n* 1 EXISTS\r\n"}
    eager = Scripted(lambda connection: imap_play(connection, "MOVE IDLE", answers))
    mailbox = ImapMailbox(account(eager.port), RealClock())
    mailbox.fetch(1)
    assert mailbox.wait(3600)
    eager.close()


def test_idle_on_a_dead_connection_is_unavailable_not_a_busy_loop() -> None:
    answers = {"EXAMINE": EMPTY, "UID SEARCH": "* SEARCH\r\n", "IDLE": "+ idling\r\n!"}
    dying = Scripted(lambda connection: imap_play(connection, "MOVE IDLE", answers))
    mailbox = ImapMailbox(account(dying.port), RealClock())
    mailbox.fetch(1)
    with pytest.raises(Unavailable, match="waiting for mail"):
        mailbox.wait(3600)
    dying.close()


def test_a_message_that_came_without_content_is_given_one_more_chance() -> None:
    answers = {
        "EXAMINE": ONE,
        "UID SEARCH": "* SEARCH 1\r\n",
        "UID FETCH 1 (RFC822.SIZE": FACTS % (1, 1),
        "UID FETCH 1 (BODY.PEEK[])": "* 1 FETCH (UID 1 BODY[] NIL)\r\n",
    }
    odd = Scripted(lambda connection: imap_play(connection, "MOVE", answers))
    mailbox = ImapMailbox(account(odd.port), RealClock())
    assert list(mailbox.fetch(1)) == []
    assert [envelope.raw for envelope in mailbox.fetch(1)] == [b""]
    odd.close()


def test_another_thread_wakes_a_wait_under_way(server: EmbeddedServer) -> None:
    mailbox = ImapMailbox(account(server.imap_port, unique_address()), RealClock())
    mailbox.fetch(1)
    waker = threading.Timer(0.1, mailbox.wake)
    waker.start()
    assert mailbox.wait(3600)
    mailbox.close()


def test_mail_ends_a_wait_under_way(server: EmbeddedServer) -> None:
    address = unique_address()
    mailbox = ImapMailbox(account(server.imap_port, address), RealClock())
    mailbox.fetch(1)
    sender = threading.Timer(0.1, deliver, (server, address, message()))
    sender.start()
    assert mailbox.wait(3600)
    mailbox.close()


def test_a_wrong_password_is_told_without_it(server: EmbeddedServer) -> None:
    wrong = Account("127.0.0.1", server.imap_port, "none", "bot@call.example", "not the password")
    with pytest.raises(Unavailable, match="login refused") as told:
        ImapMailbox(wrong, RealClock()).fetch(1)
    assert "not the password" not in str(told.value)


def test_plain_text_to_another_machine_is_refused() -> None:
    with pytest.raises(ValueError, match="this machine only"):
        ImapMailbox(Account("imap.example.org", 143, "none", "bot", "x"), RealClock())


def test_one_fetch_brings_no_more_bytes_than_a_batch_but_always_one(server: EmbeddedServer) -> None:
    address = unique_address()
    for number in range(3):
        deliver(server, address, message(subject=f"n{number}", body="x\r\n" * 400))
    mailbox = ImapMailbox(account(server.imap_port, address), RealClock(), batch_bytes=100)
    assert len(mailbox.fetch(10)) == 1
    mailbox.close()


# -- TLS -------------------------------------------------------------------------------------------------------------

CALM = {"EXAMINE": EMPTY, "UID SEARCH": "* SEARCH\r\n", "IDLE": "+ idling\r\n* 1 EXISTS\r\n"}


def tls_server(context: ssl.SSLContext) -> Scripted:
    def play(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            imap_play(secured, "MOVE IDLE", CALM)

    return Scripted(play)


def test_over_tls_mail_is_fetched_and_waited_for(tmp_path: Path) -> None:
    ca_file, context = certificate(tmp_path)
    server = tls_server(context)
    mailbox = ImapMailbox(Account("localhost", server.port, "tls", "bot", PASSWORD, ca_file), RealClock())
    assert list(mailbox.fetch(1)) == []
    assert mailbox.wait(3600)
    mailbox.close()
    server.close()


def test_over_tls_a_wait_ends_when_woken(tmp_path: Path) -> None:
    ca_file, context = certificate(tmp_path)

    def play(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            imap_play(secured, "MOVE IDLE", CALM | {"IDLE": "+ idling\r\n"})

    server = Scripted(play)
    mailbox = ImapMailbox(Account("localhost", server.port, "tls", "bot", PASSWORD, ca_file), RealClock())
    mailbox.fetch(1)
    threading.Timer(0.1, mailbox.wake).start()
    assert mailbox.wait(3600)
    mailbox.close()
    server.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_nobody_vouches_for_or_of_another_name_is_refused(tmp_path: Path, host: str) -> None:
    ca_file, context = certificate(tmp_path)
    server = tls_server(context)
    trusted = ca_file if host == "127.0.0.1" else None
    with pytest.raises(Unavailable, match="certificate is not valid"):
        ImapMailbox(Account(host, server.port, "tls", "bot", PASSWORD, trusted), RealClock()).fetch(1)
    server.close()


def test_starttls_is_required_and_the_password_never_sent_without_it() -> None:
    seen: list[str] = []
    stripped = Scripted(lambda connection: imap_play(connection, "MOVE", CALM, seen))
    with pytest.raises(Unavailable):
        ImapMailbox(Account("localhost", stripped.port, "starttls", "bot", PASSWORD), RealClock()).fetch(1)
    assert not any("LOGIN" in command for command in seen)
    stripped.close()
