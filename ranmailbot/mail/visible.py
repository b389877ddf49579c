"""Which parts of a message a reader sees: the text, what differs from it, calendars, and what is only attached.

Fear: two alternatives that say different things, text hidden in an attached message, encrypted parts. Words that are in
a part we did not choose are kept in `also`. Known limit: opaque S/MIME, TNEF and documents stay attachments.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ranmailbot.mail.characters import clean, clean_line
from ranmailbot.mail.charsets import decode
from ranmailbot.mail.html_text import visible_lines
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.mime import Part
from ranmailbot.mail.reply_text import NO_TEXT, Line, VisibleText, plain_lines

LITTLE = 80
"""A covering letter of fewer words does not hide the message attached to it: an assistant forwards it."""

_CALENDARS = ("text/calendar", "application/ics")
_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_UNSEEN = frozenset({"text/css", "text/x-amp-html", "text/rtf", "text/rfc822-headers", "text/csv", "text/xml"})
_MESSAGES = ("message/rfc822", "message/global")
_WORDS = re.compile(r"[^\W_]+")
_LINKS = re.compile(r"<?(?:https?://|mailto:|www\.|cid:)[^\s>]+>?|\[(?:cid|image)[^\]]*\]", re.IGNORECASE)
_ROOM = 3
_INLINE_PGP = "-----BEGIN PGP MESSAGE-----"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the text: its cleaned name, its type and its size in bytes."""

    name: str
    content_type: str
    size: int


@dataclass(slots=True)
class _Desk:
    """What has been found so far. `trusted` is false inside an attached message: its calendars are not the sender's."""

    limits: Limits
    texts: list[VisibleText] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    attached: list[Part] = field(default_factory=list)
    messages: list[Part] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    encrypted: bool = False
    faults: dict[str, None] = field(default_factory=dict)
    borrowed: bool = False
    room: list[int] = field(default_factory=list)
    """How many more bytes of text are decoded, all parts together; one figure for all branches of a message."""

    def branch(self) -> _Desk:
        """A desk for one alternative or attached message, within the same room."""
        return _Desk(self.limits, room=self.room)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a reader sees. `also` holds lines of parts that were not chosen and say something else."""

    text: VisibleText
    also: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    calendars: tuple[str, ...]
    encrypted: bool
    faults: tuple[str, ...]
    borrowed: bool
    """Whether some of the text stands in an attached message: somebody else may have written it."""


def see(root: Part, limits: Limits) -> Seen:
    """What this message shows. Never raises; text beyond the limits is cut and said so in `faults`."""
    desk = _Desk(limits, room=[_ROOM * limits.text_bytes])
    _look(root, desk)
    report = root.content_type == "multipart/report"
    for message in desk.messages[: limits.depth]:
        _look_inside(message, desk, report)
    text = _joined(desk.texts, desk)
    attachments = tuple(_attachment(part) for part in desk.attached)
    encrypted = desk.encrypted or any(_INLINE_PGP in line.text for line in text.lines)
    return Seen(
        text, tuple(desk.also), attachments, tuple(desk.calendars), encrypted, tuple(desk.faults), desk.borrowed
    )


def _look(part: Part, desk: _Desk) -> None:
    """Sort one part and those below it (the tree is as deep as the limit allows, no deeper)."""
    kind = part.content_type
    if kind == "multipart/alternative":
        _choose(part, desk)
    elif kind == "multipart/encrypted":
        desk.encrypted = True
        desk.attached += part.parts
    elif kind.startswith("multipart/"):
        for child in part.parts:
            _look(child, desk)
    elif kind in _MESSAGES:
        desk.attached.append(part)
        desk.messages.append(part)
    else:
        _look_at_leaf(part, desk)


def _look_at_leaf(part: Part, desk: _Desk) -> None:
    if part.content_type in _CALENDARS or part.filename.lower().endswith(".ics"):
        desk.calendars.append(_text_of(part, desk))
        desk.attached += [part] if part.filename else []
    elif _is_text(part):
        desk.texts.append(_read(part, desk))
    else:
        desk.encrypted = desk.encrypted or _is_enveloped(part)
        desk.attached.append(part)


def _is_text(part: Part) -> bool:
    if not part.content_type.startswith("text/") or part.content_type in _UNSEEN or part.disposition == "attachment":
        return False
    return not part.filename or (part.disposition == "inline" and part.content_type != "text/plain")


def _is_enveloped(part: Part) -> bool:
    """RFC 8551 3.2.2: without smime-type the extension decides; signed-data is opaque but no secret."""
    return part.content_type in _PKCS7 and part.parameters.get("smime-type", "enveloped-data").lower() != "signed-data"


def _choose(part: Part, desk: _Desk) -> None:
    """One of the alternatives: the plain one, unless the other says more. Calendars and attachments of all of them."""
    read: list[VisibleText] = []
    for child in part.parts:
        branch = desk.branch()
        _look(child, branch)
        read.append(_joined(branch.texts, branch))
        desk.also += branch.also
        desk.attached += branch.attached
        desk.messages += branch.messages
        desk.calendars += branch.calendars
        desk.encrypted = desk.encrypted or branch.encrypted
        desk.faults.update(branch.faults)
    read = [text for text in read if text.lines]
    if not read:
        return
    chosen = _richest(read)
    desk.texts.append(chosen)
    desk.also += _not_in(chosen, (text for text in read if text is not chosen))


def _richest(read: list[VisibleText]) -> VisibleText:
    chosen = read[0]
    for other in read[1:]:
        mine, theirs = _vocabulary(chosen), _vocabulary(other)
        if theirs.keys() - mine.keys() and (theirs - mine).total() > (mine - theirs).total():
            chosen = other
    return chosen


def _vocabulary(text: VisibleText) -> Counter[str]:
    return Counter(_WORDS.findall(_LINKS.sub(" ", text.text).lower()))


def _not_in(chosen: VisibleText, others: Iterable[VisibleText]) -> list[str]:
    known = _vocabulary(chosen).keys()
    rest: list[str] = []
    for other in others:
        if _vocabulary(other).keys() <= known:
            continue
        new = (
            line.text for line in other.lines if not known >= set(_WORDS.findall(_LINKS.sub(" ", line.text).lower()))
        )
        rest.extend(new)
    return rest


def _look_inside(message: Part, desk: _Desk, report: bool) -> None:
    """An attached message: its text is shown if the letter itself says little. Its calendars are nobody's answer."""
    inner = desk.branch()
    for part in message.parts:
        _look(part, inner)
    desk.faults.update(inner.faults)
    desk.encrypted = desk.encrypted or (inner.encrypted and not desk.texts)
    said = sum(len(line.text.split()) for text in desk.texts for line in text.lines)
    if report:
        return
    if said < LITTLE:
        desk.texts += inner.texts
        desk.borrowed = desk.borrowed or bool(inner.texts)
    else:
        desk.also += [line.text for text in inner.texts for line in text.lines if line.text.strip()]


