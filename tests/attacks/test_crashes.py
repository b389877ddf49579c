"""Whenever the process dies: nothing is sent twice, nothing is lost, and everybody stands where they should."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ranmailbot.records import State
from tests.attacks.fuse import Fuse, FusedWorld
from tests.attacks.tools import ANN, BOB, CAT, facts
from tests.flows.test_announce import local
from tests.world import answers

EVERY = int(os.environ.get("RANMAILBOT_CRASH_EVERY", "67"))
"""One of so many moments is tried; all of them with 1."""


def campaign(world: FusedWorld) -> None:
    """A short call: three apply, one withdraws, one is invited and comes, one is declined."""
    for person in (ANN, BOB, CAT):
        world.post(person, answers((1, 2, 3, 4)), name=person.partition("@")[0])
    world.safely(world.settle)
    world.safely(lambda: world.go_to(local(2022, 3, 17, 8, 1)))
    world.safely(lambda: world.decide("invite A-001 A-003\ndecline A-002"))
    world.post(CAT, "withdraw", to=world.mails(CAT)[0])
    world.safely(lambda: world.go_to(local(2022, 3, 18, 10, 5)))
    world.post(ANN, "yes to both", to=world.mails(ANN, "invitation")[0])
    for moment in (local(2022, 3, 21, 10, 5), local(2022, 4, 1, 10, 5), local(2022, 4, 7, 10, 5)):
        world.safely(lambda at=moment: world.go_to(at))  # type: ignore[misc]


def kinds(world: FusedWorld) -> Counter[tuple[str, str, str | None]]:
    """What was sent to whom; a digest is about a day and may be another one."""
    sent = {mail.message_id for mail in world.submission.sent}
    records = [mail for mail in world.outbox() if mail.message_id in sent and mail.kind != "digest"]
    return Counter((mail.recipient, mail.kind, mail.session) for mail in records)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FusedWorld]:
    world = FusedWorld(tmp_path_factory.mktemp("undisturbed"))
    world.arm(Fuse())
    campaign(world)
    yield world
    world.engine.dispose()


def test_the_campaign_has_hundreds_of_moments_to_die_at(undisturbed: FusedWorld) -> None:
    assert undisturbed.fuse.count > 300
    assert kinds(undisturbed)[ANN, "session_details", "day-1"] == 1
    assert [kind for who, kind, _ in kinds(undisturbed) if who == CAT][-1] == "withdrawn"


@pytest.mark.parametrize("offset", range(4))
def test_dying_at_any_moment_changes_nothing_in_the_end(undisturbed: FusedWorld, tmp_path: Path, offset: int) -> None:
    for at in range(1 + offset * EVERY // 4, undisturbed.fuse.count, 4 * EVERY):
        world = FusedWorld(tmp_path / str(at))
        world.arm(Fuse(at))
        campaign(world)
        assert world.workers > 2, at
        ids = [mail.message_id for mail in world.submission.sent]
        assert len(ids) == len(set(ids)), at
        assert kinds(world) == kinds(undisturbed), at
        assert [fact[:6] for fact in facts(world)] == [fact[:6] for fact in facts(undisturbed)], at
        assert {mail.state for mail in world.outbox()} <= {State.SENT, State.VOID, State.LAPSED}, at
        assert Counter(world.outcomes()) == Counter(undisturbed.outcomes()), at
        assert not world.mailbox.folders["INBOX"], at
        world.engine.dispose()
