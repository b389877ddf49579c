"""Are the Webex details real, and for the right session? A wrong link mailed to everybody cannot be taken back.

Fear: a slip of the clipboard. Nothing that stands in a room is repeated in a complaint.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel

from ranmailbot.config.complaint import Fault
from ranmailbot.config.dates import held
from ranmailbot.config.sections import RoomSection, WebexSection
from ranmailbot.config.shape import Tables, seen, seen_list
from ranmailbot.config.values import STRICT, Email, Line, Moment

SHORTEST_NUMBER, LONGEST_NUMBER = 9, 11
FEWEST_PHONE_DIGITS = 6
LONGEST_PASSWORD = 64


class WithRoom(BaseModel):
    """A session's details as they stand; each check looks deeper by itself."""

    model_config = STRICT
    webex: dict[str, object]


class Online(BaseModel):
    """Whether a session is online."""

    model_config = STRICT
    online: bool = True


class JoinUrl(BaseModel):
    """The link."""

    model_config = STRICT
    join_url: Line


class Numbers(BaseModel):
    """What can be dialled."""

    model_config = STRICT
    meeting_number: Line
    video_address: str = ""


class Approver(BaseModel):
    """Who may approve: the address of an organiser."""

    model_config = STRICT
    email: Email


class Approval(BaseModel):
    """Who approved the details, and when."""

    model_config = STRICT
    approved_by: Email | None = None
    approved_at: Moment | None = None


def faults(tables: Tables) -> Iterator[Fault]:
    """Everything wrong with the rooms."""
    settings = seen(WebexSection, tables.get("webex", {}))
    rooms = seen_list(WithRoom, tables.get("sessions"))
    for index, session in rooms:
        if settings is not None:
            yield from _url(index, session.webex, settings.hosts)
            yield from _video(index, session.webex, settings.hosts)
        yield from _number(index, session.webex)
        yield from _details(index, session.webex)
        yield from _approval(index, session.webex, tables)
    yield from _not_online(tables, rooms)
    if settings is not None and not settings.same_room:
        yield from _same(rooms)


def digits(text: str) -> str:
    """A number without the spaces and hyphens that people group it with."""
    return text.replace(" ", "").replace("-", "")