def _read(part: Part, desk: _Desk) -> VisibleText:
    text = _text_of(part, desk)
    if part.content_type == "text/html":
        if len(text) > desk.limits.html_bytes:
            desk.faults["HTML cut"] = None
        return VisibleText(visible_lines(text[: desk.limits.html_bytes], desk.limits), "html")
    flowed = part.parameters.get("format", "").lower() == "flowed"
    return VisibleText(plain_lines(text, flowed, part.parameters.get("delsp", "").lower() == "yes"), "plain")


def _text_of(part: Part, desk: _Desk) -> str:
    content = part.content
    most = min(desk.limits.text_bytes, desk.room[0])
    desk.room[0] -= min(most, len(content))
    if len(content) > most:
        desk.faults["text cut"] = None
    return clean(decode(content[:most], part.parameters.get("charset", "")))


def _joined(texts: list[VisibleText], desk: _Desk) -> VisibleText:
    """Texts below each other, as a client shows them, up to the limit."""
    texts = [text for text in texts if any(line.text for line in text.lines)]
    if not texts:
        return NO_TEXT
    lines: list[Line] = []
    room = desk.limits.text_bytes
    for text in texts:
        for line in (*([Line("", 0)] if lines else []), *text.lines):
            if room < len(line.text):
                desk.faults["text cut"] = None
                lines.append(Line(line.text[: max(0, room)], line.depth))
                return VisibleText(tuple(lines), texts[0].source)
            room -= len(line.text) + 1
            lines.append(line)
    return VisibleText(tuple(lines), texts[0].source)


def _attachment(part: Part) -> Attachment:
    return Attachment(clean_line(part.filename, 200), clean_line(part.content_type, 200), len(part.raw))
