# ruff: noqa: ARG002 - pymap names the arguments of what we implement
"""The IMAP half of the built-in server: pymap speaks the protocol, our spool keeps the mail (imap_mailboxes.py).

Works around two faults of pymap 0.36.7 (last release 2024): its sessions are garbage-collected on Python 3.13 because
nobody keeps their task, and it writes one response in many small segments.
Known limit: plain text, so loopback only.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import cast

from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.session import BaseSession
from pymap.config import BackendCapability, IMAPConfig
from pymap.exceptions import AuthorizationFailure, InvalidAuth, NotAllowedError
from pymap.imap import IMAPServer
from pymap.interfaces.login import IdentityInterface, LoginInterface
from pymap.token import AllTokens
from pymap.user import UserMetadata
from pysasl import SASLAuth
from pysasl.creds.server import ServerCredentials
from pysasl.hashing import BuiltinHash
from pysasl.identity import ClearIdentity

from ranmailbot.adapters.embedded.imap_mailboxes import Collector, Mailboxes, MailboxOnDisk, Message, connection
from ranmailbot.adapters.embedded.spool import Folder, Spool
from ranmailbot.adapters.embedded.stamps import ADDRESS, EVERYONE

_LONGEST_LINE = 1024 * 1024


class _Session(BaseSession[Message]):
    """One client that has logged in."""

    def __init__(self, owner: str, config: IMAPConfig, mailboxes: Mailboxes) -> None:
        super().__init__(owner)
        self._config = config
        self._mailboxes = mailboxes

    @property
    def config(self) -> IMAPConfig:
        return self._config

    @property
    def mailbox_set(self) -> Mailboxes:
        return self._mailboxes


class _Identity(IdentityInterface):
    """Somebody who knew the password, under the address they gave."""

    def __init__(self, name: str, login: _Login) -> None:
        self._name = name
        self._login = login

    @property
    def name(self) -> str:
        return self._name

    @property
    def roles(self) -> frozenset[str]:
        return frozenset()

    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[_Session]:
        spool = self._login.spool
        mailboxes = Mailboxes(spool.account(self._name), spool, self._login.opened)
        yield _Session(self._name, self._login.config, mailboxes)

    async def new_token(self, *, expiration: datetime | None = None) -> str | None:
        return None

    async def get(self) -> UserMetadata:
        return UserMetadata(self._login.config, self._name)

    async def set(self, metadata: UserMetadata) -> int | None:
        raise NotAllowedError("accounts cannot be changed")

    async def delete(self) -> None:
        raise NotAllowedError("accounts cannot be deleted")


class _Login(LoginInterface):
    """One password for all; any address may log in and has a mailbox from then on."""

    def __init__(self, spool: Spool, config: IMAPConfig, password: str) -> None:
        self.spool = spool
        self.config = config
        self.opened: dict[Folder, MailboxOnDisk] = {}
        self._password = password

    @property
    def tokens(self) -> AllTokens:
        return AllTokens(self.config)

    async def authenticate(self, credentials: ServerCredentials) -> _Identity:
        name = credentials.authcid.casefold()
        known = name == EVERYONE or ADDRESS.fullmatch(name)
        if not known or not credentials.verify(ClearIdentity(credentials.authcid, self._password)):
            raise InvalidAuth
        return _Identity(name, self)

    async def authorize(self, authenticated: IdentityInterface, authzid: str) -> _Identity:
        if authzid.casefold() != authenticated.name:
            raise AuthorizationFailure
        return _Identity(authenticated.name, self)


class _Config(IMAPConfig):
    """Pymap's settings: plain text, for loopback only; no look-up of host names, no scan of plug-ins."""

    def __init__(self, size_limit: int) -> None:
        nothing = Namespace(passlib_cfg=None, proxy_protocol=None)
        super().__init__(
            nothing,
            host=None,
            port=0,
            tls_enabled=False,
            max_append_len=size_limit,
            hash_context=BuiltinHash(),
            invalid_user_sleep=0,
        )
        self._mechanisms = SASLAuth.defaults()

    @property
    def backend_capability(self) -> BackendCapability:
        return BackendCapability(idle=True, object_id=True, multi_append=True)

    @property
    def tls_auth(self) -> SASLAuth:
        return self._mechanisms

    @property
    def greeting(self) -> bytes:
        return b"ready"


async def start_imap(spool: Spool, password: str, host: str, port: int, size_limit: int) -> asyncio.Server:
    """Serve the spool over IMAP4rev1 with IDLE, MOVE, UIDPLUS, MULTIAPPEND and LITERAL+. Raises OSError."""
    config = _Config(size_limit)
    server = IMAPServer(_Login(spool, config, password), config)
    sessions: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.create_task(_serve(server, reader, writer))
        sessions.add(session)  # nobody else keeps it: on Python 3.13 it would be collected under way
        session.add_done_callback(sessions.discard)

    return await asyncio.start_server(connected, host, port, limit=_LONGEST_LINE)


async def _serve(server: IMAPServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    collector = Collector(writer)
    connection.set(collector)
    # pymap asks for a whole StreamWriter, and uses write, drain and close.
    await server(reader, cast("asyncio.StreamWriter", collector), SocketInfoLocal(writer, unique_id=b"imap"))
