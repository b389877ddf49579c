"""`timeline`, `status`, `list`, `show`, `outbox`: what is planned, what is stored, what was sent. Reads only."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.cli.console import REFUSED, Console, Usage
from ranmailbot.cli.desk import desktop_of, local, settings_of
from ranmailbot.ports import MailRecord, State


def timeline(console: Console, options: Namespace) -> int:
    """Every milestone in local time; digests are summed up unless a program asks."""
    settings = settings_of(options)
    call = settings.call
    settled = _settled(options)
    rows = [
        {"key": m.key, "mailing": m.mailing, "session": m.session, "moment": m.moment.isoformat(),
         "local": local(m.moment, _zone(call, m.session)), "until": m.late_until.isoformat(),
         "state": settled.get(m.key, "ahead")}
        for m in call.milestones()
    ]  # fmt: skip
    if options.json:
        console.json(rows)
        return 0
    shown = [row for row in rows if row["mailing"] != "digest"]
    console.table(("when", "mailing", "session", "state"), [
        (str(row["local"]), str(row["mailing"]), str(row["session"] or ""), str(row["state"])) for row in shown
    ])  # fmt: skip
    digests = [row for row in rows if row["mailing"] == "digest"]
    if digests:
        console.say(f"and a digest to the organisers every day: {digests[0]['local']} to {digests[-1]['local']}")
    return 0


def status(console: Console, options: Namespace) -> int:
    """The sums of the books."""
    reports = desktop_of(options).reports
    books = reports.books()
    milestones = {state: _count(books.milestones, state) for state in ("kept", "lapsed")}
    facts = {
        "applications": books.applications,
        "letters": {"total": sum(books.letters.values()), "outcomes": dict(books.letters), "copies": books.copies},
        "mails": {"states": dict(books.states), "sent": dict(books.sent)},
        "milestones": milestones,
    }
    if options.json:
        console.json(facts)
        return 0
    console.say(f"applications  {books.applications}")
    _sums(console, "letters in", books.letters)
    _sums(console, "mails sent", books.sent)
    _sums(console, "outbox", books.states)
    _sums(console, "milestones", milestones)
    return 0


def listing(console: Console, options: Namespace) -> int:
    """The applications, one a line."""
    people = [
        person
        for person in desktop_of(options).reports.applications()
        if options.status in (None, str(person.status))
        and not (options.undecided and (person.decision or person.withdrawn))
    ]
    if options.json:
        console.json([_short(person) for person in people])
        return 0
    console.table(("reference", "status", "decision", "told", "late", "name"), [
        (person.reference, str(person.status), str(person.decision or "-"), str(person.told or "-"),
         "late" if person.late else "", person.name) for person in people
    ])  # fmt: skip
    return 0


def show(console: Console, options: Namespace) -> int:
    """One application in full."""
    desktop = desktop_of(options)
    call = desktop.settings.call
    wanted = options.reference.strip().casefold()
    person = next((p for p in desktop.reports.applications() if p.reference.casefold() == wanted), None)
    if person is None:
        raise Usage(f"there is no application {options.reference}; `ranmailbot list` shows them all")
    letters = [asdict(letter) for letter in desktop.reports.letters() if letter.application == person.number]
    mails = [asdict(mail) for mail in desktop.reports.mails() if mail.application == person.number]
    if options.json:
        console.json({**_short(person), **_long(person), "letters": letters, "mails": mails})
        return 0
    _describe(console, call, person)
    for letter in letters:
        console.say(f"in   {local(letter['arrived'], call.zone)}  {letter['outcome']}")
    for mail in mails:
        console.say(
            f"out  {local(mail['created_at'], call.zone)}  {mail['kind']} ({mail['state']}), mail {mail['number']}"
        )
    return 0


def outbox(console: Console, options: Namespace) -> int:
    """The mails, or one of them."""
    desktop = desktop_of(options)
    if options.eml is not None:
        try:
            console.bytes(desktop.reports.mail_bytes(options.eml))
        except KeyError:
            raise Usage(f"there is no mail {options.eml}; `ranmailbot outbox` lists them") from None
        return 0
    mails = desktop.reports.mails((State(options.state),) if options.state else ())
    if options.json:
        console.json([asdict(mail) for mail in mails])
        return 0
    zone = desktop.settings.call.zone
    console.table(("mail", "state", "kind", "written", "attempts", "answer"), [_mail(mail, zone) for mail in mails])
    return REFUSED if any(mail.state is State.HELD for mail in mails) else 0


def _mail(mail: MailRecord, zone: str) -> tuple[str, ...]:
    written = local(mail.created_at, zone)
    return (str(mail.number), str(mail.state), mail.kind, written, str(mail.attempts), mail.last_reply)


def _settled(options: Namespace) -> dict[str, str]:
    try:
        books = desktop_of(options).reports.books()
    except Usage:  # nothing is stored yet: everything lies ahead
        return {}
    return {key: state for key, state, _ in books.milestones}


def _zone(call: Call, session: str | None) -> str:
    return call.session(session).zone if session else call.zone


def _count(milestones: tuple[tuple[str, str, Any], ...], state: str) -> int:
    return sum(found == state for _, found, _ in milestones)


def _sums(console: Console, title: str, sums: Mapping[str, int]) -> None:
    parts = ", ".join(f"{name} {number}" for name, number in sums.items())
    console.say(f"{title:<12}  {sum(sums.values())}" + (f"  ({parts})" if parts else ""))


def _short(person: Application) -> dict[str, object]:
    return {
        "reference": person.reference,
        "status": person.status,
        "decision": person.decision,
        "told": person.told,
        "late": person.late,
        "version": person.version,
        "name": person.name,
        "address": person.address,
        "received": person.received_at.isoformat(),
    }


def _long(person: Application) -> dict[str, object]:
    return {
        "answers": [asdict(answer) for answer in person.answers],
        "profile": [asdict(value) for value in person.profile],
        "remarks": list(person.remarks),
        "possibly_same_as": list(person.possibly_same_as),
        "correspondent": person.correspondent,
        "several": person.several,
        "rsvps": {key: str(rsvp.reply) for key, rsvp in person.rsvps.items()},
        "undeliverable": person.undeliverable,
        "proven": person.proven,
    }


def _describe(console: Console, call: Call, person: Application) -> None:
    decision = f"decision: {person.decision or 'none'}, told: {person.told or 'nothing'}"
    console.say(f"{person.reference}  {person.status}, version {person.version}; {decision}")
    console.say(f"{person.name} <{person.address}>")
    if person.correspondent:
        console.say(f"written by {person.correspondent} for this person, who has confirmed it")
    if person.several:
        console.say("seems to be written for two people")
    for value in person.profile:
        console.say(f"{value.key}: {value.text}{' (a guess)' if value.guessed else ''}")
    for question in call.questions:
        answer = person.answer(question.number)
        console.say(f"\n{question.number}. {question.text}")
        console.say("   -" if answer is None else f"   {answer.text}{'' if answer.sure else '  (unsure)'}")
    for remark in person.remarks:
        console.say(f"\nalso written:\n{remark}")
    for key, rsvp in person.rsvps.items():
        console.say(f"\n{key}: {rsvp.reply}")
    console.say()
