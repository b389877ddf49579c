"""An invited person accepts or declines: by calendar (iMIP, RFC 6047) or by words in reply to the invitation.

Fear: strangers and forwarded invitations. Only the invited address answers, for a UID or a mail that is ours.
Known limit: words are read from the first lines, in English, and only if every word is understood; else a human reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ranmailbot.call.application import Application, Decision, Reply, Rsvp
from ranmailbot.desk import CalendarAnswer, Case, Folder, Outcome, addressee
from ranmailbot.intake.rsvp_words import read_words
from ranmailbot.mail.outgoing import Draft

ANSWERABLE = frozenset({"invitation", "rsvp_reminder", "rsvp_receipt", "session_details", "session_reminder"})
"""The mails of ours to which "yes" and "no" are answers."""
_REPLIES = frozenset({"REPLY", "COUNTER", "REFRESH"})
PARTSTATS = {"ACCEPTED": Reply.ACCEPTED, "DECLINED": Reply.DECLINED, "TENTATIVE": Reply.TENTATIVE}


def recognises(case: Case) -> bool:
    """Whether a calendar answered, or words answer one of our invitations."""
    return _calendar(case) is not None or (not case.letter.automatic and bool(_words(case)))


def handle(case: Case) -> Outcome:
    """Record what the invited person said; hold everything that is not exactly that."""
    answer = _calendar(case)
    return _by_words(case) if answer is None else _by_calendar(case, answer)


def _calendar(case: Case) -> CalendarAnswer | None:
    """What a calendar answered: to an event of ours, or to a foreign one if the letter says nothing else.

    People attach calendars of their own: that must not hide an application or a decision.
    """
    found = case.context.calendar_answers
    ours = next((answer for answer in found if answer.application is not None), None)
    if ours is not None or case.reading.answers or case.context.organiser is not None or _words(case):
        return ours
    return next((answer for answer in found if answer.reply.method in _REPLIES), None)


def _by_calendar(case: Case, answer: CalendarAnswer) -> Outcome:
    reply, person = answer.reply, answer.application
    held = _calendar_hindrance(case, answer)
    if held or person is None:
        return Outcome("rsvp_held", Folder.REPLIES, note=held)
    last = person.rsvps.get(answer.session)
    if last is not None and last.via == "calendar" and (reply.sequence, reply.dtstamp) < (last.sequence, last.stamp):
        return Outcome("rsvp_stale", Folder.REPLIES, note=f"{person.reference}: older than the last answer")
    rsvp = Rsvp(
        session=answer.session,
        reply=PARTSTATS[reply.partstat.upper()],
        at=case.letter.arrived,
        via="calendar",
        sequence=reply.sequence,
        stamp=reply.dtstamp,
        comment=reply.comment,
    )
    return Outcome("rsvp_recorded", Folder.REPLIES, applications=(_with(person, (rsvp,)),), note=_note(person, (rsvp,)))


def _calendar_hindrance(case: Case, answer: CalendarAnswer) -> str:
    """Why this calendar reply cannot be taken as the invited person's answer, or the empty text."""
    reply, person, sender = answer.reply, answer.application, case.letter.sender
    if person is None:
        return "a calendar reply to an event that is not ours"
    if sender is None or sender.key != person.address.casefold():
        return f"{person.reference}: the calendar reply came from another address than the invited one"
    if reply.method.upper() != "REPLY" or reply.partstat.upper() not in PARTSTATS:
        return f"{person.reference}: {reply.method} {reply.partstat} needs a human"
    if reply.attendees > 1 or (reply.attendee and reply.attendee.casefold() != person.address.casefold()):
        return f"{person.reference}: the calendar reply speaks for somebody else"
    return _standing(person)


def _standing(person: Application) -> str:
    if person.withdrawn or person.told is not Decision.INVITE:
        return f"{person.reference} holds no invitation"
    return ""


def _words(case: Case) -> Mapping[str, Reply]:
    """What the words say for each session; empty unless they answer an invitation of ours and all is understood."""
    replied = case.context.replied
    if replied is None or replied.kind not in ANSWERABLE:
        return MappingProxyType({})
    return read_words(case.command, tuple(session.key for session in case.call.sessions), replied.session)


def _by_words(case: Case) -> Outcome:
    person = case.context.referred
    if person is None or not case.round_trip:
        return Outcome("rsvp_held", Folder.REPLIES, note="words in reply to an invitation that went to another address")
    if held := _standing(person):
        return Outcome("rsvp_held", Folder.REPLIES, note=held)
    said = tuple(
        Rsvp(session=key, reply=reply, at=case.letter.arrived, via="words") for key, reply in _words(case).items()
    )
    after = _with(person, said)
    drafts = (_receipt(case, after),) if case.may_answer else ()
    return Outcome("rsvp_recorded", Folder.REPLIES, applications=(after,), drafts=drafts, note=_note(person, said))


def _with(person: Application, said: tuple[Rsvp, ...]) -> Application:
    merged = {**person.rsvps, **{rsvp.session: rsvp for rsvp in said}}
    return replace(person, rsvps=MappingProxyType(merged))


def _note(person: Application, said: tuple[Rsvp, ...]) -> str:
    return f"{person.reference}: " + ", ".join(f"{rsvp.session} {rsvp.reply}" for rsvp in said)


def _receipt(case: Case, person: Application) -> Draft:
    states = [
        {"session": session, "reply": str(person.rsvps[session.key].reply) if session.key in person.rsvps else ""}
        for session in case.call.sessions
    ]
    return Draft(
        kind="rsvp_receipt",
        to=addressee(person),
        facts={"reference": person.reference, "states": states},
        automatic="auto-replied",
        application=person.number,
        in_reply_to=case.letter.message_id,
        references=(*case.letter.references, case.letter.message_id),
        reply_subject=case.letter.subject,
    )
