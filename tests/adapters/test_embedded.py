"""The built-in mail server: what it stamps, whom it delivers to, the troubles it plays, and that it loses nothing."""

from __future__ import annotations

import email
import email.policy
import imaplib
import os
import signal
import smtplib
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ranmailbot.adapters.embedded import EmbeddedServer, start_embedded
from ranmailbot.adapters.embedded.spool import open_spool
from ranmailbot.adapters.embedded.stamps import Arrival, author, header_values, normalised, stamped, verdict
from ranmailbot.ports import Unavailable
from tests.adapters.servers import ARCHIVE, AUTHSERV, BOT, PASSWORD, deliver, message, unique_address


@contextmanager
def logged_in(server: EmbeddedServer, user: str, password: str = PASSWORD) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4("127.0.0.1", server.imap_port) as client:
        client.login(user, password)
        yield client


def inbox(server: EmbeddedServer, user: str, folder: str = "INBOX") -> list[bytes]:
    with logged_in(server, user) as client:
        client.select(folder, readonly=True)
        return [part[1] for part in client.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(part, tuple)]


def headers(raw: bytes) -> list[bytes]:
    return [line.partition(b":")[0] for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] != b"\t"]


# -- stamps ----------------------------------------------------------------------------------------------------------


def test_four_stamps_stand_on_top_in_order_and_the_message_follows_as_it_was(server: EmbeddedServer) -> None:
    to, raw = unique_address(), message("Anna <anna@example.org>")
    deliver(server, to, raw, user="anna@example.org", sender="anna@example.org")
    (stored,) = inbox(server, to)
    assert headers(stored)[:4] == [b"Return-Path", b"Delivered-To", b"Authentication-Results", b"Received"]
    assert stored.endswith(raw)
    assert header_values(stored, b"Return-Path") == [b"<anna@example.org>"]
    assert header_values(stored, b"Delivered-To") == [to.encode()]
    assert f"by {AUTHSERV} with ESMTPA".encode() in header_values(stored, b"Received")[0]


@pytest.mark.parametrize(
    ("sender", "user", "result"),
    [
        ("Anna <anna@example.org>", "anna@example.org", b"dmarc=pass header.from=example.org"),
        ("Anna@Example.ORG", "anna@example.org", b"dmarc=pass header.from=example.org"),
        ("Anna <anna@example.org>", "eve@example.test", b"dmarc=fail header.from=example.org"),
        ("Anna <anna@example.org>", "", b"dmarc=none header.from=example.org"),
    ],
)
def test_who_logged_in_as_the_author_passes(server: EmbeddedServer, sender: str, user: str, result: bytes) -> None:
    to = unique_address()
    deliver(server, to, message(sender), user=user)
    assert header_values(inbox(server, to)[0], b"Authentication-Results") == [AUTHSERV.encode() + b"; " + result]


@pytest.mark.parametrize(
    "head",
    [
        "From: anna@example.org\r\nFrom: eve@example.test",
        "From: anna@example.org\r\nfrom : eve@example.test",
        "From: anna@example.org <eve@example.test>",
        "From: anna@example.org, eve@example.test",
        "From: eve@example.test <anna@example.org>",
        "From: <anna@example.org> <eve@example.test>",
        "From: friends: anna@example.org;",
        "From: anna@example.org (eve@example.test)",
        "From:",
        "Subject: no author",
        'From: "anna@example.org" anna@example.org',
        "From: anna@example.org\r\n\teve@example.test",
        "From: anna@example.org\x00",
    ],
)
def test_an_author_in_doubt_always_fails(head: str) -> None:
    assert verdict(f"{head}\r\n\r\nbody".encode(), "anna@example.org") == "dmarc=fail"


@pytest.mark.parametrize(
    "value",
    [
        "anna@example.org",
        "<anna@example.org>",
        "Anna <anna@example.org>",
        '"eve@example.test" <anna@example.org>',
        '"O\'Neil, \\"A\\" (x)" <anna@example.org>',
        "=?utf-8?q?Anna?= <anna@example.org>",
        "Änna <anna@example.org>",
        "Anna\r\n <anna@example.org>",
    ],
)
def test_one_author_is_read_as_everybody_reads_it(value: str) -> None:
    assert author(f"From: {value}\r\n\r\n".encode()) == "anna@example.org"


