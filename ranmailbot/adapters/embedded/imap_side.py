# ruff: noqa: ARG002 - pymap names the arguments of what we implement
"""The IMAP half of the built-in server: pymap speaks the protocol, our spool keeps the mail.

Works around two faults of pymap 0.36.7 (last release 2024): its sessions are garbage-collected on Python 3.13 because
nobody keeps their task, and it writes one response in many small segments. Contents are parsed only when a client asks
for a part of them, so that a hostile message cannot keep the others from being fetched.
Known limits: system flags only, no keywords; no SPECIAL-USE; plain text, so loopback only.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import cast

from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.mailbox import MailboxDataInterface, MailboxSetInterface
from pymap.backend.session import BaseSession
from pymap.bytes import Writeable
from pymap.concurrent import Event
from pymap.config import BackendCapability, IMAPConfig
from pymap.context import subsystem
from pymap.exceptions import AuthorizationFailure, InvalidAuth, NotAllowedError
from pymap.flags import FlagOp
from pymap.imap import IMAPServer
from pymap.interfaces.login import IdentityInterface, LoginInterface
from pymap.interfaces.message import CachedMessage
from pymap.listtree import ListTree
from pymap.mailbox import MailboxSnapshot
from pymap.message import BaseLoadedMessage, BaseMessage
from pymap.mime import MessageContent
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import FetchRequirement, ObjectId
from pymap.parsing.specials.flag import Answered, Deleted, Draft, Flag, Flagged, Seen
from pymap.selected import SelectedMailbox, SelectedSet
from pymap.token import AllTokens
from pymap.user import UserMetadata
from pysasl import SASLAuth
from pysasl.creds.server import ServerCredentials
from pysasl.hashing import BuiltinHash
from pysasl.identity import ClearIdentity

from ranmailbot.adapters.embedded.spool import Account, Folder, Spool, Stored, fits, sync
from ranmailbot.adapters.embedded.stamps import ADDRESS, EVERYONE, header_values

_LETTERS = {Seen: "S", Answered: "R", Flagged: "F", Deleted: "T", Draft: "D"}
_FLAGS = {letter: flag for flag, letter in _LETTERS.items()}
_ENOUGH_AT_ONCE = 256 * 1024
_LONGEST_LINE = 1024 * 1024

_connection: ContextVar[_Collector] = ContextVar("connection")


class _Collector:
    """A writer that collects what pymap writes until `drain`: one response, one segment."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        self._waiting += data

    async def drain(self) -> None:
        self._hand_over()
        await self._writer.drain()

    async def ease(self) -> None:
        """Drain if much is waiting, so that a large response never lies in memory as a whole."""
        if len(self._waiting) > _ENOUGH_AT_ONCE:
            await self.drain()

    def close(self) -> None:
        self._hand_over()
        self._writer.close()

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._writer.get_extra_info(name, default)

    def _hand_over(self) -> None:
        if self._waiting and not self._writer.is_closing():
            self._writer.write(bytes(self._waiting))
        self._waiting.clear()


class _Loaded(BaseLoadedMessage):
    """A message whose file is read and parsed as late as possible: the size needs neither, BODY[] no parsing."""

    __slots__ = ["_folder", "_raw", "_stored"]

    def __init__(self, message: _Message, requirement: FetchRequirement, folder: Folder, stored: Stored) -> None:
        super().__init__(message, requirement, None)
        self._folder = folder
        self._stored = stored
        self._raw: bytes | None = None

    @property
    def content(self) -> MessageContent:
        if self._content is None:
            self._content = MessageContent.parse(bytes(self))
        return self._content

    def __bytes__(self) -> bytes:
        if self._raw is None:
            self._raw = self._folder.content(self._stored) or b""
        return self._raw

    def get_body(self, section: Sequence[int] | None = None, binary: bool = False) -> Writeable:
        if section or binary:
            return super().get_body(section, binary)
        return Writeable.wrap(bytes(self))

    def get_size(self, section: Sequence[int] | None = None) -> int:
        return super().get_size(section) if section else self._stored.size

    def get_header(self, name: bytes) -> Sequence[str]:
        """The values of one header, for SEARCH: by our own linear reading, since this goes over whole folders."""
        return [value.decode("latin-1") for value in header_values(bytes(self), name)]


