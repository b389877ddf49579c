"""Invitations that every calendar shows at the right hour, and answers of calendars that harm nobody."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from ranmailbot.call.call import Call, MeetingRoom, Person, Privacy, Question, Session
from ranmailbot.mail.address import Address
from ranmailbot.mail.calendar import CalendarReply, event_summary, read_reply, write_event
from ranmailbot.mail.calendar_zone import vtimezone
from ranmailbot.mail.outgoing import CalendarEvent, CalendarWish

ROOM = MeetingRoom(
    join_url="https://meet.example.org/j.php?MTID=m0123456789,abc;def&lang=en",
    meeting_number="2345 678 9012",
    password="harbour-5",
    numeric_password="40517263",
    video_address="23456789012@meet.example.org",
    phones=("+32 2 555 0100",),
    approved_by="ilse@ran.example",
    approved_at=datetime(2022, 3, 28, tzinfo=UTC),
)


def session(number: int = 1) -> Session:
    start = datetime(2022, 4, 4 + number, 7, 0, tzinfo=UTC)
    end = start + timedelta(hours=3, minutes=30)
    return Session(f"day-{number}", number, f"Day {number}", start, end, "Europe/Brussels", "Online", True, ROOM)


CALL = Call(
    key="sample-2022",
    title="A subject that is nobody's business",
    caller="Sample, Working; Group",
    partners="",
    short_title="Sample online meeting",
    summary=(),
    audiences=(),
    places=None,
    language="en",
    language_note="",
    rule="",
    zone="Europe/Brussels",
    published=datetime(2022, 2, 28, 23, 0, tzinfo=UTC),
    deadline=datetime(2022, 3, 10, 23, 0, tzinfo=UTC),
    questions=(Question(1, "Why?"),),
    profile_lines=(),
    sessions=(session(1), session(2)),
    contacts=(),
    organisers=(),
    mailbox=Person("Sample call", "call@ran.example"),
    privacy=Privacy("", "", "", "", "", ""),
    timeline=(),
)
EVENT = CalendarEvent("6f1c2a34-8f0e-4d8e-9f0b-0d7c6a5b4e3f", 0, datetime(2022, 3, 14, 8, 0, tzinfo=UTC))
ANNA = Address("Anna Bērziņa", "anna.berzina@prison.example.org")
ASKED = CalendarWish("day-1")
LINKED = CalendarWish("day-1", link=True, answered="ACCEPTED")
CANCELLED = CalendarWish("day-1", method="CANCEL", answered="ACCEPTED")
WISHES = pytest.mark.parametrize("wish", [ASKED, LINKED, CANCELLED], ids=["asked", "linked", "cancelled"])


def written(wish: CalendarWish = ASKED, of: Session | None = None, to: Address = ANNA, call: Call = CALL) -> str:
    return write_event(call, of or session(), EVENT, to, wish, "call+k3f9@ran.example")


def event_of(text: str) -> icalendar.Event:
    return icalendar.Calendar.from_ical(text).walk("VEVENT")[0]


# --- a linter of ours over RFC 5545 3.6 and RFC 5546 3.2.2 and 3.2.5 ---

ONCE = {
    "VCALENDAR": {"PRODID", "VERSION", "METHOD"},
    "VEVENT": {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "CLASS", "ORGANIZER", "ATTENDEE", "TRANSP"},
    "VALARM": {"ACTION", "TRIGGER", "DESCRIPTION"},
    "VTIMEZONE": {"TZID"},
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
}
AT_MOST_ONCE = {
    "VCALENDAR": set(),
    "VEVENT": {"STATUS", "DESCRIPTION", "LOCATION", "URL", "CONFERENCE"}
    | {"X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-DISALLOW-COUNTER"},
    "VALARM": set(),
    "VTIMEZONE": set(),
    "STANDARD": {"RRULE", "TZNAME"},
    "DAYLIGHT": {"RRULE", "TZNAME"},
}
INSIDE = {
    "VCALENDAR": {"VTIMEZONE", "VEVENT"},
    "VEVENT": {"VALARM"},
    "VTIMEZONE": {"STANDARD", "DAYLIGHT"},
}


def complaints(text: str) -> list[str]:
    found = []
    if text.replace("\r\n", "").count("\n") or text.replace("\r\n", "").count("\r") or not text.endswith("\r\n"):
        found.append("line ends")
    lines = text.split("\r\n")[:-1]
    found += [f"{len(line.encode())} octets" for line in lines if len(line.encode()) > 75]
    stack: list[tuple[str, Counter[str]]] = []
    seen: Counter[str] = Counter()
    for line in text.replace("\r\n ", "").split("\r\n")[:-1]:
        name = re.match(r"[A-Z-]+", line)[0]
        value = line.rpartition(":")[2]
        if re.search("[\x00-\x08\x0a-\x1f\x7f]", line):
            found.append(f"control character in {name}")
        if name == "BEGIN":
            if stack and value not in INSIDE.get(stack[-1][0], set()):
                found.append(f"{value} in {stack[-1][0]}")
            stack.append((value, Counter()))
            seen[value] += 1
        elif name == "END":
            component, counts = stack.pop()
            allowed = ONCE[component] | AT_MOST_ONCE[component]
            found += [f"{component} without {p}" for p in ONCE[component] if counts[p] != 1]
            found += [f"{component} with {count} {p}" for p, count in counts.items() if p not in allowed or count > 1]
        else:
            stack[-1][1][name] += 1
    if seen["VEVENT"] != 1 or seen["VTIMEZONE"] != 1 or seen["VALARM"] > 1:
        found.append("not exactly one event and one zone")
    if "METHOD:CANCEL" in text and (seen["VALARM"] or "STATUS:CANCELLED" in text):
        found.append("a CANCEL for one person has no alarm and no STATUS:CANCELLED")
    return found


@WISHES
def test_what_we_write_passes_the_linter(wish):
    assert complaints(written(wish)) == []


def test_the_linter_finds_faults():
    good = written()
    for bad in (
        good.replace("UID:", "X-UID:"),
        good.replace("DTSTAMP:", "DTSTAMP:20220101T000000Z\r\nDTSTAMP:"),
        good.replace("\r\n", "\n"),
        good.replace("SUMMARY:", "SUMMARY:" + "x" * 80),
        good.replace("BEGIN:VALARM", "BEGIN:VEVENT").replace("END:VALARM", "END:VEVENT"),
        written(CANCELLED).replace("TRANSP:TRANSPARENT", "TRANSP:TRANSPARENT\r\nSTATUS:CANCELLED"),
    ):
        assert complaints(bad)


# --- what an invitation says ---


def test_the_fifth_of_april_at_nine_in_brussels_is_seven_in_utc_until_half_past_ten():
    event = event_of(written())
    assert event.decoded("DTSTART").astimezone(UTC) == datetime(2022, 4, 5, 7, 0, tzinfo=UTC)
    assert event.decoded("DTEND").astimezone(UTC) == datetime(2022, 4, 5, 10, 30, tzinfo=UTC)
    assert event["DTSTART"].params["TZID"] == "Europe/Brussels"
    assert event["DTSTART"].to_ical() == b"20220405T090000"


@WISHES
def test_one_event_names_one_person_and_keeps_its_uid(wish):
    text = written(wish)
    event = event_of(text)
    assert text.replace("\r\n ", "").count("ATTENDEE") == 1
    assert event["UID"] == EVENT.uid
    assert event["ATTENDEE"] == "mailto:anna.berzina@prison.example.org"
    assert event["ATTENDEE"].params["CN"] == "Anna Bērziņa"
    assert event["ORGANIZER"] == "mailto:call+k3f9@ran.example"
    assert icalendar.Calendar.from_ical(text)["METHOD"] == wish.method


def test_an_update_counts_on_and_a_question_is_asked_only_until_it_is_answered():
    later = CalendarEvent(EVENT.uid, 3, datetime(2022, 4, 1, 8, 0, 5, tzinfo=UTC))
    update = event_of(write_event(CALL, session(), later, ANNA, LINKED, "call@ran.example"))
    assert update["SEQUENCE"] == 3
    assert update["DTSTAMP"].to_ical() == b"20220401T080005Z"
    assert (update["ATTENDEE"].params["PARTSTAT"], update["ATTENDEE"].params["RSVP"]) == ("ACCEPTED", "FALSE")
    first = event_of(written())
    assert (first["ATTENDEE"].params["PARTSTAT"], first["ATTENDEE"].params["RSVP"]) == ("NEEDS-ACTION", "TRUE")


def test_a_calendar_that_colleagues_see_says_nothing_of_the_subject():
    event = event_of(written(LINKED))
    assert event["SUMMARY"] == "Sample online meeting, day 1 of 2"
    assert event["CLASS"] == "PRIVATE"
    assert CALL.title not in written(LINKED).replace("\r\n ", "")
    assert event_summary(replace(CALL, sessions=(session(),)), session()) == "Sample online meeting"


def test_the_link_stands_in_all_its_places_and_only_if_it_was_wished():
    event = event_of(written(LINKED))
    assert event["LOCATION"] == event["URL"] == event["CONFERENCE"] == ROOM.join_url
    assert event["CONFERENCE"].params["VALUE"] == "URI"
    assert all(text in event["DESCRIPTION"] for text in (ROOM.join_url, ROOM.meeting_number, ROOM.password))
    without = written(ASKED).replace("\r\n ", "") + written(CANCELLED).replace("\r\n ", "")
    assert not [s for s in (ROOM.join_url, ROOM.meeting_number, ROOM.password, "CONFERENCE", "URL:") if s in without]
    assert event_of(written())["LOCATION"] == "Online"


def test_a_link_that_is_wished_for_a_session_without_room_is_not_invented():
    text = written(LINKED, of=replace(session(), room=None))
    assert complaints(text) == []
    assert "CONFERENCE" not in text


def test_it_rings_a_quarter_of_an_hour_before_unless_it_is_cancelled():
    alarm = event_of(written()).walk("VALARM")[0]
    assert alarm.decoded("TRIGGER") == timedelta(minutes=-15)
    assert not event_of(written(CANCELLED)).walk("VALARM")


def test_only_a_known_answer_is_kept():
    with pytest.raises(ValueError, match="PARTSTAT"):
        written(replace(ASKED, answered="X\r\nATTENDEE:mailto:x@example.org"))


def test_quotes_and_separators_in_a_name_stay_in_the_name():
    event = event_of(written(to=Address('Anna "A;B:C", Example', ANNA.email)))
    assert event["ATTENDEE"].params["CN"] == "Anna 'A;B:C', Example"
    assert event["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"


@settings(max_examples=200, deadline=None)
@given(name=st.text(max_size=150), place=st.text(max_size=150), caller=st.text(max_size=150))
def test_no_text_whatever_breaks_out_of_its_line(name, place, caller):
    call = replace(CALL, caller=caller, short_title=caller, mailbox=Person(name, "call@ran.example"))
    text = written(ASKED, of=replace(session(), place=place), to=Address(name, ANNA.email), call=call)
    assert complaints(text) == []
    assert len(icalendar.Calendar.from_ical(text).walk("VEVENT")) == 1


# --- zones ---

ZONES = (
    *("Europe/Brussels", "Europe/Riga", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Atlantic/Azores"),
    *("Europe/Istanbul", "Europe/Chisinau", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Cairo", "Asia/Gaza"),
    *("America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Santiago", "America/Asuncion"),
    *("America/Nuuk", "America/Havana", "Asia/Kathmandu", "Asia/Tehran", "Asia/Beirut", "Asia/Jerusalem"),
    *("Australia/Lord_Howe", "Australia/Sydney", "Pacific/Auckland", "Pacific/Apia", "Pacific/Kiritimati", "UTC"),
)


def offset_by_calendar(lines: list[str], moment: datetime) -> timedelta:
    """What a client makes of a VTIMEZONE: the offset of the latest onset before the moment (RFC 5545 3.6.5)."""
    latest, offset, part = datetime.min, None, {}  # noqa: DTZ901 - before every onset
    for line in lines[2:-1]:
        name, _, value = line.partition(":")
        if name == "BEGIN":
            part = {}
        elif name == "END":
            before, after = (signed(part[key]) for key in ("TZOFFSETFROM", "TZOFFSETTO"))
            onset = last_onset(part, (moment + before).replace(tzinfo=None))
            if onset is not None and onset - before > latest:
                latest, offset = onset - before, after
        else:
            part[name] = value
    assert offset is not None
    return offset


def last_onset(part: dict[str, str], local: datetime) -> datetime | None:
    start = datetime.strptime(part["DTSTART"], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - wall time
    if "RRULE" in part:
        return rrulestr(part["RRULE"], dtstart=start).before(local, inc=True)
    return start if start <= local else None


def signed(text: str) -> timedelta:
    size = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return -size if text[0] == "-" else size


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2022, 2023, 2026])
def test_a_zone_reads_right_all_through_the_year(zone, year):
    start = datetime(year, 1, 1, 12, 30, tzinfo=UTC)
    for days in range(0, 365, 5):
        moment = start + timedelta(days=days)
        lines = vtimezone(zone, moment, moment + timedelta(hours=3))
        assert offset_by_calendar(lines, moment) == moment.astimezone(ZoneInfo(zone)).utcoffset()


def test_brussels_has_yearly_rules_and_no_list_of_dates():
    lines = vtimezone("Europe/Brussels", session().start, session().end)
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU" in lines
    assert "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU" in lines
    assert "DTSTART:20210328T020000" in lines
    assert "DTSTART:20211031T030000" in lines
    assert not any("RDATE" in line for line in lines)


def test_a_zone_whose_changes_follow_no_rule_gets_its_dates():
    lines = vtimezone("Africa/Casablanca", session().start, session().end)
    assert not any("RRULE" in line for line in lines)
    assert lines.count("BEGIN:STANDARD") + lines.count("BEGIN:DAYLIGHT") > 4


def test_an_event_reads_right_whatever_its_zone():
    for zone in ZONES:
        event = event_of(written(of=replace(session(), zone=zone)))
        assert event.decoded("DTSTART").astimezone(UTC) == session().start, zone


# --- reading answers ---

OUTLOOK = """BEGIN:VCALENDAR\r
METHOD:REPLY\r
PRODID:Microsoft Exchange Server 2010\r
VERSION:2.0\r
BEGIN:VTIMEZONE\r
TZID:W. Europe Standard Time\r
BEGIN:STANDARD\r
DTSTART:16010101T030000\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
END:STANDARD\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
ATTENDEE;PARTSTAT=ACCEPTED;CN="Anna: Example; Prison":mailto:Anna.Berzina@pri\r
 son.example.org\r