def test_a_forged_verdict_stays_below_our_own(server: EmbeddedServer) -> None:
    to = unique_address()
    forged = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from=example.org"
    deliver(server, to, f"{forged}\r\n".encode() + message())
    stored = inbox(server, to)[0]
    assert header_values(stored, b"Authentication-Results")[0].endswith(b"; dmarc=none header.from=example.org")
    assert headers(stored).index(b"Received") < headers(stored).index(b"Authentication-Results", 3)


def test_nothing_a_stranger_says_can_break_out_of_a_stamp() -> None:
    arrival = Arrival("", "x\r\nX-Evil: 1", "127.0.0.1", "", "serial", datetime.now(UTC))
    assert b"Evil" not in stamped(message(), arrival, "bot@call.example", AUTHSERV)


def test_lone_line_ends_are_made_whole() -> None:
    assert normalised(b"a\nb\rc\r\nd") == b"a\r\nb\r\nc\r\nd\r\n"


def test_bare_line_feeds_cannot_smuggle_a_second_mail(server: EmbeddedServer) -> None:
    to = unique_address()
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
        client.ehlo("x.example")
        client.mail("a@example.org")
        client.rcpt(to)
        client.putcmd("DATA")
        client.getreply()
        client.send(message() + b"\n.\nMAIL FROM:<b@example.org>\r\n.\r\n")
        assert client.getreply()[0] == 250
    assert len(inbox(server, to)) == 1


# -- delivery --------------------------------------------------------------------------------------------------------


def test_everyone_gets_a_copy_of_what_goes_to_others_but_not_of_the_bots_mail(server: EmbeddedServer) -> None:
    to = unique_address()
    deliver(server, to, message(subject="for-others"))
    deliver(server, BOT, message(subject="for-the-bot"))
    copies = inbox(server, "everyone")
    assert [raw for raw in copies if b"Subject: for-others" in raw] == inbox(server, to)
    assert not any(b"Subject: for-the-bot" in raw for raw in copies)


def test_the_bots_mail_to_its_archive_lies_in_archive_only(server: EmbeddedServer) -> None:
    deliver(server, ARCHIVE, message(BOT, subject="kept"), user=BOT, sender=BOT)
    assert any(b"Subject: kept" in raw for raw in inbox(server, BOT, "Archive"))
    for user in (BOT, "everyone"):
        assert not any(b"Subject: kept" in raw for raw in inbox(server, user))


@pytest.mark.parametrize("user", ["", "eve@example.test"])
def test_nobody_else_can_put_anything_into_the_archive(server: EmbeddedServer, user: str) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        deliver(server, ARCHIVE, message(BOT), user=user)


def test_a_plus_part_of_the_bot_reaches_the_bot(server: EmbeddedServer) -> None:
    deliver(server, "bot+b-token@call.example", message(subject="verp"))
    (raw,) = [raw for raw in inbox(server, BOT) if b"Subject: verp" in raw]
    assert header_values(raw, b"Delivered-To") == [b"bot+b-token@call.example"]


def test_spam_of_strangers_goes_to_junk_and_that_of_users_to_the_inbox(server: EmbeddedServer) -> None:
    to = unique_address()
    deliver(server, to, message(extra="X-Spam-Flag: YES"))
    deliver(server, to, message(extra="X-Spam-Flag: YES"), user="anna@example.org")
    assert (len(inbox(server, to, "Junk")), len(inbox(server, to))) == (1, 1)


def test_the_bot_has_its_folders_from_the_start(server: EmbeddedServer) -> None:
    with logged_in(server, BOT) as client:
        listed = b" ".join(line for line in client.list()[1] if isinstance(line, bytes))
    assert all(name in listed for name in (b"INBOX", b"Junk", b"Archive"))


