"""The sample people: who they are, how they write, what they would answer and what they will do.

Everything follows from the seed and the configured call; nothing is wired to the shipped one. Addresses lie under
domains that are reserved for examples (RFC 2606), so that no sample mail can ever reach anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from random import Random

from ranmailbot.call.call import Call, Question
from ranmailbot.rehearsal import words


class Habit(StrEnum):
    """What somebody does between the call and the deadline."""

    APPLIES = "applies"
    PARTIAL = "answers half, then the rest"
    LATE = "applies after the deadline"
    CORRECTS = "corrects one answer"
    WITHDRAWS = "applies, then withdraws"
    AWAY = "is out of office, applies on return"
    ABSENT = "is out of office and stays away"
    ASKS = "asks a question, applies later"
    REPEATS = "sends the same answers twice"
    PHONE = "sends one answer a mail"
    HOST = "applies and forwards the form to a colleague"
    COLLEAGUE = "answers a form that was forwarded"
    SHARED_FIRST = "applies from a shared mailbox"
    SHARED_SECOND = "applies from the same shared mailbox"
    WEB_FORM = "copies the published form into a new mail"
    WANTS_FORM = "writes without a form"
    JUNK = "lands in the Junk folder"
    SUPPRESSED = "writes from a client that forbids automatic replies"
    UNPROVEN_LEAVING = "is said to withdraw, by a stranger"
    GARBLED = "sends a broken letter"
    BOUNCING = "has an address that bounces"
    REFUSED = "has an address that is refused"
    GREYLISTED = "has a server that says come again later"
    SILENT = "never answers"


class Style(StrEnum):
    """How somebody's client and hand write a reply."""

    INLINE = "inline, below each quoted question"
    INLINE_END = "at the end of each question's line"
    NOTES = "inline, quoted without marks"
    NUMBERED = "numbered, above the quote"
    LABELLED = "labelled Q1, Q2, above the quote"
    PARAGRAPH = "one paragraph from a phone"
    COPIED = "questions copied to the top"
    GMAIL = "HTML, between blockquotes (Gmail)"
    OUTLOOK = "HTML, coloured inside the original (Outlook)"
    HTML_ONLY = "HTML only, numbered"
    LEGACY = "an old character set, quoted-printable"
    SIGNED = "S/MIME-signed, with a gateway's disclaimer"
    FLOWED = "format=flowed, below each quoted question"
    NUMBERED_ALONE = "numbered, quote deleted"


class Manner(StrEnum):
    """How somebody answers an invitation."""

    CALENDAR_YES = "accepts by calendar"
    CALENDAR_NO = "declines by calendar"
    WORDS_YES = "says yes"
    WORDS_NO = "says no"
    ONLY_FIRST = "says only day 1"
    REMINDED = "answers only when reminded"
    CHANGES = "accepts, then declines"
    STALE = "accepts; an older refusal arrives afterwards"
    FORWARDS = "accepts; somebody else does so too"
    TENTATIVE = "tentative, then accepts"
    LEAVES = "withdraws after the invitation"
    NOTHING = "never says"


@dataclass(frozen=True, slots=True)
class Persona:
    """One sample person. `answers` and `corrections` are by question; `language` is "en" or a key of LANGUAGES."""

    index: int
    name: str
    email: str
    organisation: str
    country: str
    role: str
    zone: str
    habit: Habit
    style: Style
    manner: Manner
    language: str
    authenticated: bool
    listed: bool
    """Whether they stand on the announcement list."""
    answers: dict[int, str]
    corrections: dict[int, str]

    @property
    def key(self) -> str:
        """The case-folded address, by which mail finds them."""
        return self.email.casefold()

    @property
    def applies(self) -> bool:
        """Whether an application is expected of them in the end."""
        return self.habit not in (Habit.ABSENT, Habit.BOUNCING, Habit.REFUSED, Habit.SILENT, Habit.GARBLED)

    @property
    def final_answers(self) -> dict[int, str]:
        """What the bot should have understood in the end."""
        return {**self.answers, **self.corrections}


