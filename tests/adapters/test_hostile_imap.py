"""A hostile IMAP server: whatever it says, nothing is believed that was not asked for, no words of it are passed on,
and the connection is dropped within the limits handed in; a good server on the same port is then served as ever.
"""

from __future__ import annotations

import itertools
import random
import socket
import threading
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.imap_session import Patience
from ranmailbot.ports import Account, Envelope, Unavailable
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
Answer = bytes | list[bytes] | Callable[[socket.socket, threading.Event], None]
"""Untagged bytes, then OK; with %T the tag stands where it stands, and nothing is added; b"!" at the end hangs up.

A list: one after the other, the last for ever.
"""
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
                if command.startswith(start) and isinstance(answer, list):
                    return answer.pop(0) if len(answer) > 1 else answer[0]
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


# -- servers that speak IMAP and lie ---------------------------------------------------------------------------------

BAD_LITERALS = [b"{-5}", b"{abc}", b"{}", b"{0x10}", b"{5+}", b"{99999999999999999999999}", b"{ 5}"]


@pytest.mark.parametrize("literal", BAD_LITERALS)
def test_a_literal_that_is_none_brings_no_letter_that_was_never_there(literal: bytes) -> None:
    villain = Host({"UID FETCH 1 (BODY": b"* 1 FETCH (UID 1 BODY[] " + literal + b"\r\nright)\r\n"})
    try:
        found = asked(villain)
    except Unavailable:
        found = []
    assert found in ([], [LETTER])  # some are read as what they were meant for


@pytest.mark.parametrize(
    "answer",
    [
        b'* 2 FETCH (UID 2 RFC822.SIZE 5 INTERNALDATE "01-Mar-2022 10:00:00 +0100")\r\n',
        b"",
        b"* 1 EXPUNGE\r\n",
        b"* 0 EXISTS\r\n",
    ],
    ids=["another's", "none", "expunged", "shrunk"],
)
def test_without_facts_of_the_message_that_was_asked_for_there_is_no_letter(answer: bytes) -> None:
    assert asked(Host({"UID FETCH 1 (RFC822.SIZE": answer})) == []


@pytest.mark.parametrize(
    "facts",
    [
        b'(UID 1 RFC822.SIZE NIL INTERNALDATE "01-Mar-2022 10:00:00 +0100")',
        b'(UID 1 RFC822.SIZE -5 INTERNALDATE "01-Mar-2022 10:00:00 +0100")',
        b'(UID 1 RFC822.SIZE 99999999999999999999 INTERNALDATE "01-Mar-2022 10:00:00 +0100")',
        b"(UID 1 RFC822.SIZE 5 INTERNALDATE NIL)",
        b'(UID 1 RFC822.SIZE 5 INTERNALDATE "99-Foo-2022 99:99:99 +9999")',
        b"(UID 1 RFC822.SIZE 5)",
        b'(UID NIL RFC822.SIZE 5 INTERNALDATE "01-Mar-2022 10:00:00 +0100")',
        b"(" * 5000 + b"UID 1" + b")" * 5000,
        b"NIL",
        b"(UID 1 FLAGS " + b"(" * 300 + b")" * 300 + b")",
    ],
)
def test_facts_that_make_no_sense_are_no_facts(facts: bytes) -> None:
    villain = Host({"UID FETCH 1 (RFC822.SIZE": b"* 1 FETCH " + facts + b"\r\n"})
    try:
        found = asked(villain)
    except Unavailable:
        return
    assert [envelope.raw for envelope in found] in ([], [b""])  # type: ignore[attr-defined] - envelopes


@pytest.mark.parametrize("body", [b"NIL", b"(" * 3000 + b")" * 3000, b"((NIL) (NIL))", b"{0}\r\n", b'"other"'])
def test_a_body_that_is_none_is_never_the_letters_words(body: bytes) -> None:
    villain = Host({"UID FETCH 1 (BODY": b"* 1 FETCH (UID 1 BODY[] " + body + b")\r\n"})
    try:
        found = asked(villain)
    except Unavailable:
        return
    assert [envelope.raw for envelope in found] in ([], [b"other"])  # type: ignore[attr-defined] - envelopes


def test_of_two_answers_about_one_message_one_letter_comes() -> None:
    twice = BODY + BODY.replace(b"right", b"wrong")
    (found,) = asked(Host({"UID FETCH 1 (BODY": twice, "UID FETCH 1 (RFC822.SIZE": FACTS + FACTS}))  # type: ignore[misc] - one
    assert (found.uid, found.raw in (b"right", b"wrong")) == (1, True)