@pytest.mark.parametrize("user", ["no address", "", "a@b@c", "../../etc"])
def test_only_addresses_and_everyone_can_log_in(server: EmbeddedServer, user: str) -> None:
    with pytest.raises(imaplib.IMAP4.error), logged_in(server, user):
        pass


def test_a_wrong_password_opens_nothing(server: EmbeddedServer) -> None:
    with pytest.raises(imaplib.IMAP4.error), logged_in(server, BOT, "wrong"):
        pass
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(BOT, "wrong")


def test_it_listens_on_loopback_only(server: EmbeddedServer) -> None:
    for port in (server.smtp_port, server.imap_port):
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port), timeout=5)


def test_a_message_over_the_limit_is_refused(server: EmbeddedServer) -> None:
    with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError)) as refused:
        deliver(server, BOT, message(body="x" * 900 + "\r\n") + b"y" * 26_000_001)
    assert refused.value.smtp_code == 552


def test_lines_far_too_long_are_taken(server: EmbeddedServer) -> None:
    to = unique_address()
    deliver(server, to, message(body="x" * 50_000))
    assert b"x" * 50_000 in inbox(server, to)[0]


# -- played troubles -------------------------------------------------------------------------------------------------


def test_refused_example_is_refused(server: EmbeddedServer) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        deliver(server, "x@refused.example", message())
    assert refused.value.recipients["x@refused.example"][0] == 550


def test_greylisted_example_is_put_off_once_for_each_recipient(server: EmbeddedServer) -> None:
    for name in ("one", "two"):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as put_off:
            deliver(server, f"{name}@greylisted.example", message())
        assert put_off.value.recipients[f"{name}@greylisted.example"][0] == 450
        deliver(server, f"{name}@greylisted.example", message())
        assert len(inbox(server, f"{name}@greylisted.example")) == 1


def test_bouncing_example_is_taken_and_then_reported_to_the_envelope_sender(server: EmbeddedServer) -> None:
    returned_to = "bot+b-bounced@call.example"
    deliver(server, "gone@bouncing.example", message(BOT, subject="bouncing"), user=BOT, sender=returned_to)
    (raw,) = [raw for raw in inbox(server, BOT) if b"bot+b-bounced" in raw]
    report = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert (report["Return-Path"], report.get_content_type()) == ("<>", "multipart/report")
    assert report["From"].addresses[0].addr_spec == f"MAILER-DAEMON@{AUTHSERV}"
    _, status, original = report.iter_parts()
    facts = {name: value for part in status.iter_parts() for name, value in part.items()}
    assert facts["Action"] == "failed"
    assert facts["Final-Recipient"] == "rfc822; gone@bouncing.example"
    assert next(iter(original.iter_parts()))["Message-ID"] == "<bouncing@example.org>"
    assert inbox(server, "gone@bouncing.example") == []


def test_a_report_that_bounces_ends_there(server: EmbeddedServer) -> None:
    before = len(inbox(server, BOT)), len(inbox(server, "everyone"))
    deliver(server, "gone@bouncing.example", message(), sender="<>")
    assert (len(inbox(server, BOT)), len(inbox(server, "everyone"))) == before


def end_idle(client: imaplib.IMAP4) -> None:
    client.send(b"DONE\r\n")
    while not client.readline().startswith(b"a1 OK"):
        pass


# -- IMAP for anybody ------------------------------------------------------------------------------------------------


