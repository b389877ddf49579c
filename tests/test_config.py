"""The configuration: every fault is told at once, in words; what is right becomes one frozen call."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ranmailbot import config
from ranmailbot.config import values
from ranmailbot.config.loading import faults
from ranmailbot.config.secret_files import Surroundings
from ranmailbot.config.sections import LIMIT_WORDS
from ranmailbot.config.when import parse_late, parse_when
from ranmailbot.mail.limits import Limits

HERE = Path(__file__).parent
SHIPPED = HERE.parent / "config.toml"
CONFIGS = HERE / "configs"
GOOD = CONFIGS / "two_days_online.toml"
BAD = sorted((HERE / "bad_configs").glob("*.toml"))
ENVIRONMENT = {"GARDEN": "a secret of the garden"}
SECRETS = ("harbour-lantern-5", "40517263", "correct-horse", "a secret of the garden")
IMAP = {
    "mailbox": {"server": "imap", "host": "imap.garden.example", "user": "call", "password_env": "GARDEN"},
    "submission": {"host": "smtp.garden.example"},
}


def dump(value: object) -> str:
    """A value as TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {dump(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(dump(inner) for inner in value) + "]"
    if isinstance(value, date | time | datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def merge(good: object, change: object) -> object:
    """The change laid over the good configuration: tables key by key, arrays of tables block by block."""
    if isinstance(good, dict) and isinstance(change, dict):
        return {**good, **{key: merge(good.get(key), value) for key, value in change.items()}}
    if isinstance(good, list) and isinstance(change, list) and change and isinstance(change[0], dict):
        length = max(len(good), len(change))
        pairs = zip(good + [{}] * (length - len(good)), change + [{}] * (length - len(change)), strict=True)
        return [merge(*pair) for pair in pairs]
    return change


def without(tables: dict, path: str) -> None:
    """Take out what stands at a path such as "sessions.0.webex"."""
    *outer, last = path.split(".")
    for name in outer:
        tables = tables[int(name) if name.isdigit() else name]
    del tables[last]


def write(folder: Path, change: dict, leave_out: tuple[str, ...] = ()) -> Path:
    """A configuration file: the good one with these changes."""
    tables = deepcopy(tomllib.loads(GOOD.read_text(encoding="utf-8")))
    for path in leave_out:
        without(tables, path)
    text = "\n".join(f"{key} = {dump(value)}" for key, value in merge(tables, change).items())
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def complaints(path: Path) -> tuple[config.Complaint, ...]:
    with pytest.raises(config.BadConfig) as caught:
        config.load(path, ENVIRONMENT)
    return caught.value.complaints


def headers(path: Path, word: str) -> list[str]:
    start = f"# {word}: "
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix(start) for line in lines if line.startswith(start)]


# The shipped call


def test_the_shipped_call_loads_with_the_moments_of_the_real_one():
    call = config.load(SHIPPED, {}).call
    assert call.deadline == datetime(2022, 3, 10, 23, 0, tzinfo=UTC)
    assert call.published == datetime(2022, 2, 28, 23, 0, tzinfo=UTC)
    assert [(s.start, s.end) for s in call.sessions] == [
        (datetime(2022, 4, day, 7, 0, tzinfo=UTC), datetime(2022, 4, day, 10, 30, tzinfo=UTC)) for day in (5, 6)
    ]
    assert [s.key for s in call.sessions] == ["day-1", "day-2"]
    assert {person.name for person in call.contacts} == {"Alexandra KORN", "Rositsa DZHEKOVA"}


def test_the_shipped_call_asks_the_four_questions_word_for_word():
    assert [(question.number, question.text) for question in config.load(SHIPPED, {}).call.questions] == [
        (1, "What is your experience in dealing with female returnees in prison?"),
        (2, "What is your experience in dealing with imprisoned FTF parents and their children?"),
        (3, "What are the specific challenges you face?"),
        (4, "Can you share a story about a professional challenge or a successful activity?"),
    ]


def test_the_shipped_timeline_plans_every_mailing_there_is():
    call = config.load(SHIPPED, {}).call
    assert {plan.mailing for plan in call.timeline} == set(config.MAILINGS)
    moments = {milestone.key: milestone.moment for milestone in call.milestones()}
    assert moments["deadline_reminder:call:1"] == datetime(2022, 3, 7, 8, 0, tzinfo=UTC)
    assert moments["session_reminder:day-2:1"] == datetime(2022, 4, 6, 5, 30, tzinfo=UTC)
    assert len(moments) == len(call.milestones())


def test_shipped_webex_details_are_approved_by_an_organiser_and_lead_nowhere_real():
    call = config.load(SHIPPED, {}).call
    for session in call.sessions:
        assert call.organiser(session.room.approved_by) is not None
        assert session.room.join_url.startswith("https://ran.webex.example/")
        assert session.room.video_address == f"{session.room.meeting_number}@ran.webex.example"


def test_settings_carry_the_hash_of_the_file_and_folders_beside_it():
    settings = config.load(SHIPPED, {})
    assert settings.digest == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    assert settings.storage.folder == SHIPPED.parent / "state"
    assert settings.templates == SHIPPED.parent / "templates"
    assert settings.limits == Limits()
    assert settings.mailbox.account is None
    assert settings.submission.account is None


def test_folders_are_absolute_wherever_the_bot_was_started(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(SHIPPED.parent)
    assert config.load(Path("config.toml"), {}).storage.folder == SHIPPED.parent / "state"


# Other calls


def test_one_question_and_one_session_in_a_room_in_another_zone_need_no_code():
    settings = config.load(CONFIGS / "one_question_in_a_room.toml", {})
    (session,) = settings.call.sessions
    assert session.start == datetime(2031, 3, 3, 10, 30, tzinfo=UTC)
    assert not session.online
    assert session.room is None
    assert settings.call.reference(7) == "IL-007"
    assert settings.announcement == ()
    assert settings.warnings == ()


def test_twenty_questions_and_five_sessions_in_new_york_keep_wall_time_over_the_change_of_clocks():
    settings = config.load(CONFIGS / "twenty_questions_in_new_york.toml", {})
    assert len(settings.call.questions) == 20
    assert [session.start.hour for session in settings.call.sessions] == [19, 19, 18, 18, 18]
    assert [(person.name, person.email) for person in settings.announcement] == [
        ("Ann Pilot", "ann@pilots.example"),
        ("", "bo@pilots.example"),
        ("Sample; Cy", "cy@tugs.example"),
    ]


def test_the_good_configuration_behind_the_bad_ones_has_neither_fault_nor_warning():
    assert config.load(GOOD, {}).warnings == ()


# Bad configurations


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_configuration_gets_exactly_the_complaints_it_deserves(path: Path, tmp_path: Path):
    expected = sorted(line.split(" :: ") for line in headers(path, "complaint"))
    change = tomllib.loads(path.read_text(encoding="utf-8"))
    found = sorted(complaints(write(tmp_path, change, tuple(headers(path, "without")))), key=lambda one: one.key)
    assert expected, "a bad configuration names its complaint"
    assert [one.key for one in found] == [key for key, _ in expected]
    for one, (_, remedy) in zip(found, expected, strict=True):
        assert remedy in one.remedy


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_no_complaint_repeats_a_secret_or_a_person(path: Path, tmp_path: Path):
    change = tomllib.loads(path.read_text(encoding="utf-8"))
    told = str(config.BadConfig(complaints(write(tmp_path, change, tuple(headers(path, "without"))))))
    people = ("kim@", "ola@", "per@", "call@garden", "MTID=m1", "MTID=m2", "2741")
    assert [word for word in (*SECRETS, *people) if word.casefold() in told.casefold()] == []


def test_there_are_at_least_two_dozen_bad_configurations():
    assert len(BAD) >= 24


def test_a_complaint_names_line_key_value_and_remedy(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text(GOOD.read_text(encoding="utf-8").replace('"2741 000 0206"', '"12"').replace("Brussels", "Brusels"))
    zone, number, video = complaints(path)
    assert (zone.line, zone.key, zone.value) == (9, "[call] zone", '"Europe/Brusels"')
    assert (number.line, number.key) == (47, "[[sessions]] no. 2: webex.meeting_number")
    assert number.value == "(not shown here)"
    assert video.line == 49
    assert str(config.BadConfig((zone,))).startswith("The configuration cannot be used: one thing is wrong.")
    assert str(config.BadConfig((zone, number))).startswith("The configuration cannot be used: 2 things are wrong.")
    assert 'line 9, [call] zone = "Europe/Brusels"\n   There is no such time zone.' in str(zone)


def line(number: int, **change: object) -> dict:
    """A change to one line of the timeline, counted from 0 (the good one has five)."""
    return {"timeline": [{}] * number + [change]}


JUST_FITS = {
    "published and closed on one day": {"call": {"published": date(2031, 3, 14)}},
    "one place": {"call": {"places": 1}},
    "sessions that follow at once": {
        "sessions": [{}, {"date": date(2031, 4, 8), "start": "12:30", "end": "14:30"}],
        "timeline": [{}] * 3 + [{"when": "each session - 4 days at 12:30", "late": "4 days"}],
    },
    "a last invitation": line(1, when="2031-04-08 at 08:59", late="1 day"),
    "invitations to the end": line(1, when="2031-03-30 at 12:30", late="10 days"),
    "details until the start": line(3, when="each session - 4 days at 09:00", late="4 days"),
    "a reminder until the end": line(4, late="5 hours"),
    "a reminder just before": line(4, when="each session at 08:59"),
    "announced at midnight until the end": line(5, mailing="announcement", when="published at 00:00", late="12 days"),
    "a notice until midnight": line(5, mailing="deadline_notice", when="deadline at 09:00", late="15 hours"),
    "closed at once": line(5, mailing="closing", when="deadline + 1 day at 00:00"),
    "thanked at once": line(5, mailing="thanks", when="last session at 12:30"),
    "reminded a minute later": line(5, mailing="rsvp_reminder", when="2031-03-21 at 10:01", late="1 day"),
    "sent once more": line(5, mailing="regret", when="2031-03-26 at 10:00", edition=2),
    "nine digits": {
        "sessions": [{"webex": {"meeting_number": "274-100-010", "video_address": "274100010@meet.webex.example"}}]
    },
    "a personal room": {"sessions": [{"webex": {"join_url": "https://MEET.webex.example/meet/kim.contact"}}]},
    "a long link": {"sessions": [{"webex": {"join_url": "https://meet.webex.example/webappng/x/meeting/info/1"}}]},
    "an organiser in other case": {"sessions": [{"webex": {"approved_by": "Ola@Garden.example"}}]},
    "verdicts at the deadline": line(1, when="deadline + 1 day at 00:00", late="20 days"),
    "approved between the sessions": {
        "sessions": [{}, {"webex": {"approved_at": datetime(2031, 4, 8, 15, 0, tzinfo=UTC)}}]
    },
    "a phone of six digits": {"sessions": [{"webex": {"phones": ["123456"]}}]},
    "eight words": {"questions": [{"text": "Does it take eight words to ask this?"}]},
    "a contact who organises": {"contacts": [{"email": "ola@garden.example"}]},
}


@pytest.mark.parametrize("change", JUST_FITS.values(), ids=JUST_FITS)
def test_what_only_just_fits_is_allowed(change: dict, tmp_path: Path):
    warnings = config.load(write(tmp_path, change), {}).warnings
    assert [warning for warning in warnings if "goes to nobody" not in warning] == []


# The file itself


def test_a_missing_file_is_a_complaint_with_its_name(tmp_path: Path):
    (one,) = complaints(tmp_path / "nowhere.toml")
    assert one.key.endswith("nowhere.toml")
    assert "no such file" in one.remedy


def test_a_folder_instead_of_a_file_is_a_complaint(tmp_path: Path):
    (one,) = complaints(tmp_path)
    assert "cannot be read" in one.remedy


def test_a_syntax_error_shows_its_line(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("[call]\ntitle = Meeting without quotes\n")
    (one,) = complaints(path)
    assert one.line == 2
    assert one.value == "title = Meeting without quotes"


def test_curly_quotes_are_named_as_what_they_are(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("[call]\ntitle = “Meeting”\n", encoding="utf-8")
    (one,) = complaints(path)
    assert "straight quotes" in one.remedy


def test_a_syntax_error_in_a_line_with_a_password_does_not_show_it(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("[sessions.webex]\npassword = harbour-lantern-5\n")
    assert "harbour" not in str(config.BadConfig(complaints(path)))


def test_a_file_that_ends_too_early_is_a_complaint(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text('[call]\nnotice = """never closed')
    (one,) = complaints(path)
    assert "not valid TOML" in one.remedy


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_bytes(b'[call]\n\ntitle = "R\xe9union"\n')
    (one,) = complaints(path)
    assert one.line == 3
    assert "UTF-8" in one.remedy


@pytest.mark.parametrize(
    ("content", "remedy"),
    [("#" * 1_000_001, "larger than 1000000 bytes"), ("a = " + "[" * 50_000, "nested far too deeply")],
)
def test_a_file_that_can_be_no_configuration_is_refused(content: str, remedy: str, tmp_path: Path):
    (tmp_path / "config.toml").write_text(content)
    (one,) = complaints(tmp_path / "config.toml")
    assert remedy in one.remedy


def test_files_from_windows_load(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.read_bytes().replace(b"\n", b"\r\n"))
    assert len(config.load(path, {}).call.sessions) == 2


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)))
@example({"sessions": [1, {}, {"webex": 3}], "call": [], "timeline": {}, "contacts": [[]], "mailbox": 1})
@example({"sessions": "x", "announcement": 1, "webex": [], "limits": 2, "submission": [], "questions": [None]})
def test_no_shape_of_tables_is_anything_but_a_complaint(tables: object):
    around = Surroundings({}, Path("/nowhere"))
    content = tables if isinstance(tables, dict) else {"call": tables}
    assert list(faults(content, around))


# Servers and passwords


def test_a_real_server_gets_an_account_and_submission_shares_its_login(tmp_path: Path):
    settings = config.load(write(tmp_path, IMAP), ENVIRONMENT)
    mailbox, submission = settings.mailbox.account, settings.submission.account
    assert (mailbox.host, mailbox.port, mailbox.security, mailbox.user) == ("imap.garden.example", 993, "tls", "call")
    assert (submission.host, submission.port, submission.user) == ("smtp.garden.example", 465, "call")
    assert mailbox.password == submission.password == ENVIRONMENT["GARDEN"]
    assert ENVIRONMENT["GARDEN"] not in repr(settings)


def test_starttls_changes_the_port(tmp_path: Path):
    change = merge(IMAP, {"mailbox": {"security": "starttls"}, "submission": {"security": "starttls"}})
    settings = config.load(write(tmp_path, change), ENVIRONMENT)
    assert (settings.mailbox.account.port, settings.submission.account.port) == (143, 587)


def password_file(folder: Path, content: bytes, mode: int) -> Path:
    (folder / "secret").write_bytes(content)
    (folder / "secret").chmod(mode)
    tables = deepcopy(IMAP)
    del tables["mailbox"]["password_env"]
    tables["mailbox"]["password_file"] = "secret"
    return write(folder, tables)


def test_a_password_file_gives_the_password_without_its_line_end(tmp_path: Path):
    settings = config.load(password_file(tmp_path, b"pass word\r\n", 0o600), {})
    assert settings.mailbox.account.password == "pass word"


@pytest.mark.parametrize(
    ("content", "mode", "remedy"),
    [
        (b"pass", 0o604, "chmod 600"),
        (b"pass", 0o602, "chmod 600"),
        (b"\n", 0o600, "is empty"),
        (b"one\ntwo\n", 0o600, "more than one line"),
        (b"\xff", 0o600, "no UTF-8"),
        (b"x" * 10_001, 0o600, "far too large"),
    ],
)
def test_a_password_file_that_is_open_to_all_or_holds_no_password_is_refused(
    content: bytes, mode: int, remedy: str, tmp_path: Path
):
    (one,) = complaints(password_file(tmp_path, content, mode))
    assert one.key == "[mailbox] password_file"
    assert remedy in one.remedy


def test_a_password_file_that_is_missing_or_a_folder_is_refused(tmp_path: Path):
    path = password_file(tmp_path, b"", 0o600)
    (tmp_path / "secret").unlink()
    assert [one.remedy for one in complaints(path)] == ["There is no such file."]
    (tmp_path / "secret").mkdir()
    assert [one.remedy for one in complaints(path)] == ["This file cannot be read: Is a directory."]


def test_naming_two_places_for_one_password_is_refused(tmp_path: Path):
    change = merge(IMAP, {"mailbox": {"password_file": "secret"}})
    (one,) = complaints(write(tmp_path, change))
    assert "not both" in one.remedy


def test_reserved_domains_and_missing_stamps_are_warned_of_only_with_a_real_server(tmp_path: Path):
    warnings = config.load(write(tmp_path, IMAP), ENVIRONMENT).warnings
    assert sum("reserved for samples" in warning for warning in warnings) == 6
    assert any("authserv_id" in warning for warning in warnings)
    assert "ola@" not in "".join(warnings)


def test_google_stamps_are_known_by_name(tmp_path: Path):
    settings = config.load(write(tmp_path, merge(IMAP, {"mailbox": {"trust": "google"}})), ENVIRONMENT)
    assert settings.mailbox.authserv_id == "mx.google.com"


# The list of contacts


@pytest.mark.parametrize(
    ("content", "remedies"),
    [
        ("email,name\nann@pilots.example,Ann\nann at pilots,Bo\n", ["Line 3 of this file: This is not an address"]),
        ("email,name\nann@pilots.example,A\nANN@pilots.example,B\n", ["Line 3 of this file: This address stands"]),
        ("email,name\ncall@garden.example,Bot\n", ["Line 2 of this file: This is the mailbox"]),
        ("email,name\nx,1\ny,2\n", ["Line 2", "Line 3"]),
        ("address,who\nann@pilots.example,Ann\n", ['must name the columns "email" and "name"']),
        ('email,name\nann@pilots.example,"Ann\r\nBcc: x"\n', ["Line 3 of this file: It must stand on one line"]),
        ("email,name\n", ["Nobody is in this file"]),
        ("", ['must name the columns "email" and "name"']),
    ],
)
def test_every_bad_line_of_the_contacts_is_told_by_its_number_and_without_the_person(
    content: str, remedies: list[str], tmp_path: Path
):
    (tmp_path / "people.csv").write_text(content, encoding="utf-8", newline="")
    found = complaints(write(tmp_path, {"announcement": {"contacts_csv": "people.csv"}}))
    assert len(found) == len(remedies)
    for one, remedy in zip(found, remedies, strict=True):
        assert one.key == "[announcement] contacts_csv"
        assert remedy in one.remedy
        assert "pilots" not in str(one)


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        ("email,name\nzoë@x,Zoë".encode("latin-1"), "CSV UTF-8"),
        (b"x" * 5_000_001, "larger than 5000000 bytes"),
        (b"email,name\nx" + b"y" * 200_000, "of this file is not valid CSV"),
    ],
    ids=["another encoding", "too large", "no CSV"],
)
def test_a_list_that_cannot_be_read_is_one_complaint(content: bytes, remedy: str, tmp_path: Path):
    (tmp_path / "people.csv").write_bytes(content)
    (one,) = complaints(write(tmp_path, {"announcement": {"contacts_csv": "people.csv"}}))
    assert remedy in one.remedy


def test_a_folder_in_place_of_the_list_is_a_complaint(tmp_path: Path):
    (tmp_path / "people.csv").mkdir()
    (one,) = complaints(write(tmp_path, {"announcement": {"contacts_csv": "people.csv"}}))
    assert "cannot be read" in one.remedy


def test_a_list_that_is_wrong_throughout_is_told_of_briefly(tmp_path: Path):
    (tmp_path / "people.csv").write_text("email,name\n" + "nobody,\n" * 500)
    found = complaints(write(tmp_path, {"announcement": {"contacts_csv": "people.csv"}}))
    assert len(found) == 21
    assert found[-1].remedy == "480 more lines of it are wrong."


def test_empty_rows_below_the_table_are_nobody(tmp_path: Path):
    (tmp_path / "people.csv").write_text("email,name\nann@pilots.example,Ann\n,\n , \n\n")
    assert len(config.load(write(tmp_path, {"announcement": {"contacts_csv": "people.csv"}}), {}).announcement) == 1


def test_a_spreadsheet_export_with_a_byte_order_mark_is_read(tmp_path: Path):
    (tmp_path / "people.csv").write_bytes("\ufeffName,Email\r\nZoë,zoe@pilots.example\r\n".encode())
    settings = config.load(write(tmp_path, {"announcement": {"contacts_csv": "people.csv"}}), {})
    assert [(person.name, person.email) for person in settings.announcement] == [("Zoë", "zoe@pilots.example")]


# Warnings


def test_a_short_question_and_absent_webex_details_are_allowed_with_a_warning(tmp_path: Path):
    change = {"questions": [{"text": "What do you grow?"}]}
    settings = config.load(write(tmp_path, change, ("sessions.0.webex",)), {})
    assert settings.call.sessions[0].room is None
    assert len(settings.warnings) == 2
    assert "only 4 words" in "".join(settings.warnings)
    assert "no Webex details yet" in "".join(settings.warnings)


def test_details_that_nobody_approved_are_allowed_with_a_warning(tmp_path: Path):
    leave_out = ("sessions.0.webex.approved_by", "sessions.0.webex.approved_at")
    settings = config.load(write(tmp_path, {}, leave_out), {})
    assert settings.call.sessions[0].room.approved_by == ""
    (warning,) = settings.warnings
    assert "No organiser has approved" in warning


@pytest.mark.parametrize(
    ("leave_out", "words"),
    [
        ("timeline.0", "no digest"),
        ("timeline.1", "no invitation"),
        ("timeline.2", "no regret"),
        ("timeline.3", "session_details"),
    ],
)
def test_a_timeline_without_a_mailing_that_matters_is_warned_of(leave_out: str, words: str, tmp_path: Path):
    path = write(tmp_path, {})
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    del tables["timeline"][int(leave_out.rpartition(".")[2])]
    path.write_text("\n".join(f"{key} = {dump(value)}" for key, value in tables.items()), encoding="utf-8")
    (warning,) = config.load(path, {}).warnings
    assert words in warning


def test_an_announcement_without_a_list_and_a_list_without_an_announcement_are_warned_of(tmp_path: Path):
    line = {"mailing": "announcement", "when": "published at 10:00"}
    planned = config.load(write(tmp_path, {"timeline": [{}, {}, {}, {}, {}, line]}), {}).warnings
    assert "goes to nobody" in "".join(planned)
    (tmp_path / "people.csv").write_text("email,name\nann@pilots.example,Ann\n")
    listed = config.load(write(tmp_path, {"announcement": {"contacts_csv": "people.csv"}}), {}).warnings
    assert "the timeline holds no announcement" in "".join(listed)


def test_an_invitation_before_the_deadline_is_allowed_with_a_warning(tmp_path: Path):
    change = {"timeline": [{}, {"when": "2031-03-12 at 10:00", "late": "10 days"}]}
    (warning,) = config.load(write(tmp_path, change), {}).warnings
    assert "before the deadline is over" in warning


def test_sessions_may_share_a_room_on_purpose(tmp_path: Path):
    first = tomllib.loads(GOOD.read_text(encoding="utf-8"))["sessions"][0]["webex"]
    change = {"sessions": [{}, {"webex": first}], "webex": {"same_room": True}}
    sessions = config.load(write(tmp_path, change), {}).call.sessions
    assert sessions[0].room == sessions[1].room


# Kinds of value


@pytest.mark.parametrize(
    "text", ["TBD", "tbc.", "xxx", "XX", "x0x", "...", "?", "<link>", "[name]", "To be confirmed", "n/a"]
)
def test_what_only_holds_a_place_is_a_placeholder(text: str):
    assert values.is_placeholder(text)


@pytest.mark.parametrize("text", ["x", "00", "2741", "Your name", "Hall [north]", "Is it true?", "Malmö"])
def test_what_says_something_is_no_placeholder(text: str):
    assert not values.is_placeholder(text)


@pytest.mark.parametrize(
    ("read", "text", "remedy"),
    [
        (values.words, " \n\n ", "It is empty"),
        (values.words, "a" * 5_001, "at most 5000"),
        (values.one_line, "a" * 501, "at most 500"),
        (values.host, "imap_garden", "not the name of a server"),
        (values.host, "-imap.garden.example", "not the name of a server"),
        (values.zone, "Brussels", '"Europe/Brussels"'),
        (values.zone, "Middle-earth", 'Write for example "Europe/Brussels"'),
    ],
)
def test_a_value_that_is_wrong_gets_its_remedy(read: Callable[[str], str], text: str, remedy: str):
    with pytest.raises(ValueError, match=remedy):
        read(text)


def test_running_text_keeps_its_paragraphs_and_loses_its_line_breaks():
    assert values.words("One\ntwo.\r\n\r\n  Three. \n") == "One two.\n\nThree."


@pytest.mark.parametrize(
    ("domain", "expected"), [("ran.example", True), ("example.org", True), ("ranexample.org", False)]
)
def test_domains_that_belong_to_nobody_are_known(domain: str, expected: bool):
    assert values.is_reserved(domain) is expected


# The little language of the timeline


@pytest.mark.parametrize(
    ("text", "anchor", "days", "at"),
    [
        ("deadline - 2 days at 09:00", "deadline", -2, time(9)),
        ("deadline – 2 days at 9:00", "deadline", -2, time(9)),
        ("published at 10:00", "published", 0, time(10)),
        ("each session at 07:30", "each session", 0, time(7, 30)),
        ("last  session + 1 day at 10:00", "last session", 1, time(10)),
        ("2022-03-18 + 3 days at 10:00", "date", 3, time(10)),
        ("daily at 08:00", "daily", 0, time(8)),
    ],
)
def test_moments_are_read_as_they_are_written(text: str, anchor: str, days: int, at: time):
    when = parse_when(text)
    assert (when.anchor, when.days, when.at) == (anchor, days, at)
    assert when.day == (date(2022, 3, 18) if anchor == "date" else None)


@given(st.text(alphabet="deadlin sobch0129:+-at fr", max_size=40) | st.text(max_size=60))
@example("at at 09:00")
@example("session at 09:00")
@example("deadline + 99999999999999999999 days at 09:00")
@example("deadline + ² days at 09:00")
@example("each at 09:00")
@example("first session at 09:00:00")
@example("daily + 1 day at 09:00")
@example(" at 09:00")
def test_no_text_does_more_than_be_refused_with_a_remedy(text: str):
    for parse in (parse_when, parse_late):
        assert remedy(parse, text).endswith((".", '"', "fine"))


def remedy(parse: Callable[[str], object], text: str) -> str:
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return "fine"


@pytest.mark.parametrize(
    ("text", "length"),
    [("30 minutes", timedelta(minutes=30)), ("1 hour", timedelta(hours=1)), ("3 days", timedelta(days=3))],
)
def test_lengths_are_read_as_they_are_written(text: str, length: timedelta):
    assert parse_late(text) == length


@pytest.mark.parametrize("text", ["0 days", "6", "six hours", "-1 day", "1.5 hours", "3 weeks", "9999 days"])
def test_lengths_that_mean_nothing_are_refused(text: str):
    with pytest.raises(ValueError, match=r"hours|days"):
        parse_late(text)


# The words about it


def test_the_reference_is_what_the_program_says_today():
    page = HERE.parent / "docs" / "configuration.md"
    command = "from ranmailbot import config; print(config.reference(), end='')"
    assert page.read_text(encoding="utf-8") == config.reference(), f'write it anew: python -c "{command}" > {page.name}'


def test_every_limit_and_every_mailing_is_in_the_reference():
    assert set(LIMIT_WORDS) == {field.name for field in fields(Limits)}
    for name in (*LIMIT_WORDS, *config.MAILINGS):
        assert f"`{name}`" in config.reference()


def test_limits_can_be_set(tmp_path: Path):
    settings = config.load(write(tmp_path, {"limits": {"settle_seconds": 0, "messages_per_minute": 10}}), {})
    assert settings.limits == Limits(settle_seconds=0, messages_per_minute=10)


def test_the_explanation_tells_local_times_and_no_person():
    told = config.explain(config.load(SHIPPED, {}))
    assert "Thu 10 Mar 2022, until midnight (Europe/Brussels)" in told
    assert "Tue 05 Apr 2022 07:30" in told
    assert "digest             daily at 08:00" in told
    assert told.count("online, details approved") == 2
    assert "in a room" in config.explain(config.load(CONFIGS / "one_question_in_a_room.toml", {}))
    assert "online, no details yet" in config.explain(config.load(CONFIGS / "twenty_questions_in_new_york.toml", {}))
    assert [word for word in ("@", "https", "KORN", "harbour") if word in told] == []


# Alarms


def test_routes_of_an_alarm_carry_their_accounts_programs_and_addresses(tmp_path):
    routes = {
        "fetch_minutes": 20,
        "mail": [{
            "host": "smtp.other.example", "security": "starttls", "user": "alarms@other.example",
            "password_env": "GARDEN", "to": ["admin@other.example", "deputy@other.example"],
        }],
        "command": [{"run": ["/opt/alarms/send-sms", "on-call"]}],
        "webhook": [{"url": "https://hooks.other.example/x?token=1", "seconds": 5}],
    }  # fmt: skip
    alarm = config.load(write(tmp_path, {"alarm": routes}), ENVIRONMENT).alarm
    (mail,) = alarm.mails
    assert (mail.account.host, mail.account.port, mail.account.password) == (
        "smtp.other.example", 587, ENVIRONMENT["GARDEN"]
    )  # fmt: skip
    assert (mail.sender, len(mail.to)) == ("alarms@other.example", 2)
    assert alarm.commands[0].argv == ("/opt/alarms/send-sms", "on-call")
    assert alarm.webhooks[0].url == "https://hooks.other.example/x?token=1"
    assert alarm.tolerance.fetch == timedelta(minutes=20)
    assert alarm.routes == 3
    assert "token" not in repr(alarm)
    assert ENVIRONMENT["GARDEN"] not in repr(alarm)


def test_the_address_of_a_webhook_never_stands_in_a_complaint(tmp_path):
    path = write(tmp_path, {"alarm": {"webhook": [{"url": "http://hooks.other.example/s3cret"}]}})
    assert "s3cret" not in str(config.BadConfig(complaints(path)))
