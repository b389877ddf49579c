"""An application: answers to the form, new, continued, corrected or repeated.

Which form is answered and who answers are two questions: references choose the form, From says who.

Fear: mail in somebody else's name. A letter that proves less than what is stored changes nothing; the stored address is
asked. Known limit: two people in one mail become one application whose remarks show the second.
"""

from __future__ import annotations

from dataclasses import replace

from ranmailbot.call.application import (
    Answer,
    Application,
    Status,
    changed_questions,
    merge_answers,
    merge_profile,
    open_questions,
)
from ranmailbot.desk import Case, Folder, Outcome, addressee
from ranmailbot.intake.acknowledgement import acknowledge
from ranmailbot.mail.outgoing import Draft

MOST_UNPROVEN = 3
"""Applications that nobody has proven, of one address; each of them brings that address mail."""


def recognises(case: Case) -> bool:
    """Whether answers were found. A machine's text, or a stranger's list, counts only at our own questions."""
    found, letter = case.reading.answers, case.letter
    if not found or letter.sender is None or letter.returned:
        return False
    if case.reading.anchored:
        return True
    return not letter.automatic and (_labelled_enough(case) or _guess_is_likely(case))


def _labelled_enough(case: Case) -> bool:
    """Answers by number: one is enough from who was asked; a stranger's list must answer more of the questions."""
    sure = sum(answer.sure for answer in case.reading.answers)
    return sure >= (1 if _was_asked(case) else min(2, len(case.context.form.questions)))


def _guess_is_likely(case: Case) -> bool:
    """As many paragraphs as questions, from who was asked; but who asks us something is not answering."""
    return _was_asked(case) and not any(answer.text.rstrip().endswith("?") for answer in case.reading.answers)


def _was_asked(case: Case) -> bool:
    return case.context.replied is not None or case.context.form_sent or bool(case.context.applications)


def handle(case: Case) -> Outcome:
    """A new application, a new version, a repeat, or a change that waits for proof."""
    target, other_person = _target(case)
    if target is None and _crowded(case):
        return Outcome("held", Folder.APPLICATIONS, note="one more unproven application of the same address")
    if target is None:
        return _apply(case, other_person=other_person)
    if target.proven and not case.proven:
        return _hold(case, target)
    return _continue(case, target)


def _target(case: Case) -> tuple[Application | None, bool]:
    """Which application of the sender's this letter continues, and whether it seems another person's."""
    mine = [person for person in case.context.applications if not person.withdrawn]
    referred = case.context.referred
    if referred is not None and any(person.number == referred.number for person in mine):
        mine = [person for person in mine if person.number == referred.number]
    if not mine:
        return None, False
    same = [person for person in mine if not _another_name(case, person)]
    return (same[-1], False) if same else (None, True)


def _crowded(case: Case) -> bool:
    """Whether somebody may be borrowing this address, again and again under other names."""
    unproven = [person for person in case.context.applications if not person.proven]
    return not case.proven and len(unproven) >= MOST_UNPROVEN


def _another_name(case: Case, person: Application) -> bool:
    """Whether letter and application name two people. Like is held against like: written against written."""
    written = {value.key: value for value in case.reading.profile}.get("name")
    stored = {value.key: value for value in person.profile}.get("name")
    if written is not None and stored is not None and written.guessed == stored.guessed:
        return _differ(written.text, stored.text)
    return False


def _differ(one: str, other: str) -> bool:
    first, second = (
        {word.strip(".,;()") for word in name.casefold().split() if len(word.strip(".,;()")) > 1}
        for name in (one, other)
    )
    return bool(first and second) and not first & second


def _apply(case: Case, *, other_person: bool) -> Outcome:
    """A new application. Behind another's form it may still be the same person: the organisers see both."""
    reading, context = case.reading, case.context
    asked = _asked(case)
    mine = {person.number for person in context.applications}
    siblings = [context.referred] if context.referred is not None and context.referred.number not in mine else []
    siblings += [person for person in context.applications if other_person and not person.withdrawn]
    person = Application(
        number=context.next_number,
        reference=case.call.reference(context.next_number),
        address=case.sender.email,
        name=_name(case, ""),
        status=_status(merge_answers((), reading.answers), asked),
        answers=merge_answers((), reading.answers),
        profile=merge_profile((), reading.profile),
        remarks=_remarks((), case.beside_answers),
        version=1,
        late=case.late,
        proven=case.proven,
        received_at=case.letter.arrived,
        updated_at=case.letter.arrived,
        possibly_same_as=tuple(dict.fromkeys(other.reference for other in siblings)),
    )
    drafts = acknowledge(case, None, person, other_person=other_person)
    return Outcome("applied", Folder.APPLICATIONS, (person,), drafts, note=person.reference)


def _continue(case: Case, before: Application) -> Outcome:
    answers = merge_answers(before.answers, case.reading.answers)
    profile = merge_profile(before.profile, case.reading.profile)
    remarks = _remarks(before.remarks, case.beside_answers)
    if not changed_questions(before.answers, answers) and profile == before.profile:
        kept = replace(before, remarks=remarks, proven=before.proven or case.proven)
        return Outcome("repeated", Folder.APPLICATIONS, (kept,), note=before.reference)
    after = replace(
        before,
        name=_name(case, before.name),
        status=_status(answers, _asked(case)),
        answers=answers,
        profile=profile,
        remarks=remarks,
        version=before.version + 1,
        late_changes=before.late_changes or (case.late and not before.late),
        proven=before.proven or case.proven,
        updated_at=case.letter.arrived,
        undeliverable=False,  # whoever writes from an address can be reached there again
    )
    drafts = acknowledge(case, before, after, other_person=False)
    return Outcome("corrected", Folder.APPLICATIONS, (after,), drafts, note=f"{after.reference} v{after.version}")


def _hold(case: Case, target: Application) -> Outcome:
    """Nothing changes. The stored address is asked to send the changes in reply to a mail that only it gets."""
    draft = Draft(
        kind="correction_check",
        to=addressee(target),
        facts={"reference": target.reference},
        automatic="auto-replied",
        application=target.number,
        thread=f"check:{target.reference}",
    )
    drafts = (draft,) if case.may_ask else ()
    return Outcome("held", Folder.APPLICATIONS, drafts=drafts, note=f"unproven change of {target.reference}")


def _asked(case: Case) -> tuple[int, ...]:
    return tuple(question.number for question in case.call.questions)


def _status(answers: tuple[Answer, ...], asked: tuple[int, ...]) -> Status:
    return Status.INCOMPLETE if open_questions(answers, asked) else Status.COMPLETE


def _name(case: Case, before: str) -> str:
    """The name as written on the form, else as known, else the display name."""
    written = next((value for value in case.reading.profile if value.key == "name"), None)
    if written is not None and not written.guessed:
        return written.text
    return before or (written.text if written else "") or case.sender.name


def _remarks(before: tuple[str, ...], remainder: str) -> tuple[str, ...]:
    """Everything that is no answer, each text once."""
    text = remainder.strip()
    known = {" ".join(remark.split()) for remark in before}
    return before if not text or " ".join(text.split()) in known else (*before, text)