def test_a_plain_client_can_flag_copy_move_append_and_expunge(server: EmbeddedServer) -> None:
    user = unique_address()
    for number in range(3):
        deliver(server, user, message(subject=f"n{number}"))
    with logged_in(server, user) as client:
        assert client.select("INBOX") == ("OK", [b"3"])
        assert client.create("Work/2022")[0] == "OK"
        assert client.uid("STORE", "1", "+FLAGS", "(\\Seen \\Flagged)")[0] == "OK"
        assert client.uid("COPY", "1", "Work/2022")[0] == "OK"
        assert client.uid("MOVE", "2", "Work/2022")[0] == "OK"
        client.uid("STORE", "3", "+FLAGS", "(\\Deleted)")
        assert client.expunge()[0] == "OK"
        assert client.uid("SEARCH", "ALL")[1] == [b"1"]
        when = '"01-Mar-2022 10:00:00 +0100"'
        assert client.append("Work/2022", "(\\Answered)", when, message())[0] == "OK"
        assert client.select("Work/2022") == ("OK", [b"3"])
        flags = client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE)")[1]
        assert b"\\Flagged" in flags[0]
        assert b"\\Answered" in flags[2]
        assert b"01-Mar-2022 09:00:00 +0000" in flags[2]


def test_a_client_that_idles_is_told_of_new_mail(server: EmbeddedServer) -> None:
    user = unique_address()
    with logged_in(server, user) as client:
        client.select("INBOX")
        client.send(b"a1 IDLE\r\n")
        assert client.readline().startswith(b"+")
        deliver(server, user, message())
        assert client.readline() == b"* 1 EXISTS\r\n"
        end_idle(client)


def test_mail_between_select_and_idle_is_told_as_well(server: EmbeddedServer) -> None:
    user = unique_address()
    with logged_in(server, user) as client:
        client.select("INBOX")
        deliver(server, user, message())
        client.send(b"a1 IDLE\r\n")
        assert [client.readline()[:1], client.readline()] == [b"+", b"* 1 EXISTS\r\n"]
        end_idle(client)


def test_headers_and_structure_can_be_asked_for(server: EmbeddedServer) -> None:
    user = unique_address()
    deliver(server, user, message(subject="parts"))
    with logged_in(server, user) as client:
        client.select("INBOX")
        answer = client.fetch("1", "(ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[TEXT])")[1]
        assert b"Subject: parts\r\n\r\n" in [part[1] for part in answer if isinstance(part, tuple)]
        assert client.search(None, 'HEADER Message-ID "<parts@example.org>"')[1] == [b"1"]
        assert client.search(None, 'HEADER Message-ID "<other@example.org>"')[1] == [b""]


# -- durability ------------------------------------------------------------------------------------------------------


def start(spool: Path, **ports: int) -> EmbeddedServer:
    return start_embedded(spool, BOT, PASSWORD, AUTHSERV, ARCHIVE, **ports)


def identity(client: imaplib.IMAP4, folder: str) -> tuple[object, ...]:
    return client.status(folder, "(UIDVALIDITY)")[1], client.select(folder), client.uid("SEARCH", "ALL")[1]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_restart_loses_nothing_and_keeps_every_uid(tmp_path: Path, how: signal.Signals) -> None:
    first = start(tmp_path / "spool")
    for number in range(3):
        deliver(first, BOT, message(subject=f"n{number}"))
    with logged_in(first, BOT) as client:
        client.select("INBOX")
        client.uid("STORE", "1", "+FLAGS", "(\\Seen)")
        client.create("Done")
        client.uid("MOVE", "2", "Done")
        before = [identity(client, folder) for folder in ("INBOX", "Done")]
    mails = inbox(first, BOT), inbox(first, BOT, "Done")
    os.kill(first.pid, how)
    first.process.wait(10)
    second = start(tmp_path / "spool")
    with logged_in(second, BOT) as client:
        assert [identity(client, folder) for folder in ("INBOX", "Done")] == before
        client.select("INBOX")
        assert b"\\Seen" in client.uid("FETCH", "1", "(FLAGS)")[1][0]
    assert (inbox(second, BOT), inbox(second, BOT, "Done")) == mails
    deliver(second, BOT, message(subject="after"))
    with logged_in(second, BOT) as client:
        client.select("INBOX")
        assert int(client.uid("SEARCH", "ALL")[1][0].split()[-1]) > 3
    first.stop()
    second.stop()


