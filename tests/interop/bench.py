"""A bench of real servers: Dovecot and Postfix from Debian's packages, in a temporary folder, on loopback only.

IMAP has implicit TLS (and STARTTLS on a second port); submission wants STARTTLS and AUTH, which Dovecot checks; every
address has a mailbox, to which Postfix delivers by LMTP. `NAME+FOLDER@DOMAIN` is delivered to that folder. Nothing
below /etc is changed; when the bench closes, the processes are gone and the folder too. Starts in about two seconds.
Known limits: needs root (Postfix's master does); Dovecot takes plain text from its own machine, so its refusal of that
cannot be tried here; no Sieve, no DKIM, no DMARC (policy.py plays the verdict).
"""

from __future__ import annotations

import imaplib
import os
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

from ranmailbot.ports import Account
from tests.adapters.servers import certificate
from tests.interop.policy import border_policy, submission_policy

HERE = Path(__file__).parent
PASSWORD = "a-sample-password"
HOST = "localhost"
AUTHSERV = "mx.bench.example"
DOTTED = "dotted.example"
"""The domain whose mailboxes have the prefix INBOX. and dots between their levels."""
SIZE_LIMIT = 1_000_000
POSTFIX = Path("/usr/lib/postfix/sbin")
SECONDS_TO_START = 20
SECONDS_TO_END = 10
LONGEST_RUN = 6 * 3600
"""Seconds after which Postfix ends by itself if this process was killed; Dovecot then ends at once."""
_QUEUES = ("maildrop", "incoming", "active", "deferred")
"""In the order in which a mail passes them: whoever looks in this order misses none."""


def missing() -> str:
    """Why there can be no bench here; empty if there can."""
    needed = {"dovecot-core": shutil.which("dovecot", path="/usr/sbin"), "postfix": (POSTFIX / "master").exists()}
    needed["dovecot-imapd"] = Path("/usr/lib/dovecot/imap").exists()
    needed["dovecot-lmtpd"] = Path("/usr/lib/dovecot/lmtp").exists()
    lacking = [package for package, there in needed.items() if not there]
    if lacking:
        return f"no real mail servers here ({', '.join(lacking)} not installed); `make interop` installs them"
    return "" if os.geteuid() == 0 else "real mail servers are left out: only root can start Postfix"


@dataclass
class Server:
    """One server that can be stopped and started again on the same ports."""

    command: list[str]
    greeting: Callable[[], None]
    """Raises OSError until the server answers."""
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with the end of its log."""
        nothing = subprocess.DEVNULL
        command = ["setpriv", "--pdeathsig", "TERM", *self.command]  # so that it ends even if this process is killed
        self.process = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
        give_up = time.monotonic() + SECONDS_TO_START
        while self.process.poll() is None and time.monotonic() < give_up:
            with suppress(OSError):
                self.greeting()
                return
            time.sleep(0.02)  # nothing listens yet
        self.stop()
        raise RuntimeError(f"{self.command[0]} does not answer: {self.last_words()}")

    def stop(self) -> None:
        """End it and every session that it serves: politely, then by force. Harmless if it has ended."""
        process, self.process = self.process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)
        with suppress(ProcessLookupError):  # Dovecot lets its sessions live on
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text("utf-8", "replace")[-2000:] if self.log.exists() else "no log"


@dataclass(frozen=True)
class Bench:
    """The running servers, and what tests do to them."""

    folder: Path
    ports: dict[str, int]
    dovecot: Server
    postfix: Server

    @property
    def ca_file(self) -> Path:
        """The CA that a client must trust."""
        return self.folder / "ca.pem"

    def imap(self, user: str, security: Literal["tls", "starttls"] = "tls") -> Account:
        """The account of this mailbox."""
        port = self.ports["imap_port" if security == "tls" else "starttls_port"]
        return Account(HOST, port, security, user, PASSWORD, self.ca_file)

    def submission(self, user: str) -> Account:
        """The account that sends."""
        return Account(HOST, self.ports["submission_port"], "starttls", user, PASSWORD, self.ca_file)

    def post(self, sender: str, recipients: Iterable[str], raw: bytes) -> None:
        """Deliver at the border, as another provider would; it arrives a moment later (see `quiet`)."""
        with smtplib.SMTP("127.0.0.1", self.ports["border_port"], "client.example") as client:
            client.sendmail(sender, list(recipients), raw)

    def store(self, recipient: str, raw: bytes) -> None:
        """Put it into the mailbox at once (LMTP answers when it lies there)."""
        with smtplib.LMTP("127.0.0.1", self.ports["lmtp_port"], "client.example") as client:
            client.sendmail("a@example.org", [recipient], raw)

    def quiet(self) -> None:
        """Wait until Postfix has delivered everything it took."""
        give_up = time.monotonic() + SECONDS_TO_END
        while any(path.is_file() for queue in _QUEUES for path in (self.folder / "queue" / queue).rglob("*")):
            assert time.monotonic() < give_up, f"mail stays in the queue: {self.postfix.last_words()}"
            time.sleep(0.005)

    def mails(self, user: str, folder: str = "INBOX", part: str = "") -> list[bytes]:
        """What lies in a folder (or these parts of it), named as on the server; nothing if there is no such folder."""
        with self.client(user) as client:
            answer, count = client.select(f'"{folder}"', readonly=True)
            if answer != "OK" or count == [b"0"]:
                return []
            return [found[1] for found in client.fetch("1:*", f"(BODY.PEEK[{part}])")[1] if isinstance(found, tuple)]

    def users(self) -> list[str]:
        """Everybody who has a mailbox by now."""
        return sorted(f"{path.name}@{path.parent.name}" for path in (self.folder / "mail").glob("*/*"))

    @contextmanager
    def client(self, user: str) -> Iterator[imaplib.IMAP4]:
        """The mailbox in the hands of a person: Python's own client."""
        trusting = ssl.create_default_context(cafile=self.ca_file)
        with imaplib.IMAP4_SSL(HOST, self.ports["imap_port"], ssl_context=trusting) as client:
            client.login(user, PASSWORD)
            yield client


