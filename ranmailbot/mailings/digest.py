"""The daily digest to the organisers: what came in, what was understood, what waits for a decision, what went wrong.

It is the only mail that shows applicants' words, and it goes to the organisers alone. Decisions are taken by replying.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from ranmailbot.call.application import Application, Decision, Status
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, News, Outcome, Recipient
from ranmailbot.mail.outgoing import Draft

STANDING = False
LOOK_AHEAD = timedelta(days=7)
FROM_THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
LABELS = {
    "applied": "New applications",
    "corrected": "Corrections and additions",
    "repeated": "Unchanged repeats",
    "held": "Changes that wait for proof",
    "participant_confirmed": "Confirmed to be the participant",
    "form_sent": "Got the form",
    "enquired": "Questions for you",
    "passed_on": "Requests about data",
    "withdrawn": "Withdrawn",
    "withdrawal_asked": "Withdrawals to confirm",
    "rsvp_recorded": "Replies to invitations",
    "rsvp_stale": "Outdated calendar replies",
    "rsvp_held": "Calendar replies to look at",
    "decided": "Decisions taken",
    "decision_refused": "Decisions refused",
    "bounced": "Undeliverable",
    "delayed": "Delayed deliveries",
    "automatic": "Automatic replies",
    "unreadable": "Could not be read",
    "shunted": "Put aside: needs a look",
    "quarantined": "In quarantine",
}


def recipients(ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]:  # noqa: ARG001 - the shape of every mailing
    """Every organiser."""
    return ledger.organisers()


def obstacle(milestone: Milestone, call: Call) -> str:  # noqa: ARG001 - the shape of every mailing
    """Nothing stands in its way."""
    return ""


def handle(milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:
    """The news from the last digest that was kept to this one: what lapsed in between is not lost."""
    since, until = _since(milestone, call, ledger.kept()), milestone.moment
    news = ledger.news(since, until)
    people = tuple(ledger.applications())
    facts: dict[str, object] = {
        "since": max(since, call.published),
        "until": until,
        "counts": [(LABELS.get(name, name), number) for name, number in sorted(news.outcomes.items())],
        "applications": [_shown(call, person, since) for person in news.changed],
        "undecided": [p.reference for p in people if p.decision is None and not p.withdrawn],
        "enquiries": [
            {"sender": e.sender, "subject": e.subject, "excerpt": e.excerpt, "held_reason": e.reason}
            for e in news.enquiries
        ],
        "troubles": list(news.troubles),
        "rsvps": [row for person in people for row in _rsvps(call, person, since)],
        "upcoming": _upcoming(call, now),
        "totals": _totals(people, news),
        "places": call.places,
    }
    draft = Draft(kind="digest", to=recipient.address, facts=facts, not_after=until + timedelta(days=1))
    return Outcome("digest", drafts=(draft,))


def wanted(person: Application, session: str | None) -> bool:  # noqa: ARG001 - the shape of every mailing
    """It never goes to an applicant."""
    return False


def _since(milestone: Milestone, call: Call, kept: frozenset[str]) -> datetime:
    before = [m.moment for m in call.milestones() if m.mailing == "digest" and m.key in kept]
    return max((moment for moment in before if moment < milestone.moment), default=FROM_THE_BEGINNING)


def _shown(call: Call, person: Application, since: datetime) -> dict[str, object]:
    return {
        "reference": person.reference,
        "name": person.name,
        "organisation": _fact(person, "organisation"),
        "country": _fact(person, "country"),
        "role": _fact(person, "role"),
        "status": str(person.status),
        "late": person.late or person.late_changes,
        "news": "new" if person.received_at >= since else "corrected",
        "decision": str(person.decision) if person.decision else "",
        "answers": [_answer(question.number, question.text, person) for question in call.questions],
        "remarks": list(person.remarks),
        "possibly_same_as": list(person.possibly_same_as),
        "notes": _notes(person),
    }


def _fact(person: Application, key: str) -> str:
    """A fact about the person, marked if nobody wrote it on the form's line."""
    value = next((value for value in person.profile if value.key == key), None)
    return "" if value is None else f"{value.text} (guessed)" if value.guessed else value.text


def _notes(person: Application) -> list[str]:
    """What somebody should look at before they decide: whose it is, and for how many."""
    another = person.value("email")
    confirmed = bool(person.correspondent)
    waits = bool(another) and not confirmed and another.strip().casefold() != person.address.casefold()
    notes = [
        "seems to be written for two people" if person.several else "",
        f"written by {person.correspondent} for this person" if confirmed else "",
        f"written by {person.address} for {another}, who has not confirmed" if waits else "",
    ]
    return [note for note in notes if note]


def _answer(number: int, question: str, person: Application) -> dict[str, object]:
    answer = person.answer(number)
    return {
        "number": number,
        "question": question,
        "text": answer.text if answer else "",
        "sure": answer is None or answer.sure,
    }


def _rsvps(call: Call, person: Application, since: datetime) -> list[dict[str, object]]:
    return [
        {
            "reference": person.reference,
            "name": person.name,
            "session": call.session(rsvp.session),
            "reply": str(rsvp.reply),
        }
        for rsvp in person.rsvps.values()
        if rsvp.at >= since and any(session.key == rsvp.session for session in call.sessions)
    ]


def _upcoming(call: Call, now: datetime) -> list[tuple[datetime, str]]:
    ahead = [m for m in call.milestones() if now < m.moment <= now + LOOK_AHEAD and m.mailing != "digest"]
    return [(m.moment, m.mailing.replace("_", " ") + (f", {m.session}" if m.session else "")) for m in ahead]


def _totals(people: tuple[Application, ...], news: News) -> list[tuple[str, int]]:
    return [
        ("Applications", sum(not p.withdrawn for p in people)),
        ("Complete", sum(p.status is Status.COMPLETE for p in people)),
        ("Invited", sum(p.decision is Decision.INVITE and not p.withdrawn for p in people)),
        ("Declined", sum(p.decision is Decision.DECLINE and not p.withdrawn for p in people)),
        ("Withdrawn", sum(p.withdrawn for p in people)),
        ("Mails waiting", news.waiting),
    ]
