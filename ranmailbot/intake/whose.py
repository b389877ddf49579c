"""Whose application a letter continues. An address may belong to one person, to an office, or to two who share it.

Names decide, but a guess weighs less than what was written on the name line, and a name that only repeats the address
("Prison Info" of info@prison.example) is nobody's. In doubt a second application is opened and the person is asked:
two that are one are put together by a glance, one that was two has lost an answer. What is held against what:

| the letter's name | the application's name | it answers a mail about that application | otherwise |
| --- | --- | --- | --- |
| agrees | any | continues | continues |
| none, or nobody's | any | continues | continues, if it is the only one, or the only one it completes |
| any | none, or nobody's | continues | as above |
| written, differs | written | another, if it brings answers; else the name is corrected | another |
| written, differs | guessed | continues: the name was guessed wrongly | continues if it completes; else another |
| guessed, differs | written or guessed | continues | continues if it completes; else another |

*Completes*: it answers no question otherwise than the application does. *Another* person: a new application, with the
question "a correction, or another person?", and a mark for the organisers.
"""

from __future__ import annotations

from enum import StrEnum

from ranmailbot.call.application import Application, ProfileValue, changed_questions, merge_answers
from ranmailbot.desk import Case
from ranmailbot.mail.words import keys

_SHORTEST = 2
_OFFICES = """
    admin administration bureau centre center contact department direction empfang gefängnis geschäftsstelle info
    kanzlei kontakt mail mailbox office post postmaster poststelle prison probation reception sekretariat
    secretariat secretary segreteria service sekretariats team verwaltung
"""


class Names(StrEnum):
    """What two names say of two people."""

    AGREE = "agree"
    UNKNOWN = "unknown"
    PERHAPS_TWO = "perhaps two"
    TWO = "two"


def target(case: Case) -> tuple[Application | None, bool]:
    """The application this letter continues (None: a new one), and whether it seems another person's than those."""
    mine = [person for person in case.context.applications if not person.withdrawn]
    if not mine:
        return None, False
    about = _answered(case, mine)
    if about is not None:
        another = _names(case, about) is Names.TWO and bool(case.reading.answers)
        mine = [about] if not another else [person for person in mine if _names(case, person) is Names.AGREE]
        return (mine[-1], False) if mine else (None, True)
    named = [person for person in mine if _names(case, person) is Names.AGREE]
    if named:
        return named[-1], False
    likely = [person for person in mine if _may_be(case, person, alone=len(mine) == 1)]
    return (likely[0], False) if len(likely) == 1 else (None, True)


def _answered(case: Case, mine: list[Application]) -> Application | None:
    """The sender's application that the answered mail of ours was about."""
    replied = case.context.replied
    number = replied.application if replied is not None else None
    return next((person for person in mine if person.number == number), None)


def _may_be(case: Case, person: Application, *, alone: bool) -> bool:
    names = _names(case, person)
    if names is Names.UNKNOWN and alone:
        return True
    return names is not Names.TWO and _only_completes(case, person)


def _only_completes(case: Case, person: Application) -> bool:
    merged = merge_answers(person.answers, case.reading.answers)
    new = set(changed_questions(person.answers, merged))
    return not any(answer.question in new and answer.sure for answer in person.answers)


def _names(case: Case, person: Application) -> Names:
    written = _name(case.reading.profile)
    stored = _name(person.profile)
    if written is None or stored is None:
        return Names.UNKNOWN
    here, there = _words(written, case), _words(stored, case)
    if not here or not there:
        return Names.UNKNOWN
    if here & there:
        return Names.AGREE
    return Names.PERHAPS_TWO if written.guessed or stored.guessed else Names.TWO


def _name(profile: tuple[ProfileValue, ...]) -> ProfileValue | None:
    return next((value for value in profile if value.key == "name"), None)


def _words(name: ProfileValue, case: Case) -> set[str]:
    """The words of a name; none if it is a guess that names an office, as mailboxes that many use are called."""
    words = {word for word in keys(name.text) if len(word) >= _SHORTEST}
    return set() if name.guessed and _is_office(words, case) else words


def _is_office(words: set[str], case: Case) -> bool:
    local, _, domain = case.sender.email.replace("_", " ").rpartition("@")
    of_domain = set(keys(domain))
    return bool(words & set(keys(_OFFICES))) or (words <= of_domain | set(keys(local)) and bool(words & of_domain))