def link_problem(url: str, hosts: list[str]) -> str:
    """What is wrong with this link, as a remedy; empty if nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is not a link: copy it again from the Webex invitation."
    if parts.scheme != "https" or parts.username is not None or port is not None or " " in url:
        return 'The link must begin with "https://" and the name of a host: copy it again from the Webex invitation.'
    if (parts.hostname or "") not in hosts:
        known = ", ".join(hosts) or "none"
        return (
            f"The link leads to a host that is not in [webex] hosts ({known}). Correct the link, or add its host there."
        )
    if not _is_meeting(parts.path, parts.query):
        return "The link leads to no meeting: it must hold /j.php?MTID=..., /meet/..., /join/... or /meeting/..."
    return ""


def _is_meeting(path: str, query: str) -> bool:
    """Whether this is one of the shapes of Webex links; "/j.php" wants its meeting."""
    steps = [step for step in path.split("/") if step]
    if steps and steps[-1] in ("j.php", "m.php", "e.php"):
        return any(value.strip() for value in parse_qs(query).get("MTID", []))
    return any(step in ("meet", "join", "meeting") and position + 1 < len(steps) for position, step in enumerate(steps))


def _url(index: int, room: object, hosts: list[str]) -> Iterator[Fault]:
    view = seen(JoinUrl, room)
    problem = link_problem(view.join_url, hosts) if view else ""
    if view and problem:
        yield Fault(("sessions", index, "webex", "join_url"), view.join_url, problem)


def _number(index: int, room: object) -> Iterator[Fault]:
    view = seen(Numbers, room)
    if view is None:
        return
    number = digits(view.meeting_number)
    if not (number.isascii() and number.isdigit() and SHORTEST_NUMBER <= len(number) <= LONGEST_NUMBER):
        remedy = f"A Webex meeting number has {SHORTEST_NUMBER} to {LONGEST_NUMBER} digits: copy it again."
        yield Fault(("sessions", index, "webex", "meeting_number"), view.meeting_number, remedy)


def _video(index: int, room: object, hosts: list[str]) -> Iterator[Fault]:
    view = seen(Numbers, room)
    if view is None or not view.video_address.strip():
        return
    number, _, host = view.video_address.strip().partition("@")
    where = ("sessions", index, "webex", "video_address")
    if number != digits(view.meeting_number):
        yield Fault(
            where, view.video_address, "What stands before the @ must be the meeting number: one of the two is wrong."
        )
    elif host.lower() not in hosts:
        remedy = "Its host is not in [webex] hosts. Correct the address, or add its host there."
        yield Fault(where, view.video_address, remedy)


def _details(index: int, room: object) -> Iterator[Fault]:
    view = seen(RoomSection, room)
    if view is None:
        return
    numeric = view.numeric_password
    if numeric and not (numeric.isascii() and numeric.isdigit()):
        yield Fault(("sessions", index, "webex", "numeric_password"), numeric, "It is typed on a phone: digits only.")
    if " " in view.password or len(view.password) > LONGEST_PASSWORD:
        remedy = f"A password has no spaces and at most {LONGEST_PASSWORD} characters: copy it again."
        yield Fault(("sessions", index, "webex", "password"), view.password, remedy)
    for position, phone in enumerate(view.phones):
        if sum(character.isdigit() for character in phone) < FEWEST_PHONE_DIGITS:
            remedy = 'This is no telephone number: write for example "+44 20 7946 0105 (London)".'
            yield Fault(("sessions", index, "webex", "phones", position), phone, remedy)


def _approval(index: int, room: object, tables: Tables) -> Iterator[Fault]:
    view = seen(Approval, room)
    if view is None:
        return
    organisers = {person.email.casefold() for _, person in seen_list(Approver, tables.get("organisers"))}
    by, at = ("sessions", index, "webex", "approved_by"), ("sessions", index, "webex", "approved_at")
    if view.approved_by is not None and view.approved_by.casefold() not in organisers:
        yield Fault(
            by, view.approved_by, "Only one of the [[organisers]] can approve: write the same address as there."
        )
    if view.approved_by is not None and view.approved_at is None:
        yield Fault(at, None, "It is missing: add for example approved_at = 2022-03-28T15:00:00+02:00")
    if view.approved_by is None and view.approved_at is not None:
        yield Fault(by, None, "It is missing: add the address of the organiser who approved the details.")
    end = next((session.end for session in held(tables) if session.index == index), None)
    if view.approved_at is not None and end is not None and view.approved_at > end:
        yield Fault(at, view.approved_at, "It is after the session: correct the date.")


def _not_online(tables: Tables, rooms: list[tuple[int, WithRoom]]) -> Iterator[Fault]:
    offline = {index for index, session in seen_list(Online, tables.get("sessions")) if not session.online}
    for index, _ in rooms:
        if index in offline:
            remedy = "This session is not online (online = false): take its Webex details out, or write online = true."
            yield Fault(("sessions", index, "webex"), None, remedy)


def _same(rooms: list[tuple[int, WithRoom]]) -> Iterator[Fault]:
    """Two sessions with one room: probably the first day's details pasted twice."""
    known: dict[str, int] = {}
    for index, session in rooms:
        link, numbers = seen(JoinUrl, session.webex), seen(Numbers, session.webex)
        marks = {
            "join_url": link.join_url if link else "",
            "meeting_number": digits(numbers.meeting_number) if numbers else "",
        }
        twin = next((name for name, mark in marks.items() if mark and mark in known), None)
        if twin is not None:
            remedy = (
                f"Session no. {known[marks[twin]] + 1} has the same. Write this session's own details, "
                "or [webex] same_room = true if they share one room on purpose."
            )
            yield Fault(("sessions", index, "webex", twin), marks[twin], remedy)
        known.update({mark: index for mark in marks.values() if mark and mark not in known})
