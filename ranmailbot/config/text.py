"""The file itself: its bytes become TOML tables, and each key is found on its line.

Known limit: `lines` is a reader's aid for files laid out as ours is; a key it does not find has no line number.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ranmailbot.config.complaint import NOT_SHOWN, BadConfig, Complaint, Where

LARGEST = 1_000_000
CURLY = "“”„‟‘’‚«»"
HEADER = re.compile(r"(\[\[?)([A-Za-z0-9_.-]+)\]")
KEY = re.compile(r"([A-Za-z0-9_-]+)[ \t]*=")


@dataclass(frozen=True, slots=True)
class ConfigText:
    """A file that was read: its tables, the line of each key (from 1), and the SHA-256 of its bytes in hex."""

    tables: dict[str, object]
    lines: dict[Where, int]
    digest: str


def read(path: Path) -> ConfigText:
    """Read the file. Raises BadConfig if it is missing, no UTF-8 text, or no TOML."""
    content = _bytes(path)
    try:
        # Windows editors put a byte order mark in front; TOML knows none.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _bad(path, "Save it as UTF-8 text: this line holds a character in another encoding.", line) from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(path, text, str(error)) from None
    except RecursionError:
        raise _bad(path, "Lists or tables are nested far too deeply.") from None
    return ConfigText(tables, lines(text), hashlib.sha256(content).hexdigest())


def lines(text: str) -> dict[Where, int]:
    """On which line (from 1) each key and each table stands. Several lines of text in triple quotes are skipped."""
    found: dict[Where, int] = {}
    here: Where = ()
    quoted = ""
    for number, line in enumerate(text.splitlines(), 1):
        inside, quoted = quoted, _open_quote(line, quoted)
        stripped = line.strip()
        if inside:
            continue
        if header := HEADER.match(stripped):
            here = _table(header[2].split("."), header[1] == "[[", found)
            found.setdefault(here, number)
            found.setdefault(here[:1], number)
        elif key := KEY.match(stripped):
            found.setdefault((*here, key[1]), number)
    return found


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise _bad(path, "There is no such file. Name another with --config, or copy the shipped one.") from None
    except OSError as error:
        raise _bad(path, f"It cannot be read: {error.strerror}.") from None
    if len(content) > LARGEST:
        raise _bad(path, f"It is larger than {LARGEST} bytes: this cannot be a configuration.")
    return content


def _bad(path: Path, remedy: str, line: int | None = None) -> BadConfig:
    return BadConfig((Complaint(str(path), "", remedy, line),))


def _no_toml(path: Path, text: str, message: str) -> BadConfig:
    """The complaint about the line that tomllib stumbled over. It says where only in its message."""
    at = re.search(r"\(at line (\d+)", message)
    number = int(at[1]) if at else len(text.splitlines())
    line = text.splitlines()[number - 1] if 0 < number <= len(text.splitlines()) else ""
    what = message.partition(" (at ")[0]
    hint = 'Use straight quotes (") instead of curly ones.' if any(mark in line for mark in CURLY) else ""
    remedy = f"This line is not valid TOML ({what}). {hint}".strip()
    return BadConfig((Complaint(str(path), _harmless(line), remedy, number),))


def _harmless(line: str) -> str:
    """The line as it may be shown: of one that may hold a password, a link or an address, only the key."""
    key, equals, rest = line.strip().partition("=")
    if any(sign in line.lower() for sign in ("passw", "@", "://", "number", "phone", "user")):
        return f"{key.strip()[:30]} = {NOT_SHOWN}" if equals else NOT_SHOWN
    return f"{key}{equals}{rest}"[:120]


def _table(names: list[str], is_array: bool, found: dict[Where, int]) -> Where:
    """The place a header opens: an array's next element, or a table inside the latest one."""
    where: Where = ()
    for name in names[:-1]:
        where = _latest((*where, name), found)
    where = (*where, names[-1])
    if not is_array:
        return where
    count = sum(
        1 for place in found if len(place) == len(where) + 1 and place[:-1] == where and isinstance(place[-1], int)
    )
    return (*where, count)


def _latest(where: Where, found: dict[Where, int]) -> Where:
    """This place, or the last element of it if it is an array of tables."""
    elements = [place for place in found if len(place) == len(where) + 1 and place[:-1] == where]
    positions = [place[-1] for place in elements if isinstance(place[-1], int)]
    return (*where, max(positions)) if positions else where


def _open_quote(line: str, quoted: str) -> str:
    """The triple quotes that are still open after this line, if any."""
    position = 0
    while True:
        marks = [quoted] if quoted else ['"""', "'''"]
        hits = [(line.find(mark, position), mark) for mark in marks if line.find(mark, position) >= 0]
        if not hits:
            return quoted
        place, mark = min(hits)
        quoted = "" if quoted else mark
        position = place + len(mark)
