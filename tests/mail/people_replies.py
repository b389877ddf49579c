"""A third generator of replies: what people do that no client does. Own words, labels of their own, halves, mentions.

Each has its author's answers with it, and all words that its author typed. Seeded, so repeatable.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ranmailbot.call.application import SURE
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import Reading, read_answers
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.reply_text import VisibleText

from .client_forms import FORMS, kept_form
from .people_forms import FAREWELLS, GREETINGS, NAMES, OWN, SENTENCES, TRANSLATIONS, people_form
from .people_more import (
    as_above,
    bannered_inside,
    beside_older,
    copied,
    in_capitals,
    last_word_lost,
    lists_inside,
    on_the_line,
    own_headings,
    plainly_numbered,
    table_in_quote,
    two_languages,
    with_remarks,
)
from .people_scene import Scene
from .people_typed import cut_questions, mentions_inline, mentions_on_top, pairs, restated, told_questions
from .people_ways import (
    backwards,
    bannered,
    between_halves,
    boxes,
    bullets,
    dictated,
    in_a_line,
    inline,
    lettered,
    noisy,
    own_table,
    prefixed,
    renumbered,
    rewritten_links,
    spoken,
    translated,
    undotted,
)

_KEPT = ("prisons", "seven", "twelve", "one", "two", "german", "greek", "hebrew", "latvian", "twenty")
CHOICE = tuple(f"own:{name}" for name in OWN) * 2 + tuple(name for name in _KEPT if name in FORMS)


def form_named(name: str) -> SentForm:
    """One of our own forms ("own:..."), or one that is kept as a real mail was."""
    return people_form(name.removeprefix("own:")) if name.startswith("own:") else kept_form(name).form


@dataclass(frozen=True)
class Told:
    """One generated reply and the truth about it. `guess`: a careful human could read it in two ways."""

    style: str
    form: SentForm
    text: VisibleText
    truth: dict[int, str]
    typed: str
    sender: Address
    guess: bool


STYLES: dict[str, tuple[Callable[[Scene], VisibleText], bool]] = {
    "numbered, words of the question said again": (restated, False),
    "another question mentioned, numbered": (mentions_on_top, False),
    "another question mentioned, inline": (mentions_inline, False),
    "question and answer in pairs": (pairs, False),
    "questions cut short": (cut_questions, False),
    "questions told in own words": (told_questions, True),
    "inline": (inline, False),
    "an odd mark before the quote": (prefixed, False),
    "numbers lost, wrapped at 60": (renumbered, False),
    "a banner before the quote": (bannered, False),
    "rewritten links": (rewritten_links, False),
    "between the halves of a question": (between_halves, False),
    "translated, without numbers": (translated, False),
    "one paragraph with labels": (in_a_line, False),
    "dictated": (dictated, True),
    "numbers in words": (spoken, False),
    "numbers without a mark": (undotted, False),
    "letters or small romans": (lettered, True),
    "bullets": (bullets, True),
    "backwards": (backwards, False),
    "a table of their own": (own_table, False),
    "half in the box, half outside": (boxes, False),
    "noise within the quote": (noisy, False),
    "plainly numbered": (plainly_numbered, False),
    "questions copied": (copied, False),
    "a remark below the answers": (with_remarks, False),
    "two languages": (two_languages, False),
    "same as above": (as_above, False),
    "lists inside": (lists_inside, False),
    "beside older answers": (beside_older, False),
    "question and answer in cells": (table_in_quote, False),
    "banners above and inside": (bannered_inside, False),
    "last word of the question lost": (last_word_lost, False),
    "behind the question on its line": (on_the_line, False),
    "our text dressed otherwise": (in_capitals, False),
    "questions cut short, no numbers": (own_headings, False),
}
_NO_TWENTY = tuple(name for name in CHOICE if name != "twenty")  # all its questions are one but for a number
_ONLY = {
    told_questions: _NO_TWENTY,
    cut_questions: _NO_TWENTY,
    own_table: _NO_TWENTY,
    own_headings: _NO_TWENTY,
    bullets: tuple(name for name in CHOICE if name not in ("one", "own:single")),
    undotted: tuple(name for name in CHOICE if name not in ("one", "own:single")),
    translated: tuple(f"own:{name}" for name in TRANSLATIONS),
    between_halves: ("own:libraries", "own:biblioteche"),
    dictated: ("prisons", "own:nurses", "own:choirs", "own:libraries"),
    spoken: ("prisons", "own:nurses", "own:choirs", "own:libraries", "own:pflege", "german"),
    lettered: ("prisons", "own:nurses", "own:choirs", "own:soins", "latvian"),
}
_ALL_ANSWERED = (beside_older, in_a_line, dictated, spoken, lettered, bullets, backwards, undotted)
_MOST_WHOLE = 8


def _answer(chance: random.Random) -> str:
    def sentence() -> str:
        return chance.choice(SENTENCES).format(year=chance.randint(1995, 2022), number=chance.randint(2, 48))

    return sentence() if chance.random() < 0.7 else f"{sentence()} {sentence()}"


def told(seed: int) -> Told:
    """The reply of this seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    style = list(STYLES)[seed % len(STYLES)]
    write, guess = STYLES[style]
    key = chance.choice(_ONLY.get(write, CHOICE))
    form = form_named(key)
    numbers = [question.number for question in form.questions]
    if chance.random() < 0.3 and write not in _ALL_ANSWERED and len(numbers) > 1:
        numbers = sorted(chance.sample(numbers, chance.randint(1, len(numbers))))
    name = chance.choice(NAMES)
    truth = {number: _answer(chance) for number in numbers}
    scene = Scene(chance, form, key, truth, name, chance.choice(GREETINGS), chance.choice(FAREWELLS).format(name=name))
    text = write(scene)
    sender = Address(name, "x@prison.example")
    return Told(style, form, text, truth, "\n".join((*truth.values(), *scene.typed)), sender, guess)


