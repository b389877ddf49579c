# ruff: noqa: ARG002 - pymap names the arguments of what we implement
"""Our spool as pymap wants to see it: messages, folders and the folders of one account.

Contents are parsed only when a client asks for a part of them, so that a hostile message cannot keep the others from
being fetched, and a response leaves in pieces, so that it never lies in memory as a whole.
Known limits: system flags only, no keywords; no SPECIAL-USE.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextvars import ContextVar

from pymap.backend.mailbox import MailboxDataInterface, MailboxSetInterface
from pymap.bytes import Writeable
from pymap.concurrent import Event
from pymap.context import subsystem
from pymap.flags import FlagOp
from pymap.interfaces.message import CachedMessage
from pymap.listtree import ListTree
from pymap.mailbox import MailboxSnapshot
from pymap.message import BaseLoadedMessage, BaseMessage
from pymap.mime import MessageContent
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import FetchRequirement, ObjectId
from pymap.parsing.specials.flag import Answered, Deleted, Draft, Flag, Flagged, Seen
from pymap.selected import SelectedMailbox, SelectedSet

from ranmailbot.adapters.embedded.spool import Account, Folder, Spool, Stored, fits, sync
from ranmailbot.adapters.embedded.stamps import header_values

_LETTERS = {Seen: "S", Answered: "R", Flagged: "F", Deleted: "T", Draft: "D"}
_FLAGS = {letter: flag for flag, letter in _LETTERS.items()}
_ENOUGH_AT_ONCE = 256 * 1024

connection: ContextVar[Collector] = ContextVar("connection")
"""The writer of the session that is served just now."""


class Collector:
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

    def __init__(self, message: Message, requirement: FetchRequirement, folder: Folder, stored: Stored) -> None:
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


class Message(BaseMessage):
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
        collector = connection.get(None)
        if collector is not None:
            await collector.ease()
        return _Loaded(self, requirement, self._folder, self._stored)


class MailboxOnDisk(MailboxDataInterface[Message]):
    """One folder of the spool for pymap; shared by all sessions that have it open."""

    def __init__(self, folder: Folder, spool: Spool) -> None:
        self.folder = folder
        self._spool = spool
        self._selected_set = SelectedSet()
        self._updated = subsystem.get().new_event()
        self._objects: dict[int, Message] = {}
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
            selected.set_messages([self._message(stored) for stored in messages.values()])
        else:
            here = [self._message(messages[uid]) for uid in sorted(changed) if uid in messages]
            for uid in changed - messages.keys():
                self._objects.pop(uid, None)
            selected.add_updates(here, changed - messages.keys())
        return selected

    def _message(self, stored: Stored) -> Message:
        """The same object as long as nothing changes: a search goes over all of them."""
        message = self._objects.get(stored.uid)
        if message is None or message.stored is not stored:
            message = self._objects[stored.uid] = Message(self.folder, stored)
        return message

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Message:
        """Store what a client APPENDs; it is safe on disk before the client is told so."""
        when = append_msg.when or self._spool.now()
        temporary = await asyncio.to_thread(self._spool.write, append_msg.literal)
        stored = self.folder.add(
            temporary, int(when.timestamp()), len(append_msg.literal), _letters(append_msg.flag_set)
        )
        await asyncio.to_thread(sync, [self.folder.path])
        temporary.unlink()
        return Message(self.folder, stored)

    async def copy(self, uid: int, destination: MailboxOnDisk, *, recent: bool = False) -> int | None:
        stored = self.folder.messages.get(uid)
        return None if stored is None else self.folder.copy(stored, destination.folder).uid

    async def move(self, uid: int, destination: MailboxOnDisk, *, recent: bool = False) -> int | None:
        stored = self.folder.messages.get(uid)
        return None if stored is None else self.folder.move(stored, destination.folder).uid

    async def get(self, uid: int, cached_msg: CachedMessage) -> Message:
        stored = self.folder.messages.get(uid)
        if stored is not None:
            return self._message(stored)
        if not isinstance(cached_msg, Message):
            raise TypeError(cached_msg)
        return Message(self.folder, cached_msg.stored, expunged=True)

    async def update(self, uid: int, cached_msg: CachedMessage, flag_set: frozenset[Flag], mode: FlagOp) -> Message:
        message = await self.get(uid, cached_msg)
        if message.expunged:
            return message
        flags = mode.apply(message.permanent_flags, flag_set)
        return Message(self.folder, self.folder.set_flags(message.stored, _letters(flags)))

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


class Mailboxes(MailboxSetInterface[MailboxOnDisk]):
    """All folders of one account for pymap."""

    def __init__(self, account: Account, spool: Spool, opened: dict[Folder, MailboxOnDisk]) -> None:
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

    async def get_mailbox(self, name: str) -> MailboxOnDisk:
        folder = self._account.folders[_canonical(name)]
        if folder not in self._opened:
            self._opened[folder] = MailboxOnDisk(folder, self._spool)
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


def _letters(flags: Iterable[Flag]) -> str:
    return "".join(sorted(_LETTERS[flag] for flag in flags if flag in _LETTERS))


def _canonical(name: str) -> str:
    """INBOX in any case is INBOX; a trailing delimiter says only that there will be children (RFC 3501 6.3.3)."""
    return "INBOX" if name.upper() == "INBOX" else name.rstrip("/")