COMMENT;LANGUAGE=en-GB:I will be late\\, at 9:30\\nAnna\r
UID:6f1c2a34-8f0e-4d8e-9f0b-0d7c6a5b4e3f\r
SUMMARY:Accepted: Sample online meeting\r
DTSTART;TZID=W. Europe Standard Time:20220405T090000\r
SEQUENCE:1\r
DTSTAMP:20220315T091500Z\r
BEGIN:VALARM\r
UID:another\r
ACTION:DISPLAY\r
END:VALARM\r
END:VEVENT\r
END:VCALENDAR\r
"""
GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
DTSTART:20220405T070000Z
DTSTAMP:20220316T101112Z
ORGANIZER;CN=Sample call:mailto:call@ran.example
UID:6f1c2a34-8f0e-4d8e-9f0b-0d7c6a5b4e3f
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=declined;CN=Anna;X
 -NUM-GUESTS=0;X-RESPONSE-COMMENT="Sorry, holidays":MAILTO:anna%2Btest@gmail.example
END:VEVENT
END:VCALENDAR"""
UID = "6f1c2a34-8f0e-4d8e-9f0b-0d7c6a5b4e3f"


def test_an_answer_of_outlook_is_read():
    assert read_reply(OUTLOOK) == CalendarReply(
        method="REPLY",
        uid=UID,
        partstat="ACCEPTED",
        attendee="Anna.Berzina@prison.example.org",
        attendees=1,
        sequence=1,
        dtstamp="20220315T091500Z",
        comment="I will be late, at 9:30\nAnna",
    )