_TYPED = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Judged:
    """How one reply was read: per answer exactly, not exactly and unsure, wrong and sure; and words lost."""

    exact: int
    unsure: int
    wrong: tuple[int, ...]
    missing: int
    lost: int
    proposed: int


def judge(one: Told, reading: Reading) -> Judged:
    """Compare what was read with the truth, white space aside."""
    found = {answer.question: answer for answer in reading.answers}
    exact = missing = unsure = proposed = 0
    wrong: list[int] = []
    for number in {*found, *one.truth}:
        said = found[number].text.split() if number in found else []
        sure = number in found and found[number].confidence >= SURE
        right = said == one.truth.get(number, "").split()
        exact += right
        proposed += right and not sure
        missing += not right and not said
        unsure += not right and bool(said) and not sure
        wrong += [number] if not right and sure else []
    kept = [answer.text for answer in reading.answers] + [value.text for value in reading.profile] + [reading.remainder]
    lost = Counter(_TYPED.findall(one.typed)) - Counter(_TYPED.findall("\n".join(kept)))
    return Judged(exact, unsure, tuple(sorted(wrong)), missing, lost.total(), proposed)


def main() -> int:
    """Read `--count` replies from `--seed` on, and say by style how they were read. 1 if anything is surely wrong."""
    parser = argparse.ArgumentParser(description="Read what people do that no client does, and count by style.")
    parser.add_argument("--count", type=int, default=2_000, help="how many replies (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--show", default="", help="name the seeds of this style that are not read exactly")
    options = parser.parse_args()
    sums: dict[str, Counter[str]] = {}
    for seed in range(options.seed, options.seed + options.count):
        one = told(seed)
        judged = judge(one, read_answers(one.text, one.form, one.sender))
        here = {"answers": len(one.truth), "exact": judged.exact, "proposed": judged.proposed, "unsure": judged.unsure,
                "wrong and sure": len(judged.wrong), "missing": judged.missing, "lost": judged.lost}  # fmt: skip
        sums.setdefault(one.style, Counter()).update(here)
        if options.show == one.style and (judged.exact < len(one.truth) or judged.wrong or judged.lost):
            sys.stdout.write(f"seed {seed}: {judged}\n")
    every: Counter[str] = Counter()
    for style, counted in sums.items():
        every.update(counted)
        sys.stdout.write(f"{style:<44} " + ", ".join(f"{name} {number}" for name, number in counted.items()) + "\n")
    sys.stdout.write(f"{'all':<44} " + ", ".join(f"{name} {number}" for name, number in every.items()) + "\n")
    return 1 if every["wrong and sure"] or every["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
