"""Warnings: what is allowed and yet probably not meant. They stop nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ranmailbot.config import plans
from ranmailbot.config.build import authserv_id
from ranmailbot.config.complaint import Fault, Where
from ranmailbot.config.sections import ConfigFile
from ranmailbot.config.shape import Tables
from ranmailbot.config.values import is_reserved
from ranmailbot.mail.form import SHORT_QUESTION_WORDS


def warnings(file: ConfigFile, tables: Tables) -> Iterator[Fault]:
    """Everything that deserves a second look, for a file without faults."""
    yield from _short_questions(file)
    yield from _rooms(file)
    yield from _announcement(file)
    yield from _missing_mailings(file)
    yield from plans.too_early(tables)
    if file.mailbox.server != "built-in":
        yield from _reserved(file)
        yield from _trust(file)


def _short_questions(file: ConfigFile) -> Iterator[Fault]:
    for index, question in enumerate(file.questions):
        count = len(question.text.split())
        if count < SHORT_QUESTION_WORDS:
            remedy = (
                f"This question has only {count} words: where an applicant retypes the question, "
                "short ones are harder to tell from an answer."
            )
            yield Fault(("questions", index, "text"), question.text, remedy)


def _rooms(file: ConfigFile) -> Iterator[Fault]:
    for index, session in enumerate(file.sessions):
        where = ("sessions", index, "webex")
        if session.online and session.webex is None:
            yield Fault(
                where, None, "There are no Webex details yet: nobody can be told how to join until they are here."
            )
        elif session.webex is not None and session.webex.approved_by is None:
            yield Fault(where, None, "No organiser has approved these details yet: they are not sent before.")


def _announcement(file: ConfigFile) -> Iterator[Fault]:
    planned = any(line.mailing == "announcement" for line in file.timeline)
    if planned and file.announcement.contacts_csv is None:
        yield Fault(
            ("announcement",), None, "An announcement is planned, but there is no list of people: it goes to nobody."
        )
    if file.announcement.contacts_csv is not None and not planned:
        yield Fault(("announcement",), None, "There is a list of people, but the timeline holds no announcement.")


def _missing_mailings(file: ConfigFile) -> Iterator[Fault]:
    planned = {line.mailing for line in file.timeline}
    needed = {
        "digest": "the organisers get no daily report and cannot decide by replying to it",
        "invitation": "nobody is ever invited",
        "regret": "who is not invited is never told",
    }
    if any(session.online for session in file.sessions):
        needed["session_details"] = "nobody is told how to join"
    for mailing, effect in needed.items():
        if mailing not in planned:
            yield Fault(("timeline",), None, f"The timeline holds no {mailing}: {effect}.")


def _reserved(file: ConfigFile) -> Iterator[Fault]:
    addresses: list[tuple[Where, str]] = [(("mailbox", "address"), file.mailbox.address)]
    for group, people in (("contacts", file.contacts), ("organisers", file.organisers)):
        addresses += [((group, index, "email"), person.email) for index, person in enumerate(people)]
    for where, address in addresses:
        if is_reserved(address.rpartition("@")[2]):
            yield Fault(where, address, "This domain is reserved for samples: no mail ever arrives there.")
    for section, host in (("mailbox", file.mailbox.host), ("submission", file.submission.host)):
        if is_reserved(host or ""):
            yield Fault((section, "host"), host, "This name is reserved for samples: there is no such server.")


def _trust(file: ConfigFile) -> Iterator[Fault]:
    box, where = file.mailbox, ("mailbox", "authserv_id")
    if box.trust == "generic" and not authserv_id(box):
        effect = (
            "only letters with a DKIM signature that holds count as authenticated"
            if box.own_dkim
            else "no letter counts as authenticated, and organisers cannot decide by mail"
        )
        yield Fault(where, None, f"It is missing: without it {effect}.")
    if box.trust == "microsoft365" and box.authserv_id:
        yield Fault(where, box.authserv_id, "Exchange Online writes no such name: with this trust it is not used.")
