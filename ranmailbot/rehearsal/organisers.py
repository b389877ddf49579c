"""What organisers do: they read the digest and decide by replying to it. And what somebody does who is not one of them.

They decide shortly before the invitations go out, later for those who came late, and leave a few undecided for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from ranmailbot.call.call import Call, Person
from ranmailbot.rehearsal import letters
from ranmailbot.rehearsal.layouts import quoted
from ranmailbot.rehearsal.letters import Head
from ranmailbot.rehearsal.posting import Ids, Posting, Proof
from ranmailbot.rehearsal.received import Received
from ranmailbot.rehearsal.scene import Scene

_IN_A_LINE = 10
_WAITS = 6
"""Every sixth application is left for the second sitting."""
FORGED = "a forged decision"
_INVITED, _DECLINED = 0.68, 0.92
"""Below the first share of chance somebody is invited, below the second declined, else left undecided."""


@dataclass(slots=True)
class Desk:
    """What the organisers remember: whom they decided already, and how often they sat down to decide."""

    seed: int
    decided: dict[str, str] = field(default_factory=dict)
    sittings: int = 0


@dataclass(frozen=True, slots=True)
class Sitting:
    """One organiser with one digest, deciding some time after `now`."""

    organiser: Person
    mail: Received
    desk: Desk
    ids: Ids
    now: datetime


def decide(mail: Received, candidates: Sequence[str], desk: Desk, scene: Scene) -> list[Posting]:
    """The letters that this digest brings about. `candidates` are the references that can be decided, in order."""
    call, now = scene.call, scene.now
    organiser, start = call.organiser(mail.delivered_to), invitations_start(call)
    if organiser is None or mail.kind != "digest" or start is None:
        return []
    sitting = Sitting(organiser, mail, desk, scene.ids, now)
    if desk.sittings == 0 and organiser == call.organisers[0] and start - timedelta(hours=26) <= now < start:
        desk.sittings = 1
        return _first(sitting, candidates)
    if desk.sittings == 1 and organiser == call.organisers[-1] and now > start:
        desk.sittings = 2
        return _second(sitting, candidates)
    return []


def invitations_start(call: Call) -> datetime | None:
    """When invitations begin to go out, if the timeline has them."""
    moments = [milestone.moment for milestone in call.milestones() if milestone.mailing == "invitation"]
    return min(moments, default=None)


def wishes(candidates: Sequence[str], desk: Desk) -> dict[str, str]:
    """What the organisers think of each application: "invite", "decline", or nothing."""
    found = {}
    for reference in candidates:
        chance = Random(f"{desk.seed}:{reference}").random()  # noqa: S311 - a played opinion, not a secret
        verdict = "invite" if chance < _INVITED else "decline" if chance < _DECLINED else ""
        if verdict and reference not in desk.decided:
            found[reference] = verdict
    return found


def _first(sitting: Sitting, candidates: Sequence[str]) -> list[Posting]:
    """Most people at once. Two forgers, who somehow saw the digest, then write in the organiser's name."""
    desk, at = sitting.desk, sitting.now + timedelta(minutes=35)
    chosen = wishes([reference for index, reference in enumerate(candidates) if index % _WAITS], desk)
    desk.decided.update(chosen)
    postings = [_decision(sitting, chosen, at, "decides")] if chosen else []
    left = [reference for reference in candidates if desk.decided.get(reference) != "invite"]
    forgers: tuple[Proof, Proof] = ("none", "other")
    for reference, proof in zip(left, forgers, strict=False):
        at += timedelta(minutes=5)
        forged = _decision(sitting, {reference: "invite"}, at, FORGED)
        postings.append(replace(forged, proof=proof, decides={}, refused=True))
    return postings


def _second(sitting: Sitting, candidates: Sequence[str]) -> list[Posting]:
    """First a mail that nobody can understand exactly, then the rest."""
    chosen, at = wishes(candidates, sitting.desk), sitting.now + timedelta(minutes=20)
    vague = _letter(sitting, ["invite everybody who is left, please"], at, "decides vaguely")
    sitting.desk.decided.update(chosen)
    rest = [_decision(sitting, chosen, at + timedelta(minutes=30), "decides the rest")] if chosen else []
    return [replace(vague, refused=True), *rest]


def _decision(sitting: Sitting, chosen: Mapping[str, str], at: datetime, what: str) -> Posting:
    lines = []
    for verb in ("invite", "decline"):
        references = [reference for reference, verdict in chosen.items() if verdict == verb]
        lines += [f"{verb} {' '.join(references[n : n + _IN_A_LINE])}" for n in range(0, len(references), _IN_A_LINE)]
    return replace(_letter(sitting, lines, at, what), decides=dict(chosen))


def _letter(sitting: Sitting, lines: Sequence[str], at: datetime, what: str) -> Posting:
    organiser, mail = sitting.organiser, sitting.mail
    head = Head(
        name=organiser.name,
        email=organiser.email,
        to=mail.reply_to,
        subject=f"Re: {mail.subject}",
        date=at,
        message_id=sitting.ids.fresh(organiser.email.rpartition("@")[2]),
        references=(*mail.references, mail.message_id),
    )
    name, address = mail.sender
    wrote = f"On {at:%d.%m.%Y}, {name} <{address}> wrote:"
    text = "\n".join([*lines, "", organiser.name, "", wrote, quoted(mail), ""])
    return Posting(at, None, organiser.email, letters.plain(head, text), head.message_id, "own", what)