class _Message(BaseMessage):
    """A message as pymap wants it: four values and the folder where its bytes lie."""

    __slots__ = ["_folder", "_stored"]

    def __init__(self, folder: Folder, stored: Stored, expunged: bool = False) -> None:
        flags = frozenset(_FLAGS[letter] for letter in stored.flags if letter in _FLAGS)
        # UIDVALIDITY and UID name a message for ever: that is what an object id is for (RFC 8474 5.1).
        email_id = ObjectId(b"M%d-%d" % (folder.uidvalidity, stored.uid))
        super().__init__(stored.uid, stored.stamp, flags, email_id=email_id, expunged=expunged)
        self._folder = folder
        self._stored = stored

    @property
    def stored(self) -> Stored:
        return self._stored

    async def load_content(self, requirement: FetchRequirement) -> _Loaded:
        """Pymap calls this before it writes each message: the place to let the last ones leave first."""
        collector = _connection.get(None)
        if collector is not None:
            await collector.ease()
        return _Loaded(self, requirement, self._folder, self._stored)


class _Mailbox(MailboxDataInterface[_Message]):
    """One folder of the spool for pymap; shared by all sessions that have it open."""

    def __init__(self, folder: Folder, spool: Spool) -> None:
        self.folder = folder
        self._spool = spool
        self._selected_set = SelectedSet()
        self._updated = subsystem.get().new_event()
        folder.listeners.append(self._updated.set)

    @property
    def mailbox_id(self) -> ObjectId:
        return ObjectId(b"F%d" % self.folder.uidvalidity)

    @property
    def readonly(self) -> bool:
        return False

    @property
    def uid_validity(self) -> int:
        return self.folder.uidvalidity

    @property
    def selected_set(self) -> SelectedSet:
        return self._selected_set

    async def update_selected(self, selected: SelectedMailbox, *, wait_on: Event | None = None) -> SelectedMailbox:
        """Tell a session what it has not seen. While it idles, wait only if there is nothing yet."""
        if wait_on is not None and selected.mod_sequence == self.folder.change:
            await wait_on.or_event(self._updated).wait()
        known = selected.mod_sequence
        selected.mod_sequence = self.folder.change
        changed = None if known is None else self.folder.since(known)
        messages = self.folder.messages
        if changed is None:
            selected.set_messages([_Message(self.folder, stored) for stored in messages.values()])
        else:
            here = [_Message(self.folder, messages[uid]) for uid in sorted(changed) if uid in messages]
            selected.add_updates(here, changed - messages.keys())
        return selected

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> _Message:
        """Store what a client APPENDs; it is safe on disk before the client is told so."""
        when = append_msg.when or self._spool.now()
        temporary = await asyncio.to_thread(self._spool.write, append_msg.literal)
        stored = self.folder.add(
            temporary, int(when.timestamp()), len(append_msg.literal), _letters(append_msg.flag_set)
        )
        await asyncio.to_thread(sync, [self.folder.path])
        temporary.unlink()
        return _Message(self.folder, stored)

    async def copy(self, uid: int, destination: _Mailbox, *, recent: bool = False) -> int | None:
        stored = self.folder.messages.get(uid)
        return None if stored is None else self.folder.copy(stored, destination.folder).uid

    async def move(self, uid: int, destination: _Mailbox, *, recent: bool = False) -> int | None:
        stored = self.folder.messages.get(uid)
        return None if stored is None else self.folder.move(stored, destination.folder).uid

    async def get(self, uid: int, cached_msg: CachedMessage) -> _Message:
        stored = self.folder.messages.get(uid)
        if stored is not None:
            return _Message(self.folder, stored)
        if not isinstance(cached_msg, _Message):
            raise TypeError(cached_msg)
        return _Message(self.folder, cached_msg.stored, expunged=True)

    async def update(self, uid: int, cached_msg: CachedMessage, flag_set: frozenset[Flag], mode: FlagOp) -> _Message:
        message = await self.get(uid, cached_msg)
        if message.expunged:
            return message
        flags = mode.apply(message.permanent_flags, flag_set)
        return _Message(self.folder, self.folder.set_flags(message.stored, _letters(flags)))

    async def delete(self, uids: Iterable[int]) -> None:
        for uid in list(uids):
            stored = self.folder.messages.get(uid)
            if stored is not None:
                self.folder.remove(stored)

    async def claim_recent(self, selected: SelectedMailbox) -> None:
        """Nothing is ever \\Recent here: IMAP4rev2 (RFC 9051) did away with it."""

    async def cleanup(self) -> None:
        """Nothing to tidy."""

    async def snapshot(self) -> MailboxSnapshot:
        messages = self.folder.messages
        unseen = [number for number, stored in enumerate(messages.values(), 1) if "S" not in stored.flags]
        return MailboxSnapshot(
            self.mailbox_id,
            self.readonly,
            self.uid_validity,
            self.permanent_flags,
            self.session_flags,
            len(messages),
            0,
            len(unseen),
            unseen[0] if unseen else None,
            self.folder.next_uid,
        )


