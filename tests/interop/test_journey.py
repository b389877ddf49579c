"""The worker on real servers: an application from the border to the acknowledgement, and a decision that is proven."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from ranmailbot import service
from ranmailbot.call.application import Decision
from tests.campaigns.posts import BOX, RealPost
from tests.interop.bench import AUTHSERV, Bench
from tests.world import OPENING, answers, settings

pytestmark = pytest.mark.interop
ORGANISER = settings().call.organisers[0].email


@dataclass
class Office:
    """One worker on the bench."""

    bench: Bench
    worker: service.Worker

    def settle(self) -> None:
        """Let post and bot work until nothing more happens."""
        self.bench.quiet()
        while self.worker.receive_once() + self.worker.announce_once() + self.worker.submit_once():
            self.bench.quiet()

    def write(
        self, sender: str, text: str, *, to: Message | None = None, envelope: str = "", headers: str = ""
    ) -> None:
        """A letter comes in at the border."""
        answered = f"In-Reply-To: {to['Message-ID']}\r\n" if to else ""
        raw = f"{headers}From: {sender}\r\nTo: {BOX}\r\nSubject: The call\r\n{answered}\r\n{text}\r\n"
        self.bench.post(envelope or sender, [BOX], raw.replace("\r\n", "\n").replace("\n", "\r\n").encode())

    def got(self, user: str, kind: str = "", folder: str = "INBOX") -> list[Message]:
        """What lies in somebody's mailbox."""
        mails = [message_from_bytes(raw) for raw in self.bench.mails(user, folder)]
        return [mail for mail in mails if kind in ("", mail["X-Ranmailbot-Kind"])]


@contextmanager
def office(bench: Bench, state: Path, **later: float) -> Iterator[Office]:
    """A worker whose clock stands an hour after the opening of the call, or so much later."""
    clock = service.WallClock(OPENING + timedelta(hours=1) + timedelta(**later) - datetime.now(UTC))
    with service.worker_lock(state):
        worker = service.build(settings(), clock, state=state, mail=RealPost(bench).mail)
        yield Office(bench, worker)
        worker.close()


def test_an_application_is_waited_for_read_acknowledged_archived_and_filed(bench: Bench, tmp_path: Path) -> None:
    ann = "ann.journey@example.org"
    with office(bench, tmp_path / "state") as one:
        one.settle()
        assert (tmp_path / "state" / "archive.json").exists()  # known before any mail is in doubt
        before = [len(one.got(BOX, folder=folder)) for folder in ("Archive", "Applications")]
        one.write(ann, "How can I take part?")
        one.worker.wait(60)
        one.settle()
        one.write(ann, answers((1, 2, 3, 4)), to=one.got(ann)[0])
        one.settle()
        assert [mail["X-Ranmailbot-Kind"] for mail in one.got(ann)] == ["form", "acknowledgement"]
        (story,) = one.worker.stories()
        assert (story.address, story.status.value, len(story.answers)) == (ann, "complete", 4)
        assert one.got(BOX) == []
        after = [len(one.got(BOX, folder=folder)) for folder in ("Archive", "Applications")]
        assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1]


def test_an_organiser_is_proven_by_the_border_and_a_forger_is_not(bench: Bench, tmp_path: Path) -> None:
    bob, state = "bob.journey@example.org", tmp_path / "state"
    with office(bench, state) as one:
        one.write(bob, answers((1, 2, 3, 4)))
        one.settle()
    with office(bench, state, days=1) as one:
        one.settle()
        digest = one.got(ORGANISER, "digest")[-1]
        forged = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from={ORGANISER.partition('@')[2]}\r\n"
        one.write(ORGANISER, "decline A-001", to=digest, envelope="eve@unproven.example", headers=forged)
        one.settle()
        assert one.worker.stories()[0].decision is None
        one.write(ORGANISER, "invite A-001", to=digest)
        one.settle()
        assert one.worker.stories()[0].decision is Decision.INVITE
        assert len(one.got(ORGANISER, "decision_receipt")) == 1
