"""Stationery: drafts become finished mails, by Jinja templates. One kind of mail is one pair of templates.

Fear the texts of applicants: they enter as variables only, HTML escapes all of them, the environment is sandboxed, and
a fact that is missing is a fault, never an empty place. How to join a session leaves only in the mails meant to say it:
in these it must be right, in all others it is blacked out, also where an applicant quotes it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, UndefinedError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from ranmailbot.adapters.css import inliner
from ranmailbot.call.call import Call, MeetingRoom, Session
from ranmailbot.mail import wording
from ranmailbot.mail.address import Address
from ranmailbot.mail.assembly import SUBJECT_CHARACTERS, AssemblyFault, Body, Head, assemble, reply_subject
from ranmailbot.mail.calendar import write_event
from ranmailbot.mail.characters import clean, clean_line
from ranmailbot.mail.form import REFERENCE_CHARACTERS, SentForm, closing_line, printed_profile_line, printed_question
from ranmailbot.mail.outgoing import CalendarEvent, Draft, OutgoingMail
from ranmailbot.mail.sample_drafts import SAMPLE_EVENT, SAMPLE_MESSAGE_ID, sample_drafts
from ranmailbot.ports import TemplateFault

KINDS_WITH_ROOM = frozenset({"session_details", "session_reminder"})
"""The only kinds of mail that may say how to join a session."""

MOST_HTML = 100_000
"""Bytes of HTML above which Gmail cuts a mail off."""

_MAILTO_CHARACTERS = 1_900
"""Above this some clients cut the body of a mailto link: the link then opens a mail without the form."""

_GAP = "\x1e"
"""A blank line that is meant: room for an answer. Other runs of blank lines come from the templates and are folded."""

_DIGEST_ANSWERS, _DIGEST_CHARACTERS = 60, 20_000
"""Of applicants' answers in one digest. The markup around them takes twice as much; the mailbox holds all of them."""

_RUN_OF_BLANKS = re.compile(r"\n(?:[ \t]*\n){2,}")
_TRAILING = re.compile(r"[ \t]+(?=\n)")
_HIDDEN = re.compile(r"<head>.*?</head>|<!--.*?-->|<[^>]*>", re.DOTALL)
_WORDS = re.compile(r"\w+")
_SECRET_CHARACTERS = 8
_BLACKED_OUT = "[not shown here]"


@dataclass(frozen=True, slots=True)
class _Pair:
    text: Template
    html: Template


