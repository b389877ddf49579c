"""Letters that grow: one shape repeated up to any size, as people and attackers might send it.

Each shape aims at a loop of the reader or the decoder that could be slower than linear. Made of the sample form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, count, cycle

from tests.mail.sample_form import ADDRESS, FORM, NAME

_HEAD = "From: Anna Sample <anna@city.example>\nTo: {to}\nMessage-ID: <a@city.example>\nContent-Type: {kind}\n\n"
_QUESTIONS = tuple(question.text for question in FORM.questions)
_WORDS = tuple(FORM.text.split())
_QUOTED = "".join(f"> {line}\n" for line in FORM.text.split("\n"))
_HEADER = f"Am 01.03.2022 um 10:04 schrieb {NAME} <{ADDRESS}>:\n"
Pieces = Callable[[], Iterator[str]]


def letter(size: int, pieces: Iterator[str], kind: str = "text/plain; charset=utf-8") -> bytes:
    """A message whose body is made of these pieces until it has `size` bytes."""
    made: list[bytes] = []
    room = size
    for piece in pieces:
        data = piece.encode("utf-8")
        made.append(data)
        room -= len(data)
        if room <= 0:
            break
    return _HEAD.format(to=ADDRESS, kind=kind).encode("ascii") + b"".join(made)[:size]


def _again(*pieces: str) -> Pieces:
    return lambda: cycle(pieces)


def _after(first: str, *pieces: str) -> Pieces:
    return lambda: chain([first], cycle(pieces))


def _counted(pattern: str) -> Pieces:
    return lambda: (pattern.format(n) for n in count(1))


def _almost() -> Iterator[str]:
    """Our questions with one word in four changed, each time another one."""
    for turn in count():
        for question in _QUESTIONS:
            words = question.split()
            yield " ".join("xyz" if (place + turn) % 4 == 3 else word for place, word in enumerate(words)) + "\n"


def _threes() -> Iterator[str]:
    """Three words of the form, from another place each time, and a foreign one."""
    for turn in count():
        place = turn * 7 % (len(_WORDS) - 3)
        yield " ".join((*_WORDS[place : place + 3], "xyz "))


PLAIN: dict[str, Pieces] = {
    "one long answer": _after(
        f"> 1. {_QUESTIONS[0]}\n\n", "We prepare visits of children, and we talk with schools.\n"
    ),
    "one line without end": _again("we prepare visits "),
    "one word without end": _again("a"),
    "the whole mail quoted again and again": _again(_QUOTED),
    "our questions again and again, answered": _again(*(f"{question}\nSome.\n\n" for question in _QUESTIONS)),
    "our questions on one line": _again(*(f"{question} " for question in _QUESTIONS)),
    "almost our questions": _almost,
    "three words of ours, then a foreign one": _threes,
    "short lines": _again("a\n"),
    "blank lines": _after("Yes.", "\n"),
    "quote marks only": _again(">\n"),
    "quote marks on one line": _again("> "),
    "quotes in and out": _again("> > a\n", "> b\n", "c\n"),
    "answers in and out of quotes": _again(f"> {_QUESTIONS[0]}\n", "> x\n", "yes\n", f">> {_QUESTIONS[1]}\n", "no\n"),
    "reply headers": _again(_HEADER, "Yes.\n"),
    "reply headers between lines of ours": _again(f"{_HEADER}> {_QUESTIONS[2]}\n"),
    "lines that name us": _after(f"{_QUESTIONS[0]}\n", f"{ADDRESS}\n"),
    "our questions among lines that name us": _again(f"{_QUESTIONS[2]}\n", f"{ADDRESS}\n"),
    "our questions among profile lines": _again(f"{_QUESTIONS[2]}\n", "Your name: x\n"),
    "headers of other mail": _again("From: a@b.example\n", "Sent: 1.3.2022\n", "To: x\n", "Subject: y\n", "\n"),
    "labels": _again("1. a\n", "2. b\n", "3. c\n", "4. d\n"),
    "labels in and out of quotes": _again("1. a\n1. b\n2. c\n3. d\n" * 50, "> 1. a\n> 2. b\n> 1. c\n> 4. d\n" * 50),
    "labels in one line": _again("1. a 2. b 3. c 4. d "),
    "words before labels that never come": _again("abcdefghijklmnop" * 3 + "\n"),
    "greetings": _again("Dear all,\n\n"),
    "farewells": _again("Best regards\n\nAnna\n\n"),
    "disclaimers": _again("This mail is confidential, it is intended for its recipient " * 3 + "\n\n"),
    "disclaimers in one piece": _again("confidential intended recipient\n"),
    "rules": _again("-----\n"),
    "profile lines": _again("Your name: x\nYour role: y\nYour country: z\n"),
    "bullets": _again("- a\n"),
    "accents": _again("é̈ñ "),
    "tabs": _again("\t"),
}
_OPEN = "<b id={}>"
HTML: dict[str, Pieces] = {
    "HTML: paragraphs": _again("<p class=MsoNormal>We prepare visits of <b>children</b>.<o:p></o:p></p>"),
    "HTML: nested quotes": _again("<blockquote>a"),
    "HTML: tables": _again("<table><tr><td>1</td><td>visits</td></tr></table>"),
    "HTML: nested tables": _again("<table><tr><td>a"),
    "HTML: open bold, then paragraphs": lambda: chain((_OPEN.format(n) for n in range(450)), cycle(["<p>a"])),
    "HTML: bold within bold, torn": _again("<b><i><p></b>a"),
    "HTML: spans": _again("<span style='color:#1F497D'>a</span> "),
    "HTML: styles": _again("<p style='font-size:0    x;display   x'>a</p>"),
    "HTML: breaks": _again("<br>"),
    "HTML: entities": _again("&nbsp;&amp;"),
    "HTML: tags never closed": _again("<div "),
    "HTML: lists in lists": _again("<ul><li>a"),
    "HTML: attributes": lambda: chain(["<p "], (f"a{n}=1 " for n in count())),
    "HTML: attributes without spaces": lambda: chain(["<p "], (f"a{n}=''b{n}=''" for n in count())),
    "HTML: the whole mail quoted again": _again(*(f"<div>{line}</div>" for line in FORM.text.split("\n"))),
}


def patterns() -> dict[str, Callable[[int], bytes]]:
    """Every shape by its name: asked for a size in bytes, it gives a whole message."""
    made: dict[str, Callable[[int], bytes]] = {}
    for name, pieces in PLAIN.items():
        made[name] = lambda size, pieces=pieces: letter(size, pieces())
    for name, pieces in HTML.items():
        made[name] = lambda size, pieces=pieces: letter(size, pieces(), "text/html; charset=utf-8")
    made["links that never end, beside HTML"] = _links
    made["recipients"] = _recipients
    return made


def _links(size: int) -> bytes:
    """Two alternatives that are compared, full of the beginnings of links."""
    half = "[cid" * (size // 8)
    body = "".join(f"--x\nContent-Type: text/{kind}\n\n{half} {kind}\n" for kind in ("plain", "html"))
    return letter(size, iter([f"{body}--x--\n"]), "multipart/alternative; boundary=x")


def _recipients(size: int) -> bytes:
    """Addresses in many fields, beside a body of the same size."""
    fields = "".join(f"Cc: {', '.join(f'a{n}b{m}@c.de' for m in range(50))}\n" for n in range(200))
    return fields.encode("ascii") + letter(size, cycle(["We prepare visits.\n"]))
