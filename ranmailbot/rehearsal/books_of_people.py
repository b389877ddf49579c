"""The books about people: what they wrote, what was decided about them, what they got and must not get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ranmailbot import service
from ranmailbot.rehearsal.chronicle import Seen
from ranmailbot.rehearsal.organisers import FORGED
from ranmailbot.rehearsal.people import Habit, Persona
from ranmailbot.rehearsal.play import Played
from ranmailbot.rehearsal.truth import Truth, decisions, truths

SECRET_KINDS = frozenset({"session_details", "session_reminder"})
_SETTLED = timedelta(hours=3)
"""Whoever answers so shortly before a session may still miss a mail: nothing is demanded for them."""


@dataclass(frozen=True, slots=True)
class Fate:
    """One person, the truth about them, and what the bot holds."""

    persona: Persona
    truth: Truth
    story: service.Story | None


def fates(played: Played) -> tuple[Fate, ...]:
    """Everybody, in order. Two people at one address are told apart by name."""
    found = truths(played.chronicle.posted, len(played.people))
    by_address: dict[str, list[service.Story]] = {}
    for story in played.stories:
        by_address.setdefault(story.address.casefold(), []).append(story)
    return tuple(
        Fate(persona, found[persona.index], _story(persona, by_address.get(persona.key, [])))
        for persona in played.people
    )


def _story(persona: Persona, stories: list[service.Story]) -> service.Story | None:
    shared = persona.habit in (Habit.SHARED_FIRST, Habit.SHARED_SECOND)
    mine = [story for story in stories if not shared or story.name == persona.name]
    return mine[0] if mine else None


def answers_understood(played: Played) -> Iterator[str]:
    """Exact, white space normalised, for everybody who applied."""
    for fate in fates(played):
        if fate.truth.applied_at is None or fate.story is None:
            continue
        for question, written in fate.truth.answers.items():
            understood = fate.story.answers.get(question, "")
            if _plain(understood) != _plain(written):
                yield (
                    f"{_who(fate.persona)}, {fate.persona.style.value}: answer {question} was understood as "
                    f"{_short(understood)!r} instead of {_short(written)!r}"
                )
        for question in set(fate.story.answers) - set(fate.truth.answers):
            yield f"{_who(fate.persona)}: answer {question} was never written"


def statuses(played: Played) -> Iterator[str]:
    """Each application exists once, with the status and the lateness its letters give it."""
    applied = [fate for fate in fates(played) if fate.truth.applied_at is not None]
    for fate in applied:
        expected = fate.truth.status(played.call)
        if fate.story is None:
            yield f"{_who(fate.persona)} applied, but has no application"
        elif str(fate.story.status) != expected:
            yield f"{_who(fate.persona)} is {fate.story.status} instead of {expected}"
        elif fate.truth.applied_at and fate.story.late != (fate.truth.applied_at >= played.call.deadline):
            yield f"{_who(fate.persona)} is wrongly called {'late' if fate.story.late else 'in time'}"
    if len(played.stories) != len(applied):
        yield f"{len(applied)} people applied, but there are {len(played.stories)} applications"


def decisions_hold(played: Played) -> Iterator[str]:
    """What organisers wrote is decided, nothing else is; and who was decided was told."""
    wanted = decisions(played.chronicle.posted)
    told = {story.reference: story for story in played.stories}
    for reference, story in told.items():
        expected = wanted.get(reference, "")
        if str(story.decision or "") != expected:
            yield f"{reference} is {story.decision or 'undecided'} instead of {expected or 'undecided'}"
    for letter in played.chronicle.posted:
        if letter.posting.what == FORGED:
            outcome = next((r.outcome for r in played.letters if r.message_id == letter.posting.message_id), "missing")
            if outcome != "decision_refused":
                yield f"a forged decision (letter {letter.number}) ended as {outcome}"
    for fate in fates(played):
        if fate.story and fate.story.decision and not fate.story.told and fate.truth.withdrawn_at is None:
            yield f"{fate.story.reference} was decided, but never told"


def rsvps_recorded(played: Played) -> Iterator[str]:
    """The last word of each person on each session."""
    for fate in fates(played):
        if fate.story is None or fate.truth.withdrawn_at is not None:
            continue
        for session in played.call.sessions:
            expected = fate.truth.rsvp(session.key, played.ended)
            recorded = rsvp_of(fate.story, session.key)
            if recorded != expected:
                yield (
                    f"{_who(fate.persona)} said {expected.lower() or 'nothing'} for {session.key}, "
                    f"recorded is {recorded.lower() or 'nothing'}"
                )


def rsvp_of(story: service.Story, session: str) -> str:
    """What the bot holds for this session, as a PARTSTAT, or the empty text."""
    held: Mapping[str, object] = dict(story.rsvps)
    value = held.get(session, "")
    return str(getattr(value, "reply", value)).upper()


def left_alone(played: Played) -> Iterator[str]:
    """After a withdrawal: one confirmation."""
    after: dict[str, tuple[Persona, datetime]] = {
        fate.persona.key: (fate.persona, fate.truth.withdrawn_at)
        for fate in fates(played)
        if fate.truth.withdrawn_at is not None
    }
    shared = {key for key, readers in Counter(persona.key for persona in played.people).items() if readers > 1}
    confirmed: set[str] = set()
    for mail in played.chronicle.seen:
        key = mail.delivered_to.casefold()
        if key not in after or key in shared or mail.at < after[key][1]:
            continue
        if mail.kind != "withdrawn" or key in confirmed:
            yield f"{_who(after[key][0])} withdrew and still got {mail.kind} (mail {mail.number})"
        confirmed.add(key)
    for key, (persona, _) in after.items():
        if key not in confirmed | shared:
            yield f"{_who(persona)} withdrew and got no confirmation"


def links_guarded(played: Played) -> Iterator[str]:
    """A join link: only in its two kinds of mail, for one session, to somebody who had said yes and was invited."""
    homes: dict[str, list[Fate]] = {}
    for fate in fates(played):
        homes.setdefault(fate.persona.key, []).append(fate)
    verdicts = decisions(played.chronicle.posted)
    for mail in played.chronicle.seen:
        if not mail.opens:
            continue
        readers = homes.get(mail.delivered_to.casefold(), [])
        hindrances = [_hindrance(fate, mail, verdicts) for fate in readers]
        if mail.kind not in SECRET_KINDS or len(mail.opens) > 1:
            yield f"mail {mail.number} ({mail.kind}) holds the join links of {', '.join(mail.opens)}"
        elif not readers:
            yield f"mail {mail.number} ({mail.kind}) shows a join link to somebody who never applied"
        elif all(hindrances):
            yield f"{_who(readers[0].persona)} got a join link {hindrances[0]} (mail {mail.number})"


def _hindrance(fate: Fate, mail: Seen, verdicts: Mapping[str, str]) -> str:
    """Why this person must not have this join link, or the empty text."""
    if fate.story is None or fate.truth.gone(mail.at):
        return "without an application"
    if verdicts.get(fate.story.reference) != "invite":
        return "without an invitation"
    if fate.truth.rsvp(mail.opens[0], mail.at) != "ACCEPTED":
        return f"of {mail.opens[0]} unconfirmed"
    return ""


def links_delivered(played: Played) -> Iterator[str]:
    """Whoever had confirmed well before got the details and the morning's reminder, with the link."""
    got = {
        (mail.delivered_to.casefold(), mail.kind, session) for mail in played.chronicle.seen for session in mail.opens
    }
    due = {(m.mailing, m.session): m.moment for m in played.call.milestones() if m.mailing in SECRET_KINDS}
    for session in played.call.sessions:
        if session.room is None:
            continue
        for fate in fates(played):
            confirmed = fate.truth.rsvp(session.key, session.start - _SETTLED) == "ACCEPTED"
            if not confirmed or fate.story is None or fate.truth.withdrawn_at is not None:
                continue
            for kind in sorted(SECRET_KINDS):
                moment = due.get((kind, session.key))
                early = moment is not None and fate.truth.rsvp(session.key, moment - _SETTLED) == "ACCEPTED"
                if early and (fate.persona.key, kind, session.key) not in got:
                    yield f"{_who(fate.persona)} confirmed {session.key}, but got no {kind}"


def announced(played: Played) -> Iterator[str]:
    """Everybody on the list was sent the call (or their server refused it)."""
    if not any(milestone.mailing == "announcement" for milestone in played.call.milestones()):
        return
    sent = {mail.recipient.casefold() for mail in played.mails if mail.kind == "announcement"}
    for key in sorted({persona.key for persona in played.people if persona.listed} - sent):
        yield f"{key} stands on the list, but was never sent the call"


def _who(persona: Persona) -> str:
    return f"{persona.name} (who {persona.habit.value})"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _short(text: str) -> str:
    plain = _plain(text)
    return plain if len(plain) <= 100 else plain[:99] + "…"  # noqa: PLR2004 - characters of one line
