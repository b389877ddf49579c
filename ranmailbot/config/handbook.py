"""The two texts a configuration can be read in: the reference of all keys, and what one configuration means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic.fields import FieldInfo

from ranmailbot.call.call import Call, Session
from ranmailbot.call.timeline import Milestone
from ranmailbot.config.sections import MAILINGS, ConfigFile
from ranmailbot.config.settings import Settings
from ranmailbot.config.shape import submodel
from ranmailbot.config.when import EXAMPLES

INTRODUCTION = """\
# Configuration

A call is one file, `config.toml`. This page lists every key it may hold. It is written by the program itself
(`config.reference()`), so it is never out of date; change `ranmailbot/config/`, not this page.

Run `ranmailbot check` after every change. All that is wrong is told at once, each with its line and with what to write
instead. Keys the program does not know are refused: a misspelt key would otherwise be a setting that does nothing.

Relative files and folders are seen from the folder of `config.toml`. Passwords never stand in it: they come from an
environment variable or from a file that nobody else on the machine can read.
"""
TIMELINE = f"""\
A moment is written as one of

    published | deadline | first session | last session | each session | 2022-03-18
        optionally followed by  + N days  or  - N days
        followed by  at HH:MM
    daily at HH:MM

For example {EXAMPLES}. Moments relative to a session are in that session's zone, all others in the zone of the call.
A time that does not exist, or exists twice, because the clocks change that night, is refused.

The mailings are {", ".join(f"`{name}`" for name in MAILINGS)}.

- `session_details` and `session_reminder` belong to `each session`; only the `digest` is `daily`.
- A mailing with its `edition` goes out once, ever. If its `when` is changed after it went out, it is not sent again;
  with a new `edition` it is.
- After `late` nothing is sent any more: the mailing is recorded as lapsed and the organisers are told.
  `invitation`, `regret` and `session_details` go on for that long, for everybody who is decided on, or confirms, later.
"""


def reference() -> str:
    """The whole of docs/configuration.md, in Markdown."""
    parts = [INTRODUCTION]
    for name, field in ConfigFile.model_fields.items():
        parts.append("\n".join(_table(name, field)))
        if name == "timeline":
            parts.append(TIMELINE)
    return "\n".join(parts)


def explain(settings: Settings) -> str:
    """What a configuration means: its days and every mailing in local time. No person, no address, no link.

    The daily mailings are one line each.
    """
    call = settings.call
    lines = [
        f"{call.short_title} ({call.key})",
        f"  published   {_local(call.published, call.zone)}",
        f"  last day    {_local(call.deadline_day, call.zone, '%a %d %b %Y, until midnight')} ({call.zone})",
        *(f"  session {session.number}   {_session(session)}" for session in call.sessions),
        f"  questions   {len(call.questions)}",
        "  timeline",
        *(f"    {line}" for line in _timeline(call)),
    ]
    return "\n".join(lines)


def _table(name: str, field: FieldInfo, above: str = "") -> Iterator[str]:
    """The heading, the words and the keys of one table, and then of the tables inside it."""
    model, is_array = submodel(field)
    if model is None:
        return
    title = f"{above}.{name}" if above else name
    yield f"## `{f'[[{title}]]' if is_array else f'[{title}]'}`\n"
    yield f"{field.description if is_array and field.description else (model.__doc__ or '').strip()}\n"
    yield "| key | meaning | if left out | example |"
    yield "| --- | --- | --- | --- |"
    inside = {key: inner for key, inner in model.model_fields.items() if submodel(inner)[0] is not None}
    yield from (_row(key, inner) for key, inner in model.model_fields.items() if key not in inside)
    yield ""
    for key, inner in inside.items():
        yield from _table(key, inner, title)


def _row(key: str, field: FieldInfo) -> str:
    example = field.examples[0] if field.examples else ""
    return f"| `{key}` | {field.description or ''} | {_left_out(field)} | `{example}` |"


def _left_out(field: FieldInfo) -> str:
    """What happens without this key."""
    if field.is_required():
        return "**needed**"
    standard = field.default
    if standard is None or standard in ("", []):
        return "not used"
    if isinstance(standard, bool):
        return f"`{str(standard).lower()}`"
    return f'`"{standard}"`' if isinstance(standard, str) else f"`{standard}`"


def _session(session: Session) -> str:
    start, end = _local(session.start, session.zone), _local(session.end, session.zone, "%H:%M")
    return f"{start}-{end} ({session.zone}), {_join(session)}"


def _join(session: Session) -> str:
    if not session.online:
        return "in a room"
    if session.room is None:
        return "online, no details yet"
    return "online, details approved" if session.room.approved_by else "online, details NOT approved"


def _timeline(call: Call) -> Iterator[str]:
    daily = {plan.mailing: plan for plan in call.timeline if plan.anchor == "daily"}
    for mailing, plan in daily.items():
        yield f"{mailing:<18} daily at {plan.at:%H:%M}"
    for milestone in call.milestones():
        if milestone.mailing not in daily:
            yield _milestone(milestone, call)


def _milestone(milestone: Milestone, call: Call) -> str:
    zone = call.session(milestone.session).zone if milestone.session else call.zone
    scope = f" ({milestone.session})" if milestone.session else ""
    until = _local(milestone.late_until, zone)
    return f"{milestone.mailing:<18} {_local(milestone.moment, zone)}, at the latest {until}{scope}"


def _local(moment: datetime, zone: str, style: str = "%a %d %b %Y %H:%M") -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime(style)
