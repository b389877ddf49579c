"""Before a letter is judged, everything it refers to is looked up: which mail, which person, which calendar event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.desk import Bounced, CalendarAnswer, Context, SentMail
from ranmailbot.mail.calendar import read_reply
from ranmailbot.mail.form import SentForm, blank_form, find_reference
from ranmailbot.mail.letter import Letter, Report
from ranmailbot.ports import Books

A_DAY = timedelta(hours=24)
MOST_REFERENCES = 50
"""Message-IDs that are looked up; long threads name hundreds."""


def resolve(books: Books, letter: Letter, call: Call, now: datetime) -> Context:
    """What the store knows of this letter."""
    email = letter.sender.email if letter.sender else ""
    replied = books.sent_mail(letter.refers_to[:MOST_REFERENCES], find_reference(letter.text.text, call.key))
    organiser = call.organiser(email) if email else None
    return Context(
        replied=replied,
        referred=_referred(books, replied),
        form=_form(books, replied, email, call),
        applications=books.applications_of(email) if email else (),
        organiser=organiser,
        bounced=tuple(_bounced(books, report) for report in letter.reports),
        calendar_answers=_calendar_answers(books, letter),
        replies_today=books.replies_since(email, now - A_DAY) if email else 0,
        form_sent=bool(email) and books.knows(email),
        next_number=books.next_number(),
        decided=_everybody(books) if organiser else MappingProxyType({}),
    )


def _referred(books: Books, replied: SentMail | None) -> Application | None:
    """Whom the answered mail was about: its application, or the one of the address that mail went to."""
    if replied is None:
        return None
    if replied.application is not None:
        return books.application(replied.application)
    theirs = books.applications_of(replied.recipient)
    return theirs[-1] if theirs else None


def _form(books: Books, replied: SentMail | None, email: str, call: Call) -> SentForm:
    """What it is read against: the mail it answers, else the last form this address got, else the published one."""
    if replied is not None:
        return replied.form
    last = books.last_form(email) if email else None
    return last.form if last is not None else blank_form(call)


def _bounced(books: Books, report: Report) -> Bounced:
    mail = books.sent_mail((report.original_message_id,), "") if report.original_message_id else None
    theirs = books.applications_of(mail.recipient) if mail is not None else ()
    return Bounced(report, mail, _referred(books, mail), theirs)


def _calendar_answers(books: Books, letter: Letter) -> tuple[CalendarAnswer, ...]:
    found = []
    for text in letter.calendars:
        reply = read_reply(text)
        if reply is not None and reply.method.upper() != "REQUEST":
            owner = books.event_owner(reply.uid)
            person = books.application(owner[0]) if owner else None
            found.append(CalendarAnswer(reply, person, owner[1] if owner else ""))
    return tuple(found)


def _everybody(books: Books) -> Mapping[int, Application]:
    return MappingProxyType({person.number: person for person in books.applications()})
