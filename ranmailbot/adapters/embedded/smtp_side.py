"""The SMTP half of the built-in server: aiosmtpd speaks the protocol, deliveries end in the spool.

One port is both a submission server (AUTH PLAIN or LOGIN: an address and the server's password) and the border where
anybody delivers without AUTH. What that means for a message stands in its Authentication-Results (see stamps.py).

Played troubles, by the recipient's domain:
- `refused.example`: 550 at RCPT.
- `greylisted.example`: 450 at RCPT the first time for each pair of sender and recipient, then accepted (forgotten
  when the server restarts).
- `bouncing.example`: accepted, then a delivery report (RFC 3464) goes to the envelope sender at once.

The archive address is taken from the logged-in bot only; others get 550, so that nobody can forge what we sent.
Known limits: no TLS (loopback only), no SMTPUTF8, no relaying: every address there is lives here.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from ranmailbot.adapters.embedded.spool import Folder, Spool, sync
from ranmailbot.adapters.embedded.stamps import ADDRESS, EVERYONE, Arrival, bounce, header_values, normalised, stamped

_LONGEST_LINE = 1_000_000
_LONGEST_COMMAND = 1024


@dataclass(frozen=True, slots=True)
class Post:
    """Who this server is: the bot's address, its archive's, the name it stamps with, and the one password."""

    bot: str
    archive: str
    authserv_id: str
    password: str
    size_limit: int


@dataclass(frozen=True, slots=True)
class _Copy:
    """One content and the folders where it shall lie."""

    content: bytes
    folders: tuple[Folder, ...]


@dataclass(slots=True)
class Handler:
    """Answers for aiosmtpd; its method names are aiosmtpd's hooks."""

    post: Post
    spool: Spool
    serials: Iterator[str]
    greylisted: set[tuple[str, str]] = field(default_factory=set)

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        """Any address with the server's password may log in."""
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        user = data.login.decode("utf-8", "replace")
        right = hmac.compare_digest(data.password, self.post.password.encode())
        if right and ADDRESS.fullmatch(user):
            return AuthResult(success=True, auth_data=user)
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the envelope sender if it is a plain address or null."""
        if address != "<>" and not ADDRESS.fullmatch(address):
            return "553 5.1.7 sender address not understood"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or play the trouble its domain stands for."""
        trouble = self._trouble(session, envelope, address)
        if trouble:
            return trouble
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Deliver to everybody; 250 only when all of it is safe on disk."""
        if not isinstance(envelope.content, bytes):
            raise TypeError("this server reads bytes")
        content = normalised(envelope.content)
        arrival = self._arrival(_user(session), session.host_name or "", str((session.peer or "?")[0]), envelope)
        copies: list[_Copy] = []
        for recipient in dict.fromkeys(envelope.rcpt_tos):
            copies.extend(self._copies(content, arrival, recipient))
        await self._store(copies, arrival)
        return f"250 2.0.0 OK {arrival.serial}"

    def _trouble(self, session: Session, envelope: Envelope, address: str) -> str:
        if not ADDRESS.fullmatch(address):
            return "553 5.1.3 recipient address not understood"
        key, domain = address.casefold(), address.rpartition("@")[2].casefold()
        if domain == "refused.example":
            return "550 5.1.1 no such mailbox here"
        attempt = (envelope.mail_from or "", key)
        if domain == "greylisted.example" and attempt not in self.greylisted:
            self.greylisted.add(attempt)
            return "450 4.7.1 greylisted, please come again"
        if key == self.post.archive.casefold() and _user(session).casefold() != self.post.bot.casefold():
            return "550 5.7.1 this mailbox is the archive of its owner"
        return ""

    def _arrival(self, user: str, hello: str, peer: str, envelope: Envelope) -> Arrival:
        sender = envelope.mail_from or ""
        return Arrival(user, hello, peer, "" if sender == "<>" else sender, next(self.serials), self.spool.now())

    def _copies(self, content: bytes, arrival: Arrival, recipient: str) -> list[_Copy]:
        """What one recipient makes to be stored: the mail, or the report that it could not be delivered."""
        if recipient.casefold().endswith("@bouncing.example"):
            return self._bounced(content, arrival, recipient)
        folders = self._folders(content, arrival, recipient)
        return [_Copy(stamped(content, arrival, recipient, self.post.authserv_id), folders)]

    def _bounced(self, content: bytes, arrival: Arrival, recipient: str) -> list[_Copy]:
        if not arrival.sender:
            return []  # a report never answers a report (RFC 5321 4.5.5)
        authserv_id = self.post.authserv_id
        report = bounce(content, arrival, recipient, authserv_id)
        ours = Arrival("", authserv_id, "127.0.0.1", "", next(self.serials), arrival.moment)
        folders = self._folders(report, ours, arrival.sender)
        return [_Copy(stamped(report, ours, arrival.sender, authserv_id), folders)]

    def _folders(self, content: bytes, arrival: Arrival, recipient: str) -> tuple[Folder, ...]:
        key, bot = recipient.casefold(), self.post.bot.casefold()
        if key == self.post.archive.casefold():
            return (self.spool.folder(bot, "Archive"),)
        if _without_detail(key) == bot:
            return (self.spool.folder(bot, _inbox_or_junk(content, arrival)),)
        return self.spool.folder(key, _inbox_or_junk(content, arrival)), self.spool.folder(EVERYONE, "INBOX")

    async def _store(self, copies: Sequence[_Copy], arrival: Arrival) -> None:
        """Contents to disk, then their names, then 250. A crash in between leaves whole messages or nothing."""
        files = [await asyncio.to_thread(self.spool.write, copy.content) for copy in copies]
        received = int(arrival.moment.timestamp())
        for file, copy in zip(files, copies, strict=True):
            for folder in copy.folders:
                folder.add(file, received, len(copy.content))
        await asyncio.to_thread(sync, [folder.path for copy in copies for folder in copy.folders])
        for file in files:
            file.unlink()


class _Smtp(SMTP):
    """aiosmtpd that takes lines longer than the standard's 998 characters: strangers send them."""

    line_length_limit = _LONGEST_LINE
    command_size_limit = _LONGEST_COMMAND


async def start_smtp(handler: Handler, host: str, port: int) -> asyncio.Server:
    """Listen for SMTP. Raises OSError."""
    loop = asyncio.get_running_loop()

    def connection() -> _Smtp:
        return _Smtp(
            handler,
            data_size_limit=handler.post.size_limit,
            hostname=handler.post.authserv_id,
            ident="ready",
            authenticator=handler.authenticate,
            auth_require_tls=False,
            loop=loop,
        )

    return await loop.create_server(connection, host, port)


def _user(session: Session) -> str:
    """The address somebody logged in as on this connection; empty if nobody did."""
    return str(session.auth_data) if session.authenticated and session.auth_data else ""


def _without_detail(address: str) -> str:
    """The address without its plus part (RFC 5233): return paths of the bot's own mails carry one."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _inbox_or_junk(content: bytes, arrival: Arrival) -> str:
    flagged = any(value.upper().startswith(b"YES") for value in header_values(content, b"X-Spam-Flag"))
    return "Junk" if flagged and not arrival.user else "INBOX"