def test_uids_that_search_repeats_or_makes_up_bring_each_letter_once() -> None:
    made_up = b"* SEARCH 1 1 1 77 4294967296\r\n"
    villain = Host({"UID SEARCH": made_up, "UID FETCH 1 (BODY": BODY, "UID FETCH": FACTS})
    assert asked(villain) == [LETTER]


def test_a_uidvalidity_that_changes_between_two_looks_brings_nothing_rather_than_another_letter() -> None:
    other = FOLDER.replace(b"UIDVALIDITY 1]", b"UIDVALIDITY 2]")
    assert asked(Host({"EXAMINE": [FOLDER, other]})) == []


def test_uids_of_a_folder_that_was_made_anew_are_not_moved() -> None:
    villain = Host({"SELECT": FOLDER.replace(b"UIDVALIDITY 1]", b"UIDVALIDITY 2]")})
    asked(villain, file)
    assert not any("MOVE" in command for command in villain.seen)


@pytest.mark.parametrize("step", ["EXAMINE", "STATUS", "CAPABILITY", "NAMESPACE"])
def test_a_yes_without_what_was_asked_for_is_no_answer_or_an_empty_one(step: str) -> None:
    villain = Host({step: b""})
    with suppress(Unavailable):
        assert asked(villain) in ([], [LETTER])
    assert not any("MOVE" in command or "STORE" in command for command in villain.seen)


def test_a_search_without_results_is_an_empty_folder() -> None:
    assert asked(Host({"UID SEARCH": b""})) == []


