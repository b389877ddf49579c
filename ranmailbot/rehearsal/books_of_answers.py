"""The books about replies: people are answered within minutes, machines never, strangers not with their words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from ranmailbot.rehearsal.books_of_people import fates
from ranmailbot.rehearsal.people import Habit, Persona
from ranmailbot.rehearsal.play import Played
from ranmailbot.rehearsal.received import receive

AWAY = "is out of office"
_PATIENCE = timedelta(minutes=30)
"""How long an acknowledgement may take: it waits for a second letter, and many may have to go out at once."""


def acknowledged(played: Played) -> Iterator[str]:
    """Everybody who applied was told so, unless their client forbids it."""
    first: dict[str, list[datetime]] = {}
    for mail in played.chronicle.seen:
        if mail.kind == "acknowledgement":
            first.setdefault(mail.delivered_to.casefold(), []).append(mail.at)
    for fate in fates(played):
        applied = fate.truth.applied_at
        if applied is None or fate.persona.habit is Habit.SUPPRESSED:
            continue
        moments = [at for at in first.get(fate.persona.key, []) if at >= applied]
        if not moments:
            yield f"{_who(fate.persona)} applied and was never told that it arrived"
        elif min(moments) > applied + _PATIENCE:
            yield f"{_who(fate.persona)} waited {min(moments) - applied} for the acknowledgement"


def machines_unanswered(played: Played) -> Iterator[str]:
    """No reply to an out-of-office, a delivery report, or a client that forbids replies (RFC 3834 2)."""
    silent = {message_id: "a delivery report" for _, _, message_id, _ in played.chronicle.bounces}
    for letter in played.chronicle.posted:
        person = played.people[letter.posting.person] if letter.posting.person is not None else None
        if letter.posting.what == AWAY or (person and person.habit is Habit.SUPPRESSED and letter.posting.answers):
            silent[letter.posting.message_id] = f"letter {letter.number} ({letter.posting.what})"
    for mail in played.chronicle.seen:
        if mail.answers in silent:
            yield f"{silent[mail.answers]} was answered by {mail.kind} (mail {mail.number})"


def strangers_unquoted(played: Played) -> Iterator[str]:
    """Whoever proves nothing, not even a round trip, does not see their own words again (no backscatter)."""
    unproven = {
        letter.posting.message_id: letter.posting
        for letter in played.chronicle.posted
        if letter.posting.person is not None
        and letter.posting.proof == "none"
        and played.people[letter.posting.person].habit is Habit.WEB_FORM
    }
    for mail in played.chronicle.seen:
        posting = unproven.get(mail.answers)
        if posting is None:
            continue
        words = " ".join(receive((played.chronicle.folder / mail.file).read_bytes()).text.split())
        if any(" ".join(text.split())[:40] in words for text in posting.answers.values()):
            yield f"mail {mail.number} ({mail.kind}) repeats the words of somebody unproven"


def organisers_informed(played: Played) -> Iterator[str]:
    """One digest for each day and organiser."""
    days = [m for m in played.call.milestones() if m.mailing == "digest" and played.began <= m.moment < played.ended]
    got = Counter(mail.delivered_to.casefold() for mail in played.chronicle.seen if mail.kind == "digest")
    for organiser in played.call.organisers:
        if got[organiser.email.casefold()] != len(days):
            yield f"an organiser got {got[organiser.email.casefold()]} digests on {len(days)} days"


def _who(persona: Persona) -> str:
    return f"{persona.name} (who {persona.habit.value})"
