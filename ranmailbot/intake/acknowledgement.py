"""The acknowledgement, readable in ten seconds: heard, understood, missing. Only what is still open is asked again.

It repeats somebody's words only to who is proven; to others it says which answers were found.
"""

from __future__ import annotations

from ranmailbot.call.application import Application, Status, changed_facts, changed_questions, open_questions
from ranmailbot.desk import Case, answering
from ranmailbot.mail.language import clearly_not, language_name
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.outgoing import Draft

EXCERPT = 280
"""Characters of an answer that are repeated."""
A_DAY = 86_400
DOCUMENTS = (".doc", ".docx", ".odt", ".pdf", ".rtf", ".txt", ".pages")
"""Names of attachments in which people write answers; a picture in a signature needs no word."""
ANOTHER_NAMED = frozenset({"asked", "waits", "not_asked", "no_address"})
"""How it may stand with a participant who is not the author: then the author is greeted by their own name."""
NAMELESS = "a document without a name"


def acknowledge(
    case: Case, before: Application | None, after: Application, *, other_person: bool, participant: str = ""
) -> tuple[Draft, ...]:
    """The acknowledgement of this version, or nothing if the letter may not be answered.

    An incomplete application waits a moment for the next letter of the same person, and a newer acknowledgement
    replaces one that still waits. Past the daily limit it waits a day, unless the application of a proven author has
    become complete. `participant` says how it stands with another address that was named (intake/handover.py).
    """
    if not case.letter.answerable:
        return ()
    complete = after.status is Status.COMPLETE
    became = complete and (before is None or before.status is not Status.COMPLETE)
    numbers = open_questions(after.answers, tuple(question.number for question in case.call.questions))
    known = {value.key for value in after.profile if not value.guessed}
    draft = Draft(
        kind="acknowledgement",
        to=case.sender if participant in ANOTHER_NAMED else answering(case, after),
        facts={
            **_facts(case, before, after),
            "other_person": other_person,
            "became_complete": became,
            "participant": participant,
            "remarks": participant != "confirmed" and bool(case.beside_answers),
        },
        automatic="auto-replied",
        application=after.number,
        asks=tuple(question for question in case.call.questions if question.number in numbers),
        profile_lines=tuple(line for line in case.call.profile_lines if line.key not in known) if numbers else (),
        in_reply_to=case.letter.message_id,
        references=(*case.letter.references, case.letter.message_id),
        reply_subject=case.letter.subject if case.proven else "",
        thread=_thread(case, after),
        wait=_wait(case, became=became, complete=complete),
    )
    return (draft,)


def _thread(case: Case, after: Application) -> str:
    """Of an address that proves nothing only one acknowledgement waits at a time, whatever names were written."""
    if case.proven:
        return f"acknowledgement:{after.reference}"
    first = next((person.reference for person in case.context.applications), after.reference)
    return f"acknowledgement:unproven:{first}"


def _wait(case: Case, *, became: bool, complete: bool) -> int:
    if not case.may_answer and not (became and case.proven):
        return A_DAY
    return 0 if complete else case.settle_seconds


def _facts(case: Case, before: Application | None, after: Application) -> dict[str, object]:
    labels: dict[str, str] = {line.key: line.label for line in case.call.profile_lines}
    order = {key: place for place, key in enumerate(labels)}
    numbers = tuple(question.number for question in case.call.questions)
    return {
        "reference": after.reference,
        "complete": after.status is Status.COMPLETE,
        "understood": [_understood(question.number, question.text, case, after) for question in case.call.questions],
        "open": list(open_questions(after.answers, numbers)),
        "profile": [
            {"label": labels.get(value.key, value.key), "text": value.text, "guessed": value.guessed}
            for value in sorted(after.profile, key=lambda value: order.get(value.key, len(order)))
        ],
        "show_content": case.proven,
        "late": case.late,
        "corrected": list(changed_questions(before.answers, after.answers)) if before else [],
        "corrected_lines": [
            labels.get(key, key) for key in (changed_facts(before.profile, after.profile) if before else ())
        ],
        "unread_attachments": _unread(case.letter),
        "several": after.several,
        "language_hint": _language_hint(case, after),
    }


def _language_hint(case: Case, after: Application) -> str:
    """The name of the call's language, if the answers are clearly not written in it; else the empty text."""
    if not clearly_not([answer.text for answer in after.answers], case.call.language):
        return ""
    return language_name(case.call.language) or "the language of this call"


def _unread(letter: Letter) -> list[str]:
    """What may hold answers and could not be read."""
    return [
        part.name or NAMELESS
        for part in letter.attachments
        if not part.read and (part.reason or part.name.lower().endswith(DOCUMENTS))
    ]


def _understood(number: int, question: str, case: Case, after: Application) -> dict[str, object]:
    answer = after.answer(number)
    text = " ".join(answer.text.split()) if answer and case.proven else ""
    excerpt = text if len(text) <= EXCERPT else text[:EXCERPT].rsplit(" ", 1)[0] + " …"
    return {
        "number": number,
        "question": question,
        "text": excerpt,
        "found": answer is not None,
        "sure": answer is not None and answer.sure,
    }