@contextmanager
def running(prepare: Callable[[Path], None] | None = None) -> Iterator[Bench]:
    """A bench until the block ends; `prepare` may add to its folder first. Raises RuntimeError with what they said."""
    with ExitStack() as held:
        # Not below the test's own folder: other users must be let through, and names of sockets must be short.
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="mail-bench-", dir="/tmp")))
        folder.chmod(0o755)
        certificate(folder)
        policies = {"border_policy": border_policy(AUTHSERV), "submission_policy": submission_policy()}
        for policy in policies.values():
            held.callback(policy.close)
        ports = _free_ports("imap_port", "starttls_port", "lmtp_port", "border_port", "submission_port")
        ports |= {name: policy.port for name, policy in policies.items()}
        _lay_out(folder, ports)
        if prepare is not None:
            prepare(folder)
        bench = Bench(folder, ports, _dovecot(folder, ports), _postfix(folder, ports))
        for server in (bench.dovecot, bench.postfix):
            held.callback(server.stop)
            server.start()
        yield bench


def _lay_out(folder: Path, ports: dict[str, int]) -> None:
    """Configurations, and the folders that the packages' scripts would make."""
    facts = {"folder": folder, "password": PASSWORD, "authserv": AUTHSERV, "size_limit": SIZE_LIMIT, "daemons": POSTFIX}
    for name, place in (("dovecot.conf", ""), ("main.cf", "postfix"), ("master.cf", "postfix")):
        text = Template((HERE / name).read_text("utf-8")).substitute(facts, **ports)
        (folder / place).mkdir(exist_ok=True)
        (folder / place / name).write_text(text, "utf-8")
    dotted = "userdb_namespace/inbox/prefix=INBOX. userdb_namespace/inbox/separator=."
    (folder / "dotted").write_text(f"{DOTTED}::65534:65534::::{dotted}\n", "utf-8")
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "nobody", "nogroup")
    (folder / "queue").mkdir()
    for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved",
                 "trace", "maildrop", "public", "pid"):  # fmt: skip
        (folder / "queue" / name).mkdir(mode=0o700)
    (folder / "data").mkdir(mode=0o700)
    for path in (folder / "data", *(folder / "queue").iterdir()):
        if path.name != "pid":
            shutil.chown(path, "postfix", "postdrop" if path.name in ("maildrop", "public") else None)


def _dovecot(folder: Path, ports: dict[str, int]) -> Server:
    trusting = ssl.create_default_context(cafile=folder / "ca.pem")

    def greeting() -> None:
        imaplib.IMAP4_SSL(HOST, ports["imap_port"], ssl_context=trusting, timeout=SECONDS_TO_START).shutdown()

    command = ["/usr/sbin/dovecot", "-F", "-c", str(folder / "dovecot.conf")]
    return Server(command, greeting, folder / "dovecot.log")


def _postfix(folder: Path, ports: dict[str, int]) -> Server:
    def greeting() -> None:
        smtplib.SMTP("127.0.0.1", ports["border_port"], timeout=SECONDS_TO_START).close()

    command = [str(POSTFIX / "master"), "-c", str(folder / "postfix"), "-d", "-e", str(LONGEST_RUN)]
    return Server(command, greeting, folder / "postfix.log")


def _free_ports(*names: str) -> dict[str, int]:
    """A port for each name that nobody uses just now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names]
        return {name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)}
