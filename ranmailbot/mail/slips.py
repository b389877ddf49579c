"""Our questions with slips in them: words misspelt, swapped, left out or put in, by a person or a program.

Where a question was found in part, its head and tail are aligned word by word with what stands around it. What differs
is never ours: it goes to the remainder.

Fear: an answer that goes on with the question's words, so nothing is aligned over the end of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ranmailbot.mail.alignment import Match
from ranmailbot.mail.sent_text import Piece, SentText
from ranmailbot.mail.words import Words, before_on_line, similar

_MOST_MISSING = 8
_BEYOND = 2
"""So many more words than are missing may stand at an edge."""
_SLIP, _OTHER, _EXTRA, _LEFT_OUT = 0.35, 1.0, 1.0, 0.9
"""What a misspelt word costs, another word in its place, one put in, one left out."""
_ASKED_HERE, _LINE_HERE = 1.5, 1.2
"""What it is worth that the question mark stands there, or that the line begins there."""
_TOO_DEAR = 100.0
_MOST_SLIPS = 0.25
"""Costs for each word of a sentence, at most."""
_BARRIER = re.compile(r"[.?!:;？：)\]]|\n[ \t>|]*\n")
_SPACE = r"[ \t\u00a0\u202f]"
_MARKS_BEHIND = re.compile(
    rf"{_SPACE}*[*_]*(?:\n[ \t\u00a0\u202f>|*_]*(?=[?？]))?{_SPACE}*"
    rf"(?:[?？][?？!]*[*_]*(?:{_SPACE}?[:：](?=\s|$))?|[:：][*_]*(?=\s|$))[*_]*|[*_]+(?=\s|$)"
)
_ASK = re.compile(r"[ \t*_]*[?？]")
_AT_LINE = re.compile(r"[\s*_#•>|\"“„(\[–—-]*$")


def question_end(reply: Words, sent: SentText, match: Match, piece: Piece) -> int:
    """Where this question really ends, its last words misspelt, left out or more than we sent, and its marks."""
    of = match.runs[-1].of + match.runs[-1].size
    if of > piece.core[1] or piece.core[1] - of > _MOST_MISSING:
        return 0
    missing = sent.words.keys[of : piece.core[1]]
    plain = marks_end(reply.text, reply.ends[match.end - 1])
    if not missing and (plain > reply.ends[match.end - 1] or "?" not in sent.marks[match.piece]):
        return plain
    ahead, broken = ahead_in_sentence(reply, match.end, len(missing) + _BEYOND)
    costs = alignment_costs(missing, [reply.keys[place] for place in ahead])
    for taken in range(len(costs)):
        last = match.end + taken - 1
        if _ASK.match(reply.text, reply.ends[last]):
            costs[taken] -= _ASKED_HERE
        if taken > broken and not any(map(similar, [reply.keys[last]] * len(missing), missing)):
            costs[taken] += _TOO_DEAR
    last = match.end + costs.index(min(costs)) - 1
    return marks_end(reply.text, reply.ends[last])


def next_sentence_end(reply: Words, sent: SentText, match: Match, piece: Piece) -> int:
    """Where the question's next sentence ends, typed right behind this one with slips; 0 if it is not there."""
    number = match.piece + 1
    following = sent.pieces[number] if number < len(sent.pieces) else piece
    if following.part != piece.part + 1 or following.question != piece.question:
        return 0
    asked = sent.words.keys[slice(*following.core)]
    said = reply.keys[match.end : match.end + len(asked) + _BEYOND]
    if not said or said[:_BEYOND] == asked[:_BEYOND] or not similar(said[0], asked[0]):
        return 0
    costs = alignment_costs(asked, said)
    taken = costs.index(min(costs))
    if costs[taken] > _MOST_SLIPS * len(asked):
        return 0
    end = marks_end(reply.text, reply.ends[match.end + taken - 1])
    return end + reply.text.startswith(".", end)


def marks_end(text: str, place: int) -> int:
    """Where the marks end that close a question here ("?", " ?", "??:", ":"); the place itself if there are none."""
    marks = _MARKS_BEHIND.match(text, place)
    return marks.end() if marks is not None else place


def question_start(reply: Words, sent: SentText, match: Match, piece: Piece) -> int:
    """The word with which this question really begins: some of the words before the first equal one may be slips."""
    of = match.runs[0].of
    if of < piece.core[0] or of - piece.core[0] > _MOST_MISSING:
        return match.start
    missing = sent.words.keys[piece.core[0] : of][::-1]
    if not missing and _begins(reply, match.start):
        return match.start
    behind, broken = _behind(reply, match.start, len(missing) + _BEYOND)
    costs = alignment_costs(missing, [reply.keys[place] for place in behind])
    for taken in range(len(costs)):
        first = match.start - taken
        if _begins(reply, first):
            costs[taken] -= _LINE_HERE
        if taken > broken and not any(map(similar, [reply.keys[first]] * len(missing), missing)):
            costs[taken] += _TOO_DEAR
    return match.start - costs.index(min(costs))


def ahead_in_sentence(reply: Words, place: int, most: int) -> tuple[list[int], int]:
    """The words from this one on up to the end of the sentence, and how many of them stand before a line ends."""
    found: list[int] = []
    broken = most
    for word in range(place, min(place + most, len(reply.keys))):
        between = reply.text[reply.ends[word - 1] : reply.starts[word]]
        if _BARRIER.search(between):
            break
        if "\n" in between:
            broken = min(broken, len(found))
        found.append(word)
    return found, broken


def _behind(reply: Words, place: int, most: int) -> tuple[list[int], int]:
    """The same backwards: the nearest word first. A number is a label."""
    found: list[int] = []
    broken = most
    for word in range(place - 1, max(-1, place - 1 - most), -1):
        between = reply.text[reply.ends[word] : reply.starts[word + 1]]
        if _BARRIER.search(between) or reply.keys[word].isdigit():
            break
        if "\n" in between:
            broken = min(broken, len(found))
        found.append(word)
    return found, broken


def _begins(reply: Words, word: int) -> bool:
    """Whether a word is the first on its line, or the first behind a label."""
    before = before_on_line(reply.text, reply.starts[word])
    if _AT_LINE.match(before):
        return True
    return word > 0 and reply.keys[word - 1].isdigit() and not before.strip(" \t*_>#|().:-–—0123456789")


def alignment_costs(missing: Sequence[str], found: Sequence[str]) -> list[float]:
    """What it costs to take the first 0, 1, 2, ... of the words found for all that are missing."""
    row = [number * _EXTRA for number in range(len(found) + 1)]
    for wanted in missing:
        above = row
        row = [above[0] + _LEFT_OUT]
        for place, word in enumerate(found):
            here = 0.0 if word == wanted else _SLIP if similar(word, wanted) else _OTHER
            row.append(min(above[place] + here, above[place + 1] + _LEFT_OUT, row[place] + _EXTRA))
    return row
