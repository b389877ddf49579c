"""Sample drafts: every kind of mail with invented facts, for `check`, `preview` and the golden mails.

The people live under example.org. What belongs to the call is taken from the call that is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from ranmailbot.call.call import Call, MeetingRoom, Question, Session
from ranmailbot.mail.address import Address
from ranmailbot.mail.outgoing import Automatic, CalendarEvent, CalendarWish, Draft

SAMPLE_MESSAGE_ID = "<k7f2m9q4sample@mail.example.org>"
SAMPLE_LETTER = "<their.letter@mail.example.org>"
SAMPLE_EVENT = CalendarEvent("6f1c2a34-8f0e-4d8e-9f0b-0d7c6a5b4e3f", 0, datetime(2022, 3, 14, 8, 0, tzinfo=UTC))
SAMPLE_PERSON = Address("Anna Bērziņa", "anna.berzina@prison.example.org")
SAMPLE_ROOM = MeetingRoom(
    join_url="https://meet.example.org/room/j.php?MTID=m0123456789abcdef&lang=en",
    meeting_number="2345 678 9012",
    password="sample-pass-22",  # noqa: S106 - an invented one, shown in previews
    numeric_password="72677722",  # noqa: S106 - an invented one, shown in previews
    video_address="23456789012@meet.example.org",
    phones=("+32 2 555 0100",),
    approved_by="Sample Organiser",
    approved_at=datetime(2022, 3, 28, 9, 0, tzinfo=UTC),
)
_WORDS = (
    "Since 2018 I have led a small team in a women's unit. We prepare release together with social services & schools.",
    "We began family visits in a separate room, with a psychologist next door.",
    "Information stops at the prison gate: nobody tells the school, and <nobody> asks us.",
    "One mother wrote letters for a year before the first visit. The visit went well because everybody was ready.",
)


def sample_drafts(call: Call) -> tuple[Draft, ...]:
    """One draft or more for each kind of mail. Drafts with a calendar wish want SAMPLE_EVENT as their event."""
    return (*_before_the_deadline(call), *_about_requests(), *_after_the_deadline(call), *_to_organisers(call))


def sample_name(draft: Draft, before: Iterable[str]) -> str:
    """A file name for this sample, unlike those before: "acknowledgement", "acknowledgement-2"."""
    taken, number = set(before), 1
    while (name := draft.kind if number == 1 else f"{draft.kind}-{number}") in taken:
        number += 1
    return name


def _before_the_deadline(call: Call) -> tuple[Draft, ...]:
    everything = tuple(question.number for question in call.questions)
    return (
        _asking(call, "announcement", {}, everything),
        *(_answering_with_form(call, reason) for reason in ("enquiry", "unreadable", "late", "picture")),
        *_acknowledgements(call, everything),
        _asking(call, "deadline_reminder", {"reference": "", "open": list(everything)}, everything),
        _asking(call, "deadline_reminder", {"reference": "A-017", "open": [everything[-1]]}, everything[-1:]),
        _asking(call, "deadline_notice", {"reference": "A-017", "open": list(everything[:2])}, everything[:2]),
    )


def _acknowledgements(call: Call, everything: tuple[int, ...]) -> tuple[Draft, ...]:
    last = everything[-1:]
    return (
        _acknowledgement(call, (), {"became_complete": True}),
        _acknowledgement(call, last, {"remarks": True}, unsure=everything[:1] if len(everything) > 1 else ()),
        _acknowledgement(call, last, {"show_content": False, "late": True, "unread_attachments": ["scan.pdf"]}),
        _acknowledgement(call, (), {"corrected": list(last), "became_complete": True}),
        _acknowledgement(call, (), {"corrected": list(everything[:1])}),
        _acknowledgement(
            call, everything, {"other_person": True, "language_hint": "English", "unread_attachments": ["a.pages"]}
        ),
        _acknowledgement(call, last, {"corrected": list(everything[:1])}),
        _acknowledgement(call, (), {"corrected_lines": ["Your country"], "language_hint": "English"}),
        _acknowledgement(call, (), {"corrected": list(everything[:2]), "corrected_lines": ["Your name", "Your role"]}),
        _acknowledgement(call, last, {"several": True, "participant": "asked"}),
        _acknowledgement(call, last, {"show_content": False, "participant": "waits"}),
        *(_acknowledgement(call, (), {"participant": state}) for state in ("not_asked", "no_address", "confirmed")),
    )


def _about_requests() -> tuple[Draft, ...]:
    reference: Mapping[str, object] = {"reference": "A-017"}
    return (
        _answering("withdrawn", reference),
        _plain("withdrawal_check", reference),
        _plain("correction_check", reference),
        _plain("participant_check", reference),
        *(_answering("passed_on", {"subject_matter": matter}) for matter in ("question", "data", "erasure")),
    )


def _after_the_deadline(call: Call) -> tuple[Draft, ...]:
    first, states = call.sessions[0], ("accepted", "declined", "tentative", "")
    answers = [{"session": session, "reply": states[n % 4]} for n, session in enumerate(call.sessions)]
    return (
        *(_plain("closing", {"reference": "A-017", "complete": complete}) for complete in (True, False)),
        *(_invitation(call, session, call.deadline + timedelta(days=14, hours=12)) for session in call.sessions[:2]),
        _invitation(call, first, None),
        _plain("regret", {"reference": "A-018"}),
        _plain("rsvp_reminder", {"reference": "A-017", "sessions": call.sessions}),
        _answering("rsvp_receipt", {"reference": "A-017", "states": answers}),
        _with_room(first, "session_details"),
        _with_room(first, "session_reminder"),
        _plain("thanks", {"reference": "A-017"}),
    )


def _to_organisers(call: Call) -> tuple[Draft, ...]:
    first, second = call.reference(1), call.reference(2)
    return (
        _to_organiser(call, "digest", _digest(call)),
        _to_organiser(call, "digest", _quiet_digest(call)),
        _to_organiser(
            call,
            "decision_receipt",
            {"by": "Sample Organiser", "lines": [f"invite {first}", f"decline {second}"], "refused": []},
            automatic="auto-replied",
        ),
        _to_organiser(
            call,
            "decision_refused",
            {"reason": f"there is no application {call.reference(99)}", "lines": [f"invite {call.reference(99)}"]},
            automatic="auto-replied",
        ),
        _to_organiser(
            call,
            "alarm",
            {
                "what": "No mail could be fetched for 30 minutes: the mail server refuses the password.",
                "remedy": "Ask the administrator to renew the password of the mailbox and to run the check.",
            },
        ),
    )


def _plain(kind: str, facts: Mapping[str, object]) -> Draft:
    return Draft(kind=kind, to=SAMPLE_PERSON, facts=facts, application=17)


def _answering(kind: str, facts: Mapping[str, object]) -> Draft:
    return Draft(
        kind=kind,
        to=SAMPLE_PERSON,
        facts=facts,
        automatic="auto-replied",
        in_reply_to=SAMPLE_LETTER,
        references=(SAMPLE_LETTER,),
    )


def _asked(call: Call, numbers: tuple[int, ...]) -> tuple[Question, ...]:
    return tuple(question for question in call.questions if question.number in numbers)


def _asking(call: Call, kind: str, facts: Mapping[str, object], numbers: tuple[int, ...]) -> Draft:
    asks = _asked(call, numbers)
    lines = call.profile_lines if len(asks) == len(call.questions) else ()
    return Draft(kind=kind, to=SAMPLE_PERSON, facts=facts, asks=asks, profile_lines=lines)


def _answering_with_form(call: Call, reason: str) -> Draft:
    return Draft(
        kind="form",
        to=Address("", SAMPLE_PERSON.email),
        facts={"reason": reason, "known_question": reason == "enquiry"},
        automatic="auto-replied",
        asks=call.questions,
        profile_lines=call.profile_lines,
        in_reply_to=SAMPLE_LETTER,
        references=(SAMPLE_LETTER,),
    )


def _acknowledgement(
    call: Call, open_numbers: tuple[int, ...], differs: Mapping[str, object], unsure: tuple[int, ...] = ()
) -> Draft:
    still_open = tuple(sorted({*open_numbers, *unsure}))
    facts: dict[str, object] = {
        "reference": "A-017",
        "complete": not still_open,
        "understood": [_understood(question, open_numbers, unsure) for question in call.questions],
        "open": list(still_open),
        "profile": _profile(call),
        "show_content": True,
        "late": False,
        "corrected": [],
        "remarks": False,
        "unread_attachments": [],
        "other_person": False,
        "language_hint": "",
        "became_complete": False,
        "corrected_lines": [],
        "several": False,
        "participant": "",
    }
    return Draft(
        kind="acknowledgement",
        to=SAMPLE_PERSON,
        facts={**facts, **differs},
        automatic="auto-replied",
        application=17,
        asks=_asked(call, still_open),
        profile_lines=call.profile_lines[-1:] if still_open else (),
        in_reply_to=SAMPLE_LETTER,
        references=(SAMPLE_LETTER,),
    )


def _understood(question: Question, missing: tuple[int, ...], unsure: tuple[int, ...]) -> dict[str, object]:
    found = question.number not in missing
    return {
        "number": question.number,
        "question": question.text,
        "text": _WORDS[(question.number - 1) % len(_WORDS)] if found else "",
        "found": found,
        "sure": found and question.number not in unsure,
    }


def _profile(call: Call) -> list[dict[str, object]]:
    texts = {
        "name": "Anna Bērziņa",
        "organisation": "Prison Administration",
        "country": "Latvia",
        "role": "Psychologist",
    }
    lines = [line for line in call.profile_lines if line.key in texts]
    return [{"label": line.label, "text": texts[line.key], "guessed": line.key == "country"} for line in lines]


def _invitation(call: Call, session: Session, answer_by: datetime | None) -> Draft:
    return Draft(
        kind="invitation",
        to=SAMPLE_PERSON,
        facts={"reference": "A-017", "session": session, "sessions": call.sessions, "answer_by": answer_by},
        application=17,
        session=session.key,
        calendar=CalendarWish(session.key),
    )


def _with_room(session: Session, kind: str) -> Draft:
    room = SAMPLE_ROOM if session.online else None
    update = CalendarWish(session.key, link=session.online, answered="ACCEPTED")
    return Draft(
        kind=kind,
        to=SAMPLE_PERSON,
        facts={"reference": "A-017", "session": session, "room": room},
        application=17,
        session=session.key,
        calendar=update if kind == "session_details" else None,
    )


def _to_organiser(call: Call, kind: str, facts: Mapping[str, object], automatic: Automatic = "auto-generated") -> Draft:
    person = call.organisers[0] if call.organisers else call.mailbox
    return Draft(kind=kind, to=Address(person.name, person.email), facts=facts, automatic=automatic)


def _digest(call: Call) -> dict[str, object]:
    until = call.deadline - timedelta(days=2)
    return {
        "since": until - timedelta(days=1),
        "until": until,
        "counts": [("New applications", 2), ("Corrections and additions", 1), ("Questions for you", 1), ("Bounced", 0)],
        "applications": [_shown(call, 1), _shown(call, 2)],
        "undecided": [call.reference(number) for number in (1, 2, 5)],
        "enquiries": [
            {
                "sender": "jonas@agency.example.org",
                "subject": "Can two colleagues take part?",
                "excerpt": "Dear organisers,\nwe are two in our team. May we both apply?\nJonas",
                "held_reason": "",
            }
        ],
        "troubles": [f"{call.reference(3)}: our mail to this address came back (mailbox unavailable)"],
        "rsvps": [
            {"reference": call.reference(4), "name": "Maria Papadopoulou", "session": one, "reply": "accepted"}
            for one in call.sessions
        ],
        "upcoming": [(call.deadline, "closing")],
        "totals": [("Applications", 12), ("Complete", 9), ("Invited", 4), ("Declined", 1), ("Withdrawn", 1)],
        "places": call.places,
    }


def _quiet_digest(call: Call) -> dict[str, object]:
    nothing: list[object] = []
    names = ("counts", "applications", "undecided", "enquiries", "troubles", "rsvps", "upcoming")
    return _digest(call) | dict.fromkeys(names, nothing) | {"totals": [("Applications", 0), ("Complete", 0)]}


def _shown(call: Call, number: int) -> dict[str, object]:
    new = number == 1
    return {
        "reference": call.reference(number),
        "name": "Anna Bērziņa" if new else "Jean-Luc Dupont",
        "organisation": "Prison Administration" if new else "",
        "country": "Latvia" if new else "Belgium (guessed)",
        "role": "Psychologist" if new else "Probation officer",
        "status": "complete" if new else "incomplete",
        "late": not new,
        "news": "new" if new else "corrected",
        "decision": "" if new else "invite",
        "answers": [
            {
                "number": question.number,
                "question": question.text,
                "text": _WORDS[(question.number - 1) % len(_WORDS)] if new or question.number == 1 else "",
                "sure": new,
            }
            for question in call.questions
        ],
        "remarks": ["Best wishes,\nAnna"] if new else [],
        "possibly_same_as": [] if new else [call.reference(7)],
        "notes": [] if new else ["written by office@probation.example.org for this person"],
    }