class _Mailboxes(MailboxSetInterface[_Mailbox]):
    """All folders of one account for pymap."""

    def __init__(self, account: Account, spool: Spool, opened: dict[Folder, _Mailbox]) -> None:
        self._account = account
        self._spool = spool
        self._opened = opened

    @property
    def delimiter(self) -> str:
        return "/"

    async def set_subscribed(self, name: str, subscribed: bool) -> None:
        self._account.subscribe(name, subscribed)

    async def list_subscribed(self) -> ListTree:
        return self._tree(name for name in self._account.folders if name in self._account.subscribed)

    async def list_mailboxes(self) -> ListTree:
        return self._tree(self._account.folders)

    async def get_mailbox(self, name: str) -> _Mailbox:
        folder = self._account.folders[_canonical(name)]
        if folder not in self._opened:
            self._opened[folder] = _Mailbox(folder, self._spool)
        return self._opened[folder]

    async def add_mailbox(self, name: str) -> ObjectId:
        name = _canonical(name)
        if name in self._account.folders or not fits(name):
            raise ValueError("this folder exists, or its name is too long")
        self._account.folder(name, self._spool.new_uidvalidity())
        return (await self.get_mailbox(name)).mailbox_id

    async def delete_mailbox(self, name: str) -> None:
        self._opened.pop(self._account.folders[_canonical(name)], None)
        self._account.delete(_canonical(name))

    async def rename_mailbox(self, before: str, after: str) -> None:
        tree, before, after = self._tree(self._account.folders), _canonical(before), _canonical(after)
        if tree.get(before) is None:
            raise KeyError(before)
        renames = tree.get_renames(before, after)
        if tree.get(after) is not None or not all(fits(new) for _, new in renames):
            raise ValueError(after)
        for old, new in renames:
            self._account.rename(old, new)
        if "INBOX" not in self._account.folders:
            self._account.folder("INBOX", self._spool.new_uidvalidity())

    def _tree(self, names: Iterable[str]) -> ListTree:
        return ListTree(self.delimiter).update("INBOX", *names)


class _Session(BaseSession[_Message]):
    """One client that has logged in."""

    def __init__(self, owner: str, config: IMAPConfig, mailboxes: _Mailboxes) -> None:
        super().__init__(owner)
        self._config = config
        self._mailboxes = mailboxes

    @property
    def config(self) -> IMAPConfig:
        return self._config

    @property
    def mailbox_set(self) -> _Mailboxes:
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
        mailboxes = _Mailboxes(spool.account(self._name), spool, self._login.opened)
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
        self.opened: dict[Folder, _Mailbox] = {}
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
    collector = _Collector(writer)
    _connection.set(collector)
    # pymap asks for a whole StreamWriter, and uses write, drain and close.
    await server(reader, cast("asyncio.StreamWriter", collector), SocketInfoLocal(writer, unique_id=b"imap"))


def _letters(flags: Iterable[Flag]) -> str:
    return "".join(sorted(_LETTERS[flag] for flag in flags if flag in _LETTERS))


def _canonical(name: str) -> str:
    """INBOX in any case is INBOX; a trailing delimiter says only that there will be children (RFC 3501 6.3.3)."""
    return "INBOX" if name.upper() == "INBOX" else name.rstrip("/")
