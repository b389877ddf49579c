"""Loose text read by its labels: "1.", "1)", "Q1:", "(1)", "Frage 1:", "Ad 1.", "III.", or a run-on "1. ... 2. ...".

Fear: a numbered list inside a numbered answer, dates at the start of a line, years. Every label found is given to the
questions or to an inner list, by the reading that explains most; if two explain as much, the answers are unsure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

_MARKS = r"[ \t*_#•>|\-–—]*"
# Possessive: a long word is cut in one way only, not in every way before it is found to lead to no number.
_WORD = r"(?:[^\W\d_]{1,16}+\.?[ \t#°º.]{0,3}){0,3}"
_AT_LINE = re.compile(
    rf"^{_MARKS}(?P<open>[(\[]?)(?:(?P<roman>[IVX]{{1,5}}|[ivx]{{1,5}})(?=[ \t]?[.):])"
    rf"|(?P<word>{_WORD})(?P<number>\d{{1,2}}))"
    rf"[*_]*(?P<close>[ \t]?[.):\]/º°ª][.):\]º]?(?!\d)|[ \t]*[-–—][ \t]|[ \t]*$)[*_]*",
    re.MULTILINE,
)
_BARE = re.compile(
    rf"^{_MARKS}(?P<word>[^\W\d_]{{0,12}}\.?[ \t]?)(?P<number>\d{{1,2}})[ \t]+(?=[^\W\d_]|-\s*$)", re.MULTILINE
)
_RUN_ON = re.compile(r"(?:(?<=[\s;,.!?])|^)\(?(?P<number>\d{1,2})[.):](?=[ \t][^\W\d_]|[^\W\d_])")
_NUMBER = re.compile(r"\d|[IVXivx][ \t]?[.):]")
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10}
_MOST_LABELS = 200
_MOST_WORDS = 2
_SURE, _RUN_ON_SURE, _UNSURE = 0.9, 0.85, 0.6
_FEWEST_BARE = 2
_DATES = "am,ab,bis,vom,zum,seit,der,den,on,since,until,le,du,au,depuis,el,il,dal,al,em,de,od,do,no"
_BEFORE_DATES = frozenset(_DATES.split(","))
_LABELS = (
    ",a,q,f,ad,no,re,nr,no,to,zu,i,ii,iii,iv,v,vi,vii,viii,ix,x,question,answer,response,point,number,q nr,question no,"
    "answer to question,answer to,frage,antwort,antwort zu frage,zu frage,punkt,vraag,antwoord,réponse,point,"
    "question n,domanda,risposta,pregunta,respuesta,pergunta,resposta,pytanie,odpowiedź,otázka,odpověď,odpoveď,"
    "kérdés,válasz,întrebare,răspuns,jautājums,atbilde,klausimas,atsakymas,küsimus,vastus,kysymys,fråga,svar,"
    "spørgsmål,spørsmål,въпрос,отговор,ερώτηση,απάντηση,pitanje,odgovor,vprašanje,שאלה,תשובה"
)
LABEL_NAMES = frozenset(_LABELS.split(","))
"""What people write before a number to say that it is a question's; unknown words count if they stand there twice."""
_MISSING, _FOREIGN, _EARLY = 2, 3, 5
"""What it costs a reading: a question without a label, a number that fits no list, an inner list before any answer."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label in the text: characters [start, end), the number it says, and the words and marks around it."""

    start: int
    end: int
    number: int
    style: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """The text after one label of a question: characters [start, end); its label stands at [label, start)."""

    question: int
    label: int
    start: int
    end: int
    confidence: float


def may_be_labelled(text: str) -> bool:
    """Whether there is anything in this text that could be the number of a label."""
    return _NUMBER.search(text) is not None


def labelled(text: str, asked: Sequence[int]) -> tuple[Labelled, ...]:
    """The answers in this text, by label. Empty if there are no labels for these questions."""
    at_line = _labels_at_lines(text, asked)
    best = _chain(at_line, asked)
    if len(best[0]) < len(asked):
        run_on = _labels_anywhere(text, at_line)
        other = _chain(run_on, asked) if len(run_on) > len(at_line) else ([], False)
        # Numbers inside a line are believed only as a list: the first question's and the next.
        if len(other[0]) > max(1, len(best[0])) and other[0][0].number == asked[0]:
            return _cut(
                text, other[0], [label.number for label in other[0]], _confidence(other, len(asked), run_on=True)
            )
    if best[0]:
        return _cut(text, best[0], [label.number for label in best[0]], _confidence(best, len(asked)))
    return _by_bare_numbers(text, asked)


def _by_bare_numbers(text: str, asked: Sequence[int]) -> tuple[Labelled, ...]:
    """Lines that begin "1 Ten years" or "Q3 Ten years": every question in turn, or all with one word before them."""
    matched = list(islice(_BARE.finditer(text), _MOST_LABELS))
    numbers = [int(match["number"]) for match in matched]
    words = {match["word"].strip(" .\t").casefold() for match in matched}
    whole = numbers == list(asked) and len(asked) > 1
    if not whole and (len(numbers) < _FEWEST_BARE or words == {""} or len(words) > 1 or not _rising(numbers, asked)):
        return ()
    labels = [Label(match.start() + _leading(match[0]), match.end(), int(match["number"])) for match in matched]
    return _cut(text, labels, numbers, _RUN_ON_SURE if whole else _UNSURE)


