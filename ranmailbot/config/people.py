"""Who is named: contacts, organisers, the mailbox, the people to tell. Nobody twice, the bot never to itself.

Fear: the contacts file comes out of a spreadsheet. No address is repeated in a complaint, only its line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from ranmailbot.config.complaint import Fault
from ranmailbot.config.sections import AnnouncementSection
from ranmailbot.config.shape import Tables, seen, seen_list
from ranmailbot.config.values import STRICT, Email, email, optional_line
from ranmailbot.mail.address import Address

LARGEST_LIST = 5_000_000
MOST_SHOWN = 20
WHERE = ("announcement", "contacts_csv")
COLUMNS = 'The first line of the file must name the columns "email" and "name".'


class HasEmail(BaseModel):
    """The address of a contact or an organiser."""

    model_config = STRICT
    email: Email


class HasAddress(BaseModel):
    """The address of the mailbox."""

    model_config = STRICT
    address: Email


def faults(tables: Tables) -> Iterator[Fault]:
    """Everyone who is named twice or is the bot itself."""
    mailbox = seen(HasAddress, tables.get("mailbox"))
    ours = mailbox.address.casefold() if mailbox else ""
    for group in ("contacts", "organisers"):
        known: dict[str, int] = {}
        for index, person in seen_list(HasEmail, tables.get(group)):
            address = person.email.casefold()
            if address in known:
                yield Fault(
                    (group, index, "email"),
                    person.email,
                    f"No. {known[address] + 1} has the same address: take one out.",
                )
            known.setdefault(address, index)
            if group == "organisers" and address == ours:
                remedy = "This is the mailbox of the bot: an organiser needs an address of their own."
                yield Fault((group, index, "email"), person.email, remedy)


def announcement(tables: Tables, folder: Path) -> tuple[tuple[Address, ...], tuple[Fault, ...]]:
    """The people to tell that the call is open, and everything wrong with their file. Nobody if there is no file."""
    section = seen(AnnouncementSection, tables.get("announcement", {}))
    if section is None or section.contacts_csv is None:
        return (), ()
    path = folder / section.contacts_csv
    try:
        content = _text(path)
    except ValueError as error:
        return (), (Fault(WHERE, section.contacts_csv, str(error)),)
    mailbox = seen(HasAddress, tables.get("mailbox"))
    people, problems = _people(content, mailbox.address.casefold() if mailbox else "")
    shown = [Fault(WHERE, section.contacts_csv, problem) for problem in problems[:MOST_SHOWN]]
    if len(problems) > MOST_SHOWN:
        shown.append(Fault(WHERE, section.contacts_csv, f"{len(problems) - MOST_SHOWN} more lines of it are wrong."))
    return people, tuple(shown)


def _text(path: Path) -> str:
    """The file as text. Raises ValueError with a remedy."""
    try:
        if path.stat().st_size > LARGEST_LIST:
            raise ValueError(f"This file is larger than {LARGEST_LIST} bytes.")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ValueError(
            "There is no such file beside the configuration. Correct the name, or take the line out."
        ) from None
    except OSError as error:
        raise ValueError(f"This file cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ValueError('This file is no UTF-8 text: save it as "CSV UTF-8".') from None


def _people(content: str, ours: str) -> tuple[tuple[Address, ...], list[str]]:
    """Everyone in the file and what is wrong with it, line by line."""
    # Spreadsheets in half of Europe part columns by semicolons.
    delimiter = ";" if ";" in content.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=delimiter)
    try:
        columns = [column.strip().casefold() for column in reader.fieldnames or []]
        if not {"email", "name"} <= set(columns):
            return (), [COLUMNS]
        reader.fieldnames = columns
        return _rows([(reader.line_num, row) for row in reader], ours)
    except csv.Error as error:
        return (), [f"Line {reader.line_num} of this file is not valid CSV ({error})."]


def _rows(rows: list[tuple[int, dict[str, str | None]]], ours: str) -> tuple[tuple[Address, ...], list[str]]:
    people: dict[str, Address] = {}
    problems = []
    for number, row in rows:
        if not (row.get("name") or "").strip() and not (row.get("email") or "").strip():
            continue  # spreadsheets save the empty rows below a table as well
        try:
            person = Address(optional_line(row.get("name") or ""), email((row.get("email") or "").strip()))
            _once(person, people, ours)
        except ValueError as error:
            problems.append(f"Line {number} of this file: {error}")
    if not people and not problems:
        problems.append("Nobody is in this file: fill it, or take the line out.")
    return tuple(people.values()), problems


def _once(person: Address, people: dict[str, Address], ours: str) -> None:
    if person.key == ours:
        raise ValueError("This is the mailbox of the bot: take the line out.")
    if person.key in people:
        raise ValueError("This address stands further up already: take one of the two out.")
    people[person.key] = person
