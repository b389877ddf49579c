"""Mailboxes as providers have them: folders in their own words, labels for folders, people at work in them."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

import pytest

from ranmailbot.adapters.imap import ImapFolders, ImapMailbox
from ranmailbot.ports import Account, Archived, Envelope, Unavailable
from tests.adapters.servers import PASSWORD, RealClock, Scripted, account, message
from tests.adapters.test_mailbox_port import FACTS, LONG_AGO, ONE, imap_play
from tests.interop.bench import Bench
from tests.interop.worlds import dovecot_world

GMAIL = (
    '* LIST (\\HasNoChildren) "/" "INBOX"\r\n'
    '* LIST (\\HasChildren \\Noselect) "/" "[Gmail]"\r\n'
    '* LIST (\\All \\HasNoChildren) "/" "[Gmail]/Alle Nachrichten"\r\n'
    '* LIST (\\HasNoChildren \\Junk) "/" "[Gmail]/Spam"\r\n'
    '* LIST (\\HasNoChildren \\Sent) "/" "[Gmail]/Gesendet"\r\n'
)
GMAIL_CAN = "UNSELECT IDLE NAMESPACE QUOTA XLIST CHILDREN X-GM-EXT-1 UIDPLUS MOVE CONDSTORE SPECIAL-USE"
SPECIAL = {'LIST "" "*"': GMAIL, "NAMESPACE": '* NAMESPACE (("" "/")) NIL NIL\r\n'}


@dataclass
class Gmail:
    """A mailbox of Gmail: one mail in its spam, under a German name."""

    seen: list[str] = field(default_factory=list)

    def __call__(self, connection: socket.socket) -> None:
        answers = SPECIAL | {
            "LIST": "",
            'EXAMINE "[Gmail]/Spam"': ONE,
            'SELECT "[Gmail]/Spam"': ONE,
            "EXAMINE": "* 0 EXISTS\r\n* OK [UIDVALIDITY 2] x\r\n* OK [UIDNEXT 1] x\r\n",
            "STATUS": '* STATUS "[Gmail]/Gesendet" (UIDVALIDITY 3)\r\n',
            "UID SEARCH HEADER": "* SEARCH\r\n",
            "UID SEARCH UID 1": "* SEARCH\r\n",  # whether it is gone after it was moved
            "UID SEARCH": "* SEARCH 1\r\n",
            "UID FETCH 1 (RFC822.SIZE": FACTS % (1, 1),
            "UID FETCH 1 (BODY.PEEK[])": "* 1 FETCH (UID 1 BODY[] {5}\r\nright)\r\n",
        }
        imap_play(connection, GMAIL_CAN, answers, self.seen)


def test_the_spam_of_gmail_is_read_and_filed_under_a_label_of_its_own() -> None:
    gmail = Gmail()
    server = Scripted(gmail)
    mailbox = ImapMailbox(account(server.port), RealClock(), ImapFolders(junk="Junk", archive="Sent"))
    fetched = [envelope for envelope in mailbox.fetch(5) if envelope.junk]
    assert [(envelope.raw, envelope.folder) for envelope in fetched] == [(b"right", "Junk")]
    mailbox.file("Applications", fetched)
    assert 'EXAMINE "[Gmail]/Spam"' in gmail.seen
    assert gmail.seen[-3:-1] == ['SELECT "[Gmail]/Spam"', 'UID MOVE 1 "Applications"']
    assert not any("Noselect" in command or 'SELECT "[Gmail]"' in command for command in gmail.seen)
    server.close()


def test_the_sent_mail_of_gmail_is_the_archive_and_nothing_is_deleted_there() -> None:
    gmail = Gmail()
    server = Scripted(gmail)
    mailbox = ImapMailbox(account(server.port), RealClock(), ImapFolders(junk="", archive="Sent"))
    assert mailbox.archived("<missing@example.org>", LONG_AGO) is Archived.UNKNOWN
    assert 'EXAMINE "[Gmail]/Gesendet"' in gmail.seen
    assert not any(word in command for command in gmail.seen for word in ("STORE", "EXPUNGE", "DELETE", "CREATE"))
    server.close()


def test_a_name_that_only_holds_others_is_made_a_folder_before_it_is_used() -> None:
    seen: list[str] = []
    answers = {"SELECT": ONE, "LIST": '* LIST (\\Noselect \\HasChildren) "/" "Read"\r\n'}
    server = Scripted(lambda connection: imap_play(connection, "MOVE", answers, seen))
    ImapMailbox(account(server.port), RealClock()).file("Read", [Envelope("INBOX", 5, 1, LONG_AGO, 1, b"x")])
    assert 'CREATE "Read"' in seen
    server.close()


def test_a_folder_in_any_script_is_made_under_its_name_in_the_servers_spelling() -> None:
    seen: list[str] = []
    server = Scripted(lambda connection: imap_play(connection, "MOVE", {"SELECT": ONE}, seen))
    mailbox = ImapMailbox(account(server.port), RealClock())
    mailbox.file("Bewerbungen & Rückfragen/申请", [Envelope("INBOX", 5, 1, LONG_AGO, 1, b"x")])
    wanted = "Bewerbungen &- R&APw-ckfragen/&dTOL9w-"
    assert [f'CREATE "{wanted}"', f'SUBSCRIBE "{wanted}"'] == [c for c in seen if c.startswith(("CREATE", "SUBS"))]
    assert f'UID MOVE 5 "{wanted}"' in seen
    server.close()


REFUSALS = {
    "NO [AUTHENTICATIONFAILED] Invalid credentials": "is the password right",
    "NO [EXPIRED] your password has expired": "password or the account has expired",
    "NO [UNAVAILABLE] the directory is away": "cannot check the login just now",
    "NO [ALERT] Application-specific password required": "Google takes no ordinary password",
    "NO [PRIVACYREQUIRED] no": 'security = "tls"',
    "NO [CONTACTADMIN] closed for someone@example.org": "closed this account",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_login_is_told_at_once_in_our_words_and_none_of_the_servers(refusal: str) -> None:
    def play(connection: socket.socket) -> None:
        stream = connection.makefile("rwb")
        stream.write(b"* OK ready\r\n")
        stream.flush()
        for line in stream:
            tag, _, command = line.decode().strip().partition(" ")
            told = {"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n"}.get(command, "")
            end = refusal if command.startswith("LOGIN") else "OK done"
            stream.write(f"{told}{tag} {end}\r\n".encode())
            stream.flush()

    server = Scripted(play)
    with pytest.raises(Unavailable, match=REFUSALS[refusal]) as told:
        ImapMailbox(Account("127.0.0.1", server.port, "none", "bot", PASSWORD), RealClock()).fetch(1)
    assert server.connections == 1
    assert PASSWORD not in str(told.value)
    assert "someone@example.org" not in str(told.value)
    server.close()


# -- people at work in the same mailbox, on Dovecot -------------------------------------------------------------------


@pytest.mark.interop
def test_spam_is_found_under_another_name_by_what_the_server_says_of_it(bench: Bench) -> None:
    with dovecot_world(bench) as world:
        world.deliver(message(subject="spam"), junk=True)
        other = ImapMailbox(bench.imap(world.address), RealClock(), ImapFolders(junk="Spamverdacht"))
        (envelope,) = other.fetch(10)
        assert (envelope.junk, b"Subject: spam" in envelope.raw) == (True, True)
        other.file("Read", [envelope])
        assert len(world.contents("Read")) == 1
        other.close()


@pytest.mark.interop
def test_what_a_person_moves_reads_or_flags_meanwhile_hinders_nobody(bench: Bench) -> None:
    with dovecot_world(bench) as world:
        for name in ("moved", "read", "left"):
            world.deliver(message(subject=name))
        fetched = world.mailbox.fetch(10)
        with bench.client(world.address) as person:
            person.create("Mine")
            person.select("INBOX")
            person.uid("MOVE", str(fetched[0].uid), "Mine")
            person.uid("STORE", str(fetched[1].uid), "+FLAGS", "(\\Seen \\Flagged)")
            person.uid("STORE", str(fetched[2].uid), "+FLAGS", "(\\Deleted)")
        assert len(world.mailbox.fetch(10)) == 2
        world.mailbox.file("Read", fetched)
        assert list(world.mailbox.fetch(10)) == []
        assert (len(world.contents("Read")), len(world.contents("Mine"))) == (2, 1)