class JinjaStationery:
    """Writes every mail of one call. Holds compiled templates; may be shared between threads."""

    def __init__(self, call: Call, templates: Path) -> None:
        """`templates` is their folder. They are read when first used, by `check` all of them. Raises TemplateFault."""
        self._call = call
        self._environment = _environment(call, templates)
        self._pairs: dict[str, _Pair] = {}
        self._secrets = _secrets_of(call)

    def write(self, draft: Draft, message_id: str, date: datetime, event: CalendarEvent | None) -> OutgoingMail:
        """The finished mail. `message_id` comes with its angle brackets, `date` is aware. Raises TemplateFault."""
        try:
            return self._write(draft, message_id, date, event)
        except (TemplateError, AssemblyFault) as fault:
            raise TemplateFault(draft.kind, _reason(fault)) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as fault:
            # Facts of the wrong shape. What the fault says may quote somebody's letter: name only its sort.
            raise TemplateFault(draft.kind, f"the template cannot use these facts ({type(fault).__name__})") from None

    def check(self) -> list[str]:
        """Complaints about the templates, each kind rendered with sample facts. Empty if all is well."""
        return [complaint for draft in sample_drafts(self._call) for complaint in self._complaints(draft)]

    def publish(self, form: SentForm) -> dict[str, str]:
        """What goes on a web site, by file name: a page, a block for a page, the form as text. Raises TemplateFault."""
        subject = _application_subject(self._call)
        mailto = _mailto(self._call, subject, form.text)
        facts = {"form": form, "mailto": mailto, "mailto_has_form": "&body=" in mailto}
        return {
            "index.html": clean(self._render("page.html.j2", facts)),
            "block.html": clean(self._render("block.html.j2", facts)),
            "form.txt": form.text,
        }

    def _write(self, draft: Draft, message_id: str, date: datetime, event: CalendarEvent | None) -> OutgoingMail:
        facts = _facts(draft, message_id)
        pair = self._pair(draft.kind)
        first, _, rest = pair.text.render(facts).partition("\n")
        subject = self._discreet(draft, reply_subject(draft.reply_subject) or _own_subject(first))
        text = self._discreet(draft, _finish_text(rest))
        page = self._discreet(draft, clean(pair.html.render(facts, subject=subject)))
        calendar = self._calendar(draft, event)
        _must_be_right(draft, (text, html.unescape(page)), calendar)
        body = Body(text, page, calendar, draft.calendar.method if draft.calendar else "")
        content = assemble(_head(self._call, draft, subject, message_id, date), body)
        form = SentForm(message_id, text, draft.asks, draft.profile_lines, _ours(self._call, subject))
        return OutgoingMail(message_id, self._call.mailbox.email, draft.to.email, content, subject, form)

    def _render(self, name: str, facts: dict[str, Any]) -> str:
        try:
            return self._environment.get_template(name).render(facts)
        except TemplateError as fault:
            raise TemplateFault(name.partition(".")[0], _reason(fault)) from None

    def _pair(self, kind: str) -> _Pair:
        if kind not in self._pairs:
            get = self._environment.get_template
            self._pairs[kind] = _Pair(get(f"{kind}.txt.j2"), get(f"{kind}.html.j2"))
        return self._pairs[kind]

    def _calendar(self, draft: Draft, event: CalendarEvent | None) -> str:
        wish = draft.calendar
        if wish is None:
            return ""
        if event is None:
            raise AssemblyFault("a calendar part is wanted, but the event has no UID yet")
        if wish.link and draft.kind not in KINDS_WITH_ROOM:
            raise AssemblyFault("its calendar part would say how to join, but this kind of mail must not")
        room = draft.facts["room"] if wish.link else None
        if room is not None and not isinstance(room, MeetingRoom):
            raise AssemblyFault("it is not clear how to join the session")
        session = replace(self._call.session(wish.session), room=room)
        return write_event(self._call, session, event, draft.to, wish, self._call.mailbox.email)

    def _discreet(self, draft: Draft, face: str) -> str:
        """The text without anything that lets somebody join a session, unless this mail is there to say it."""
        if draft.kind not in KINDS_WITH_ROOM:
            for secret in self._secrets:
                face = face.replace(secret, _BLACKED_OUT) if secret in face else face
        return face

    def _complaints(self, draft: Draft) -> Iterator[str]:
        event = SAMPLE_EVENT if draft.calendar else None
        try:
            mail = self.write(draft, SAMPLE_MESSAGE_ID, datetime(2022, 3, 1, tzinfo=UTC), event)
            page = self._pair(draft.kind).html.render(_facts(draft, mail.message_id), subject=mail.subject)
        except TemplateFault as fault:
            yield f"{fault.args[0]}: {fault.args[1]}"
            return
        if len(page.encode()) > MOST_HTML:
            yield f"{draft.kind}.html.j2: the page is larger than {MOST_HTML} bytes; mail clients would cut it off"
        if visible_words(page) != _WORDS.findall(mail.form.text):
            yield f"{draft.kind}: its text and its HTML do not say the same words in the same order"


def visible_words(page: str) -> list[str]:
    """The words somebody sees of a page of ours (well-formed markup only, no script or style in the body)."""
    return _WORDS.findall(html.unescape(_HIDDEN.sub(" ", page)))


