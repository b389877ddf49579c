"""Random short campaigns with strangers, faults and crashes; after every step all promises are checked."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from ranmailbot.call.application import Decision, StepRefused
from ranmailbot.flows.decide import decide_by_command
from ranmailbot.mail.delivery import Deferred, Refused, Unclear
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Unavailable
from tests.attacks.fuse import Fuse, FusedWorld
from tests.attacks.tools import is_well_formed, secrets_of, whole
from tests.flows.test_announce import local
from tests.world import Mail, answers

CAMPAIGNS = int(os.environ.get("RANMAILBOT_CAMPAIGNS", "12"))
STEPS = 14
PEOPLE = [f"person{number}@{place}" for number in range(5) for place in ("example.org", "greylisted.example")]
WITH_ROOM = {"session_details", "session_reminder"}
MOMENTS = [
    local(2022, 3, 5, 8, 1), local(2022, 3, 10, 9, 1), local(2022, 3, 11, 10, 1), local(2022, 3, 16, 8, 1),
    local(2022, 3, 18, 10, 1), local(2022, 3, 21, 10, 1), local(2022, 3, 29, 10, 1), local(2022, 4, 1, 10, 1),
    local(2022, 4, 2, 10, 1), local(2022, 4, 5, 7, 31), local(2022, 4, 6, 7, 31), local(2022, 4, 7, 10, 1),
]  # fmt: skip


class Campaign:
    """One seeded campaign. `step` does something; `check` looks at every promise."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 - a seed that can be played again
        self.world = FusedWorld(folder)
        self.hands = self.world.submission
        self.hands._on_sent = self.leaves
        self.world.arm(Fuse())

    def leaves(self, mail: OutgoingMail) -> None:
        """At the very moment a mail leaves: may this person have it now?"""
        is_well_formed(mail)
        record = next(one for one in self.world.outbox() if one.message_id == mail.message_id)
        if any(secret in whole(mail.content) for secret in secrets_of(self.world)):
            assert record.kind in WITH_ROOM
        if record.application is None:
            return
        person = next(one for one in self.world.applications() if one.number == record.application)
        assert person.address == mail.recipient
        assert not person.withdrawn or record.kind == "withdrawn"
        if record.kind in WITH_ROOM:
            assert record.session is not None
            assert person.confirmed(record.session)
        if record.kind == "invitation":
            assert person.decision is Decision.INVITE
        if record.kind == "regret":
            assert person.decision is Decision.DECLINE

    def check(self) -> None:
        sent = self.world.submission.sent
        ids = [mail.message_id for mail in sent]
        assert len(ids) == len(set(ids))
        people = {person.number: person for person in self.world.applications()}
        records = {mail.message_id: mail for mail in self.world.outbox()}
        once: set[tuple[object, ...]] = set()
        verdicts: dict[int, set[str]] = {}
        for mail in (records[message_id] for message_id in ids):
            if mail.kind in ("invitation", "regret", "closing", "thanks", "session_details", "session_reminder"):
                assert (mail.application, mail.kind, mail.session) not in once
                once.add((mail.application, mail.kind, mail.session))
            if mail.kind in ("invitation", "regret") and mail.application is not None:
                verdicts.setdefault(mail.application, set()).add(mail.kind)
        assert all(len(kinds) == 1 for kinds in verdicts.values())
        for person in people.values():
            assert person.told in (None, person.decision)
            assert not person.rsvps or person.told is Decision.INVITE
        assert "shunted" not in self.world.outcomes()

    def step(self) -> None:
        if self.chance.random() < 0.35:
            self.world.arm(Fuse(self.chance.randint(1, 60)))
        act = self.chance.choice(
            [self.apply, self.apply, self.correct, self.withdraw, self.forge, self.by_mail, self.by_mail, self.command,
             self.answer, self.answer, self.trouble, self.outage, self.jump, self.jump]
        )  # fmt: skip
        act()
        self.world.safely(self.world.settle)
        self.world.arm(Fuse())
        self.world.settle()
        self.check()

    def person(self) -> str:
        return self.chance.choice(PEOPLE)

    def apply(self) -> None:
        numbers = self.chance.choice([(1, 2, 3, 4), (1, 2), (3,)])
        self.world.post(self.person(), answers(numbers), proven=self.chance.random() < 0.7)

    def correct(self) -> None:
        self._reply(f"2. Another answer, {self.chance.random()}.")

    def withdraw(self) -> None:
        self._reply("withdraw")

    def forge(self) -> None:
        text = self.chance.choice(["withdraw", "yes to both", "1. Forged", "invite A-001"])
        self.world.post(self.person(), text, proven=False)

    def answer(self) -> None:
        invitations = [mail for mail in self.world.submission.sent if b"Kind: invitation" in mail.content]
        if invitations:
            mail = self.chance.choice(invitations)
            words = self.chance.choice(["yes", "no", "yes to both", "no to all", "only day 1"])
            self.world.post(mail.recipient, words, to=Mail(mail.content))

    def by_mail(self) -> None:
        if self.world.mails(self.world.call.organisers[0].email, "digest"):
            numbers = range(1, len(self.world.applications()) + 2)
            line = f"{self.chance.choice(['invite', 'decline', 'undecide'])} A-{self.chance.choice(numbers):03d}"
            self.world.safely(lambda: self.world.decide(line))

    def command(self) -> None:
        for person in self.world.applications()[:3]:
            decision = self.chance.choice([Decision.INVITE, Decision.DECLINE, None])
            try:
                decide_by_command(
                    self.world.store, self.world.clock, self.world.tokens, self.world.call,
                    decision=decision, numbers=(person.number,),
                )  # fmt: skip
            except StepRefused:
                continue
            except BaseException as fault:
                if type(fault).__name__ != "Killed":
                    raise
                self.world.restart()

    def trouble(self) -> None:
        waiting = [mail for mail in self.world.outbox() if str(mail.state) == "queued"]
        for mail in waiting[:3]:
            outcome = self.chance.choice([Deferred("451 to DATA"), Refused("554 to DATA"), Unclear("nothing")])
            self.world.submission.outcomes[mail.message_id] = outcome

    def outage(self) -> None:
        self.hands.unavailable = "no route"
        self.quietly(self.world.settle)
        self.hands.unavailable = ""
        self.world.clock.moment += timedelta(minutes=20)

    def jump(self) -> None:
        ahead = [moment for moment in MOMENTS if moment > self.world.clock.moment]
        if ahead:
            self.world.clock.moment = ahead[min(self.chance.choice([0, 0, 0, 1]), len(ahead) - 1)]

    def quietly(self, step: Callable[[], object]) -> None:
        try:
            self.world.safely(step)
        except Unavailable:
            return

    def _reply(self, text: str) -> None:
        person = self.person()
        mails = self.world.mails(person)
        self.world.post(
            person, text, to=self.chance.choice(mails) if mails else None, proven=self.chance.random() < 0.5
        )


@pytest.mark.parametrize("group", range(4))
def test_no_promise_is_broken_in_any_campaign(tmp_path: Path, group: int) -> None:
    for seed in range(group, CAMPAIGNS, 4):
        campaign = Campaign(tmp_path / str(seed), seed)
        for step in range(STEPS):
            try:
                campaign.step()
            except AssertionError as broken:
                raise AssertionError(f"seed {seed}, step {step}: {broken}") from broken
        campaign.world.engine.dispose()
