"""The kinds of value a configuration holds: one line of text, an address, a zone, a day, and what makes each one right.

Every reader raises ValueError whose text is the remedy. Whoever can write the file is trusted; their typing is not:
a line break in a title would be a header of its own in a mail.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection
from datetime import date, datetime, time
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, PlainValidator

from ranmailbot.config.when import parse_day, parse_late, parse_time, parse_when
from ranmailbot.mail.address import clean_email

LONGEST_LINE = 500
LONGEST_WORDS = 5_000
FORBIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cs"})
"""Unicode categories of characters that nobody sees: controls, direction marks, separators."""
PLACEHOLDERS = frozenset(
    {
        *("tbd", "tba", "tbc", "todo", "to do", "fixme", "changeme", "placeholder", "lorem ipsum", "link here"),
        *("none", "null", "nil", "n/a", "na"),
        *("to be confirmed", "to be announced", "to be defined", "to be determined"),
    }
)
KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?(?:-[a-z0-9]{5,8})*")
HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
PREFIX = re.compile(r"[A-Z]{1,4}")
YEARS = range(2000, 2101)
RESERVED = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")
"""Domains that belong to nobody (RFC 2606, RFC 6761): good for samples, never delivered to."""


def one_line(text: str) -> str:
    """Visible text in one line, without outer space."""
    if "\n" in text or "\r" in text:
        raise ValueError("It must stand on one line: take the line break out.")
    _visible(text)
    line = " ".join(text.split())
    if not line:
        raise ValueError("It is empty: write the text, or take the line out.")
    if len(line) > LONGEST_LINE:
        raise ValueError(f"It has {len(line)} characters: at most {LONGEST_LINE} are allowed.")
    if is_placeholder(line):
        raise ValueError("This is a placeholder: write the real text before anybody gets it.")
    return line


def optional_line(text: str) -> str:
    """One line, or nothing."""
    return one_line(text) if text.strip() else ""


def words(text: str) -> str:
    """Running text: single line breaks are spaces, empty lines part paragraphs."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\r?\n[ \t]*\r?\n", text)]
    whole = "\n\n".join(part for part in paragraphs if part)
    _visible(whole.replace("\n", ""))
    if not whole:
        raise ValueError("It is empty: write the text.")
    if len(whole) > LONGEST_WORDS:
        raise ValueError(f"It has {len(whole)} characters: at most {LONGEST_WORDS} are allowed.")
    if is_placeholder(whole):
        raise ValueError("This is a placeholder: write the real text before anybody gets it.")
    return whole


def is_placeholder(text: str) -> bool:
    """Whether this only holds the place for something: "TBD", "xxx", "<link>", "...", "[insert]"."""
    bare = text.strip().strip(".…?!*_- ").casefold()
    if not bare or bare in PLACEHOLDERS or (len(bare) > 1 and set(bare) <= {"x", "0"} and "x" in bare):
        return True
    return (bare[0], bare[-1]) in {("<", ">"), ("[", "]"), ("{", "}")} or bare.startswith(("insert ", "<", "{{"))


def key(text: str) -> str:
    """A name for machines: small letters, digits and hyphens."""
    if not KEY.fullmatch(text):
        raise ValueError('Use only small letters, digits and hyphens, at most 40: for example "day-1".')
    return text


def prefix(text: str) -> str:
    """What stands before the number of an application."""
    if not PREFIX.fullmatch(text):
        raise ValueError('Use one to four capital letters: for example "A", which gives A-017.')
    return text


def zone(text: str) -> str:
    """An IANA time zone by its place name; the nearest known one is suggested."""
    known = _zones()
    if text in known and ("/" in text or text == "UTC"):
        return text
    if text in known:
        raise ValueError('Name the zone by a city, so that summer time is right: for example "Europe/Brussels".')
    cities = {name.rpartition("/")[2]: name for name in sorted(known) if "/" in name}
    near = nearest(text, known) or cities.get(nearest(text.rpartition("/")[2], cities), "")
    advice = f'Did you mean "{near}"?' if near else 'Write for example "Europe/Brussels".'
    raise ValueError(f"There is no such time zone. {advice}")


