"""`decide`: an organiser at the machine decides, also while the bot runs."""

from __future__ import annotations

from argparse import Namespace

from ranmailbot.call.application import Decision
from ranmailbot.cli.console import Console, Usage
from ranmailbot.cli.desk import desktop_of
from ranmailbot.flows.decide import decide_by_command
from ranmailbot.service import RandomTokens

DECISIONS: dict[str, Decision | None] = {"invite": Decision.INVITE, "decline": Decision.DECLINE, "undecide": None}


def decide(console: Console, options: Namespace) -> int:
    """All of the applications, or none."""
    desktop = desktop_of(options)
    call = desktop.settings.call
    numbers = [number_of(call.reference_prefix, reference) for reference in options.references]
    decision = DECISIONS[options.decision]
    decided = decide_by_command(desktop.store, desktop.clock, RandomTokens(), call, decision=decision, numbers=numbers)
    if options.json:
        console.json([{"reference": person.reference, "decision": person.decision} for person in decided])
    else:
        for person in decided:
            console.say(f"{person.reference}  {options.decision}")
    return 0


def number_of(prefix: str, reference: str) -> int:
    """The number in a reference. Raises Usage."""
    digits = reference.casefold().removeprefix(f"{prefix.casefold()}-")
    if digits == reference.casefold() or not digits.isascii() or not digits.isdecimal():
        raise Usage(f"{reference} is no reference; they look like {prefix}-017")
    return int(digits)
