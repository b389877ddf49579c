"""The hands of an alarm: a mail by another account, a command, a webhook. None of them needs the mailbox of the call.

Fear: routes that hang (each has a time limit), that listen (verified TLS or nothing; https only; no redirect is
followed), and secrets on the way: a command gets no variable of ours, and no address or token of a route is logged.
Known limit: the name of a host is looked up without a limit of ours.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.adapters.tls import client_context, explain
from ranmailbot.adapters.watchdog import Watchdog
from ranmailbot.mail.delivery import Sent
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.mail.silence import LOOP_HEADER
from ranmailbot.ports import Account, Unavailable
from ranmailbot.watching import News, Now

MAIL_SECONDS = 60.0
HTTPS = 443
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SUBJECTS = {
    Now.SILENT: "ALARM: the mail bot is silent ({kind})",
    Now.OVER: "The mail bot works again ({kind})",
    Now.TRIAL: "Trial of the mail bot's alarm",
}


@dataclass(frozen=True, slots=True)
class MailRoute:
    """A mail through another submission server. `token` makes text that nobody can guess, for the Message-ID."""

    account: Account
    sender: str
    to: tuple[str, ...]
    token: Callable[[], str]
    seconds: float = MAIL_SECONDS

    @property
    def name(self) -> str:
        """With its server."""
        return f"mail through {self.account.host}"

    def tell(self, news: News) -> None:
        """One mail to each address. Raises Unavailable if any of them was not taken."""
        submission, missed = SmtpSubmission(self.account, timeout_seconds=self.seconds), 0
        try:
            for address in self.to:
                missed += not isinstance(submission.send(self._mail(news, address), lambda _: True), Sent)
        finally:
            submission.close()
        if missed:
            raise Unavailable(f"{missed} of {len(self.to)} addresses were not taken by {self.account.host}")

    def _mail(self, news: News, address: str) -> OutgoingMail:
        message_id = f"<{self.token()}.alarm@{self.sender.rpartition('@')[2]}>"
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = f"ranmailbot <{self.sender}>", address
        message["Subject"] = SUBJECTS[news.now].format(kind=news.kind)
        message["Date"], message["Message-ID"] = format_datetime(news.at.wall), message_id
        message["Auto-Submitted"], message[LOOP_HEADER] = "auto-generated", "alarm"
        message.set_content(news.text + "\n", charset="utf-8", cte="quoted-printable")
        form = SentForm(message_id, "", (), (), ())
        return OutgoingMail(message_id, self.sender, address, message.as_bytes(), str(message["Subject"]), form)


@dataclass(frozen=True, slots=True)
class CommandRoute:
    """A program of the administrator: no shell, the text on its standard input, nothing else of ours."""

    argv: tuple[str, ...]
    seconds: float

    @property
    def name(self) -> str:
        """The program, without its arguments."""
        return f"command {Path(self.argv[0]).name}"

    def tell(self, news: News) -> None:
        """Run it. Raises Unavailable if it does not start, does not end in time, or ends with a fault."""
        quiet = subprocess.DEVNULL
        try:
            process = subprocess.Popen(  # noqa: S603 - the administrator's own program, from config.toml
                self.argv, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, env={"PATH": PATH}, start_new_session=True
            )
        except OSError as fault:
            raise Unavailable(f"it does not start: {fault.strerror}") from None
        try:
            process.communicate(f"{news.text}\n".encode(), timeout=self.seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            raise Unavailable(f"it did not end within {self.seconds:g} s") from None
        if process.returncode:
            raise Unavailable(f"it ended with exit code {process.returncode}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with everything that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass(frozen=True, slots=True)
class WebhookRoute:
    """A POST of a small JSON object to an https address: kind, state, since, text."""

    url: str
    seconds: float
    ca_file: Path | None = None

    @property
    def name(self) -> str:
        """Its host: the rest of the address is often a secret."""
        return f"webhook at {urlsplit(self.url).hostname}"

    def tell(self, news: News) -> None:
        """Post it. Raises Unavailable unless it is answered with 2xx; no redirect is followed."""
        body = {"kind": news.kind, "state": news.now, "since": news.since.wall.isoformat(), "text": news.text}
        dog, too_long = Watchdog(), f"no answer within {self.seconds:g} s"
        try:
            with dog.within(self.seconds):
                status = self._post(json.dumps(body).encode(), dog)
        except (OSError, HTTPException, ValueError) as fault:
            raise Unavailable(too_long if dog.cut else explain(fault)) from None
        finally:
            dog.release()
        if dog.cut:  # what was read by then may look like an answer
            raise Unavailable(too_long)
        if status // 100 != 2:  # noqa: PLR2004 - RFC 9110 15.3: successful
            raise Unavailable(f"it answered {status}")

    def _post(self, body: bytes, dog: Watchdog) -> int:
        parts = urlsplit(self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host, port, context = parts.hostname or "", parts.port or HTTPS, client_context(self.ca_file)
        connection = HTTPSConnection(host, port, timeout=self.seconds, context=context)
        try:
            plain = socket.create_connection((host, port), self.seconds)
            dog.guard(plain)
            connection.sock = context.wrap_socket(plain, server_hostname=host)
            connection.request("POST", target, body, {"Content-Type": "application/json", "User-Agent": "ranmailbot"})
            return connection.getresponse().status
        finally:
            connection.close()
