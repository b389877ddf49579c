"""Hands mail to the submission server (aiosmtplib): implements ports.Submission for one thread.

Outside it is synchronous; the event loop is private. One connection is kept and used again; after any timeout, loss or
oddity it is thrown away, because the next mail would otherwise read the last one's answer.
Fear: a connection that breaks after DATA (the mail may have been sent: Unclear, never "try again"), a recipient that
smuggles commands, content that smuggles a second mail, a server that drips. Nothing the server says is passed on but
its codes: its words may hold addresses.
Known limits: one recipient a mail; login by password only, OAuth2 (XOAUTH2) will come in through `_connected`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from ranmailbot.adapters.tls import explain, tls_context
from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Sent, Unclear, Unwanted
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Account, Unavailable

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@)(?=.{{3,254}}\Z){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_LONE_BREAK = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|\Z)")
_CLOSING = 421
_LOGIN_WANTED = frozenset({530, 534, 535, 538})
_LOST = (SMTPServerDisconnected, SMTPTimeoutError, TimeoutError, OSError)


@dataclass(slots=True)
class _Attempt:
    """How far one mail got, for the judgement when its connection breaks."""

    stage: str = "MAIL"
    asked: bool = False
    """Whether `before_data` was called: then it must never be called again."""
    data: bool = False
    """Whether DATA may have been handed over."""


@dataclass(slots=True)
class SmtpSubmission:
    """The submission server. `archive` is an extra envelope recipient of ours, so that each sent mail can be proved.

    `timeout_seconds` is for connecting and logging in, and again for one whole mail. Close it when done.
    """

    account: Account
    timeout_seconds: float = 120
    archive: str | None = None
    hello: str = "localhost"
    """What we call ourselves in EHLO."""
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner, repr=False)
    _client: SMTP | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError for an archive that is no address, or for plain text to another machine."""
        if self.archive is not None and not _ADDRESS.fullmatch(self.archive):
            raise ValueError("the archive is not an address of plain ASCII")
        with suppress(Unavailable):  # an unreadable CA file is told when it is needed
            tls_context(self.account)

    def send(self, mail: OutgoingMail, before_data: Callable[[], bool]) -> Delivery:
        """Send one mail; see ports.Submission.

        Raises ValueError for an envelope or content that no decent mail has, Unavailable if nothing could be sent.
        """
        _check(mail)
        return self._runner.run(self._send(mail, before_data))

    def close(self) -> None:
        """Say goodbye and let go of everything. Never raises; the object cannot be used again."""
        with suppress(*_LOST, SMTPException):
            self._runner.run(self._quit())
        self._runner.close()

    async def _send(self, mail: OutgoingMail, before_data: Callable[[], bool]) -> Delivery:
        """One attempt; a second one only if a kept connection had died before anything was asked."""
        kept = self._client is not None
        attempt = _Attempt()
        outcome = await self._within_deadline(mail, before_data, attempt)
        if outcome is None and kept and not attempt.asked:
            attempt = _Attempt()
            outcome = await self._within_deadline(mail, before_data, attempt)
        return outcome or _lost(attempt)

    async def _within_deadline(
        self, mail: OutgoingMail, before_data: Callable[[], bool], attempt: _Attempt
    ) -> Delivery | None:
        """The outcome, or None if the connection was lost or too slow. The client survives good outcomes only."""
        client = await self._connected()
        good = False
        try:
            async with asyncio.timeout(self.timeout_seconds):
                outcome = await self._hand_over(client, mail, before_data, attempt)
                if not isinstance(outcome, Sent):
                    await client.rset()
            good = True
        except SMTPResponseException as fault:
            outcome = self._judge(fault, attempt)
            good = await self._reset(client, fault)
        except _LOST:
            return None
        except SMTPException:
            return None
        finally:
            if not good:
                self._drop()
        return outcome

    async def _hand_over(
        self, client: SMTP, mail: OutgoingMail, before_data: Callable[[], bool], attempt: _Attempt
    ) -> Delivery:
        options = [f"SIZE={len(mail.content)}"] if client.supports_extension("size") else []
        if not mail.content.isascii() and client.supports_extension("8bitmime"):
            options.append("BODY=8BITMIME")
        await client.mail(mail.sender, options=options)
        attempt.stage = "RCPT"
        await client.rcpt(mail.recipient)
        await self._add_archive(client)
        attempt.stage, attempt.asked = "DATA", True
        if not before_data():
            return Unwanted()
        attempt.data = True
        await client.data(mail.content)
        return Sent()

    async def _add_archive(self, client: SMTP) -> None:
        """The archive's refusal never delays the applicant, unless the server hangs up."""
        if self.archive is None:
            return
        try:
            await client.rcpt(self.archive)
        except SMTPResponseException as fault:
            if fault.code == _CLOSING:
                raise

    def _judge(self, fault: SMTPResponseException, attempt: _Attempt) -> Delivery:
        """An answer of the server, as an outcome. An answer to DATA is clear: it was not taken."""
        reply = _reply(fault, attempt.stage)
        if not attempt.data and fault.code in _LOGIN_WANTED:
            raise Unavailable(f"{self._place}: it wants another login before it takes mail ({fault.code})")
        if 400 <= fault.code < 500:
            return Deferred(reply)
        if 500 <= fault.code < 600:
            return Refused(reply)
        # Neither yes nor no: what came was no answer to what we asked.
        return Unclear(reply) if attempt.data else Deferred(reply)

    async def _reset(self, client: SMTP, fault: SMTPResponseException) -> bool:
        """Make the connection fit for the next mail; False if it must be thrown away."""
        if fault.code == _CLOSING or not 400 <= fault.code < 600:
            return False
        try:
            async with asyncio.timeout(self.timeout_seconds):
                await client.rset()
        except (*_LOST, SMTPException):
            return False
        return True

    async def _connected(self) -> SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        self._drop()
        try:
            async with asyncio.timeout(self.timeout_seconds):
                self._client = await self._connect()
                return self._client
        except SMTPAuthenticationError as fault:
            reason = (
                f"login refused for {self.account.user} ({fault.code}); is the password right, and is SMTP allowed?"
            )
        except SMTPResponseException as fault:
            reason = f"it does not take us now ({fault.code})"
        except (*_LOST, SMTPException, ValueError) as fault:
            reason = _explained(fault)
        self._drop()
        raise Unavailable(f"{self._place}: {reason}")

    async def _connect(self) -> SMTP:
        account = self.account
        client = SMTP(
            hostname=account.host,
            port=account.port,
            local_hostname=self.hello,
            use_tls=account.security == "tls",
            start_tls=account.security == "starttls",
            tls_context=tls_context(account),
            timeout=self.timeout_seconds,
        )
        self._client = client  # so that it is closed whatever happens next
        await client.connect()
        await client.ehlo()
        if account.user:
            await client.login(account.user, account.password)
        return client

    async def _quit(self) -> None:
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            try:
                async with asyncio.timeout(min(5, self.timeout_seconds)):
                    await client.quit()
            finally:
                client.close()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def _place(self) -> str:
        return f"submission server {self.account.host}:{self.account.port}"


