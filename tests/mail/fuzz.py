"""`make fuzz`: random letters, made of our words and strangers', decoded and read. Each must keep every word, quickly.

Seeded: a failure is shown with its seed, and `--seed N --count 1` plays it again. It also reads the replies of
both generators, and fails if an answer is surely wrong.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from datetime import UTC, datetime

from ranmailbot.call.application import SURE
from ranmailbot.mail.answers import Reading, read_answers
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import decode
from ranmailbot.mail.limits import Limits

from .client_forms import FORMS, kept_form
from .client_replies import FAREWELLS, SENTENCES, client_reply
from .replies import reply

NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
TRUST = Trust("generic", "mx.ran.example")
SLOW = 0.5
"""Seconds of processor time for one small letter: far above what it takes, far below what hurts."""
SPACES = (
    "",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\n\n\n",
    "\r\n",
    "\xa0",
    "\u2028",
    "\u200b",
    " \n",
    "\n \n",
    "\x0b",
    "\x0c",
)
MARKS = (
    ">",
    "> ",
    ">>",
    "> > ",
    "| ",
    "AB> ",
    "- ",
    "* ",
    "1. ",
    "2) ",
    "(3) ",
    "Q4: ",
    "Ad 1/ ",
    "iv) ",
    "#2: ",
    "3 ",
)
ODD = (
    "On Tue, 1 Mar 2022 at 10:04, RAN PRISONS call <prisons-call@ran.example> wrote:",
    "From: RAN PRISONS call <prisons-call@ran.example>\nSent: 1 March 2022 10:04\nTo: x\nSubject: y",
    *(
        "-- ",
        "[...]",
        "Answer:",
        "A2:",
        "----------",
        "=====",
        "__________",
        "Your name:",
        "Your country: Latvia",
        "?",
        "-",
    ),
    *(
        "ﬁn",
        "İ",
        "ß",
        "ǆ",
        "½",
        "①",
        "١-",
        "👩‍👧",
        "e\u0301",
        "\u202eabc\u202c",
        "a" * 300,
        "1" * 40,
        "<b>",
        "&amp;",
        "</div>",
    ),
)
CHARSETS = ("utf-8", "utf-8", "iso-8859-1", "windows-1257", "utf-16", "us-ascii", "nonsense")


def heap(chance: random.Random) -> str:
    """A text of fragments: the form's lines and parts of lines, marks, farewells, label-like and odd things."""
    lines = kept_form(chance.choice(FORMS)).form.text.split("\n")
    parts: list[str] = []
    for _ in range(chance.randint(0, 60)):
        kind = chance.random()
        if kind < 0.35:
            first = chance.randrange(len(lines))
            parts.append("\n".join(lines[first : first + chance.randint(1, 6)]))
        elif kind < 0.5:
            words = chance.choice(lines).split()
            cut = chance.randint(0, len(words))
            parts.append(" ".join(words[cut:] + words[:cut]))
        elif kind < 0.65:
            parts.append(chance.choice(MARKS))
        elif kind < 0.8:
            parts.append(chance.choice(SENTENCES).format(year=2019, number=chance.randint(0, 30), more=40))
        elif kind < 0.9:
            parts.append(chance.choice(FAREWELLS).format(name="Anna Ozola", first="Anna"))
        else:
            parts.append(chance.choice(ODD))
        parts.append(chance.choice(SPACES))
    return "".join(parts)


def letter_of(chance: random.Random, text: str) -> bytes:
    """The text as a message: plain or HTML, in a charset that may be wrong, with its bytes bent now and then."""
    charset = chance.choice(CHARSETS)
    encoding = "utf-8" if charset == "nonsense" else charset
    body = text.encode(encoding, "replace")
    kind = chance.choice(("plain", "plain; format=flowed", "plain; format=flowed; delsp=yes", "html"))
    if kind == "html":
        tag = chance.choice(("div", "p", "blockquote", "li", "td", "pre", "span"))
        rows = (f"<{tag}>{row}</{tag}>" for row in text.split("\n"))
        body = "".join(rows).encode(encoding, "replace")
    if body and chance.random() < 0.1:
        place = chance.randrange(len(body))
        body = body[:place] + bytes(chance.choices(range(256), k=5)) + body[place:]
    head = "From: Anna Ozola <a.ozola@prison.example>\r\nTo: x@ran.example\r\nMessage-ID: <a@prison.example>\r\n"
    subtype, _, rest = kind.partition(";")
    head += f"Content-Type: text/{subtype}; charset={charset}{';' if rest else ''}{rest}\r\n\r\n"
    return head.encode("ascii") + body


def read_one(seed: int) -> Reading:
    """Read the letter of this seed against some form of ours. Raises ConservationBroken if a word would be lost."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    letter = decode(letter_of(chance, heap(chance)), NOW, Limits(), TRUST, ["x@ran.example"])
    return kept_form(chance.choice(FORMS)).read(letter.text, letter.sender)


def surely_wrong(seed: int) -> list[str]:
    """What is surely wrong in the generated replies of this seed, of both generators."""
    one, other = client_reply(seed), reply(seed)
    readings = (
        (one.style, one.truth, one.kept.read(one.text, one.sender)),
        (other.style, other.truth, read_answers(other.text, other.form, other.sender)),
    )
    return [
        f"{style}, question {answer.question}"
        for style, truth, reading in readings
        for answer in reading.answers
        if answer.confidence >= SURE and answer.text.split() != truth.get(answer.question, "").split()
    ]


def main() -> int:
    """Read `--count` letters from `--seed` on. 1 if any broke a promise."""
    parser = argparse.ArgumentParser(
        description="Read random letters; none may lose a word, be slow or be surely wrong."
    )
    parser.add_argument("--count", type=int, default=2_000, help="how many letters (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    options = parser.parse_args()
    broken = 0
    for seed in range(options.seed, options.seed + options.count):
        started = time.process_time()
        try:
            read_one(seed)
            faults = surely_wrong(seed)
        except Exception as fault:  # noqa: BLE001 - whatever is raised is what we look for
            faults = [f"{type(fault).__name__}: {fault}"]
        if time.process_time() - started > SLOW:
            faults.append("slow")
        broken += bool(faults)
        for fault_text in faults:
            sys.stdout.write(f"seed {seed}: {fault_text}\n")
    sys.stdout.write(f"{options.count} letters read, {broken} of them broke a promise\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
