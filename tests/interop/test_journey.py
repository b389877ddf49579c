"""The worker on real servers, from an application at the border to the acknowledgement in the applicant's mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from ranmailbot import service
from tests.campaigns.posts import BOX, RealPost
from tests.interop.bench import Bench
from tests.world import OPENING, answers, settings

pytestmark = pytest.mark.interop
ANN = "ann@example.org"


@contextmanager
def working(bench: Bench, state: Path) -> Iterator[service.Worker]:
    """The worker on the bench, its clock at the opening of the call."""
    clock = service.WallClock(OPENING + timedelta(hours=1) - datetime.now(UTC))
    worker = service.build(settings(), clock, state=state, mail=RealPost(bench).mail)
    yield worker
    worker.close()


def settle(worker: service.Worker, bench: Bench) -> None:
    """Let post and bot work until nothing more happens."""
    bench.quiet()
    while worker.receive_once() + worker.announce_once() + worker.submit_once():
        bench.quiet()


def write(bench: Bench, text: str, headers: str = "") -> None:
    body = text.replace("\n", "\r\n")
    raw = f"From: Ann <{ANN}>\r\nTo: {BOX}\r\nSubject: The call\r\n{headers}\r\n{body}\r\n"
    bench.post(ANN, [BOX], raw.encode())


def got(bench: Bench, user: str, folder: str = "INBOX") -> list[Message]:
    return [message_from_bytes(raw) for raw in bench.mails(user, folder)]


def test_an_application_is_read_acknowledged_filed_and_proven(bench: Bench, tmp_path: Path) -> None:
    with working(bench, tmp_path / "state") as worker:
        write(bench, "How can I take part?", "Message-ID: <first@example.org>\r\n")
        settle(worker, bench)
        (form,) = got(bench, ANN)
        write(bench, answers((1, 2, 3, 4)), f"Message-ID: <2@example.org>\r\nIn-Reply-To: {form['Message-ID']}\r\n")
        bench.quiet()
        worker.wait(30)
        settle(worker, bench)
        kinds = [mail["X-Ranmailbot-Kind"] for mail in got(bench, ANN)]
        assert kinds[0] == "form"
        (story,) = worker.stories()
        assert (story.address, story.status.value, len(story.answers)) == (ANN, "complete", 4)
        assert [len(got(bench, BOX, folder)) for folder in ("INBOX", "Enquiries", "Applications")] == [0, 1, 1]