def _rising(numbers: Sequence[int], asked: Sequence[int]) -> bool:
    return all(number in asked for number in numbers) and all(low < high for low, high in pairwise(numbers))


def counted(text: str, asked: Sequence[int]) -> tuple[Labelled, ...]:
    """Labels 1, 2, 3 for questions numbered otherwise: as many as were asked, so proposed in order, unsure."""
    chain, _ = _chain(_labels_at_lines(text, range(1, len(asked) + 1)), range(1, len(asked) + 1))
    return _cut(text, chain, asked, _UNSURE) if len(chain) == len(asked) else ()


def _confidence(chain: tuple[list[Label], bool], asked: int, run_on: bool = False) -> float:
    labels, doubtful = chain
    if doubtful or len({label.style for label in labels}) > 1 or (run_on and len(labels) < asked):
        return _UNSURE
    return _SURE if not run_on else _RUN_ON_SURE


def _labels_at_lines(text: str, asked: Sequence[int]) -> list[Label]:
    found: list[Label] = []
    lower = _counts_in_small_romans(text, asked)
    matched = list(islice(_AT_LINE.finditer(text), 2 * _MOST_LABELS))
    names = Counter(label_name(match["word"] or "") for match in matched)
    for match in matched:
        roman, name = match["roman"], label_name(match["word"] or "")
        if not match["close"].strip() and len((match["word"] or "").split()) > _MOST_WORDS:
            continue
        if (roman is not None and roman.islower() and not lower) or not _is_name(name, names[name]):
            continue
        number = int(match["number"]) if roman is None else _ROMAN.get(roman.upper(), 0)
        style = f"{name}{match['open']}{match['close'].strip()}"
        found.append(Label(match.start() + _leading(match[0]), match.end(), number, style))
        if len(found) >= _MOST_LABELS:
            break
    return found


def label_name(label: str) -> str:
    """The words of a label, without its number and marks."""
    return " ".join("".join(c if c.isalpha() else " " for c in label).casefold().split())


def _is_name(name: str, times: int) -> bool:
    """Words that may stand before a question's number: known ones, or any that do so twice; but no "Am 2. Mai"."""
    return name in LABEL_NAMES or (times > 1 and name not in _BEFORE_DATES)


def _counts_in_small_romans(text: str, asked: Sequence[int]) -> bool:
    """Whether the first two questions have one; "v." alone may be anything."""
    names = {number: roman.lower() for roman, number in _ROMAN.items()}
    wanted = [names.get(number, "?") for number in asked[:2]]
    marks = ".):" if len(wanted) > 1 else ")"
    return all(re.search(rf"^{_MARKS}\(?{re.escape(roman)}[{marks}]", text, re.MULTILINE) for roman in wanted)


def _leading(text: str) -> int:
    return len(text) - len(text.lstrip())


def _labels_anywhere(text: str, at_line: list[Label]) -> list[Label]:
    known = {label.end: label for label in at_line}
    found = dict(known)
    for match in _RUN_ON.finditer(text):
        if not any(label.start <= match.start() < label.end for label in at_line):
            style = match[0].replace(match["number"], "")
            found[match.end()] = Label(match.start(), match.end(), int(match["number"]), style)
        if len(found) >= _MOST_LABELS:
            break
    return [found[place] for place in sorted(found)][:_MOST_LABELS]


_State = tuple[int, int]
"""How many of the questions are passed; the last number of the inner list that is open, or 0."""
_Path = tuple[int, int, tuple[int, ...]]
"""Cost, how many equally good ways lead here, and which labels are the questions'."""


def _chain(labels: list[Label], asked: Sequence[int]) -> tuple[list[Label], bool]:
    """The labels that are the questions', and whether another reading would be as good."""
    if not any(label.number in asked for label in labels):
        return [], False
    states: dict[_State, _Path] = {(0, 0): (0, 1, ())}
    for place, label in enumerate(labels):
        following: dict[_State, _Path] = {}
        for (passed, inner), (cost, ways, chain) in states.items():
            if label.number in asked[passed:]:
                index = list(asked).index(label.number, passed)
                skipped = (index - passed) * _MISSING
                _offer(following, (index + 1, 0), (cost + skipped, ways, (*chain, place)))
            early = _EARLY if not chain else 0
            if label.number == inner + 1 or label.number == 1:
                _offer(following, (passed, label.number), (cost + early, ways, chain))
            else:
                _offer(following, (passed, inner), (cost + _FOREIGN + early, ways, chain))
        states = following
    ends = [
        (cost + (len(asked) - passed) * _MISSING, ways, chain) for (passed, _), (cost, ways, chain) in states.items()
    ]
    cheapest = min(cost for cost, _, _ in ends)
    best = [(ways, chain) for cost, ways, chain in ends if cost == cheapest]
    doubtful = len(best) > 1 or best[0][0] > 1
    return [labels[place] for place in best[0][1]], doubtful


def _offer(states: dict[_State, _Path], state: _State, path: _Path) -> None:
    known = states.get(state)
    if known is None or path[0] < known[0]:
        states[state] = path
    elif path[0] == known[0] and path[2] != known[2]:
        states[state] = (known[0], known[1] + path[1], known[2])


def _cut(text: str, chain: list[Label], questions: Sequence[int], confidence: float) -> tuple[Labelled, ...]:
    ends = [label.start for label in chain[1:]] + [len(text)]
    return tuple(
        Labelled(question, label.start, label.end, end, confidence)
        for question, label, end in zip(questions, chain, ends, strict=False)
    )
