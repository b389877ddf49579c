"""Anything else: a human reads it. Whoever has not seen the form yet gets it, with the promise that a person will read.

Fear: strangers who borrow addresses. An unproven address gets one mail a day at most, with none of its own words in it.
"""

from __future__ import annotations

from ranmailbot.desk import Case, Folder, Outcome
from ranmailbot.mail.address import Address
from ranmailbot.mail.outgoing import Draft
from ranmailbot.mail.signature import tail_start
from ranmailbot.mail.words import keys

NO_ADDRESS = "the bot cannot write to its sender (letters beyond ASCII before the @, or not one address): please answer"
POINTERS = frozenset({"attached", "attachment", "enclosed", "photo", "photos", "picture", "scan", "voice", "memo"})
_POINTING_WORDS = 8
"""A text of at most so many words that names what is attached says nothing else."""


def recognises(case: Case) -> bool:  # noqa: ARG001 - the last line of the table takes whatever comes
    """Always."""
    return True


def handle(case: Case) -> Outcome:
    """The form to newcomers and to whom we cannot read; a short receipt to everybody else."""
    unreadable = _unreadable(case)
    name = "unreadable" if unreadable else "enquired"
    if not case.may_answer or case.context.organiser is not None:
        return Outcome(name, Folder.ENQUIRIES, note=case.letter.silence or ("" if case.letter.sender else NO_ADDRESS))
    if unreadable:
        return Outcome(name, Folder.ENQUIRIES, drafts=(_form(case, unreadable),))
    if not case.context.form_sent and not case.context.applications:
        reason = "late" if case.late else "enquiry"
        return Outcome("form_sent", Folder.ENQUIRIES, drafts=(_form(case, reason),))
    return Outcome(name, Folder.ENQUIRIES, drafts=(_receipt(case),))


def _unreadable(case: Case) -> str:
    """Why nobody could read it: "unreadable" (encrypted, or nothing but unread files), "picture" (or sound), or ""."""
    letter = case.letter
    if letter.encrypted:
        return "unreadable"
    unread = [part.content_type.partition("/")[0] for part in letter.attachments if not part.read]
    if not unread or letter.documents or not _says_nothing(case):
        return ""
    return "picture" if {*unread} <= {"image", "audio", "video"} else "unreadable"


def _says_nothing(case: Case) -> bool:
    """Whether above farewell and "Sent from my phone" there is no word, or only that something is attached."""
    rows = [row for row in case.beside_answers.split("\n") if row.strip()]
    said = keys(" ".join(rows[: tail_start(rows, case.letter.sender)]))
    return not said or (len(said) <= _POINTING_WORDS and bool(set(said) & POINTERS))


def _form(case: Case, reason: str) -> Draft:
    call = case.call
    return Draft(
        kind="form",
        to=case.sender if case.proven else Address("", case.sender.email),
        facts={"reason": reason, "known_question": reason == "enquiry"},
        automatic="auto-replied",
        asks=call.questions,
        profile_lines=call.profile_lines,
        in_reply_to=case.letter.message_id,
        references=(*case.letter.references, case.letter.message_id),
    )


def _receipt(case: Case) -> Draft:
    known = case.context.applications
    return Draft(
        kind="passed_on",
        to=case.sender,
        facts={"subject_matter": "question"},
        automatic="auto-replied",
        application=known[-1].number if known else None,
        in_reply_to=case.letter.message_id,
        references=(*case.letter.references, case.letter.message_id),
    )
