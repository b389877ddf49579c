"""Which parts of a message a reader sees: the text, what differs from it, calendars, and what is only attached.

Fear: two alternatives that say different things, text hidden in an attached message, encrypted parts. Words that are in
a part we did not choose are kept in `also`. Opaque S/MIME and winmail.dat are opened, attached documents are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ranmailbot.mail.attachments import Attachment, Document, attachment, kind_of, read_document
from ranmailbot.mail.characters import clean
from ranmailbot.mail.charsets import decode
from ranmailbot.mail.html_text import visible_lines
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.mime import Part, split
from ranmailbot.mail.reply_text import NO_TEXT, Line, VisibleText, plain_lines
from ranmailbot.mail.smime import open_smime
from ranmailbot.mail.tnef import tnef_parts
from ranmailbot.mail.unread import Unread

__all__ = ["Attachment", "Document", "Seen", "see"]

LITTLE = 80
"""A covering letter of fewer words does not hide the message attached to it: an assistant forwards it."""

_CALENDARS = ("text/calendar", "application/ics")
_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
_UNSEEN = frozenset({"text/css", "text/x-amp-html", "text/rtf", "text/rfc822-headers", "text/csv", "text/xml"})
_MESSAGES = ("message/rfc822", "message/global")
_WORDS = re.compile(r"[^\W_]+")
_LINKS = re.compile(r"<?(?:https?://|mailto:|www\.|cid:)[^\s>]+>?|\[(?:cid|image)[^\[\]]*\]", re.IGNORECASE)
_ROOM = 3
_WRAPPINGS = 5
"""How many opaque S/MIME parts and winmail.dat are opened in one message, within each other or side by side."""
_INLINE_PGP = "-----BEGIN PGP MESSAGE-----"


@dataclass(slots=True)
class _Desk:
    """What has been found so far. `trusted` is false inside an attached message: its calendars are not the sender's."""

    limits: Limits
    texts: list[VisibleText] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    attached: list[Part] = field(default_factory=list)
    opened: list[Part] = field(default_factory=list)
    """Attached parts whose words were read as text of the letter."""
    reasons: list[tuple[Part, str]] = field(default_factory=list)
    messages: list[Part] = field(default_factory=list)
    outlook: list[Part] = field(default_factory=list)
    """winmail.dat, opened when all other text is known."""
    calendars: list[str] = field(default_factory=list)
    encrypted: bool = False
    faults: dict[str, None] = field(default_factory=dict)
    borrowed: bool = False
    room: list[int] = field(default_factory=list)
    """How many more bytes of text are decoded, all parts together; one figure for all branches of a message."""
    wrappings: list[int] = field(default_factory=lambda: [_WRAPPINGS])

    def branch(self) -> _Desk:
        """A desk for one alternative or attached message, within the same room."""
        return _Desk(self.limits, room=self.room, wrappings=self.wrappings)

    def take(self, branch: _Desk) -> None:
        """Everything of a branch but its texts and calendars."""
        self.also += branch.also
        self.attached += branch.attached
        self.opened += branch.opened
        self.reasons += branch.reasons
        self.messages += branch.messages
        self.outlook += branch.outlook
        self.encrypted = self.encrypted or branch.encrypted
        self.faults.update(branch.faults)


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
    documents: tuple[Document, ...]