def test_what_the_server_can_do_is_asked_again_after_the_login() -> None:
    villain = Host({"CAPABILITY": [b"* CAPABILITY IMAP4rev1 MOVE IDLE\r\n", b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n"]})
    asked(villain, file)
    assert 'UID COPY 1 "Read"' in villain.seen
    assert not any("MOVE" in command for command in villain.seen)


def test_a_literal_is_never_sent_without_being_asked_for() -> None:
    villain = Host()
    asked(villain, lambda mailbox: mailbox.file('Über "Größe"', [LETTER]))
    assert not any(command.endswith("+}") for command in villain.seen)


ODD_NAMES = [
    b'* LIST () "/" "Re\\"ad"\r\n',
    b'* LIST () "/" {12}\r\nRe\r\nad\r\nA1 OK\r\n',
    b"* LIST (\\Noselect) NIL NIL\r\n",
    b"* LIST\r\n",
    b'* LIST () "//" ' + b"x" * 5000 + b"\r\n",
    b'* LIST () "" "&notbase64"\r\n',
]


@pytest.mark.parametrize("listed", ODD_NAMES)
def test_folder_names_with_quotes_and_line_breaks_slip_no_command_in(listed: bytes) -> None:
    villain = Host({'LIST "" "Read"': listed})
    with suppress(Unavailable):
        asked(villain, file)
    assert {command.partition(" ")[0] for command in villain.seen} <= {
        *("CAPABILITY", "LOGIN", "NAMESPACE", "LIST", "STATUS", "CREATE", "SUBSCRIBE", "SELECT", "UID", "LOGOUT"),
    }


def test_a_list_of_a_million_folders_is_not_read_to_its_end() -> None:
    wrote: list[int] = []

    def million(connection: socket.socket, _over: threading.Event) -> None:
        for number in range(1_000_000):
            connection.sendall(b'* LIST () "/" folder-%d\r\n' % number)
            wrote.append(number)

    meet(Host({"LIST": million}), fetch)
    assert len(wrote) < 900_000


# -- moving ----------------------------------------------------------------------------------------------------------


def test_a_move_that_was_said_to_be_done_and_was_not_is_told_and_not_tried_in_a_circle() -> None:
    met = meet(Host({"UID SEARCH UID": b"* SEARCH 1\r\n"}), file)
    assert "moving mail to Read" in met.told


def test_a_move_that_was_done_and_said_not_to_be_leaves_nothing_to_do() -> None:
    villain = Host({"UID MOVE": b"%T NO " + SECRET + b"\r\n"})
    meet(villain, file)
    moved = Host({"UID SEARCH": b"* SEARCH\r\n"})
    assert asked(moved) == []


# -- waiting ---------------------------------------------------------------------------------------------------------


ENDS_AT_ONCE = {
    "done": {"IDLE": b"+ idling\r\n%T OK done\r\n"},
    "chatter": {"IDLE": b"+ idling\r\n* OK still here\r\n"},
}


@pytest.mark.parametrize("how", ENDS_AT_ONCE)
def test_an_idle_that_ends_by_itself_at_once_is_no_busy_loop(how: str) -> None:
    villain = Host(ENDS_AT_ONCE[how] | {"DONE": b"* OK ignored\r\n%T BAD what\r\n" if how == "done" else b""})
    server = Scripted(villain)
    mailbox = ImapMailbox(account(server.port), RealClock(), patience=Patience(poll_seconds=0.1))
    mailbox.fetch(5)
    with suppress(Unavailable):
        mailbox.wait(0.35)
    assert 1 <= villain.seen.count("IDLE") <= 4  # one in each tenth of a second
    mailbox.close()
    server.close()


def test_done_that_is_never_answered_is_given_up() -> None:
    met = meet(Host({"IDLE": b"+ idling\r\n* 2 EXISTS\r\n", "DONE": silence}), wait)
    assert "waiting for mail: no answer in time" in met.told


def test_idle_lines_without_end_are_cut_off() -> None:
    def endless(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"+ idling\r\n")
        while not over.is_set():
            connection.sendall(b"* OK " + SECRET + b"\r\n" * 100)

    assert "waiting for mail" in meet(Host({"IDLE": endless}), wait).told


# -- before the login ------------------------------------------------------------------------------------------------


def secured(tmp_path: Path, before: bytes, greeting: bytes = b"* OK ready\r\n") -> tuple[object, Host]:
    """STARTTLS, with more words behind the yes to it; what a fetch brings."""
    ca_file, context = certificate(tmp_path)
    within = Host(greeting=b"")

    def play(connection: socket.socket) -> None:
        connection.sendall(greeting)
        tag, command = b"", b""
        while command != b"STARTTLS":
            tag, _, command = connection.recv(1000).strip().partition(b" ")
            if not command:
                return
            if command == b"CAPABILITY":
                connection.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + b" OK done\r\n")
        connection.sendall(tag + b" OK go\r\n" + before)
        with context.wrap_socket(connection, server_side=True) as inside:
            within(inside)

    server = Scripted(play)
    mailbox = ImapMailbox(Account("localhost", server.port, "starttls", "bot", PASSWORD, ca_file), RealClock())
    try:
        return list(mailbox.fetch(5)), within
    except Unavailable as told:
        return str(told), within
    finally:
        mailbox.close()
        server.close()


@pytest.mark.parametrize(
    "injected",
    [
        b"* CAPABILITY IMAP4rev1 XINJECTED\r\n",
        b'* NAMESPACE (("evil." ".")) NIL NIL\r\n',
        b"* SEARCH 66\r\n* STATUS Archive (UIDVALIDITY 66)\r\n",
        b"* PREAUTH injected\r\nA0 OK injected\r\n",
    ],
)
def test_words_slipped_in_before_tls_began_are_forgotten(tmp_path: Path, injected: bytes) -> None:
    found, within = secured(tmp_path, injected)
    assert found == [LETTER] or "mailbox localhost" in str(found)
    assert not any("evil" in command or "66" in command for command in within.seen)


@pytest.mark.parametrize(
    "injected", [b'* NAMESPACE (("evil." ".")) NIL NIL\r\n', b'* LIST () "/" evil\r\n', b"* SEARCH 66\r\n"]
)
def test_words_slipped_in_before_the_yes_to_tls_are_forgotten(tmp_path: Path, injected: bytes) -> None:
    found, within = secured(tmp_path, b"", greeting=b"* OK ready\r\n" + injected)
    assert found == [LETTER]
    assert not any("evil" in command or "66" in command for command in within.seen)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_that_says_we_are_logged_in_already_gets_neither_password_nor_mail(
    tmp_path: Path, security: str
) -> None:
    """PREAUTH would keep STARTTLS from being said (RFC 3501 6.2.1): somebody in between could say it."""
    ca_file, context = certificate(tmp_path)
    villain = Host({"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS MOVE\r\n"}, greeting=b"* PREAUTH welcome\r\n")

    def play(connection: socket.socket) -> None:
        if security == "tls":
            connection = context.wrap_socket(connection, server_side=True)
        villain(connection)

    server = Scripted(play)
    made = Account("localhost", server.port, security, "bot", PASSWORD, ca_file)  # type: ignore[arg-type] - one of them
    with pytest.raises(Unavailable):
        ImapMailbox(made, RealClock()).fetch(5)
    assert not any(command.startswith(("LOGIN", "EXAMINE")) for command in villain.seen)
    server.close()


def test_in_earnest_no_server_holds_us_for_more_than_a_minute_or_some_megabytes_with_one_errand() -> None:
    patience = Patience()
    assert max(patience.connect_seconds, patience.read_seconds, patience.command_seconds) <= 60
    assert patience.answer_bytes <= 4_000_000
