"""Connection loss at any byte: every so-many-th here; `make cuts` at each of them. And what else a network does."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.imap_session import Patience
from ranmailbot.ports import Account, Unavailable
from tests.adapters.proxy import DIRECTIONS, Deed, Direction, Trouble, plain, proxied
from tests.adapters.servers import RealClock, Scripted, certificate
from tests.adapters.test_mailbox_port import FACTS, ONE, imap_play
from tests.campaigns import cuts
from tests.campaigns.cuts import SESSIONS, Bench, Cut, Session, Tls, bench, campaign

ONE_LETTER = {
    "EXAMINE": ONE,
    "UID SEARCH": "* SEARCH 1\r\n",
    "UID FETCH 1 (RFC822.SIZE": FACTS % (1, 1),
    "UID FETCH 1 (BODY.PEEK[])": "* 1 FETCH (UID 1 BODY[] {5}\r\nright)\r\n",
}
STEP = 89
"""A prime, so that no line of the session is always spared."""


@pytest.mark.parametrize("session", SESSIONS)
def test_a_connection_that_is_lost_at_any_byte_loses_and_doubles_nothing(session: Session) -> None:
    outcome = campaign(session, STEP if session == "receive" else STEP // 4, first=1)
    assert outcome.faults == []
    assert outcome.held == []
    assert outcome.bitten > outcome.cuts * 0.9  # else the cuts fell beside the session


def test_without_an_archive_what_was_cut_from_data_on_is_held_and_nothing_else() -> None:
    outcome = campaign("send", 13, archive=False)
    assert outcome.faults == []
    assert outcome.held
    said = [cut.after for cut in outcome.held if cut.direction == "client"]
    assert all(after >= outcome.data_began for after in said)


@pytest.mark.interop
@pytest.mark.parametrize("tls", ["through", "ended"])
@pytest.mark.parametrize("session", SESSIONS)
def test_on_real_servers_neither_with_tls_nor_within_it(session: Session, tls: Tls) -> None:
    outcome = campaign(session, 211, "real", tls, first=3)
    assert outcome.faults == []
    assert outcome.held == []
    assert outcome.bitten


@pytest.fixture(scope="module")
def here() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder, bench("built-in", "none", Path(folder)) as one:
        one.patience, one.seconds = Patience(command_seconds=0.3), 0.3
        yield one


def test_a_connection_that_gives_one_byte_at_a_time_is_as_good_as_any() -> None:
    with tempfile.TemporaryDirectory() as folder, bench("built-in", "none", Path(folder), piece=1) as slow:
        cuts.deliver(slow)
        cuts.come(slow)
        assert slow.imap.connections == 1
        assert cuts.letters_in_folders(slow) == []


@pytest.mark.parametrize("deed", ["garble", "stall"])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.95])
def test_a_letter_behind_garbled_words_or_silence_is_received_once(
    here: Bench, deed: Deed, direction: Direction, share: float
) -> None:
    """The words of the protocol are garbled: a letter's own words can be only where there is no TLS."""
    cuts.deliver(here)
    cuts.come(here)
    after = int(here.imap.passed[direction] * share)
    cuts.deliver(here)
    here.imap.arm(Trouble(direction, after, deed))
    cuts.come(here)
    assert here.imap.trouble is None
    with here.world.store.look() as books:
        assert books.application(here.letters) is not None
        assert books.application(here.letters + 1) is None
    assert here.world.reports.books().copies == 0


@pytest.mark.parametrize("deed", ["garble", "stall"])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("after", [20, 120, 200])
def test_a_mail_behind_garbled_words_or_silence_goes_out_once_or_is_settled_by_the_archive(
    here: Bench, deed: Deed, direction: Direction, after: int
) -> None:
    cut, outcome = Cut(direction, after, deed), cuts.readied(here)
    cuts.cut_one_mail(here, cut, outcome)
    assert outcome.bitten == 1
    assert (outcome.faults, outcome.held) == ([], [])


def test_with_tls_from_end_to_end_garbled_bytes_end_the_connection_and_nothing_garbled_is_believed(
    tmp_path: Path,
) -> None:
    ca_file, context = certificate(tmp_path)
    letter = ONE_LETTER

    def play(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            imap_play(secured, "MOVE", letter)

    server = Scripted(play)
    with proxied(plain(server.port)) as proxy:
        mailbox = ImapMailbox(Account("localhost", proxy.port, "tls", "bot", "x", ca_file), RealClock())
        (envelope,) = mailbox.fetch(1)
        mailbox.close()
        for after in range(proxy.passed["server"] // 2, proxy.passed["server"] - 40, 61):
            proxy.arm(Trouble("server", after, "garble"))
            # A garbled length lets TLS wait for bytes that never come, until the deadline.
            with pytest.raises(Unavailable, match=r"secure|lost|no answer in time"):
                mailbox.fetch(1)
            assert mailbox.fetch(1) == [envelope]
            mailbox.close()
    server.close()