_SPECIAL: tuple[tuple[Habit, Style], ...] = (
    (Habit.APPLIES, Style.INLINE),
    (Habit.APPLIES, Style.NUMBERED),
    (Habit.APPLIES, Style.GMAIL),
    (Habit.PARTIAL, Style.INLINE),
    (Habit.LATE, Style.NUMBERED),
    (Habit.CORRECTS, Style.INLINE),
    (Habit.WITHDRAWS, Style.NUMBERED),
    (Habit.APPLIES, Style.OUTLOOK),
    (Habit.AWAY, Style.GMAIL),
    (Habit.BOUNCING, Style.INLINE),
    (Habit.ASKS, Style.OUTLOOK),
    (Habit.REPEATS, Style.INLINE),
    (Habit.PHONE, Style.LABELLED),
    (Habit.HOST, Style.NUMBERED),
    (Habit.COLLEAGUE, Style.INLINE),
    (Habit.SHARED_FIRST, Style.INLINE),
    (Habit.SHARED_SECOND, Style.INLINE),
    (Habit.JUNK, Style.NUMBERED),
    (Habit.WEB_FORM, Style.INLINE),
    (Habit.APPLIES, Style.HTML_ONLY),
    (Habit.APPLIES, Style.LEGACY),
    (Habit.APPLIES, Style.SIGNED),
    (Habit.WANTS_FORM, Style.NUMBERED),
    (Habit.GARBLED, Style.INLINE),
    (Habit.APPLIES, Style.NOTES),
    (Habit.REFUSED, Style.INLINE),
    (Habit.GREYLISTED, Style.GMAIL),
    (Habit.ABSENT, Style.INLINE),
    (Habit.SUPPRESSED, Style.INLINE),
    (Habit.APPLIES, Style.LEGACY),
    (Habit.APPLIES, Style.PARAGRAPH),
    (Habit.UNPROVEN_LEAVING, Style.INLINE),
    (Habit.APPLIES, Style.COPIED),
    (Habit.SILENT, Style.INLINE),
    (Habit.APPLIES, Style.LEGACY),
    (Habit.APPLIES, Style.INLINE_END),
    (Habit.APPLIES, Style.LABELLED),
    (Habit.LATE, Style.OUTLOOK),
    (Habit.APPLIES, Style.FLOWED),
    (Habit.CORRECTS, Style.GMAIL),
)
"""The first people of every cast, so that even a small one plays what matters most."""

_CROWD = (
    Style.INLINE, Style.GMAIL, Style.OUTLOOK, Style.NUMBERED, Style.LEGACY, Style.HTML_ONLY, Style.NOTES,
    Style.LABELLED, Style.SIGNED, Style.NUMBERED_ALONE, Style.FLOWED,
)  # fmt: skip

_MANNERS = (
    Manner.CALENDAR_YES, Manner.WORDS_YES, Manner.REMINDED, Manner.CALENDAR_NO, Manner.CHANGES, Manner.ONLY_FIRST,
    Manner.STALE, Manner.CALENDAR_YES, Manner.FORWARDS, Manner.LEAVES, Manner.WORDS_NO, Manner.TENTATIVE,
    Manner.CALENDAR_YES, Manner.NOTHING,
)  # fmt: skip

_UNAUTHENTICATED = 3
"""Every third person's domain proves nothing (no DMARC): they count by the round trip only."""


def cast(call: Call, count: int, seed: int) -> tuple[Persona, ...]:
    """`count` people for this call, the same for the same seed."""
    chance = Random(f"cast:{seed}")  # noqa: S311 - sample people, not secrets
    names = _names(chance)
    people: list[Persona] = []
    for index in range(count):
        part = _SPECIAL[index] if index < len(_SPECIAL) else (_crowd_habit(index), _CROWD[index % len(_CROWD)])
        own = Random(f"person:{seed}:{index}")  # noqa: S311 - as above
        people.append(_person(call, index, next(names), part, chance=own, before=people))
    return tuple(people)


