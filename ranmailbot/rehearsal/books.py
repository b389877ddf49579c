"""The books: does everything add up, judged from the mail itself and not from what the bot says of it?

Three sources are held against each other: what the played world posted and received, what lies in the bot's folders,
and what the bot has in its store. Each difference is one sentence; sample people may be named in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ranmailbot import service
from ranmailbot.rehearsal import books_of_answers, books_of_people, books_of_time
from ranmailbot.rehearsal.chronicle import Seen
from ranmailbot.rehearsal.play import Played

UNSORTED = ("INBOX", "Junk")
UNSETTLED = ("queued", "claimed", "in_doubt", "held")
ONCE = frozenset(
    {
        *("announcement", "deadline_reminder", "deadline_notice", "closing", "thanks"),
        *("invitation", "regret", "rsvp_reminder", "session_details", "session_reminder"),
    }
)
"""Kinds of mail that one person gets once for each milestone."""
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Audit:
    """The sums, and what is wrong."""

    incoming: int
    outcomes: Mapping[str, int]
    copies: int
    outgoing: int
    kinds: Mapping[str, int]
    checks: tuple[tuple[str, int], ...]
    """Each check by its promise, with the number of faults it found."""
    faults: tuple[str, ...]


def audit(played: Played) -> Audit:
    """All checks."""
    found = [(promise, tuple(check(played))) for promise, check in CHECKS]
    unsorted_faults = (*played.faults, *(fault for _, faults in found for fault in faults))
    settled = [mail for mail in played.mails if str(mail.state) in ("sent", "refused")]
    return Audit(
        incoming=sum(len(messages) for messages in played.filed.values()),
        outcomes=dict(sorted(played.books.letters.items())),
        copies=played.books.copies,
        outgoing=len(played.chronicle.seen) + len(bounced(played)) + len(refused(played)),
        kinds=dict(sorted(Counter(mail.kind for mail in settled).items())),
        checks=tuple((promise, len(faults)) for promise, faults in found),
        faults=unsorted_faults,
    )


def bounced(played: Played) -> list[service.MailRecord]:
    """Mails the server took and then reported as undeliverable: nobody received them."""
    arrived = {mail.message_id for mail in played.chronicle.seen}
    gone = [mail for mail in played.mails if str(mail.state) == "sent" and mail.message_id not in arrived]
    return [mail for mail in gone if mail.recipient.casefold().endswith("@bouncing.example")]


def refused(played: Played) -> list[service.MailRecord]:
    """Mails the server refused at once."""
    return [mail for mail in played.mails if str(mail.state) == "refused"]


def _letters_add_up(played: Played) -> Iterator[str]:
    lying = sum(len(messages) for messages in played.filed.values())
    written = len(played.chronicle.posted) + len(played.chronicle.bounces)
    judged = sum(played.books.letters.values()) + played.books.copies
    if lying != written:
        yield f"{written} letters were written to the bot, but {lying} lie in its folders"
    if judged != lying:
        yield f"{lying} letters lie in the bot's folders, but its books account for {judged}"
    reports = len(played.chronicle.bounces)
    if reports != len(bounced(played)):
        yield f"{len(bounced(played))} mails went to addresses that bounce, but {reports} delivery reports came back"


def _one_folder_each(played: Played) -> Iterator[str]:
    for folder in UNSORTED:
        if played.filed.get(folder):
            yield f"{len(played.filed[folder])} letters were left behind in {folder}"
    found = Counter(message_id for messages in played.filed.values() for message_id, _ in messages)
    for letter in played.chronicle.posted:
        times = found[letter.posting.message_id]
        if times != 1:
            yield f"letter {letter.number} ({letter.posting.what}) lies in {times} folders instead of one"


def _mails_add_up(played: Played) -> Iterator[str]:
    arrived = Counter((mail.message_id, mail.delivered_to.casefold()) for mail in played.chronicle.seen)
    known = {mail.message_id: mail for mail in played.mails}
    sent = {mail.message_id for mail in played.mails if str(mail.state) == "sent"}
    lost = sent - {message_id for message_id, _ in arrived} - {mail.message_id for mail in bounced(played)}
    if lost:
        yield f"{len(lost)} mails are called sent, but nobody received them: {_named(known[one].kind for one in lost)}"
    strange = {message_id for message_id, _ in arrived} - sent
    if strange:
        yield f"{len(strange)} mails arrived that the bot does not call sent"
    said = sum(played.books.sent.values())
    if said != len(sent):
        yield f"the books count {said} mails as sent, the outbox {len(sent)}"
    open_states = {state: n for state, n in played.books.states.items() if str(state) in UNSETTLED and n}
    if open_states:
        yield "mails are still unsettled in the end: " + _named(f"{n} {state}" for state, n in open_states.items())
    wrong = [
        mail for mail in played.chronicle.seen if mail.message_id in known and known[mail.message_id].kind != mail.kind
    ]
    if wrong:
        yield f"{len(wrong)} mails are of another kind than the books say"


def _nothing_twice(played: Played) -> Iterator[str]:
    for (_, recipient), times in Counter(
        (m.message_id, m.delivered_to.casefold()) for m in played.chronicle.seen
    ).items():
        if times > 1:
            yield f"{recipient} got one and the same mail {times} times"
    records = {mail.message_id: mail for mail in played.mails}
    allowed = Counter((m.mailing, m.session) for m in played.call.milestones())
    got: Counter[tuple[str, str, str | None, int | None]] = Counter()
    for mail in played.chronicle.seen:
        record = records.get(mail.message_id)
        if mail.kind in ONCE and record is not None:
            got[mail.delivered_to.casefold(), mail.kind, record.session, record.application] += 1
    for (recipient, kind, session, _), times in got.items():
        if times > max(allowed[kind, session], allowed[kind, None], 1):
            yield f"{recipient} got {kind} {times} times{f' for {session}' if session else ''}"


def _one_reader_each(played: Played) -> Iterator[str]:
    for mail in played.chronicle.seen:
        if len(mail.to) != 1 or mail.others or mail.to[0].casefold() != mail.delivered_to.casefold():
            shown = len(mail.to) + mail.others
            yield f"mail {mail.number} ({mail.kind}) shows {shown} addresses instead of its reader's"
    known = {persona.key for persona in played.people} | {one.email.casefold() for one in played.call.organisers}
    strangers = Counter(mail.kind for mail in played.chronicle.seen if mail.delivered_to.casefold() not in known)
    if strangers:
        yield "mail went to people who never wrote: " + _named(f"{n} {kind}" for kind, n in strangers.items())


def _no_second_verdict(played: Played) -> Iterator[str]:
    records = {mail.message_id: mail for mail in played.mails}
    verdicts: dict[int, set[str]] = {}
    for mail in played.chronicle.seen:
        record = records.get(mail.message_id)
        if mail.kind in ("invitation", "regret") and record is not None and record.application is not None:
            verdicts.setdefault(record.application, set()).add(mail.kind)
    for number, kinds in verdicts.items():
        if len(kinds) > 1:
            yield f"{played.call.reference(number)} holds an invitation and a regret"


def _calendars_hold(played: Played) -> Iterator[str]:
    latest: dict[str, Seen] = {}
    for mail in played.chronicle.seen:
        if not mail.uid:
            continue
        before = latest.get(mail.uid)
        if mail.attendees != 1:
            yield f"the event of mail {mail.number} has {mail.attendees} attendees"
        if before is not None and before.delivered_to.casefold() != mail.delivered_to.casefold():
            yield f"mails {before.number} and {mail.number} share an event, but not a reader"
        if before is not None and before.sequence >= mail.sequence:
            yield f"mail {mail.number} does not raise the SEQUENCE of its event"
        latest[mail.uid] = mail


def _milestones_kept(played: Played) -> Iterator[str]:
    for key, what, _ in played.books.milestones:
        if what != "kept":
            yield f"the milestone {key} was {what}"
    settled = {key for key, _, _ in played.books.milestones}
    for milestone in played.call.milestones():
        if played.began <= milestone.moment < played.ended and milestone.key not in settled:
            yield f"the milestone {milestone.key} was never settled"


def _named(things: Iterator[str]) -> str:
    names = sorted(set(things))
    return ", ".join(names[:_MOST_NAMED]) + (" and others" if len(names) > _MOST_NAMED else "")


Check = Callable[[Played], Iterator[str]]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("every letter is in the books", _letters_add_up),
    ("every letter lies in exactly one folder", _one_folder_each),
    ("every mail is in the books", _mails_add_up),
    ("nobody gets the same thing twice", _nothing_twice),
    ("every mail has one reader, who expects it", _one_reader_each),
    ("nobody holds an invitation and a regret", _no_second_verdict),
    ("calendar events stay with their person and grow", _calendars_hold),
    ("every milestone was kept", _milestones_kept),
    ("what people wrote is what was understood", books_of_people.answers_understood),
    ("every application stands as its letters say", books_of_people.statuses),
    ("only organisers decide, and every decision counts", books_of_people.decisions_hold),
    ("what invited people said is what was recorded", books_of_people.rsvps_recorded),
    ("who withdrew gets the confirmation and nothing more", books_of_people.left_alone),
    ("join links go to confirmed participants only", books_of_people.links_guarded),
    ("confirmed participants learn how to join", books_of_people.links_delivered),
    ("everybody on the list got the call", books_of_people.announced),
    ("everybody who applied was told so within minutes", books_of_answers.acknowledged),
    ("machines are never answered", books_of_answers.machines_unanswered),
    ("nobody unproven sees their own words again", books_of_answers.strangers_unquoted),
    ("organisers got their digest every day", books_of_answers.organisers_informed),
    ("each kind of mail leaves on its own day", books_of_time.right_days),
    ("mailings begin at their local time, before and after the clocks change", books_of_time.right_hours),
    ("every mail about a session says when it is, in local time", books_of_time.sessions_told),
)
"""Each promise with the check that holds it."""
