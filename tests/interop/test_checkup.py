"""The checkup on Dovecot and Postfix, beside a worker too: everything is proven, and nothing is left behind."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ranmailbot import service
from ranmailbot.adapters.imap import ImapFolders
from ranmailbot.checkup.findings import Finding, Level, page
from ranmailbot.checkup.online import Checked, Means, checked
from ranmailbot.checkup.probe import Own
from ranmailbot.service import MailServer, RandomTokens
from tests.adapters.servers import RealClock, unique_address
from tests.interop.bench import AUTHSERV, Bench
from tests.world import settings

pytestmark = pytest.mark.interop


def servers(bench: Bench, address: str, *, archive: bool = True, authserv_id: str = AUTHSERV) -> MailServer:
    copies = address.replace("@", "+Archive@") if archive else ""
    folders = ImapFolders(junk="Junk", archive="Archive")
    return MailServer(bench.imap(address), bench.submission(address), copies, authserv_id, folders)


def look(mail: MailServer, address: str, seconds: float = 5) -> tuple[dict[str, Finding], Checked]:
    pause = threading.Event().wait
    means = Means(
        RealClock(), RandomTokens().token, lambda length: (pause(length / 10), None)[1], lambda _: None, seconds
    )
    found = checked(mail, Own(address), "generic", means)
    return {one.key: one for one in found.findings}, found


def everything(bench: Bench, address: str) -> dict[str, int]:
    with bench.client(address) as client:
        names = [line.decode().rpartition(" ")[2].strip('"') for line in client.list()[1] if isinstance(line, bytes)]
    return {name: len(bench.mails(address, name)) for name in names}


def test_real_servers_are_proven_and_no_probe_and_no_folder_is_left_behind(bench: Bench) -> None:
    address = unique_address()
    found, result = look(servers(bench, address), address)
    text = page(result.findings, 100)
    for key in ("imap.login", "smtp.login", "imap.folders", "imap.junk", "imap.archive", "trip.arrival",
                "trip.from", "trip.message_id", "trip.return_path", "trip.archive", "trip.forged", "trip.removed",
                "trip.clock", "trip.verp"):  # fmt: skip
        assert found[key].level is Level.OK, text
    assert found["trip.plus"].level is Level.NOTE  # this Dovecot files it into a folder of that name
    assert "named like the plus part" in found["trip.plus"].what
    for key in ("imap.tls", "smtp.tls"):
        assert found[key].level is Level.WARNING  # the certificate of the bench ends tomorrow
        assert "TLSv1" in found[key].what
    assert result.proven is not None
    assert result.proven.archive_seconds is not None
    assert set(everything(bench, address).values()) <= {0}
    assert set(everything(bench, address)) == {"INBOX", "Junk", "Archive"}


def test_a_wrong_password_is_one_fault_for_each_server_and_no_round_trip(bench: Bench) -> None:
    address = unique_address()
    mail = servers(bench, address)
    wrong = replace(mail, imap=replace(mail.imap, password="wrong"), smtp=replace(mail.smtp, password="wrong"))
    found, result = look(wrong, address)
    for key in ("imap.login", "smtp.login"):
        assert found[key].level is Level.FAULT
        assert "login refused" in found[key].what
        assert "password" in found[key].remedy
    assert "trip.arrival" not in found
    assert result.proven is None


def test_without_an_archive_address_no_copy_is_found_and_the_consequence_is_told(bench: Bench) -> None:
    address = unique_address()
    found, result = look(servers(bench, address, archive=False), address, seconds=3)
    assert found["trip.archive"].level is Level.NOTE
    assert "held for a person" in found["trip.archive"].remedy
    assert result.proven is not None
    assert result.proven.archive_seconds is None


def test_beside_a_running_worker_nothing_is_answered_and_the_mailbox_is_clean_afterwards(
    bench: Bench, tmp_path: Path
) -> None:
    address = settings().call.mailbox.email
    mail = servers(bench, address)
    worker = service.build(settings(), RealClock(), state=tmp_path / "state", mail=mail)
    stop, seen = threading.Event(), list[int]()

    def work() -> None:
        while not stop.is_set():
            seen.append(worker.receive_once())
            stop.wait(0.05)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        found, result = look(mail, address)
    finally:
        stop.set()
        thread.join()
    assert found["trip.arrival"].level is Level.OK, page(result.findings, 100)
    assert found["trip.removed"].level is Level.OK
    assert worker.books().applications == 0
    assert set(worker.books().letters) <= {"automatic"}
    assert worker.mails() == ()
    assert set(everything(bench, address).values()) == {0}
    assert json.dumps(result.proven.json() if result.proven else None)
    worker.close()