def _crowd_habit(index: int) -> Habit:
    habits = {7: Habit.PARTIAL, 11: Habit.CORRECTS, 13: Habit.SILENT, 17: Habit.REPEATS, 19: Habit.WITHDRAWS}
    return habits.get(index % 20, Habit.APPLIES)


def _names(chance: Random) -> Iterator[str]:
    pairs = list(product(words.GIVEN, words.FAMILY))
    chance.shuffle(pairs)
    for given, family in pairs:
        yield f"{given} {family}"
    for middle, (given, family) in product("ABCDEFGHIJKLMNOPRSTUVZ", pairs):
        yield f"{given} {middle}. {family}"


def _person(
    call: Call, index: int, name: str, part: tuple[Habit, Style], *, chance: Random, before: Sequence[Persona]
) -> Persona:
    habit, style = part
    country, code, zone = chance.choice(words.PLACES)
    employer, host = chance.choice(words.EMPLOYERS)
    language = ("lv", "el", "de")[index % 3] if style is Style.LEGACY else "en"
    role = chance.choice(words.ROLES)
    answers = _answers(call.questions, language, role, short=style is Style.PARAGRAPH, chance=chance)
    return Persona(
        index=index,
        name=name,
        email=_address(name, habit, f"{host}.{code}", before),
        organisation=f"{employer} ({code.upper()} sample)",
        country=country,
        role=role,
        zone=zone,
        habit=habit,
        style=style,
        manner=_MANNERS[index % len(_MANNERS)],
        language=language,
        authenticated=_authenticated(index, habit),
        listed=habit not in (Habit.WEB_FORM, Habit.WANTS_FORM, Habit.COLLEAGUE, Habit.SHARED_SECOND),
        answers=answers,
        corrections=_corrections(call.questions, habit, chance),
    )


def _authenticated(index: int, habit: Habit) -> bool:
    return index % _UNAUTHENTICATED != 0 or habit in (Habit.WITHDRAWS, Habit.COLLEAGUE, Habit.SHARED_FIRST)


def _address(name: str, habit: Habit, host: str, before: Sequence[Persona]) -> str:
    if habit is Habit.SHARED_SECOND and before:
        return before[-1].email
    if habit is Habit.SHARED_FIRST:
        return f"info@{host}.example.org"
    local = name.lower().replace(". ", ".").replace(" ", ".")
    odd = {Habit.BOUNCING: "bouncing.example", Habit.REFUSED: "refused.example", Habit.GREYLISTED: "greylisted.example"}
    return f"{local}@{odd.get(habit) or host + ('.example', '.test', '.example.org')[len(before) % 3]}"


def _answers(questions: Sequence[Question], language: str, role: str, *, short: bool, chance: Random) -> dict[int, str]:
    used: set[str] = set()
    answers = {}
    for question in questions:
        pool = words.LANGUAGES.get(language) or (*words.THEMES[theme(question.text)], *words.THEMES["any"])
        fresh = [sentence for sentence in pool if sentence not in used] or list(pool)
        chosen = chance.sample(fresh, k=1 if short else min(len(fresh), chance.choice((1, 1, 2))))
        used.update(chosen)
        answers[question.number] = " ".join(_filled(sentence, role, chance) for sentence in chosen)
    return answers


def _filled(sentence: str, role: str, chance: Random) -> str:
    return sentence.format(n=chance.randint(3, 29), k=chance.randint(2, 9), role=role)


def theme(question: str) -> str:
    """What a question seems to be about: a key of THEMES."""
    text = question.casefold()
    return next((name for name, hints in words.HINTS.items() if any(hint in text for hint in hints)), "any")


def _corrections(questions: Sequence[Question], habit: Habit, chance: Random) -> dict[int, str]:
    if habit is not Habit.CORRECTS:
        return {}
    question = chance.choice(questions)
    years = chance.randint(30, 39)
    return {question.number: f"I must correct myself: it has been {years} months in all, with two partner agencies."}
