"""An applicant asks for something about the application itself: withdraw it, show my data, erase it.

Fear: withdrawals forged by others. Who is not proven changes nothing: the stored address is asked instead.
Known limit: data and erasure requests are passed on to the organisers; they are not carried out by mail yet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from ranmailbot.call.application import Application, Status
from ranmailbot.desk import Case, Folder, Outcome, addressee
from ranmailbot.mail.outgoing import Draft

Wish = Literal["withdraw", "perhaps", "data", "erasure"]

WORDS: dict[str, Wish] = {
    "withdraw": "withdraw",
    "withdraw my application": "withdraw",
    "please withdraw my application": "withdraw",
    "i withdraw": "withdraw",
    "i withdraw my application": "withdraw",
    "unsubscribe": "withdraw",
    "my data": "data",
    "show my data": "data",
    "erase": "erasure",
    "erase my data": "erasure",
    "delete my data": "erasure",
}
_PERHAPS_UP_TO = 20
"""A first line of at most so many words that speaks of withdrawing is asked about; a longer one is a story."""


def recognises(case: Case) -> bool:
    """Whether the new text begins with a request. Answers at our questions win; a guess at answers does not."""
    wish = _wish(case)
    if case.letter.automatic or wish is None or case.reading.anchored:
        return False
    return wish != "perhaps" or not case.reading.answers


def handle(case: Case) -> Outcome:
    """Withdraw who is proven, ask who is not, pass the rest on."""
    wish = _wish(case)
    if wish in ("data", "erasure"):
        return _pass_on(case, wish)
    mine = _mine(case)
    if wish == "withdraw" and not mine and case.proven and case.letter.sender is not None:
        return Outcome("withdrawn", Folder.REQUESTS, unsubscribe=(case.sender.email,))
    if wish == "withdraw" and len(mine) == 1 and case.proven:
        return _withdraw(case, mine[0])
    drafts = tuple(_check(person) for person in mine) if case.may_ask else ()
    return Outcome("withdrawal_asked", Folder.REQUESTS, drafts=drafts)


def _wish(case: Case) -> Wish | None:
    lines = [_words(line) for line in _first_lines(case)]
    known = next((WORDS[" ".join(words)] for words in lines if " ".join(words) in WORDS), None)
    if known is None and case.context.applications:
        perhaps = any("withdraw" in words and len(words) <= _PERHAPS_UP_TO for words in lines)
        return "perhaps" if perhaps else None
    return known


def _first_lines(case: Case) -> list[str]:
    """Where a request stands: on top of the letter, of its new text, or in the subject of a letter without text.

    Nowhere, if an attached message lent some of the text: somebody else may have written it.
    """
    if case.letter.borrowed:
        return []
    unquoted = (line.text for line in case.letter.text.lines if line.depth == 0 and line.text.strip())
    new = (line for line in case.command.split("\n") if line.strip())
    found = [line for line in (next(unquoted, ""), next(new, "")) if line]
    return found if case.letter.text.text.strip() else [case.letter.subject]


def _words(line: str) -> list[str]:
    return line.casefold().replace(",", " ").strip(" .!\t\"'*").split()


def _mine(case: Case) -> tuple[Application, ...]:
    """The applications meant: the one referred to if it is the sender's, else all of the sender's."""
    mine = tuple(person for person in case.context.applications if not person.withdrawn)
    referred = case.context.referred
    if referred is None:
        return mine
    return tuple(person for person in mine if person.number == referred.number) or mine


def _withdraw(case: Case, person: Application) -> Outcome:
    draft = Draft(
        kind="withdrawn",
        to=addressee(person),
        facts={"reference": person.reference},
        automatic="auto-replied",
        application=person.number,
        in_reply_to=case.letter.message_id,
        references=(*case.letter.references, case.letter.message_id),
    )
    return Outcome(
        "withdrawn",
        Folder.REQUESTS,
        applications=(replace(person, status=Status.WITHDRAWN, updated_at=case.letter.arrived),),
        drafts=(draft,) if case.letter.answerable else (),
        note=f"{person.reference} withdrew",
    )


def _check(person: Application) -> Draft:
    """Goes to the stored address, not to whoever asked, and answers no letter: it quotes nothing."""
    return Draft(
        kind="withdrawal_check",
        to=addressee(person),
        facts={"reference": person.reference},
        automatic="auto-replied",
        application=person.number,
    )


def _pass_on(case: Case, wish: str) -> Outcome:
    drafts = (_receipt(case, wish),) if case.may_answer else ()
    return Outcome("passed_on", Folder.REQUESTS, drafts=drafts, note=f"asked for {wish}")


def _receipt(case: Case, wish: str) -> Draft:
    return Draft(
        kind="passed_on",
        to=case.sender,
        facts={"subject_matter": wish},
        automatic="auto-replied",
        in_reply_to=case.letter.message_id,
        references=(*case.letter.references, case.letter.message_id),
    )
