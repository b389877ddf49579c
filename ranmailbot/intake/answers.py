"""An application: answers to the form, new, continued, corrected or repeated.

Which form is answered and who answers are two questions: references choose the form, From says who.

Fear: mail in somebody else's name. A letter that proves less than what is stored changes nothing; the stored address is
asked. Known limit: two people in one mail become one application, marked as such, whose remarks show the second.
"""

from __future__ import annotations

from dataclasses import replace

from ranmailbot.call.application import (
    Answer,
    Application,
    Status,
    changed_facts,
    changed_questions,
    merge_answers,
    merge_profile,
    open_questions,
)
from ranmailbot.desk import Case, Folder, Outcome, addressee
from ranmailbot.intake.acknowledgement import acknowledge
from ranmailbot.intake.corrected_lines import facts_of
from ranmailbot.intake.handover import handed_over
from ranmailbot.intake.whose import target
from ranmailbot.mail.outgoing import Draft
from ranmailbot.mail.several import speaks_for_two

MOST_UNPROVEN = 3
"""Applications that nobody has proven, of one address; each of them brings that address mail."""


def recognises(case: Case) -> bool:
    """Whether answers were found, or a corrected line about the person.

    A machine's text, or a stranger's list, counts only at our own questions.
    """
    found, letter = case.reading.answers, case.letter
    if letter.sender is None or letter.returned:
        return False
    if not found:
        return not letter.automatic and _corrects_facts(case)
    if case.reading.anchored:
        return True
    return not letter.automatic and (_labelled_enough(case) or _guess_is_likely(case))


def _corrects_facts(case: Case) -> bool:
    """Whether a line about the person says something new in answer to a mail about the sender's own application."""
    replied = case.context.replied
    about = replied.application if replied is not None else None
    mine = next((person for person in case.context.applications if person.number == about), None)
    if mine is None or mine.withdrawn:
        return False
    return bool(changed_facts(mine.profile, facts_of(case)) or handed_over(case, mine)[1])


def _labelled_enough(case: Case) -> bool:
    """Answers by number: one is enough from who was asked; a stranger's list must answer more of the questions."""
    sure = sum(answer.sure for answer in case.reading.answers)
    return sure >= (1 if _was_asked(case) else min(2, len(case.context.form.questions)))


def _guess_is_likely(case: Case) -> bool:
    """Answers that are only proposed, from who was asked: better asked again about them than sent a second form.

    But who asks us something is not answering. A number before it says that it answers all the same: one that does not
    ask is enough then. Paragraphs may be a letter of any kind: fewer than half of them may ask.
    """
    found = case.reading.answers
    asking = sum(answer.text.rstrip().endswith("?") for answer in found)
    by_number = all(answer.source == "labelled" for answer in found)
    return _was_asked(case) and (asking < len(found) if by_number else 2 * asking < len(found))


def _was_asked(case: Case) -> bool:
    return case.context.replied is not None or case.context.form_sent or bool(case.context.applications)


def handle(case: Case) -> Outcome:
    """A new application, a new version, a repeat, or a change that waits for proof."""
    person, other_person = target(case)
    if person is None and _crowded(case):
        return Outcome("held", Folder.APPLICATIONS, note="one more unproven application of the same address")
    if person is None:
        return _apply(case, other_person=other_person)
    if person.proven and not case.proven:
        return _hold(case, person)
    return _continue(case, person)


def _crowded(case: Case) -> bool:
    """Whether somebody may be borrowing this address, again and again under other names."""
    unproven = [person for person in case.context.applications if not person.proven]
    return not case.proven and len(unproven) >= MOST_UNPROVEN


def _apply(case: Case, *, other_person: bool) -> Outcome:
    """A new application. Behind another's form it may still be the same person: the organisers see both."""
    reading, context = case.reading, case.context
    asked = _asked(case)
    mine = {person.number for person in context.applications}
    siblings = [context.referred] if context.referred is not None and context.referred.number not in mine else []
    siblings += [person for person in context.applications if other_person and not person.withdrawn]
    siblings += context.named.applications if context.named is not None else ()
    person = Application(
        number=context.next_number,
        reference=case.call.reference(context.next_number),
        address=case.sender.email,
        name=_name(case, ""),
        status=_status(merge_answers((), reading.answers), asked),
        answers=merge_answers((), reading.answers),
        profile=merge_profile((), facts_of(case)),
        remarks=_remarks((), case.beside_answers),
        version=1,
        late=case.late,
        proven=case.proven,
        received_at=case.letter.arrived,
        updated_at=case.letter.arrived,
        possibly_same_as=tuple(dict.fromkeys(other.reference for other in siblings)),
        several=_several(case),
    )
    person, asking, participant = handed_over(case, person)
    drafts = acknowledge(case, None, person, other_person=other_person, participant=participant)
    return Outcome("applied", Folder.APPLICATIONS, (person,), (*drafts, *asking), note=person.reference)


def _continue(case: Case, before: Application) -> Outcome:
    person, asking, participant = handed_over(case, _merged(case, before))
    news = changed_questions(before.answers, person.answers) or changed_facts(before.profile, person.profile)
    if not news and not asking and person.several == before.several:
        return Outcome("repeated", Folder.APPLICATIONS, (person,), note=before.reference)
    after = replace(
        person,
        name=_name(case, before.name),
        status=_status(person.answers, _asked(case)),
        version=before.version + 1,
        late_changes=before.late_changes or (case.late and not before.late),
        updated_at=case.letter.arrived,
        undeliverable=False,  # whoever writes from an address can be reached there again
    )
    drafts = (*acknowledge(case, before, after, other_person=False, participant=participant), *asking)
    return Outcome("corrected", Folder.APPLICATIONS, (after,), drafts, note=f"{after.reference} v{after.version}")


def _merged(case: Case, before: Application) -> Application:
    """The application with what this letter brings, question by question and line by line."""
    return replace(
        before,
        answers=merge_answers(before.answers, case.reading.answers),
        profile=merge_profile(before.profile, facts_of(case)),
        remarks=_remarks(before.remarks, case.beside_answers),
        proven=before.proven or case.proven,
        several=before.several or _several(case),
    )


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


def _several(case: Case) -> bool:
    return speaks_for_two(case.letter.text, case.context.form, case.reading)


def _asked(case: Case) -> tuple[int, ...]:
    return tuple(question.number for question in case.call.questions)


def _status(answers: tuple[Answer, ...], asked: tuple[int, ...]) -> Status:
    return Status.INCOMPLETE if open_questions(answers, asked) else Status.COMPLETE


def _name(case: Case, before: str) -> str:
    """The name as written on the form, else as known, else the display name."""
    written = next((value for value in facts_of(case) if value.key == "name"), None)
    if written is not None and not written.guessed:
        return written.text
    return before or (written.text if written else "") or case.sender.name


def _remarks(before: tuple[str, ...], remainder: str) -> tuple[str, ...]:
    """Everything that is no answer, each text once."""
    text = remainder.strip()
    known = {" ".join(remark.split()) for remark in before}
    return before if not text or " ".join(text.split()) in known else (*before, text)