def test_an_answer_of_google_is_read():
    assert read_reply(GOOGLE) == CalendarReply(
        method="REPLY",
        uid=UID,
        partstat="DECLINED",
        attendee="anna+test@gmail.example",
        attendees=1,
        sequence=0,
        dtstamp="20220316T101112Z",
        comment="Sorry, holidays",
    )


def test_our_own_invitation_reads_back():
    reply = read_reply(written(LINKED))
    assert reply is not None
    assert (reply.method, reply.uid, reply.partstat, reply.attendee) == ("REQUEST", UID, "ACCEPTED", ANNA.email)


def test_a_delegation_shows_that_more_than_one_person_is_named():
    two = GOOGLE.replace("ATTENDEE;", "ATTENDEE;PARTSTAT=DELEGATED:mailto:first@example.org\nATTENDEE;", 1)
    reply = read_reply(two)
    assert reply is not None
    assert (reply.attendees, reply.attendee, reply.partstat) == (2, "first@example.org", "DELEGATED")


def test_only_the_first_event_and_only_its_own_lines_count():
    second = GOOGLE.replace(
        "END:VCALENDAR", "BEGIN:VEVENT\nUID:other\nATTENDEE:mailto:x@example.org\nEND:VEVENT\nEND:VCALENDAR"
    )
    assert read_reply(second) == read_reply(GOOGLE)
    assert read_reply(OUTLOOK.replace("UID:6f1c2a34", "X-UID:6f1c2a34")) is None


