"""The whole rehearsal on Dovecot and Postfix, and the same on the built-in server: for one seed, the same books.

`make rehearse-real APPLICANTS=100` plays both and compares them; a short one runs with `make interop`.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ranmailbot.config import Settings, load
from ranmailbot.rehearsal import read_hosts
from ranmailbot.rehearsal.books import Audit, audit
from ranmailbot.rehearsal.play import Played, play
from tests.interop.bench import AUTHSERV, HOST, PASSWORD, READERS, Bench, missing, running
from tests.world import ROOT, settings

BOX = settings().call.mailbox.email


@dataclass(frozen=True)
class Books:
    """What must be the same on every server."""

    audit: Audit
    letters: Counter[tuple[str, str, str, str]]
    """Sender, moment, what it is, and outcome of each letter; of delivery reports, which are the server's, the outcome.

    Not the Message-ID: the players number theirs in the order in which our mails reach them.
    """
    mails: Counter[tuple[str, str, str]]
    """Reader, kind and state of each mail."""


def books(played: Played) -> Books:
    """Of what was played."""
    reports = {message_id for _, _, message_id, _ in played.chronicle.bounces}
    posted = {one.posting.message_id: one.posting for one in played.chronicle.posted}
    letters: Counter[tuple[str, str, str, str]] = Counter()
    for one in played.letters:
        known = None if one.message_id in reports else posted[one.message_id]
        letters[
            (known.sender, known.at.isoformat(), known.what, one.outcome) if known else ("", "", "", one.outcome)
        ] += 1
    return Books(audit(played), letters, Counter((one.recipient, one.kind, str(one.state)) for one in played.mails))


def differences(one: Books, other: Books) -> list[str]:
    """Each thing that is in one and not in the other; what people are called is left out."""
    found = [
        f"{name}: {times} more {what[1:]} here than there"
        for name, here, there in (("letters", one.letters, other.letters), ("mails", one.mails, other.mails))
        for what, times in [*(here - there).items(), *((key, -n) for key, n in (there - here).items())]
    ]
    if one.audit.kinds != other.audit.kinds or one.audit.outcomes != other.audit.outcomes:
        found.append("the sums differ")
    return found


def configured(bench: Bench, folder: Path) -> tuple[Settings, Path]:
    """The shipped call with the bench as its provider, and the file with the given servers."""
    account = f'host = "{HOST}"\nca_file = "{bench.ca_file}"\npassword_file = "password"\n'
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o600)
    shipped = (ROOT / "config.toml").read_text("utf-8")
    mailbox = (
        f'[mailbox]\nserver = "imap"\n{account}port = {bench.ports["imap_port"]}\nsecurity = "tls"\nuser = "{BOX}"\n'
        f'junk = "Junk"\narchive = "Archive"\nauthserv_id = "{AUTHSERV}"'
    )
    submission = (
        f'[submission]\n{account}port = {bench.ports["submission_port"]}\nsecurity = "starttls"\n'
        f'archive_address = "{BOX.replace("@", "+Archive@")}"\n\n[storage]'
    )
    text = re.sub(r'\[mailbox\]\nserver = "built-in"[^\n]*', lambda _: mailbox, shipped)
    text = text.replace("\n[storage]", "\n" + submission)
    (folder / "config.toml").write_text(text, "utf-8")
    hosts = (
        f'[entry]\nhost = "127.0.0.1"\nport = {bench.ports["border_port"]}\nsecurity = "none"\n\n'
        f'[readers]\n{account}port = {bench.ports["imap_port"]}\nuser = "all@{READERS}"\n'
    )
    (folder / "hosts.toml").write_text(hosts, "utf-8")
    return load(folder / "config.toml", {}), folder / "hosts.toml"


def on_real_servers(applicants: int, seed: int, progress: Callable[[str], None]) -> Books:
    """Dovecot and Postfix of their own."""
    with running(apart=BOX) as bench, tempfile.TemporaryDirectory() as scratch:
        found, hosts = configured(bench, Path(scratch))
        out = Path(scratch) / "out"
        out.mkdir()
        return books(play(found, applicants, seed, out, progress, hosts=read_hosts(hosts, {})))


def on_the_built_in_server(applicants: int, seed: int, progress: Callable[[str], None]) -> Books:
    """The same call."""
    with tempfile.TemporaryDirectory() as scratch:
        return books(play(settings(), applicants, seed, Path(scratch), progress))


def main() -> int:
    """0 if both balance and are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applicants", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if reason := missing():
        parser.error(reason)

    def show(line: str) -> None:
        sys.stderr.write(f"\r\x1b[K{line}")

    real = on_real_servers(options.applicants, options.seed, show)
    built_in = on_the_built_in_server(options.applicants, options.seed, show)
    different = differences(real, built_in)
    for fault in (*real.audit.faults, *built_in.audit.faults, *different):
        sys.stderr.write(f"\n{fault}")
    sys.stdout.write(
        f"{options.applicants} applicants, seed {options.seed}: letters {real.audit.incoming} on real servers and "
        f"{built_in.audit.incoming} on the built-in one, mails {real.audit.outgoing} and {built_in.audit.outgoing}, "
        f"faults {len(real.audit.faults)} and {len(built_in.audit.faults)}, differences {len(different)}\n"
    )
    return 1 if different or real.audit.faults or built_in.audit.faults else 0


if __name__ == "__main__":
    sys.exit(main())
