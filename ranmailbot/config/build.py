"""A file without faults becomes the Call and the Settings."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

import ranmailbot
from ranmailbot.call.call import Call, MeetingRoom, Person, Privacy, ProfileLine, Question, Session
from ranmailbot.call.timeline import wall_to_utc
from ranmailbot.config.dates import MIDNIGHT
from ranmailbot.config.plans import plan
from ranmailbot.config.rooms import digits
from ranmailbot.config.sections import ConfigFile, MailboxSection, PersonSection, RoomSection, SessionSection
from ranmailbot.mail.limits import Limits

GOOGLE = "mx.google.com"


def call(file: ConfigFile) -> Call:
    """The call of this file."""
    about = file.call
    return Call(
        key=about.key,
        title=about.title,
        caller=about.caller,
        partners=about.partners,
        short_title=about.short_title,
        summary=tuple(about.summary),
        audiences=tuple(about.audiences),
        places=about.places,
        language=about.language,
        language_note=about.language_note,
        rule=about.rule,
        zone=about.zone,
        published=wall_to_utc(about.published, MIDNIGHT, about.zone),
        # The whole last day counts, so the first moment that is too late is the midnight after it.
        deadline=wall_to_utc(about.deadline + timedelta(days=1), MIDNIGHT, about.zone),
        questions=tuple(Question(number, question.text) for number, question in enumerate(file.questions, 1)),
        profile_lines=tuple(ProfileLine(line.key, line.label) for line in file.applicant),
        sessions=tuple(_session(number, session, about.zone) for number, session in enumerate(file.sessions, 1)),
        contacts=_people(file.contacts),
        organisers=_people(file.organisers),
        mailbox=Person(file.mailbox.name, file.mailbox.address),
        privacy=Privacy(**file.privacy.model_dump()),
        timeline=tuple(plan(line) for line in file.timeline),
        reference_prefix=about.reference_prefix,
    )


def limits(file: ConfigFile) -> Limits:
    """The limits of this file."""
    return Limits(**file.model_dump(include={"limits"})["limits"])


def authserv_id(mailbox: MailboxSection) -> str:
    """Whose stamps count: the configured name, or the provider's own."""
    return mailbox.authserv_id or (GOOGLE if mailbox.trust == "google" else "")


def templates(file: ConfigFile, folder: Path) -> Path:
    """Where the templates are: the configured folder, or those that came with the bot."""
    if file.templates.folder:
        return folder / file.templates.folder
    return Path(ranmailbot.__file__).parent.parent / "templates"


def _people(sections: list[PersonSection]) -> tuple[Person, ...]:
    return tuple(Person(section.name, section.email) for section in sections)


def _session(number: int, section: SessionSection, call_zone: str) -> Session:
    zone = section.zone or call_zone
    return Session(
        key=section.key,
        number=number,
        title=section.title,
        start=wall_to_utc(section.date, section.start, zone),
        end=wall_to_utc(section.date, section.end, zone),
        zone=zone,
        place=section.place,
        online=section.online,
        room=_room(section.webex) if section.webex else None,
    )


def _room(section: RoomSection) -> MeetingRoom:
    return MeetingRoom(
        join_url=section.join_url,
        meeting_number=digits(section.meeting_number),
        password=section.password,
        numeric_password=section.numeric_password,
        video_address=section.video_address,
        phones=tuple(section.phones),
        approved_by=section.approved_by or "",
        approved_at=section.approved_at.astimezone(UTC) if section.approved_at else None,
    )
