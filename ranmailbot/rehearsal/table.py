"""The table for the terminal: what became of every letter, which mails left on which day, and whether it adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from textwrap import wrap
from zoneinfo import ZoneInfo

from ranmailbot.rehearsal.books import Audit
from ranmailbot.rehearsal.play import Played

WIDTH = 100
MOST_FAULTS = 40


def table(played: Played, audit: Audit, folder: str) -> str:
    """Plain text, at most 100 columns (a long path aside)."""
    return "\n".join([*_incoming(audit), "", *_outgoing(played, audit), "", *_checks(audit), "", *_end(audit, folder)])


def _incoming(audit: Audit) -> Iterator[str]:
    yield f"What came in: {audit.incoming} letters"
    rows = {**audit.outcomes, **({"copies": audit.copies} if audit.copies else {})}
    yield from _columns(rows)
    yield f"  {'sum':<20}{sum(rows.values()):>7}"


def _columns(rows: Mapping[str, int]) -> Iterator[str]:
    for name, count in sorted(rows.items(), key=lambda row: (-row[1], row[0])):
        yield f"  {name:<20}{count:>7}"


def _outgoing(played: Played, audit: Audit) -> Iterator[str]:
    yield f"What went out: {audit.outgoing} mails"
    yield from _columns(audit.kinds)
    yield f"  {'sum':<20}{sum(audit.kinds.values()):>7}"
    yield ""
    yield f"Day by day, in {played.call.zone.rpartition('/')[2].replace('_', ' ')} time"
    for day, kinds in sorted(by_day(played).items()):
        what = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda row: (-row[1], row[0])))
        head = f"  {day:%a} {day.day:>2} {day:%b %Y}  "
        yield from wrap(what, WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def by_day(played: Played) -> Mapping[date, Counter[str]]:
    """How many mails of each kind arrived on each local day."""
    zone, days = ZoneInfo(played.call.zone), dict[date, Counter[str]]()
    for mail in played.chronicle.seen:
        days.setdefault(mail.at.astimezone(zone).date(), Counter())[mail.kind] += 1
    return days


def _checks(audit: Audit) -> Iterator[str]:
    yield "What was checked"
    for promise, faults in audit.checks:
        yield f"  {'ok' if not faults else f'{faults} wrong':<9} {promise}"


def _end(audit: Audit, folder: str) -> Iterator[str]:
    if audit.faults:
        yield f"{len(audit.faults)} faults:"
        for fault in audit.faults[:MOST_FAULTS]:
            yield from wrap(fault, WIDTH, initial_indent="  - ", subsequent_indent="    ")
        if len(audit.faults) > MOST_FAULTS:
            yield f"  and {len(audit.faults) - MOST_FAULTS} more; all of them stand on the page"
    else:
        yield "No faults: everything adds up."
    yield f"Every mail, to look at: {folder}/index.html"