def language(text: str) -> str:
    """A language tag (BCP 47, RFC 5646 2.1: language, script, region, variants)."""
    if not LANGUAGE.fullmatch(text):
        raise ValueError(
            'Write a language tag (BCP 47): "en" for English, "fr" for French, "pt-BR" for Brazilian Portuguese.'
        )
    return text


def email(text: str) -> str:
    """One plain address. Nothing is asked of the network, and the remedy never repeats it: it may reach a log."""
    address = clean_email(text)
    if address is None:
        raise ValueError(
            'This is not an address that mail can be sent to. Write it plainly: for example "anna@ran.example".'
        )
    return address


def host(text: str) -> str:
    """The name of a server, in small letters."""
    name = text.strip().lower().rstrip(".")
    if "/" in name or ":" in name:
        raise ValueError(
            'Write only the name of the server, without "https://" and without a port: "imap.ran.example".'
        )
    if not HOST.fullmatch(name) or is_placeholder(name):
        raise ValueError('This is not the name of a server: write for example "imap.ran.example".')
    return name


def variable(text: str) -> str:
    """The name of an environment variable."""
    if not VARIABLE.fullmatch(text):
        raise ValueError('Write the name of an environment variable: for example "RANMAILBOT_PASSWORD".')
    return text


def day(value: object) -> date:
    """A day, as TOML writes it or as text."""
    remedy = "Write a day as year-month-day, without quotes and without a time: for example 2022-03-10."
    if isinstance(value, str):
        value = parse_day(value, remedy)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(remedy)  # noqa: TRY004 - pydantic collects ValueError only
    if value.year not in YEARS:
        raise ValueError(f"The year must be one from {YEARS[0]} to {YEARS[-1]}.")
    return value


def wall_time(value: object) -> time:
    """A time of day in whole minutes, as TOML writes it or as text."""
    if isinstance(value, time) and not value.second and not value.microsecond:
        return value
    if isinstance(value, str):
        return parse_time(value)
    raise ValueError('Write a time of day on the 24-hour clock, in quotes: for example "09:00".')


def moment(value: object) -> datetime:
    """A moment with its distance from UTC."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    raise ValueError("Write day, time and distance from UTC, without quotes: for example 2022-03-28T15:00:00+02:00.")


def when(text: str) -> str:
    """A moment of the timeline; kept as text once it can be read."""
    parse_when(text)
    return text


def late(text: str) -> str:
    """A length of time; kept as text once it can be read."""
    parse_late(text)
    return text


def nearest(text: str, known: Collection[str]) -> str:
    """The known word most like this one, whatever its case; empty if none is near."""
    folded = {word.casefold(): word for word in sorted(known)}
    found = difflib.get_close_matches(text.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def is_reserved(domain: str) -> bool:
    """Whether this domain belongs to nobody, so that no mail ever arrives there."""
    name = domain.casefold()
    return any(name == reserved or name.endswith("." + reserved) for reserved in RESERVED)


@cache
def _zones() -> frozenset[str]:
    """All zones of this machine; reading the list takes a while."""
    return frozenset(available_timezones())


def _visible(text: str) -> None:
    for character in text:
        if character != "\t" and unicodedata.category(character) in FORBIDDEN:
            raise ValueError(f"It holds an invisible character (U+{ord(character):04X}): type the text anew.")


Line = Annotated[str, AfterValidator(one_line)]
OptionalLine = Annotated[str, AfterValidator(optional_line)]
Words = Annotated[str, AfterValidator(words)]
Key = Annotated[str, AfterValidator(key)]
Prefix = Annotated[str, AfterValidator(prefix)]
Zone = Annotated[str, AfterValidator(zone)]
Language = Annotated[str, AfterValidator(language)]
Email = Annotated[str, AfterValidator(email)]
Host = Annotated[str, AfterValidator(host)]
Variable = Annotated[str, AfterValidator(variable)]
Day = Annotated[date, PlainValidator(day)]
WallTime = Annotated[time, PlainValidator(wall_time)]
Moment = Annotated[datetime, PlainValidator(moment)]
WhenText = Annotated[str, AfterValidator(when)]
LateText = Annotated[str, AfterValidator(late)]
STRICT = ConfigDict(strict=True, frozen=True, extra="ignore")
"""No text is taken for a number. Unknown keys are complained of by shape.py, which knows the nearest one."""
