"""From the file to the Settings, or to every complaint there is, in one answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ranmailbot.config import accounts, alarm, build, dates, keys, people, plans, rooms, shape
from ranmailbot.config.advice import warnings
from ranmailbot.config.complaint import BadConfig, Complaint, Fault, complaint
from ranmailbot.config.safe import StorageSection
from ranmailbot.config.secret_files import Surroundings
from ranmailbot.config.sections import ApplicantSection, ConfigFile, QuestionSection, TemplatesSection
from ranmailbot.config.settings import MailboxSettings, Settings, StorageSettings, SubmissionSettings
from ranmailbot.config.shape import Tables
from ranmailbot.config.text import ConfigText, read
from ranmailbot.mail.address import Address


def load(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read and check config.toml. `environment` holds passwords. Raises BadConfig with all complaints.

    Relative paths in the file are seen from the file's own folder.
    """
    text = read(path)
    around = Surroundings(environment, path.absolute().parent)
    listed, list_faults = people.announcement(text.tables, around.folder)
    complaints = _complaints([*faults(text.tables, around), *list_faults], text)
    if complaints:
        raise BadConfig(complaints)
    return _settings(text, around, listed)


def faults(tables: Tables, around: Surroundings) -> Iterator[Fault]:
    """Everything wrong with these tables, the list of contacts aside."""
    yield from shape.faults(tables)
    yield from _asked_twice(tables)
    yield from dates.faults(tables)
    yield from plans.faults(tables)
    yield from rooms.faults(tables)
    yield from people.faults(tables)
    yield from accounts.faults(tables, around)
    yield from keys.faults(tables, around)
    yield from alarm.faults(tables, around)
    yield from _folders(tables, around.folder)


def _settings(text: ConfigText, around: Surroundings, listed: tuple[Address, ...]) -> Settings:
    file = ConfigFile.model_validate(text.tables)
    mailbox = MailboxSettings(
        account=accounts.account("mailbox", text.tables, around),
        junk=file.mailbox.junk,
        archive=file.mailbox.archive,
        trust=file.mailbox.trust,
        authserv_id=build.authserv_id(file.mailbox),
        grant=accounts.grant("mailbox", text.tables, around),
        own_dkim=file.mailbox.own_dkim,
    )
    submission = SubmissionSettings(
        account=accounts.account("submission", text.tables, around),
        archive=file.submission.archive_address or "",
        grant=accounts.grant("submission", text.tables, around),
        return_tokens=file.submission.return_tokens,
    )
    return Settings(
        call=build.call(file),
        mailbox=mailbox,
        submission=submission,
        limits=build.limits(file),
        storage=StorageSettings(around.folder / file.storage.folder),
        keys=keys.keys(file.keys, around),
        alarm=alarm.alarm(file.alarm, around),
        templates=build.templates(file, around.folder),
        digest=text.digest,
        warnings=tuple(str(warning) for warning in _complaints(warnings(file, text.tables), text)),
        announcement=listed,
    )


def _complaints(found: Iterable[Fault], text: ConfigText) -> tuple[Complaint, ...]:
    """The faults as complaints, in the order of the file; what has no line comes last."""
    told = [complaint(fault, text.lines) for fault in found]
    return tuple(sorted(told, key=lambda one: (one.line is None, one.line or 0)))


def _asked_twice(tables: Tables) -> Iterator[Fault]:
    """Questions with the same words, and lines of the form that ask for the same."""
    questions = [(index, one.text) for index, one in shape.seen_list(QuestionSection, tables.get("questions"))]
    lines = [(index, one.key) for index, one in shape.seen_list(ApplicantSection, tables.get("applicant"))]
    for where, name, asked in (("questions", "text", questions), ("applicant", "key", lines)):
        known: dict[str, int] = {}
        for index, text in asked:
            if text.casefold() in known:
                remedy = f"No. {known[text.casefold()] + 1} is the same: take one of the two out."
                yield Fault((where, index, name), text, remedy)
            known.setdefault(text.casefold(), index)


def _folders(tables: Tables, folder: Path) -> Iterator[Fault]:
    """The templates must be there already; the storage folder is made when needed, so it must be no file."""
    templates = shape.seen(TemplatesSection, tables.get("templates", {}))
    if templates and templates.folder and not (folder / templates.folder).is_dir():
        remedy = "There is no such folder beside the configuration. Correct the name, or take the line out."
        yield Fault(("templates", "folder"), templates.folder, remedy)
    storage = shape.seen(StorageSection, tables.get("storage", {}))
    if storage and (folder / storage.folder).exists() and not (folder / storage.folder).is_dir():
        yield Fault(("storage", "folder"), storage.folder, "This is a file, not a folder: choose another name.")
