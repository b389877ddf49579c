"""`read`: how a mail would be understood and answered. Stores nothing, sends nothing.

Fear: every file that is named. Mails are read in the children of a reading room, as the bot reads them; whatever one
of them does, it gets its line and the next one is read. Known limit: an mbox is read as one mail.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ranmailbot import service
from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.adapters.reading_room import ChildReadingRoom, InProcessReadingRoom
from ranmailbot.adapters.whole_reading import Understood, WholeReader
from ranmailbot.call.application import SURE
from ranmailbot.cli.answered import configured_mail, mail_in_file
from ranmailbot.cli.console import REFUSED, Console, Usage
from ranmailbot.cli.desk import settings_of
from ranmailbot.config import Settings
from ranmailbot.desk import SentMail
from ranmailbot.mail.answers import Reading
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.outgoing import Draft
from ranmailbot.ports import Envelope, Unreadable

STDIN = Path("-")
_BATCH = 40
_BATCH_BYTES = 20_000_000
"""A batch ends here: so much is held in memory, and so many mails wait for each other."""


def read(console: Console, options: Namespace) -> int:
    """One report for each file, in order. 1 if a file could not be read as mail."""
    settings = settings_of(options)
    mail = _answered(settings, options.form)
    failed = False
    with ExitStack() as held:
        room = ChildReadingRoom(WholeReader(_room(settings), settings.call, mail), settings.limits)
        held.callback(room.close)
        for path, facts in _reports(settings, room, mail.form, options.files):
            failed = failed or facts["kind"] == "unreadable"
            if options.json:
                console.json({"file": _shown(path), **facts})
            else:
                _show(console, path, facts)
    return REFUSED if failed else 0


def _reports(
    settings: Settings, room: ChildReadingRoom[Understood], form: SentForm, paths: Iterable[Path]
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """What is told of each file, in order. Raises Unavailable if there is no child to read in."""
    stationery = JinjaStationery(settings.call, settings.templates)
    for batch in _batches(settings, paths):
        mails = [found for _, found in batch if isinstance(found, Envelope)]
        read = iter(room.read(mails, [mail.stamp for mail in mails]))
        for path, found in batch:
            yield path, _facts(stationery, form, next(read) if isinstance(found, Envelope) else found)


def _batches(settings: Settings, paths: Iterable[Path]) -> Iterator[list[tuple[Path, Envelope | Unreadable]]]:
    batch: list[tuple[Path, Envelope | Unreadable]] = []
    size = 0
    for path in paths:
        found = _mail_in(settings, path)
        batch.append((path, found))
        size += len(found.raw) if isinstance(found, Envelope) else 0
        if len(batch) >= _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _mail_in(settings: Settings, path: Path) -> Envelope | Unreadable:
    """The mail in a file, or why there is none. As if it had come when the call was published: never late."""
    most = settings.limits.message_bytes
    try:
        raw = _bytes(path, most + 1)
    except (OSError, ValueError) as fault:  # ValueError: a NUL in the name
        return Unreadable(_why(fault))
    if len(raw) > most:
        return Unreadable(f"it has more than {most} bytes, which is the limit")
    stamp = settings.call.published
    return Envelope("INBOX", 1, 1, stamp, len(raw), raw)


def _bytes(path: Path, most: int) -> bytes:
    if path == STDIN:
        return sys.stdin.buffer.read(most)
    with path.open("rb") as file:
        return file.read(most)


def _why(fault: OSError | ValueError) -> str:
    if isinstance(fault, IsADirectoryError):
        return "it is a folder: name the mails in it, for example FOLDER/*.eml"
    reason = fault.strerror if isinstance(fault, OSError) else None
    return f"the file cannot be opened: {reason or 'its name means nothing'}"


def _facts(stationery: JinjaStationery, form: SentForm, found: Understood | Unreadable) -> dict[str, Any]:
    """Everything `read --json` says of one mail (docs/read.md)."""
    if isinstance(found, Unreadable):
        return {"kind": "unreadable", "reason": found.reason, **_nothing(form)}
    letter = found.letter
    try:
        reply = _reply(stationery, found.draft, letter)
    except Exception as fault:  # noqa: BLE001 - a letter whose answer cannot be written would be shunted by the bot
        return {"kind": "unreadable", "reason": f"it could not be answered ({type(fault).__name__})", **_nothing(form)}
    return {
        "kind": found.kind,
        "outcome": found.outcome,
        "sender": letter.sender.email if letter.sender else None,
        "name": letter.sender.name if letter.sender else None,
        "authentication": {"passed": letter.authentication.passed, "reason": letter.authentication.reason},
        "silence": letter.silence,
        **_understood(letter, _numbers(form, found.reading), found.reading),
        "reply": reply,
    }


def _numbers(form: SentForm, reading: Reading) -> list[int]:
    """The questions to tell of: those the mail asked, and any that were answered all the same (a correction)."""
    return sorted({question.number for question in form.questions} | {answer.question for answer in reading.answers})


def _understood(letter: Letter, numbers: Iterable[int], reading: Reading) -> dict[str, Any]:
    found = {answer.question: answer for answer in reading.answers}
    answers = [
        {
            "question": number,
            "text": found[number].text if number in found else "",
            "confidence": found[number].confidence if number in found else 0.0,
            "source": found[number].source if number in found else "",
            "span": list(found[number].span) if number in found else None,
        }
        for number in numbers
    ]
    return {
        "answers": answers,
        "profile": [{"key": value.key, "text": value.text, "guessed": value.guessed} for value in reading.profile],
        "remainder": "\n\n".join(filter(None, (reading.remainder, reading.attached))),
        "attachments": [
            {"name": a.name, "type": a.content_type, "size": a.size, "read": a.read, "reason": a.reason}
            for a in letter.attachments
        ],
        "documents": [{"name": document.name, "text": document.text.text} for document in letter.documents],
        "text": letter.text.text,
    }


def _nothing(form: SentForm) -> dict[str, Any]:
    empty = {"text": "", "confidence": 0.0, "source": "", "span": None}
    answers = [{"question": question.number, **empty} for question in form.questions]
    return {"outcome": "shunted", "sender": None, "name": None, "authentication": {"passed": False, "reason": ""},
            "silence": "", "answers": answers, "profile": [], "remainder": "", "attachments": [], "documents": [],
            "text": "", "reply": None}  # fmt: skip


def _reply(stationery: JinjaStationery, draft: Draft | None, letter: Letter) -> dict[str, str] | None:
    if draft is None:
        return None
    mail = stationery.write(replace(draft, application=None), "<preview@example.org>", letter.arrived, None)
    return {"subject": mail.subject, "text": mail.form.text}


def _room(settings: Settings) -> InProcessReadingRoom:
    box, own = settings.mailbox, settings.call.mailbox.email
    built_in = Trust("generic", box.authserv_id or service.BUILT_IN_AUTHSERV)
    trust = built_in if box.account is None else Trust(box.trust, box.authserv_id, own.rpartition("@")[2])
    return InProcessReadingRoom(settings.limits, trust, frozenset({own.casefold()}))


def _answered(settings: Settings, path: Path | None) -> SentMail:
    """The mail that is answered. Raises Usage if the file of this name cannot be read as one."""
    if path is None:
        return configured_mail(settings)
    found = _mail_in(settings, path)
    letter = found if isinstance(found, Unreadable) else _room(settings).read_one(found, found.stamp)
    if isinstance(letter, Unreadable) or isinstance(found, Unreadable):
        reason = letter.reason if isinstance(letter, Unreadable) else ""
        raise Usage(f"{_shown(path)} cannot be read as a form: {reason}")
    return mail_in_file(settings.call, letter, found.raw, settings.limits)


def _shown(path: Path) -> str:
    """The name of a file, also of one whose bytes are no text."""
    return os.fsencode(path).decode("utf-8", "replace")


def _show(console: Console, path: Path, facts: dict[str, Any]) -> None:
    if facts["kind"] == "unreadable":
        console.say(f"{_shown(path)}: unreadable: {facts['reason']}")
        return
    console.say(f"{_shown(path)}: {facts['kind']}, from {facts['sender'] or 'nobody we can name'}")
    for answer in facts["answers"]:
        sure = "" if answer["confidence"] >= SURE or not answer["text"] else " (unsure)"
        console.say(f"  {answer['question']}. {answer['text'] or '-'}{sure}")
    if facts["remainder"]:
        console.say(f"  else: {facts['remainder']}")
    for part in facts["attachments"]:
        told = "read" if part["read"] else f"not read: {part['reason']}" if part["reason"] else "not read"
        console.say(f"  attached: {part['name']} ({part['type']}, {part['size']} bytes), {told}")
    reply = facts["reply"]
    console.say(f"  reply: {reply['subject']}" if reply else "  reply: none")