def _check(mail: OutgoingMail) -> None:
    """Refuse what could smuggle a command or a second mail."""
    if not _ADDRESS.fullmatch(mail.recipient):
        raise ValueError("the envelope recipient is not one address of plain ASCII")
    if mail.sender and not _ADDRESS.fullmatch(mail.sender):
        raise ValueError("the envelope sender is not one address of plain ASCII")
    if not mail.content or _LONE_BREAK.search(mail.content):
        raise ValueError("the content must have CRLF line ends only")


def _lost(attempt: _Attempt) -> Delivery:
    if attempt.data:
        return Unclear("no answer after DATA")
    return Deferred(f"no answer to {attempt.stage}")


def _reply(fault: SMTPResponseException, stage: str) -> str:
    """Code, enhanced status and stage; not the server's words."""
    enhanced = _ENHANCED.match(fault.message)
    return " ".join(filter(None, (str(fault.code), enhanced[0] if enhanced else "", f"to {stage}")))


def _explained(fault: BaseException) -> str:
    """What broke while connecting: aiosmtplib wraps what the system said."""
    if isinstance(fault, SMTPConnectError) and fault.__cause__ is not None:
        return explain(fault.__cause__)
    if isinstance(fault, SMTPException) and not isinstance(fault, OSError):
        return f"it does not offer what we need ({type(fault).__name__}): STARTTLS or AUTH, probably"
    return explain(fault)
