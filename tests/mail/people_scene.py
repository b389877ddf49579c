"""One person, one form, one client: what a generated reply is made of, and how clients wrap what was typed."""

from __future__ import annotations

import html
import random
import textwrap
from dataclasses import dataclass, field

from ranmailbot.mail.form import SentForm
from ranmailbot.mail.html_text import visible_lines
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.reply_text import VisibleText, plain_lines

from .people_forms import ATTRIBUTIONS, HEADERS


@dataclass(frozen=True)
class Scene:
    """What one reply is made of: `truth` holds the answers by question; a style may change it, and adds `typed`."""

    chance: random.Random
    form: SentForm
    key: str
    truth: dict[int, str]
    name: str
    greeting: str
    farewell: str
    typed: list[str] = field(default_factory=list)

    def told(self, text: str) -> str:
        """A header or attribution with our name in it."""
        us, mail, subject = self.form.ours[:3]
        return text.format(us=us, mail=mail, subject=subject, name=self.name)

    def asked(self, number: int) -> str:
        """The text of a question."""
        return next(question.text for question in self.form.questions if question.number == number)


def plain(text: str) -> VisibleText:
    return VisibleText(plain_lines(text), "plain")


def page(text: str) -> VisibleText:
    return VisibleText(visible_lines(text, Limits()), "html")


def divs(text: str) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


def around(scene: Scene, body: str) -> str:
    return "\n\n".join(part for part in (scene.greeting, body, scene.farewell) if part)


def on_top(scene: Scene, body: str) -> VisibleText:
    """What was typed, and the form below it as some client quotes it, or not at all."""
    typed = around(scene, body)
    attribution, header = scene.told(scene.chance.choice(ATTRIBUTIONS)), scene.told(scene.chance.choice(HEADERS))
    marked = "\n".join(f"> {line}".rstrip() for line in scene.form.text.split("\n"))
    kind = scene.chance.randrange(7)
    if kind >= len(_BELOW):
        return _on_a_page(kind, typed, (attribution, header), scene.form.text)
    return plain(_BELOW[kind].format(typed=typed, attribution=attribution, header=header, marked=marked,
                                      form=scene.form.text, wrapped=rewrapped(scene.form.text, "> ")))  # fmt: skip


_BELOW = (
    "{typed}",
    "{typed}\n\n{header}\n\n{form}",
    "{typed}\n{attribution}\n{marked}",
    "{typed}\n\n{attribution}\n\n{wrapped}",
    "{typed}\n\n{attribution}\n\n{marked}\n",
)


def _on_a_page(kind: int, typed: str, told: tuple[str, str], form: str) -> VisibleText:
    if kind == len(_BELOW):
        quote = f"<blockquote class='gmail_quote'>{divs(form)}</blockquote>"
        head = f"<div class='gmail_attr'>{html.escape(told[0])}<br></div>"
        return page(f"<div dir='ltr'>{divs(typed)}</div><br>{head}{quote}")
    rows = "".join(f"<p class=MsoNormal>{html.escape(row) or '&nbsp;'}</p>" for row in typed.split("\n"))
    head = html.escape(told[1]).replace("\n", "<br>")
    return page(f"{rows}<div><p class=MsoNormal>{head}</p></div>{divs(form)}")


def rewrapped(text: str, mark: str, width: int = 60) -> str:
    rows: list[str] = []
    for line in text.split("\n"):
        rows += [f"{mark}{piece}".rstrip() for piece in textwrap.wrap(line, width) or [""]]
    return "\n".join(rows)


Row = tuple[str, bool]
"""A line, and whether it is ours."""


def last_lines(form: SentForm) -> dict[int, tuple[int, int]]:
    """By question, the first and last line of its print."""
    lines, found = form.text.split("\n"), dict[int, tuple[int, int]]()
    for question in form.questions:
        wanted = " ".join(question.text.split())
        for first in range(len(lines) - 1, -1, -1):
            block, last = lines[first].strip(), first
            while wanted not in block and last + 1 < len(lines) and lines[last + 1].strip() and last < first + 4:
                last += 1
                block += " " + lines[last].strip()
            if wanted in block:
                while last + 1 < len(lines) and lines[last + 1].strip():
                    last += 1
                found[question.number] = (first, last)
                break
    return found


def filled(scene: Scene, text: str | None = None) -> list[Row]:
    """The form with the answers in the room below the questions."""
    lines = (scene.form.text if text is None else text).split("\n")
    ends = {last: number for number, (_, last) in last_lines(scene.form).items()}
    close, rows, room = scene.chance.random() < 0.4, list[Row](), 0
    waiting = ""
    for number, line in enumerate(lines):
        if room and not line.strip():
            room -= 1
            continue
        room = 0
        rows.append((line, True))
        waiting = scene.truth.get(ends.get(number, 0), waiting)
        if waiting and not "".join(lines[number + 1 : number + 2]).strip():
            around: list[Row] = [] if close else [("", False)]
            rows += [*around, *((row, False) for row in waiting.split("\n")), *around]
            room, waiting = 3, ""
    return rows


def marked(rows: list[Row], mark: str) -> str:
    return "\n".join(f"{mark}{line}".rstrip() if ours else line for line, ours in rows)


def quote_of(scene: Scene, rows: list[Row]) -> VisibleText:
    """These rows as a client writes them when somebody answers within the quote."""
    attribution = scene.told(scene.chance.choice(ATTRIBUTIONS))
    kind = scene.chance.randrange(5)
    if kind == 0:
        return plain(f"{attribution}\n{marked(rows, '> ')}\n\n{scene.farewell}")
    if kind == 1:
        return plain(f"{scene.told(scene.chance.choice(HEADERS))}\n\n{marked(rows, '')}\n\n{scene.farewell}")
    if kind == 2:
        body, quoted = f"<div>{html.escape(attribution)}</div>", False
        for line, ours in rows:
            if ours != quoted:
                body += "<blockquote type='cite'>" if ours else "</blockquote>"
                quoted = ours
            body += divs(line)
        return page(f"{body}{'</blockquote>' if quoted else ''}{divs(scene.farewell)}")
    if kind == 3:
        lines = "".join(f"<p class=MsoNormal>{html.escape(line) or '&nbsp;'}</p>" for line, _ in rows)
        head = html.escape(scene.told(scene.chance.choice(HEADERS))).replace("\n", "<br>")
        return page(f"<p>{head}</p>{lines}{divs(scene.farewell)}")
    return plain(f"{attribution}\n\n{marked(rows, '>')}\n\n{scene.farewell}")


def listed(scene: Scene, label: str, said: dict[int, str]) -> str:
    between = scene.chance.choice(("\n", "\n\n"))
    return between.join(f"{label.format(n=number)}{text}" for number, text in said.items())