def _environment(call: Call, templates: Path) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FunctionLoader(_loader(templates)),
        undefined=StrictUndefined,
        autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters |= _filters(call)
    environment.globals |= {
        "call": call,
        "GAP": _GAP,
        "small_css": Markup(_read(templates, "small.css")),  # noqa: S704 - our own style sheet, no text of others
        "page_css": Markup(_read(templates, "page.css")),  # noqa: S704 - our own style sheet, no text of others
        "closing_line": closing_line,
        "printed_question": lambda question: printed_question(question, len(call.questions)),
        "printed_profile_line": printed_profile_line,
        "shown_in_full": _shown_in_full(len(call.questions)),
        "room_for_answer": lambda applications: _room_for_answer(len(applications), len(call.questions)),
        "deadline": wording.moment(call.deadline_day, call.zone),
        "day_word": wording.session_noun(call),
    }
    return environment


def _filters(call: Call) -> dict[str, Callable[..., Any]]:
    return {
        "moment": lambda at, zone=call.zone: wording.moment(at, zone),
        "day": lambda at, zone=call.zone: wording.day(at, zone),
        "clock": wording.clock,
        "session_day": wording.session_day,
        "session_label": lambda session: wording.session_label(call, session),
        "session_line": lambda session: wording.session_line(call, session),
        "greeting": wording.greeting,
        "listing": wording.listing,
        "one_line": lambda text, characters=SUBJECT_CHARACTERS: clean_line(str(text), characters),
        "excerpt": wording.excerpt,
        "sentence": wording.sentence,
        "quoted": lambda text: f"“{clean_line(str(text), SUBJECT_CHARACTERS).rstrip(' :')}”",
        "paragraphs": wording.paragraphs,
        "milestone": _milestone_words,
        "slug": lambda text: "-".join(_WORDS.findall(text.lower())),
        "indented": lambda text: clean(text).replace("\n", "\n    "),
        "lines": lambda text: Markup("<br>\n").join(clean(text).split("\n")),
    }


def _loader(templates: Path) -> Callable[[str], tuple[str, str, None] | None]:
    """Reads templates; those of mails in HTML get their styles inlined, those of web pages keep a style sheet."""
    try:
        inline = inliner(_read(templates, "mail.css"))
    except ValueError as fault:
        raise TemplateFault("mail.css", str(fault)) from None

    def load(name: str) -> tuple[str, str, None] | None:
        path = templates / name
        if not path.is_file():
            return None
        source = path.read_text(encoding="utf-8")
        mail = name.endswith(".html.j2") and name not in ("page.html.j2", "block.html.j2")
        return (inline(source) if mail else source), str(path), None

    return load


def _read(templates: Path, name: str) -> str:
    try:
        return (templates / name).read_text(encoding="utf-8")
    except OSError as fault:
        raise TemplateFault(name, f"cannot be read in the folder of templates ({fault.strerror})") from None


def _facts(draft: Draft, message_id: str) -> dict[str, Any]:
    token = message_id.strip("<>").partition("@")[0][:REFERENCE_CHARACTERS]
    named = {"to": draft.to, "asks": draft.asks, "profile_lines": draft.profile_lines, "token": token}
    return {**draft.facts, **named}


def _own_subject(first_line: str) -> str:
    if not first_line.startswith("Subject: "):
        raise AssemblyFault('the text template does not begin with a line "Subject: ..."')
    return clean_line(first_line.removeprefix("Subject: "), SUBJECT_CHARACTERS)


def _finish_text(text: str) -> str:
    """The text as it goes out: no runs of blank lines but those that are meant, no controls, lines that fit."""
    folded = _RUN_OF_BLANKS.sub("\n\n", _TRAILING.sub("", text.replace("\r\n", "\n")))
    return wording.wrapped(clean(folded.replace(_GAP, ""))).strip("\n") + "\n"


def _head(call: Call, draft: Draft, subject: str, message_id: str, date: datetime) -> Head:
    # The display name of an answered stranger is the stranger's text: it is not sent back to an address that may be
    # forged, only to people whose words the mail may show.
    named = draft.automatic == "auto-generated" or draft.facts.get("show_content") is True
    return Head(
        sender=Address(call.mailbox.name, call.mailbox.email),
        to=draft.to if named else Address("", draft.to.email),
        subject=subject,
        message_id=message_id,
        date=date,
        automatic=draft.automatic,
        in_reply_to=draft.in_reply_to,
        references=draft.references,
        extra=(("X-Ranmailbot", call.key), ("X-Ranmailbot-Kind", draft.kind), ("Content-Language", "en")),
    )