def test_every_mail_that_was_acknowledged_survives_a_kill_in_the_middle(tmp_path: Path) -> None:
    first = start(tmp_path / "spool")
    acknowledged: list[int] = []

    def send_on_and_on() -> None:
        try:
            with smtplib.SMTP("127.0.0.1", first.smtp_port, local_hostname="x.example") as client:
                for number in range(10_000):
                    client.sendmail("a@example.org", [BOT], message(subject=f"n{number}"))
                    acknowledged.append(number)
        except (smtplib.SMTPException, OSError):
            return

    sender = threading.Thread(target=send_on_and_on)
    sender.start()
    while len(acknowledged) < 50 and sender.is_alive():
        sender.join(0.01)
    os.kill(first.pid, signal.SIGKILL)
    sender.join()
    first.stop()
    second = start(tmp_path / "spool")
    kept = b"\n".join(inbox(second, BOT))
    assert len(acknowledged) >= 50
    assert all(b"Subject: n%d\r\n" % number in kept for number in acknowledged)
    assert list((tmp_path / "spool" / "tmp").iterdir()) == []
    second.stop()


def test_uids_never_come_back_even_if_everything_was_moved_away_before_a_crash(tmp_path: Path) -> None:
    spool = open_spool(tmp_path / "spool", lambda: datetime.now(UTC))
    inbox_, done = spool.folder(BOT, "INBOX"), spool.folder(BOT, "Done")
    stored = inbox_.add(spool.write(b"x"), 1, 1)
    inbox_.move(stored, done)
    again = open_spool(tmp_path / "spool", lambda: datetime.now(UTC))
    assert again.folder(BOT, "INBOX").add(again.write(b"y"), 1, 1).uid > stored.uid
    assert again.folder(BOT, "INBOX").uidvalidity == inbox_.uidvalidity


def test_nobody_else_can_read_the_spool(tmp_path: Path) -> None:
    server = start(tmp_path / "spool")
    deliver(server, BOT, message())
    server.stop()
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "spool", *(tmp_path / "spool").rglob("*")]}
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


def test_a_folder_name_cannot_leave_the_spool(tmp_path: Path) -> None:
    spool = open_spool(tmp_path / "spool", lambda: datetime.now(UTC))
    for name in ("../../outside", "..", ".", "a/../../b", "/etc"):
        spool.folder(BOT, name)
    assert [path.name for path in tmp_path.iterdir()] == ["spool"]
    again = open_spool(tmp_path / "spool", lambda: datetime.now(UTC))
    assert set(again.account(BOT).folders) >= {"../../outside", "..", ".", "a/../../b", "/etc"}


# -- the process -----------------------------------------------------------------------------------------------------


def test_it_stops_when_told_and_says_whether_it_lives(tmp_path: Path) -> None:
    server = start(tmp_path / "spool")
    assert server.alive()
    server.stop()
    assert not server.alive()
    server.stop()


def test_ports_asked_for_are_used_and_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=r"smtp port .* is in use"):
            start(tmp_path / "spool", smtp_port=port)
    server = start(tmp_path / "spool", smtp_port=port)
    assert server.smtp_port == port
    server.stop()


def test_the_password_is_in_no_command_line(server: EmbeddedServer) -> None:
    assert PASSWORD not in " ".join(map(str, server.process.args))


def test_it_ends_when_its_standard_input_ends(tmp_path: Path) -> None:
    server = start(tmp_path / "spool")
    assert server.process.stdin is not None
    server.process.stdin.close()
    assert server.process.wait(20) == 0
    server.stop()


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib; from ranmailbot.adapters.embedded import start_embedded\n"
        f"s = start_embedded(pathlib.Path({str(tmp_path / 'spool')!r}), {BOT!r}, 'x', 'mx.example', {ARCHIVE!r})\n"
        "print(s.imap_port, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    port = int(parent.stdout.readline())
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    client.recv(1000)
    parent.kill()
    parent.wait()
    assert client.recv(1000) in (b"", b"* BYE [UNAVAILABLE] Server has closed the connection.\r\n")
    client.close()
    for pipe in (parent.stdin, parent.stdout):
        if pipe is not None:
            pipe.close()
