"""Hands mail to the submission server (aiosmtplib): implements ports.Submission for one thread.

Outside it is synchronous; the event loop is private. One connection is kept and used again; after any timeout, loss or
oddity it is thrown away, because the next mail would otherwise read the last one's answer.
Fear: a connection that breaks after DATA (the mail may have been sent: Unclear, never "try again"), a recipient that
smuggles commands, content that smuggles a second mail, a server that drips. Nothing the server says is passed on but
its codes: its words may hold addresses.
A token that is refused is thrown away, and another one tried, once.
Known limits: one recipient a mail; no SMTPUTF8: an address beyond ASCII is refused, and people see it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
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

from ranmailbot.adapters.bearer import Login, mechanism
from ranmailbot.adapters.login_faults import NO_BEARER, login_refused
from ranmailbot.adapters.tls import explain, tls_context
from ranmailbot.grants import AccessToken
from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Sent, Unclear, Unwanted
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Account, Unavailable

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@)(?=.{{3,254}}\Z){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_LONE_BREAK = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|\Z)")
_CLOSING, _GO_ON, _WELCOME, _NO_SUCH_WAY = 421, 334, 235, 504
_CODES = range(100, 600)
"""What may stand in front of an answer (RFC 5321 4.2.1); aiosmtplib says -1 for what is none."""
_LOGIN_WANTED = frozenset({530, 534, 535, 538})
_SEND_AS_DENIED = frozenset({"5.2.252", "5.7.60"})
LONGEST = 6
"""How many times `timeout_seconds` one mail may take: MAIL lost, two logins, MAIL, DATA, RSET."""
_LOST = (SMTPServerDisconnected, SMTPTimeoutError, TimeoutError, OSError)


class _Babble(Exception):
    """The server said more than it was asked: its next words would be taken for the answer to the next question."""


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Why a mail stopped before DATA. `lost` if the connection was gone rather than the server said so."""

    outcome: Delivery
    lost: bool


