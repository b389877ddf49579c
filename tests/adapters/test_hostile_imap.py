"""A hostile IMAP server: whatever it says, nothing is believed that was not asked for, no words of it are passed on,
and the connection is dropped within the limits handed in; a good server on the same port is then served as ever.
"""

from __future__ import annotations

import itertools
import random
import socket
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.imap_session import Patience
from ranmailbot.ports import Account, Archived, Envelope, Unavailable
from tests.adapters.servers import PASSWORD, RealClock, Scripted, account, certificate

SECRET = b"anna.secret@town.example"
"""What stands in the server's words and must stand in no error."""
HASTY = Patience(
    connect_seconds=5, read_seconds=5, command_seconds=0.3, idle_seconds=0.3, poll_seconds=0.05, answer_bytes=200_000
)
PAUSE = 0.01
FACTS = b'* 1 FETCH (UID 1 RFC822.SIZE 5 INTERNALDATE "01-Mar-2022 10:00:00 +0100")\r\n'
BODY = b"* 1 FETCH (UID 1 BODY[] {5}\r\nright)\r\n"
FOLDER = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 2] x\r\n"
Answer = bytes | Callable[[socket.socket, threading.Event], None]
"""Untagged bytes, then OK; with %T the tag stands where it stands, and nothing is added; b"!" at the end hangs up."""
GOOD: dict[str, Answer] = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 MOVE IDLE NAMESPACE\r\n",
    "NAMESPACE": b'* NAMESPACE (("" "/")) NIL NIL\r\n',
    'LIST "" "Archive"': b'* LIST () "/" Archive\r\n',
    "STATUS": b"* STATUS Archive (UIDVALIDITY 7)\r\n",
    "EXAMINE": FOLDER,
    "SELECT": FOLDER,
    "UID SEARCH UID": b"* SEARCH\r\n",
    "UID SEARCH": b"* SEARCH 1\r\n",
    "UID FETCH 1 (RFC822.SIZE": FACTS,
    "UID FETCH 1 (BODY": BODY,
    "IDLE": b"+ idling\r\n",
    "LOGOUT": b"* BYE\r\n",
}
LETTER = Envelope("INBOX", 1, 1, datetime(2022, 3, 1, 9, tzinfo=UTC), 5, b"right")


@dataclass
class Host:
    """Answers by the first words of a command, the most specific first: ours before the good ones."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    greeting: Answer = b"* OK ready\r\n"
    over: threading.Event = field(default_factory=threading.Event)
    seen: list[str] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)

    def __call__(self, connection: socket.socket) -> None:
        stream, tag = connection.makefile("rb"), b""
        if not self._say(connection, self.greeting, b"*"):
            return
        for line in stream:
            command = "DONE"
            if line != b"DONE\r\n":
                tag, _, rest = line.strip().partition(b" ")
                command = rest.decode("latin-1")
            self.seen.append(command)
            if not self._say(connection, self._answer(command), tag, waits=command == "IDLE"):
                return

    def _answer(self, command: str) -> Answer:
        for answers in (self.answers, GOOD):
            for start, answer in answers.items():
                if command.startswith(start):
                    return answer
        return b""

    def _say(self, connection: socket.socket, answer: Answer, tag: bytes, *, waits: bool = False) -> bool:
        if callable(answer):
            answer(connection, self.over)
            return False
        told = answer.removesuffix(b"!").replace(b"%T", tag)
        ours = b"%T" in answer or tag == b"*" or waits or answer.endswith(b"!")
        connection.sendall(told if ours else told + tag + b" OK done\r\n")
        return not answer.endswith(b"!")


def drip(connection: socket.socket, over: threading.Event) -> None:
    for byte in itertools.chain(b"* OK " + SECRET, itertools.repeat(0x78)):
        connection.sendall(bytes([byte]))
        if over.wait(PAUSE):
            return


def silence(_connection: socket.socket, over: threading.Event) -> None:
    over.wait(10)


def flood(words: bytes) -> Answer:
    def play(connection: socket.socket, over: threading.Event) -> None:
        while not over.is_set():
            connection.sendall(words * 100)

    return play


@dataclass
class Met:
    """The villain's connection; then a good server on the same port."""

    told: str
    villain: Host
    connections: int


