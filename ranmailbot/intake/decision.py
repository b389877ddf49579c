"""An organiser decides by replying to a digest: "invite A-001 A-002", "decline A-003", "undecide A-004".

Fear: everybody who would like to be an organiser. All layers must hold: exactly one author, one of the
listed organisers, authenticated by our own server, in reply to a mail that went to that very organiser within three
days, a closed grammar.
Whatever happens, all organisers are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ranmailbot.call.application import Application, Decision, StepRefused, decide
from ranmailbot.desk import Case, Folder, Outcome
from ranmailbot.mail.address import Address
from ranmailbot.mail.outgoing import Draft

ANSWERABLE = frozenset({"digest", "decision_receipt", "decision_refused", "alarm"})
VERBS: dict[str, Decision | None] = {"invite": Decision.INVITE, "decline": Decision.DECLINE, "undecide": None}
VALID_FOR = timedelta(hours=72)
DATE_WITHIN = timedelta(hours=48)
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Command:
    """One line: a decision for one application."""

    line: str
    decision: Decision | None
    number: int


class NotACommand(Exception):
    """A line that is no command. The text is the remedy."""


def recognises(case: Case) -> bool:
    """Whether the author claims to be an organiser and speaks of decisions."""
    if case.context.organiser is None or case.letter.automatic:
        return False
    replied = case.context.replied
    lines = _lines(case.command)
    return (replied is not None and replied.kind in ANSWERABLE) or any(_verb(line) in VERBS for line in lines)


def handle(case: Case) -> Outcome:
    """Decide everything the mail asks for, or nothing."""
    if hindrance := _hindrance(case):
        return _refuse(case, hindrance, ())
    try:
        commands = _commands(case)
        decided = _apply(case, commands)
    except (NotACommand, StepRefused) as fault:
        return _refuse(case, str(fault), tuple(_lines(case.command)))
    lines = [f"{_said(command)} {case.call.reference(command.number)}" for command in commands]
    return Outcome(
        "decided",
        Folder.ORGANISERS,
        applications=tuple(decided.values()),
        drafts=_receipts(case, lines),
        note="; ".join(lines),
    )


def _hindrance(case: Case) -> str:
    """Why this author may not decide by this mail, or the empty text."""
    replied = case.context.replied
    if not case.letter.authentication.passed:
        return "the mail server could not confirm that this mail comes from the address it names"
    if replied is None or replied.kind not in ANSWERABLE or not case.round_trip:
        return "it does not answer a digest that was sent to this address; please reply to your own latest digest"
    if case.letter.arrived - replied.at > VALID_FOR:
        return "the digest it answers is older than three days; please reply to your latest digest"
    if case.letter.date is not None and abs(case.letter.date - case.letter.arrived) > DATE_WITHIN:
        return "its Date lies more than two days from when it arrived"
    return ""


def _lines(text: str) -> list[str]:
    """The first paragraph: commands stand there, a signature stands below an empty line."""
    return [line.strip() for line in text.strip().split("\n\n")[0].split("\n") if line.strip()]


def _verb(line: str) -> str:
    words = line.casefold().split()
    return words[0].rstrip(":") if words else ""


def _commands(case: Case) -> list[Command]:
    below = case.command.strip().split("\n\n")[1:]
    hidden = [line for block in below for line in block.split("\n") if _verb(line.strip()) in VERBS]
    if hidden:
        raise NotACommand("there are decisions below an empty line; please write all of them in one block on top")
    commands = [command for line in _lines(case.command) for command in _read(case, line)]
    if not commands:
        raise NotACommand('there is no decision in it; write for example "invite A-001 A-002"')
    if len({command.number for command in commands}) < len(commands):
        raise NotACommand("one application is named twice")
    return commands


def _read(case: Case, line: str) -> list[Command]:
    verb = _verb(line)
    if verb not in VERBS:
        raise NotACommand("a line does not begin with invite, decline or undecide")
    named = line.replace(",", " ").split()[1:]
    if not named:
        raise NotACommand(f"{verb} names no application")
    return [Command(line, VERBS[verb], _number(case, word)) for word in named]


def _number(case: Case, word: str) -> int:
    prefix = case.call.reference_prefix.casefold() + "-"
    digits = word.casefold().removeprefix(prefix).rstrip(".")
    plain = digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS
    if not word.casefold().startswith(prefix) or not plain:
        raise NotACommand(f"a reference is written like {case.call.reference(1)}")
    return int(digits)


def _apply(case: Case, commands: list[Command]) -> dict[int, Application]:
    decided: dict[int, Application] = {}
    for command in commands:
        person = case.context.decided.get(command.number)
        if person is None:
            raise NotACommand(f"there is no application {case.call.reference(command.number)}")
        decided[command.number] = decide(person, command.decision)
    return decided


def _said(command: Command) -> str:
    return {Decision.INVITE: "invite", Decision.DECLINE: "decline", None: "undecide"}[command.decision]


def _receipts(case: Case, lines: list[str]) -> tuple[Draft, ...]:
    """To every organiser: who decides in our name is seen by all."""
    by = case.context.organiser.name if case.context.organiser else ""
    return tuple(
        Draft(
            kind="decision_receipt",
            to=Address(organiser.name, organiser.email),
            facts={"by": by, "lines": lines, "refused": []},
            automatic="auto-replied",
        )
        for organiser in case.call.organisers
    )


def _refuse(case: Case, reason: str, lines: tuple[str, ...]) -> Outcome:
    """Told to the organiser's own address: if somebody else wrote, the organiser learns of it."""
    organiser = case.context.organiser
    if organiser is None or not case.may_answer:
        return Outcome("decision_refused", Folder.ORGANISERS, note=reason)
    draft = Draft(
        kind="decision_refused",
        to=Address(organiser.name, organiser.email),
        facts={"reason": reason, "lines": list(lines) if case.letter.authentication.passed else []},
        automatic="auto-replied",
    )
    return Outcome("decision_refused", Folder.ORGANISERS, drafts=(draft,), note=reason)