def _ours(call: Call, subject: str) -> tuple[str, ...]:
    return call.mailbox.name, call.mailbox.email, subject


def _secrets_of(call: Call) -> tuple[str, ...]:
    """What lets somebody into a session, as text and as it looks in HTML, the longest first."""
    rooms = [session.room for session in call.sessions if session.room]
    plain = {secret for room in rooms for secret in _secrets(room)}
    return tuple(sorted(plain | {html.escape(secret) for secret in plain}, key=len, reverse=True))


def _secrets(room: MeetingRoom) -> tuple[str, ...]:
    """Short passwords are left out: they might be ordinary words, and without link and number they open nothing."""
    named = (room.join_url, room.video_address, room.meeting_number, room.password)
    return tuple(one for one in named if len(one) >= _SECRET_CHARACTERS)


def _milestone_words(label: str) -> str:
    """ "session details, day-1" for the key "session_details:day-1:1"; any other label as it is."""
    mailing, scope, edition = [*label.split(":"), "", ""][:3]
    if not edition.isdecimal():
        return clean_line(label, SUBJECT_CHARACTERS)
    return mailing.replace("_", " ") + ("" if scope == "call" else f", {scope}")


def _shown_in_full(questions: int) -> int:
    """How many applications a digest shows with their answers; the others are named."""
    return max(3, _DIGEST_ANSWERS // max(1, questions))


def _room_for_answer(applications: int, questions: int) -> int:
    """Characters of each answer that a digest shows, so that the whole of it stays below what clients cut off."""
    answers = min(applications, _shown_in_full(questions)) * max(1, questions)
    return max(100, min(1_500, _DIGEST_CHARACTERS // max(1, answers)))


def _must_be_right(draft: Draft, faces: tuple[str, ...], calendar: str) -> None:
    """A mail that says how to join says it for its own session, approved, and in each of its faces."""
    if draft.kind not in KINDS_WITH_ROOM:
        return
    room, session = draft.facts["room"], draft.facts["session"]
    if isinstance(session, Session) and not session.online and room is None:
        return
    if not isinstance(room, MeetingRoom) or not isinstance(session, Session) or session.key != draft.session:
        raise AssemblyFault("it is not clear which session it is for, and how to join that one")
    if not room.join_url.startswith("https://") or not room.approved_by:
        raise AssemblyFault("the join link of this session is missing, not https, or not approved by an organiser")
    for face in faces:
        if room.join_url not in face or wording.session_day(session) not in face:
            raise AssemblyFault("the finished mail does not hold the link and the day of its session")
    if calendar and room.join_url not in calendar.replace("\r\n ", ""):
        raise AssemblyFault("the finished calendar part does not hold the link of its session")


def _application_subject(call: Call) -> str:
    return clean_line(f"{call.short_title}: application", SUBJECT_CHARACTERS)


def _mailto(call: Call, subject: str, text: str) -> str:
    """A mailto link (RFC 6068) with subject and the blank form; without the form if it would become too long."""
    link = f"mailto:{quote(call.mailbox.email, safe='@')}?subject={quote(subject, safe='')}"
    full = f"{link}&body={quote(text.replace(chr(10), chr(13) + chr(10)), safe='')}"
    return full if len(full) <= _MAILTO_CHARACTERS else link


def _reason(fault: Exception) -> str:
    """Why, without a word of the facts: only faults whose text names templates and variables are quoted."""
    if isinstance(fault, TemplateNotFound):
        return f"there is no template {fault.name}"
    line = f" in line {fault.lineno}" if hasattr(fault, "lineno") else ""
    quotable = isinstance(fault, AssemblyFault | UndefinedError) or hasattr(fault, "lineno")
    return f"{fault}{line}" if quotable else f"the template cannot be rendered ({type(fault).__name__})"
