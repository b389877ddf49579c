"""Before a letter is judged, everything it refers to is looked up: which mail, which person, which calendar event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.desk import Bounced, CalendarAnswer, Context, Named, SentMail
from ranmailbot.mail.address import parse_address, token_in
from ranmailbot.mail.calendar import read_reply
from ranmailbot.mail.form import SentForm, blank_form, find_reference
from ranmailbot.mail.letter import Letter, Report
from ranmailbot.mail.reading import Reading
from ranmailbot.ports import Books

A_DAY = timedelta(hours=24)
_TOKEN = re.compile(r"[a-z0-9]{26}")
"""A whole token: the first letters of one are shown to everybody as the reference of a mail."""
MOST_REFERENCES = 50
"""Message-IDs that are looked up; long threads name hundreds."""


def resolve(books: Books, letter: Letter, call: Call, now: datetime) -> Context:
    """What the store knows of this letter."""
    email = letter.sender.email if letter.sender else ""
    replied = books.sent_mail(letter.refers_to[:MOST_REFERENCES], find_reference(letter.text.text, call.key))
    referred = _referred(books, replied)
    organiser = call.organiser(email) if email else None
    return Context(
        replied=replied,
        referred=referred,
        form=_form(books, replied, email, call),
        applications=_applications(books, email, referred) if email else (),
        organiser=organiser,
        bounced=_bounced_all(books, letter, call.mailbox.email) if letter.reports else (),
        calendar_answers=_calendar_answers(books, letter),
        replies_today=books.replies_since(email, now - A_DAY) if email else 0,
        domain_replies_today=books.replies_to_domain_since(email, now - A_DAY) if email else 0,
        form_sent=bool(email) and books.knows(email),
        next_number=books.next_number(),
        decided=_everybody(books) if organiser else MappingProxyType({}),
    )


def named(books: Books, reading: Reading, letter: Letter, call: Call, now: datetime) -> Named | None:
    """What the store knows of the address that this letter names as the participant's; None if it names no other."""
    written = next((value.text for value in reading.profile if value.key == "email" and not value.guessed), "")
    person = parse_address(written)
    if person is None or letter.sender is None or person.key == letter.sender.key:
        return None
    return Named(
        email=person.email,
        applications=books.applications_of(person.email),
        mails_today=books.replies_since(person.email, now - A_DAY),
        unsubscribed=books.unsubscribed(person.email),
        organiser=call.organiser(person.email) is not None or person.key == call.mailbox.email.casefold(),
    )


def _applications(books: Books, email: str, referred: Application | None) -> tuple[Application, ...]:
    """Of this address, and the one it was written from for somebody else, if the letter answers a mail about it."""
    mine = books.applications_of(email)
    wrote = referred is not None and referred.correspondent.casefold() == email.casefold()
    return (*mine, referred) if wrote and referred is not None else mine


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


def _bounced_all(books: Books, letter: Letter, own: str) -> tuple[Bounced, ...]:
    """Which mail came back: by the token in its return path, else by the Message-ID in what was returned.

    Both are unguessable and went to one address only; the visible reference would not do.
    """
    tokens = [token_in(address, own) for address in letter.recipients]
    whole = next((token for token in tokens if _TOKEN.fullmatch(token)), "")
    returned = books.sent_mail((), whole) if whole else None
    return tuple(_bounced(books, report, returned) for report in letter.reports)


def _bounced(books: Books, report: Report, returned: SentMail | None) -> Bounced:
    mail = returned
    if mail is None and report.original_message_id:
        mail = books.sent_mail((report.original_message_id,), "")
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
