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

_IN_A_LINE = 10
_INVITED, _DECLINED = 0.68, 0.92
"""Below the first share of chance somebody is invited, below the second declined, else left undecided."""


@dataclass(slots=True)
class Desk:
    """What the organisers remember: whom they decided already, and how often they sat down to decide."""

    seed: int
    decided: dict[str, str] = field(default_factory=dict)
    sittings: int = 0
    forged: dict[str, str] = field(default_factory=dict)
    """What forgers asked for, by reference: it must not happen."""


def decide(mail: Received, candidates: Sequence[str], desk: Desk, call: Call, ids: Ids, now: datetime) -> list[Posting]:
    """The letters that this digest brings about. `candidates` are the references that can be decided, in order."""
    organiser, start = call.organiser(mail.delivered_to), invitations_start(call)
    if organiser is None or mail.kind != "digest" or start is None:
        return []
    if desk.sittings == 0 and organiser == call.organisers[0] and start - timedelta(hours=26) <= now < start:
        desk.sittings = 1
        return _first_sitting(mail, candidates, desk, ids, now, organiser)
    if desk.sittings == 1 and organiser == call.organisers[-1] and now > start:
        desk.sittings = 2
        return _second_sitting(mail, candidates, desk, ids, now, organiser)
    return []


def invitations_start(call: Call) -> datetime | None:
    """When invitations begin to go out, if the timeline has them."""
    moments = [milestone.moment for milestone in call.milestones() if milestone.mailing == "invitation"]
    return min(moments, default=None)


def wishes(candidates: Sequence[str], desk: Desk) -> dict[str, str]:
    """What the organisers think of each application: "invite", "decline", or nothing."""
    found = {}
    for reference in candidates:
        chance = Random(f"{desk.seed}:{reference}").random()  # noqa: S311  a played opinion, not a secret
        verdict = "invite" if chance < _INVITED else "decline" if chance < _DECLINED else ""
        if verdict and reference not in desk.decided:
            found[reference] = verdict
    return found


def _first_sitting(
    mail: Received, candidates: Sequence[str], desk: Desk, ids: Ids, now: datetime, organiser: Person
) -> list[Posting]:
    """Most people at once. Two forgers, who somehow saw the digest, write in the organiser's name in between."""
    early = [reference for index, reference in enumerate(candidates) if index % 6 != 5]  # noqa: PLR2004  the sixth waits
    chosen = wishes(early, desk)
    at = now + timedelta(minutes=35)
    postings = [_decision(mail, chosen, ids, at, organiser, "decides")] if chosen else []
    desk.decided.update(chosen)
    left = [reference for reference in candidates if desk.decided.get(reference) != "invite"][:2]
    for index, reference in enumerate(left):
        proof: Proof = "none" if index == 0 else "other"
        forged = _decision(
            mail, {reference: "invite"}, ids, at + timedelta(minutes=5 + index), organiser, "a forger decides"
        )
        desk.forged[reference] = "invite"
        postings.append(replace(forged, proof=proof, decides={}, refused=True, what="a forged decision"))
    return postings


def _second_sitting(
    mail: Received, candidates: Sequence[str], desk: Desk, ids: Ids, now: datetime, organiser: Person
) -> list[Posting]:
    """First a mail that nobody can understand exactly, then the rest."""
    chosen = wishes(candidates, desk)
    at = now + timedelta(minutes=20)
    vague = _letter(mail, ["invite everybody who is left, please"], ids, at, organiser, "decides vaguely")
    postings = [replace(vague, refused=True)]
    if chosen:
        postings.append(_decision(mail, chosen, ids, at + timedelta(minutes=30), organiser, "decides the rest"))
        desk.decided.update(chosen)
    return postings


def _decision(
    mail: Received, chosen: Mapping[str, str], ids: Ids, at: datetime, organiser: Person, what: str
) -> Posting:
    lines = []
    for verb in ("invite", "decline"):
        references = [reference for reference, verdict in chosen.items() if verdict == verb]
        lines += [f"{verb} {' '.join(references[n : n + _IN_A_LINE])}" for n in range(0, len(references), _IN_A_LINE)]
    return replace(_letter(mail, lines, ids, at, organiser, what), decides=dict(chosen))


def _letter(mail: Received, lines: Sequence[str], ids: Ids, at: datetime, organiser: Person, what: str) -> Posting:
    head = Head(
        name=organiser.name,
        email=organiser.email,
        to=mail.reply_to,
        subject=f"Re: {mail.subject}",
        date=at,
        message_id=ids.fresh(organiser.email.rpartition("@")[2]),
        references=(*mail.references, mail.message_id),
    )
    name, address = mail.sender
    text = "\n".join([*lines, "", organiser.name, "", f"On {at:%d.%m.%Y}, {name} <{address}> wrote:", quoted(mail), ""])
    return Posting(at, None, organiser.email, letters.plain(head, text), head.message_id, "own", what)