def see(root: Part, limits: Limits) -> Seen:
    """What this message shows. Never raises; text beyond the limits is cut and said so in `faults`."""
    desk = _Desk(limits, room=[_ROOM * limits.text_bytes])
    _look(root, desk)
    report = root.content_type == "multipart/report"
    for message in desk.messages[: limits.depth]:
        _look_inside(message, desk, report)
    for part in desk.outlook:
        _look_inside_outlook(part, desk)
    text = _joined(desk.texts, desk)
    documents, attachments = ((), tuple(map(attachment, desk.attached))) if report else _documents(desk)
    encrypted = desk.encrypted or any(_INLINE_PGP in line.text for line in text.lines)
    return Seen(
        text=text,
        also=tuple(desk.also),
        attachments=attachments,
        calendars=tuple(desk.calendars),
        encrypted=encrypted,
        faults=tuple(desk.faults),
        borrowed=desk.borrowed,
        documents=tuple(documents),
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
        desk.calendars.append(clean(_text_of(part, desk)))
        desk.attached += [part] if part.filename else []
        desk.opened += [part] if part.filename else []
    elif _is_text(part):
        desk.texts.append(_read(part, desk))
    else:
        desk.attached.append(part)
        if part.content_type in _PKCS7 or part.filename.lower().endswith(".p7m"):
            _look_at_smime(part, desk)
        elif part.content_type in _TNEF or part.filename.lower() == "winmail.dat":
            desk.outlook.append(part)


def _is_text(part: Part) -> bool:
    if not part.content_type.startswith("text/") or part.content_type in _UNSEEN or part.disposition == "attachment":
        return False
    return not part.filename or (part.disposition == "inline" and part.content_type != "text/plain")


def _look_at_smime(part: Part, desk: _Desk) -> None:
    """What was signed is the letter's own text. What cannot be opened is a secret, unless it says that it is none."""
    desk.wrappings[0] -= 1
    found = open_smime(part.content) if desk.wrappings[0] >= 0 else None
    if found is not None and found.content is not None:
        inner, faults = split(found.content, desk.limits)
        desk.opened.append(part)
        desk.faults.update(dict.fromkeys(faults))
        _look(inner, desk)
        return
    # RFC 8551 3.2.2: without smime-type it is most likely enveloped-data.
    secret = (
        part.content_type in _PKCS7 and part.parameters.get("smime-type", "enveloped-data").lower() != "signed-data"
    )
    encrypted = secret if found is None else found.encrypted
    desk.encrypted = desk.encrypted or encrypted
    desk.reasons.append((part, "it is encrypted" if encrypted else "it cannot be opened"))


def _look_inside_outlook(part: Part, desk: _Desk) -> None:
    """winmail.dat: its text is the letter's, unless the letter shows its words already. Its attachments are ours."""
    desk.wrappings[0] -= 1
    if desk.wrappings[0] < 0:
        desk.reasons.append((part, "it is wrapped too often"))
        return
    try:
        text, attached = tnef_parts(part.content, desk.limits)
    except Unread as reason:
        desk.reasons.append((part, str(reason)))
        return
    desk.opened.append(part)
    inner = desk.branch()
    for each in (text, *attached):
        _look(each, inner)
    # A winmail.dat within one is not opened: nothing a mail program makes looks like that.
    inner.outlook = []
    desk.take(inner)
    desk.calendars += inner.calendars
    if any(line.text.strip() for text in desk.texts for line in text.lines):
        shown = _vocabulary(_joined(desk.texts, desk))
        desk.also += _not_in(shown, ((text, _vocabulary(text)) for text in inner.texts))
    else:
        desk.texts += inner.texts


def _documents(desk: _Desk) -> tuple[list[Document], tuple[Attachment, ...]]:
    """Attached documents that could be read, and what is told of every attachment."""
    documents: list[Document] = []
    told: list[Attachment] = []
    reasons = {id(part): reason for part, reason in desk.reasons}
    opened = {id(part) for part in desk.opened}
    room = desk.limits.text_bytes
    for part in desk.attached:
        reason = reasons.get(id(part), "")
        read = id(part) in opened
        if not read and not reason and kind_of(part) and part.content_type not in _MESSAGES:
            found, reason = _document(part, desk.limits, room, len(documents))
            documents += [found] if found else []
            room -= len(found.text.text) if found else 0
            read = found is not None
        told.append(attachment(part, read=read, reason=reason))
    return documents, tuple(told)


def _document(part: Part, limits: Limits, room: int, before: int) -> tuple[Document | None, str]:
    """The document in this part, or why there is none. `room` is how many characters all of them may still have."""
    if before >= limits.documents:
        return None, "there are too many attachments"
    try:
        found = read_document(part, limits)
    except Unread as reason:
        return None, str(reason)
    if len(found.text.text) > room:
        return None, "the attachments hold more text than the limit"
    return found, ""


def _choose(part: Part, desk: _Desk) -> None:
    """One of the alternatives: the plain one, unless the other says more. Calendars and attachments of all of them."""
    read: list[VisibleText] = []
    for child in part.parts:
        branch = desk.branch()
        _look(child, branch)
        read.append(_joined(branch.texts, branch))
        desk.take(branch)
        desk.calendars += branch.calendars
    read = [text for text in read if text.lines]
    if len(read) > 1:
        said = [*map(_vocabulary, read)]
        best = _richest(said)
        others = ((text, words) for text, words in zip(read, said, strict=True) if text is not read[best])
        desk.also += _not_in(said[best], others)
        desk.texts.append(read[best])
    else:
        desk.texts += read


def _richest(said: list[Counter[str]]) -> int:
    """Which of the alternatives is shown: the first, unless a later one says more."""
    best = 0
    for number, theirs in enumerate(said):
        mine = said[best]
        if theirs.keys() - mine.keys() and (theirs - mine).total() > (mine - theirs).total():
            best = number
    return best


def _vocabulary(text: VisibleText) -> Counter[str]:
    return Counter(_WORDS.findall(_LINKS.sub(" ", text.text).lower()))


def _not_in(chosen: Counter[str], others: Iterable[tuple[VisibleText, Counter[str]]]) -> list[str]:
    known = chosen.keys()
    rest: list[str] = []
    for other, words in others:
        if words.keys() <= known:
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
        desk.attached += inner.attached
        desk.opened += inner.opened
        desk.reasons += inner.reasons
        desk.texts += inner.texts
        desk.borrowed = desk.borrowed or bool(inner.texts)
    else:
        desk.also += [line.text for text in inner.texts for line in text.lines if line.text.strip()]


def _read(part: Part, desk: _Desk) -> VisibleText:
    text = _text_of(part, desk)
    if part.content_type == "text/html":
        text = clean(text)
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
    return decode(content[:most], part.parameters.get("charset", ""))


def _joined(texts: list[VisibleText], desk: _Desk) -> VisibleText:
    """Texts below each other, as a client shows them, up to the limit."""
    texts = [text for text in texts if any(line.text for line in text.lines)]
    if not texts:
        return NO_TEXT
    room = desk.limits.text_bytes
    if len(texts) == 1 and sum([len(line.text) + 1 for line in texts[0].lines]) <= room:
        return texts[0]
    lines: list[Line] = []
    for text in texts:
        for line in (*([Line("", 0)] if lines else []), *text.lines):
            if room < len(line.text):
                desk.faults["text cut"] = None
                lines.append(Line(line.text[: max(0, room)], line.depth))
                return VisibleText(tuple(lines), texts[0].source)
            room -= len(line.text) + 1
            lines.append(line)
    return VisibleText(tuple(lines), texts[0].source)