@dataclass(slots=True)
class SmtpSubmission:
    """The submission server. `archive` is an extra envelope recipient of ours, so that each sent mail can be proved.

    `timeout_seconds` is for connecting and logging in, again for what comes before DATA, again for the content. With a
    dead connection and a refused token before them that is six times at most (`LONGEST`). Close it when done.
    """

    account: Account
    timeout_seconds: float = 60
    archive: str | None = None
    hello: str = "localhost"
    """What we call ourselves in EHLO."""
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner, init=False, repr=False)
    _client: SMTP | None = field(default=None, init=False, repr=False)
    _archived: bool = field(default=False, init=False, repr=False)
    """Whether the archive took the mail under way: if not, its absence there proves nothing."""

    def __post_init__(self) -> None:
        """Raises ValueError for an archive that is no address, or for plain text to another machine."""
        if self.archive is not None and not _ADDRESS.fullmatch(self.archive):
            raise ValueError("the archive is not an address of plain ASCII")
        with suppress(Unavailable):  # an unreadable CA file is told when it is needed
            tls_context(self.account)

    def send(self, mail: OutgoingMail, before_data: Callable[[bool], bool]) -> Delivery:
        """Send one mail; see ports.Submission.

        Raises ValueError for an envelope or content that no decent mail has, Unavailable if nothing could be sent.
        """
        _check(mail)
        return self._runner.run(self._send(mail, before_data))

    def features(self) -> Mapping[str, str]:
        """Log in and say what the server offers: ESMTP keywords in small letters, with their parameters.

        Raises Unavailable.
        """
        return dict(self._runner.run(self._connected()).esmtp_extensions)

    def close(self) -> None:
        """Say goodbye and let go of everything. Never raises; the object cannot be used again."""
        with suppress(*_LOST, SMTPException):
            self._runner.run(self._quit())
        self._runner.close()

    async def _send(self, mail: OutgoingMail, before_data: Callable[[bool], bool]) -> Delivery:
        """One mail. Where a kept connection turns out to be dead, a new one is tried once: nothing was asked yet."""
        kept = self._client is not None
        try:
            stopped = await self._envelope(mail, kept=kept)
            if stopped is not None and stopped.lost and kept:
                stopped = await self._envelope(mail, kept=False)
            if stopped is not None:
                return stopped.outcome
            if not before_data(self._archived):
                await self._reset()
                return Unwanted()
            return await self._data(mail)
        except BaseException:
            self._drop()
            raise

    @staticmethod
    def _lapsed(fault: SMTPResponseException, *, kept: bool) -> bool:
        """Whether a server ends an idle connection (421), or does not know the login of a kept one any more."""
        return fault.code == _CLOSING or (kept and fault.code in _LOGIN_WANTED)

    async def _envelope(self, mail: OutgoingMail, *, kept: bool) -> _Stopped | None:
        """Everything before DATA; None if the recipient was accepted."""
        client, stage = await self._connected(), "MAIL"
        try:
            async with asyncio.timeout(self.timeout_seconds):
                _hear(client)
                await client.mail(mail.sender, options=_options(client, mail))
                stage = _hear(client, "RCPT")
                await client.rcpt(mail.recipient)
                _hear(client)
                await self._add_archive(client)
                _hear(client)
        except _Babble:
            self._drop()
            return _Stopped(Deferred(f"more answers than questions to {stage}"), lost=True)
        except SMTPResponseException as fault:
            if stage == "MAIL" and self._lapsed(fault, kept=kept):
                self._drop()
                return _Stopped(Deferred(_reply(fault, stage)), lost=True)
            return _Stopped(await self._refused(fault, stage), lost=False)
        except (*_LOST, SMTPException):
            self._drop()
            return _Stopped(Deferred(f"no answer to {stage}"), lost=True)
        return None

    async def _data(self, mail: OutgoingMail) -> Delivery:
        """DATA and the content. From here on no answer means that nobody knows."""
        if self._client is None:
            raise Unavailable(f"{self._place}: the connection was closed while it was in use")
        try:
            async with asyncio.timeout(self.timeout_seconds):
                await self._client.data(mail.content)
        except SMTPResponseException as fault:
            if self._answered_before():
                return Unclear("more answers than questions to DATA")
            if _kind(fault.code) is None:
                self._drop()
                return Unclear(_reply(fault, "DATA"))  # no answer to what we asked
            return await self._refused(fault, "DATA")
        except (*_LOST, SMTPException):
            self._drop()
            return Unclear("no answer after DATA")
        return Unclear("more answers than questions to DATA") if self._answered_before() else Sent()

    def _answered_before(self) -> bool:
        """Whether the answer to the content may have been there before the content. Then the connection is dropped.

        More words than one answer say so, except a goodbye: many servers end a connection behind the last answer.
        """
        if self._client is None or not (said := _beyond(self._client)):
            return False
        self._drop()
        return not said.startswith(str(_CLOSING).encode())

    async def _add_archive(self, client: SMTP) -> None:
        """The archive's refusal never delays the applicant, unless the server hangs up."""
        self._archived = False
        if self.archive is None:
            return
        try:
            await client.rcpt(self.archive)
            self._archived = True
        except SMTPResponseException as fault:
            if fault.code == _CLOSING or _kind(fault.code) is None:
                raise

    async def _refused(self, fault: SMTPResponseException, stage: str) -> Delivery:
        """A refusal as an outcome; the connection is kept only if it is certainly fit for the next mail."""
        if stage != "DATA" and fault.code in _LOGIN_WANTED:
            raise Unavailable(f"{self._place}: it wants another login before it takes mail ({fault.code})")
        kind = _kind(fault.code)
        if kind is None or fault.code == _CLOSING or (self._client is not None and _beyond(self._client)):
            self._drop()
        else:
            await self._reset()
        reply = _reply(fault, stage)
        if kind is Refused and not _may_be_mended(fault):
            return Refused(reply, recipient=stage == "RCPT" and not _about_us(fault))
        return Deferred(reply)

    async def _reset(self) -> None:
        """Make the connection fit for the next mail, or throw it away."""
        if self._client is None:
            return
        try:
            async with asyncio.timeout(self.timeout_seconds):
                await self._client.rset()
        except (*_LOST, SMTPException):
            self._drop()

    async def _connected(self) -> SMTP:
        await asyncio.sleep(0)  # lets the loop notice that a kept connection has ended meanwhile
        if self._client is not None and self._client.is_connected:
            return self._client
        self._drop()
        token = self.account.tokens() if self.account.tokens else None
        try:
            return await self._logged_in(token)
        except SMTPAuthenticationError as fault:
            if token is None or self.account.tokens is None:
                raise self._login_refused(fault, None) from None
            newer = self.account.tokens(token.text)
            if newer.text == token.text:
                raise self._login_refused(fault, token) from None
        try:
            return await self._logged_in(newer)
        except SMTPAuthenticationError as fault:
            raise self._login_refused(fault, newer) from None

    def _login_refused(self, fault: SMTPAuthenticationError, token: AccessToken | None) -> Unavailable:
        return login_refused("SMTP", self.account, token, f"{fault.code} {fault.message}")

    async def _logged_in(self, token: AccessToken | None) -> SMTP:
        """A connection of its own, secured and logged in. Raises Unavailable, or SMTPAuthenticationError."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                self._client = await self._connect(token)
                return self._client
        except SMTPAuthenticationError as fault:
            if fault.code != _CLOSING:  # a goodbye is about the server, not about the password
                self._drop()
                raise
            reason = f"it does not take us now ({fault.code})"
        except SMTPResponseException as fault:
            reason = f"it does not take us now ({fault.code})"
        except (*_LOST, SMTPException, ValueError) as fault:
            reason = _explained(fault)
        self._drop()
        raise Unavailable(f"{self._place}: {reason}")

    async def _connect(self, token: AccessToken | None) -> SMTP:
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
        if token is not None:
            await _sign_in(client, account, token)
        elif account.user:
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


async def _sign_in(client: SMTP, account: Account, token: AccessToken) -> None:
    """AUTH with a token (RFC 4954). A server that refuses says why first (334), and no only after our empty line.

    Raises SMTPAuthenticationError with its code, enhanced code and words.
    """
    name = mechanism(client.server_auth_methods)
    if name is None:
        raise SMTPAuthenticationError(_NO_SUCH_WAY, NO_BEARER)
    login = Login(name, account, token)
    answer = await client.execute_command(b"AUTH", name.encode(), login.first())
    if answer.code == _GO_ON:
        answer = await client.execute_command(login.answer(answer.message.encode("ascii", "replace")))
    if answer.code != _WELCOME:
        raise SMTPAuthenticationError(answer.code, f"{answer.message} {login.told}")


def _check(mail: OutgoingMail) -> None:
    """Refuse what could smuggle a command or a second mail."""
    if not _ADDRESS.fullmatch(mail.recipient):
        raise ValueError("the envelope recipient is not one address of plain ASCII")
    if mail.sender and not _ADDRESS.fullmatch(mail.sender):
        raise ValueError("the envelope sender is not one address of plain ASCII")
    if not mail.content or _LONE_BREAK.search(mail.content):
        raise ValueError("the content must have CRLF line ends only")


def _hear(client: SMTP, stage: str = "") -> str:
    """Go on to `stage`, unless something was said that nobody has asked for. Raises _Babble."""
    if _beyond(client):
        raise _Babble
    return stage


def _beyond(client: SMTP) -> bytes:
    """What aiosmtplib keeps of words beyond the last answer: it would take them for the next one."""
    return bytes(getattr(client.protocol, "_buffer", b""))


def _options(client: SMTP, mail: OutgoingMail) -> list[str]:
    options = [f"SIZE={len(mail.content)}"] if client.supports_extension("size") else []
    if not mail.content.isascii() and client.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    return options


def _kind(code: int) -> type[Deferred] | type[Refused] | None:
    """What a reply code says: not now, never, or nothing that makes sense here (RFC 5321 4.2.1)."""
    return {4: Deferred, 5: Refused}.get(code // 100)


def _may_be_mended(fault: SMTPResponseException) -> bool:
    """Whether Exchange says that we may not send as this mailbox: a setting there, so no mail is given up for it."""
    enhanced = _ENHANCED.match(fault.message)
    return enhanced is not None and enhanced[0] in _SEND_AS_DENIED


def _reply(fault: SMTPResponseException, stage: str) -> str:
    """Code, enhanced status and stage; not the server's words."""
    if not _CODES.start <= fault.code < _CODES.stop:
        return f"an answer that makes no sense to {stage}"
    enhanced = _ENHANCED.match(fault.message)
    return " ".join(filter(None, (str(fault.code), enhanced[0] if enhanced else "", f"to {stage}")))


def _about_us(fault: SMTPResponseException) -> bool:
    """Whether a refusal is about the sender or about what we may do (RFC 3463 X.1.7, X.1.8, X.7), not the recipient.

    Postfix tells all of these at RCPT only (smtpd_delay_reject).
    """
    enhanced = _ENHANCED.match(fault.message)
    return enhanced is not None and enhanced[0][1:].startswith((".7.", ".1.7", ".1.8"))


def _explained(fault: BaseException) -> str:
    """What broke while connecting: aiosmtplib wraps what the system said."""
    if isinstance(fault, SMTPConnectError) and fault.__cause__ is not None:
        return explain(fault.__cause__)
    if isinstance(fault, SMTPException) and not isinstance(fault, OSError):
        return f"it does not offer what we need ({type(fault).__name__}): STARTTLS or AUTH, probably"
    return explain(fault)