def test_odd_numbers_and_stamps_count_as_none():
    for sequence in ("SEQUENCE:-1", "SEQUENCE:99999999999999999999", "SEQUENCE:one", "SEQUENCE:٣"):
        reply = read_reply(OUTLOOK.replace("SEQUENCE:1", sequence))
        assert reply is not None
        assert reply.sequence == 0
    reply = read_reply(OUTLOOK.replace("20220315T091500Z", "tomorrow"))
    assert reply is not None
    assert reply.dtstamp == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT\nEND:VEVENT",
        "UID:x",
        "BEGIN:VEVENT\nUID:\nEND:VEVENT",
        "\x00" * 50,
        ":" * 99,
    ],
)
def test_what_is_no_event_is_no_answer(text):
    assert read_reply(text) is None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_garbage_is_read_without_a_fault(text):
    read_reply(text)
    read_reply("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\n" + text)
    read_reply("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\nATTENDEE;" + text)


def test_an_endless_calendar_is_read_up_to_its_limit():
    for filler in (
        "\n" * 300_000,
        "BEGIN:VEVENT\n" * 30_000,
        "ATTENDEE;" + ';A="' * 90_000,
        " x\n" * 90_000,
        '"' * 300_000,
    ):
        assert read_reply(filler + GOOGLE) is None
    assert read_reply(GOOGLE + "\n" * 300_000) == read_reply(GOOGLE)


def test_what_a_reply_says_is_cleaned_and_cut():
    reply = read_reply(OUTLOOK.replace("I will be late", "\u202ex\x07" + "y" * 5_000))
    assert reply is not None
    assert len(reply.comment) <= 2_000
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", reply.comment)