def meet(villain: Host, errand: Callable[[ImapMailbox], object], *, patience: Patience = HASTY) -> Met:
    """An errand at a villain, which must be Unavailable without its words; then the mailbox works as ever."""

    def play(connection: socket.socket) -> None:
        (villain if server.connections == 1 else Host())(connection)

    server = Scripted(play)
    mailbox = ImapMailbox(account(server.port), RealClock(), patience=patience)
    try:
        with pytest.raises(Unavailable) as told:
            errand(mailbox)
        assert SECRET.decode() not in str(told.value)
        assert PASSWORD not in str(told.value)
        villain.over.set()
        mailbox._patience = Patience()
        assert list(mailbox.fetch(5)) == [LETTER]
        mailbox.close()
        return Met(str(told.value), villain, server.connections)
    finally:
        villain.over.set()
        server.close()


def asked(villain: Host, errand: Callable[[ImapMailbox], object] | None = None) -> object:
    """What an errand brings from a server that lies, but speaks IMAP."""
    server = Scripted(villain)
    mailbox = ImapMailbox(account(server.port), RealClock(), patience=Patience(poll_seconds=0.05))
    try:
        return (errand or (lambda box: list(box.fetch(5))))(mailbox)
    finally:
        mailbox.close()
        server.close()


def fetch(mailbox: ImapMailbox) -> object:
    return mailbox.fetch(5)


def file(mailbox: ImapMailbox) -> object:
    mailbox.file("Read", [LETTER])
    return None


def wait(mailbox: ImapMailbox) -> object:
    mailbox.fetch(5)
    return mailbox.wait(3600)


def probe(mailbox: ImapMailbox) -> object:
    return mailbox.archived("<mail-1@example.org>", datetime(2022, 3, 1, tzinfo=UTC))


STEPS = [
    "CAPABILITY",
    "LOGIN",
    "NAMESPACE",
    "LIST",
    "STATUS",
    "EXAMINE",
    "UID SEARCH",
    "UID FETCH 1 (R",
    "UID FETCH 1 (B",
]
ERRANDS: list[tuple[str, Callable[[ImapMailbox], object]]] = [
    *((step, fetch) for step in STEPS),
    ("SELECT", file),
    ("UID MOVE", file),
    ("CREATE", file),
    ("IDLE", wait),
    ("DONE", wait),
    ("UID SEARCH HEADER", probe),
]
AT_EVERY_STEP = pytest.mark.parametrize(("step", "errand"), ERRANDS, ids=[f"{step}" for step, _ in ERRANDS])


def at(step: str, answer: Answer) -> Host:
    """A villain at this step only. (Folders to be made are not there; IDLE ends with news, so that DONE is said.)"""
    more: dict[str, Answer] = {"LIST": b""} if step == "CREATE" else {}
    if step == "DONE":
        more["IDLE"] = b"+ idling\r\n* 2 EXISTS\r\n"
    return Host({step: answer} | more)


GARBAGE = random.Random(7).randbytes(3000)  # noqa: S311 - played
DEEDS: dict[str, Answer] = {
    "drip": drip,
    "silence": silence,
    "flood": flood(b"* 1 EXISTS\r\n"),
    "flood of continuations": flood(b"+ " + SECRET + b"\r\n"),
    "garbage": GARBAGE + b"!",
    "compressed garbage": zlib.compress(b"* OK " + SECRET * 99) + b"\r\n!",
    "a line of megabytes": flood(SECRET * 100),
    "goodbye": b"* BYE " + SECRET + b"\r\n!",
    "hanging up": b"!",
    "no": b"%T NO " + SECRET + b"\r\n",
    "bad": b"%T BAD " + SECRET + b"\r\n",
    "the answer of another": b"ZZZZ99 OK " + SECRET + b"\r\n",
    "a tag of nonsense": b"%T MAYBE " + SECRET + b"\r\n!",
    "a huge literal": b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\n" + SECRET + b"!",
    "an unfinished literal": b"* 1 FETCH (UID 1 BODY[] {50}\r\n" + SECRET + b"!",
}
TAGLESS = ("silence", "flood of continuations")


@AT_EVERY_STEP
@pytest.mark.parametrize("deed", DEEDS)
def test_whoever_does_not_speak_imap_is_dropped_and_the_next_connection_is_as_ever(
    step: str, errand: Callable[[ImapMailbox], object], deed: str
) -> None:
    met = meet(at(step, DEEDS[deed]), errand)
    assert met.connections == 2


@pytest.mark.parametrize("deed", DEEDS)
def test_nor_one_that_greets_like_that(deed: str) -> None:
    meet(Host(greeting=DEEDS[deed]), fetch)
