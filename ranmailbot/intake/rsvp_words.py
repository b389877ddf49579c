"""Reads "yes", "no", "only day 1", "day 1 yes, day 2 no" as answers for sessions. Understands all of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ranmailbot.call.application import Reply

YES = frozenset({"yes", "yep", "accept", "accepted", "attend", "attending", "join", "confirm", "confirmed"})
_PLAIN_YES = frozenset({"yes", "yep"})
NO = frozenset({"no", "decline", "declined", "not", "cannot", "cant", "unable", "unfortunately", "dont", "wont"})
ALL = frozenset({"both", "all"})
DAY = frozenset({"day", "days", "session", "sessions"})
_FILLER = (
    "i we will would to the a for please thank you thanks am be there in on of it my this meeting invitation happy "
    "glad gladly with pleasure sorry regards kind best many much very can take part do and dear"
)
FILLER = frozenset(_FILLER.split())
_MOST_WORDS = 25
_MOST_DIGITS = 3
_Said = tuple[dict[str, Reply], Reply | None]


def read_words(text: str, sessions: tuple[str, ...], own: str | None) -> Mapping[str, Reply]:
    """The reply for each session key, from the first paragraph. Empty if any word of it is not understood.

    `own` is the session of the mail that is answered; words without a day speak of it, or of all if it is None.
    """
    said: dict[str, Reply] = {}
    verdict: Reply | None = None
    for words in _clauses(text):
        found = _clause(words, sessions, own, verdict)
        if found is None or _takes_back(said, found[0], words):
            return MappingProxyType({})
        said.update(found[0])
        verdict = found[1]
    return MappingProxyType(said)


def _clauses(text: str) -> list[list[str]]:
    """The first paragraph, cut where a clause ends. A signature below an empty line is not looked at."""
    paragraph = text.strip().split("\n\n")[0].casefold().replace("'", "").replace("’", "").replace(":", " ")
    for mark in ("\n", ";", ".", "!", " but "):
        paragraph = paragraph.replace(mark, "|")
    paragraph = paragraph.replace(" and day ", ", day ").replace(" and session ", ", session ")
    clauses = [clause for part in paragraph.split("|") for clause in _joined(part.split(","))]
    return clauses if sum(map(len, clauses)) <= _MOST_WORDS else [["?"]]


def _joined(pieces: list[str]) -> list[list[str]]:
    """What stands between commas, joined until it says both what and when: "day 1, yes" is one clause, not two."""
    clauses: list[list[str]] = []
    for words in (piece.split() for piece in pieces):
        last = clauses[-1] if clauses else None
        if last is None or (_says_what(last) and _says_when(last)) or (_says_what(last) and _says_what(words)):
            clauses.append(words)
        else:
            last.extend(words)
    return [words for words in clauses if words]


def _takes_back(said: Mapping[str, Reply], now: Mapping[str, Reply], words: list[str]) -> bool:
    """ "no, yes": a second word on the same session that names no day. "I accept, no day 2" narrows, and is meant."""
    return not _says_when(words) and any(said.get(key, reply) is not reply for key, reply in now.items())


def _says_what(words: list[str]) -> bool:
    return bool((YES | NO) & set(words))


def _says_when(words: list[str]) -> bool:
    return bool(ALL & set(words)) or any(word.isdecimal() for word in words)


def _clause(words: list[str], sessions: tuple[str, ...], own: str | None, before: Reply | None) -> _Said | None:
    """What one clause says, and its verdict for the next one; None if a word is not understood."""
    numbers = [int(word) for word in words if word.isdecimal() and len(word) <= _MOST_DIGITS]
    if any(not _known(word) for word in words) or _contradicts(words):
        return None
    if any(not 1 <= number <= len(sessions) for number in numbers) or (numbers and not DAY & set(words)):
        return None
    verdict = _verdict(words)
    chosen = _chosen(words, numbers, sessions, own)
    if "only" in words and numbers:
        other = Reply.ACCEPTED if verdict is Reply.DECLINED else Reply.DECLINED
        return {key: (verdict or Reply.ACCEPTED) if key in chosen else other for key in sessions}, verdict
    if verdict is None and not _says_when(words):
        return {}, before
    verdict = verdict or before or Reply.ACCEPTED
    return dict.fromkeys(chosen, verdict), verdict


def _contradicts(words: list[str]) -> bool:
    return bool(_PLAIN_YES & set(words)) and bool(NO & set(words))


def _known(word: str) -> bool:
    return (
        (word.isdecimal() and len(word) <= _MOST_DIGITS)
        or word == "only"
        or any(word in group for group in (YES, NO, ALL, DAY, FILLER))
    )


def _verdict(words: list[str]) -> Reply | None:
    if NO & set(words):
        return Reply.DECLINED
    return Reply.ACCEPTED if YES & set(words) else None


def _chosen(words: list[str], numbers: list[int], sessions: tuple[str, ...], own: str | None) -> tuple[str, ...]:
    if numbers:
        return tuple(sessions[number - 1] for number in numbers)
    if ALL & set(words) or own is None:
        return sessions
    return (own,)
