"""Loose text read by its labels: "1.", "Q1:", "Frage 1:", "III.", "First question:", or a run-on "1. ... 2. ...".

Fear: a numbered list inside a numbered answer, dates at the start of a line, years. Every label found is given to the
questions or to an inner list, by the reading that explains most; if two explain as much, the answers are unsure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from string import ascii_lowercase

from ranmailbot.mail.ordinals import QUESTION_NOUNS, spoken_numbers
from ranmailbot.mail.run_on import dictated, named_in_line
from ranmailbot.mail.words import keys

_MARKS = r"[ \t*_#№•>|\-–—]*"
# A word is never given back in parts: else a long run of letters could be cut into words in very many ways.
_WORD = r"(?:[^\W\d_]{1,16}+\.?[ \t#№°º.]{0,3}+){0,4}"
_MORE = (
    r"(?:[ \t]?(?:[+&,]|and|und|et|e|y|un|i|a|u|ja|og|och|en|és|și|ir|и|και)[ \t]?\d{1,2}"
    r"(?=[ \t]?[+&,.):]| [^\W\d_])){0,3}"
)
_OF = r"(?:[ \t]?(?:of|von|de|sur|van|di|av|af|z|od|iš|no|из|от|από|/)[ \t]?\d{1,2}(?=[ \t]?[:.)]))?"
_COUNTER = (
    r"(?:[問问题題番번](?:[ \t]?(?:目|질문|문항))?|-(?:savol|сұрақ|суроо|sual|soru"
    r"|(?:[йея]|ый|ое|ге)[ \t](?:вопрос|питання|запитання|въпрос)))"
)
"""A noun that is written right behind the number: "第1問", "1번 질문", "1-й вопрос"."""
_AT_LINE = re.compile(
    rf"^{_MARKS}(?P<open>[(\[]?)(?:(?P<roman>[IVX]{{1,5}}|[ivx]{{1,5}})(?=[ \t]?[.):])"
    rf"|(?P<word>{_WORD})(?P<number>\d{{1,2}})(?P<more>{_MORE}){_OF})"
    rf"[*_]*(?P<counter>{_COUNTER})?(?P<close>[ \t]?[.):\]/º°ª．）：、][.):\]º]?(?!\d)(?:(?<![ºª])|(?!\w))|,(?=\s)"
    r"|[ \t]*[-–—=][ \t]|\ufe0f?\u20e3|[ \t]*$|(?(counter)[ \t]+|(?!)))[*_]*",
    re.MULTILINE,
)
_BARE = re.compile(
    rf"^{_MARKS}(?P<word>[^\W\d_]{{0,12}}\.?[ \t]?)(?P<hash>[#№][ \t]?)?(?P<number>\d{{1,2}})[ \t]+"
    r"(?(hash)(?=\S)|(?=[^\W\d_]|-\s*$))",
    re.MULTILINE,
)
_BARE_BEFORE_ANYTHING = re.compile(
    rf"^{_MARKS}(?P<word>[^\W\d_]{{0,12}}\.?[ \t]?)(?P<number>\d{{1,2}})[ \t]+(?=\S)", re.MULTILINE
)
_SUB = re.compile(
    rf"^{_MARKS}(?P<number>\d{{1,2}})\.(?P<inner>\d{{1,2}})(?:[.)]|(?=[ \t]))[ \t]*(?=[^\W\d_])", re.MULTILINE
)
_RUN_ON = re.compile(r"(?:(?<=[\s;,.!?])|^)\(?(?P<number>\d{1,2})[.):](?=[ \t][^\W\d_]|[^\W\d_])")
_TOLD = re.compile(
    r"^[ \t*_]*[^\n:?!]{0,60}?(?<!\w)(?P<noun>[^\W\d_]{1,16})[ \t.#]{0,3}(?P<number>\d{1,2})(?![\d.,/])"
    r"[^\n:?!\d]{0,24}:[ \t*_]*",
    re.MULTILINE,
)
_TOLD_NOUNS = QUESTION_NOUNS | frozenset(keys("no nr number nummer numero número numéro nº č br št št. sz"))
_MOST_TOLD = 10
_FIRST_INNER = re.compile(r"[ \t]*(?P<label>\(?1(?P<close>[.)]))[ \t]+(?=\S)")
"""The first point of a list within an answer, right behind the answer's own label: "2. 1. Visits"."""
_LETTER = re.compile(rf"^{_MARKS}\(?(?P<letter>[A-Ta-t])[.):](?=[ \t])", re.MULTILINE)
_DASH = re.compile(r"[ \t]*[-–—=:](?=[ \t])")
_NAME_AFTER = re.compile(
    r"[ \t]*[*_]*(?P<name>[^\W\d_]{1,16}+)[*_]*(?P<close>[ \t]*[:：]|[ \t]+[-–—](?=\s)|[.)](?=\s)|[ \t]*(?=\n))[*_]*"
)
_NEVER_LABELS = frozenset(
    keys(
        "yes no ja nein oui non si sì sí sim não nej nei tak nie da ne ano igen nem kyllä ei jah jā nē taip evet να όχι"
        " no to zu re ad nb"
    )
)
ANOTHER_NAME = re.compile(
    r"(?:(?<=[.;!?,])\s+|^[ \t*_>-]*(?![a-zß-ÿ]))[^\W\d_]{1,20}+[ \t*_]*[:：](?=\s)", re.MULTILINE
)
"""A word and a colon that begin a sentence. Behind another one both belong to the answer: "Leave: ... Stay: ..."."""
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10}
_ROMAN_NAMES = frozenset(map(str.lower, _ROMAN))
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
    "spørgsmål,spørsmål,въпрос,отговор,ερώτηση,απάντηση,pitanje,odgovor,vprašanje,שאלה,תשובה,"
    "soru,cevap,вопрос,ответ,питання,запитання,відповідь,galdera,erantzuna,mistoqsija,pyetja,spurning,ceist,pont,punkts,"
    "savol,сұрақ,sual,第,問,问题,問題,題,题,質問,질문,문항"
)
LABEL_NAMES = frozenset(_LABELS.split(","))
"""What people write before a number to say that it is a question's; unknown words count if they stand there twice."""
_SENDS = frozenset(keys("see siehe vgl voir vedi véase ver zie se katso skatīt como wie comme come jak same in zob cf"))
_LINE_NAMES = QUESTION_NOUNS | frozenset(keys("ad re zu to no nr nummer number numero numéro punkt"))
_AS_IN = ("as", "in")
_MISSING, _FOREIGN, _EARLY = 2, 3, 5
"""What it costs a reading: a question without a label, a number that fits no list, an inner list before any answer."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label in the text: characters [start, end), the number it says, and the words and marks around it."""

    start: int
    end: int
    number: int
    style: str = ""
    also: tuple[int, ...] = ()
    """Further questions it names ("1+2.")."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """The text after one label of a question: characters [start, end); its label stands at [label, start)."""

    question: int
    label: int
    start: int
    end: int
    confidence: float


def labelled(text: str, asked: Sequence[int]) -> tuple[Labelled, ...]:
    """The answers in this text, by label. Empty if there are no labels for these questions."""
    at_line = _of_one_kind(_labels_at_lines(text, asked), asked)
    if len(at_line) == len(asked) > 1 and {label.number for label in at_line} == set(asked):
        best = at_line, len({label.style for label in at_line}) > 1
    else:
        best = _chain(at_line, asked)
    if len(best[0]) < len(asked):
        named = named_in_line(text, asked, _LINE_NAMES, _SENDS)
        if len(named) > len(best[0]):
            labels = [Label(*spot) for spot in named]
            return _cut(
                text, labels, [label.number for label in labels], _RUN_ON_SURE if len(named) == len(asked) else _UNSURE
            )
        run_on = _labels_anywhere(text, at_line)
        other = _chain(run_on, asked) if len(run_on) > len(at_line) else ([], False)
        # Numbers inside a line are believed only as a list: the first question's and the next.
        if len(other[0]) > max(1, len(best[0])) and other[0][0].number == asked[0]:
            return _cut(
                text, other[0], [label.number for label in other[0]], _confidence(other, len(asked), run_on=True)
            )
    spoken = _by_spoken_numbers(text, asked) if len(best[0]) < len(asked) else ()
    if best[0] and len(spoken) <= len(best[0]):
        return _cut(text, best[0], [label.number for label in best[0]], _confidence(best, len(asked)))
    return (
        spoken
        or _by_told_numbers(text, asked)
        or _by_bare_numbers(text, asked)
        or _by_letters(text, asked)
        or _by_inner_numbers(text, asked)
        or _by_dictation(text, asked)
    )


def _by_dictation(text: str, asked: Sequence[int]) -> tuple[Labelled, ...]:
    spots = dictated(text, asked) if len(asked) > 1 else []
    return _cut(text, [Label(*spot) for spot in spots], [spot.number for spot in spots], _UNSURE) if spots else ()


def _by_inner_numbers(text: str, asked: Sequence[int]) -> tuple[Labelled, ...]:
    """Lines that begin 1.1, 1.2, 2.1: those of one first number are one answer. Proposed; the numbers stay in it."""
    inner = islice(_SUB.finditer(text), _MOST_LABELS)
    firsts = [match for match in inner if int(match["inner"]) == 1]
    numbers = [int(match["number"]) for match in firsts]
    if len(numbers) < _FEWEST_BARE or not _rising(numbers, asked):
        return ()
    starts = [match.start("number") for match in firsts]
    ends = [*starts[1:], len(text)]
    return tuple(
        Labelled(number, start, start, end, _UNSURE) for number, start, end in zip(numbers, starts, ends, strict=True)
    )


def _of_one_kind(labels: list[Label], asked: Sequence[int]) -> list[Label]:
    """Only the labels with a question's name, or of one dress, if those number the questions: others are inner."""
    named = [label for label in labels if label.style[:1].isalpha()]
    kinds = [named, *([label for label in labels if label.style == style] for style in {one.style for one in labels})]
    whole = [kind for kind in kinds if [label.number for label in kind] == list(asked)]
    turned = len(labels) == len(asked) and len({label.style for label in labels}) == 1
    if turned and sorted(label.number for label in labels) == list(asked):
        return labels  # every question once, in an order of their own
    if named in whole or len(whole) == 1:
        return named if named in whole else whole[0]
    rising = len(named) >= _FEWEST_BARE and _rising([label.number for label in named], asked)
    return named if rising else labels


def _by_spoken_numbers(text: str, asked: Sequence[int]) -> tuple[Labelled, ...]:
    """Labels in words. "First, ..." without "question" is only proposed, and only where a second one follows."""
    spoken = list(islice(spoken_numbers(text), _MOST_LABELS))
    strong = [one for one in spoken if one.strong]
    weak = [one for one in spoken if one.at_line]
    chosen = strong or (weak if len(weak) > 1 else spoken)
    labels = [Label(one.start, one.end, one.number or asked[-1]) for one in chosen]
    chain, doubtful = _chain(labels, asked)
    if len(chain) < (1 if strong else _FEWEST_BARE if weak == chosen else len(asked)):
        return ()
    sure = strong and not doubtful and list(asked) == list(range(1, len(asked) + 1))
    return _cut(text, chain, [label.number for label in chain], _SURE if sure else _UNSURE)


def _by_told_numbers(text: str, asked: Sequence[int]) -> tuple[Labelled, ...]:
    """ "Sorry, I forgot question 3:" on a line of its own, the answer below; proposed if it goes on on the line."""
    labels = []
    for match in islice(_TOLD.finditer(text), _MOST_LABELS):
        said = keys(match[0])
        if match["noun"].casefold() in _TOLD_NOUNS and not _SENDS.intersection(said) and len(said) <= _MOST_TOLD:
            labels.append(Label(match.start(), match.end(), int(match["number"])))
    numbers = [label.number for label in labels]
    if not labels or not _rising(numbers, asked):
        return ()
    alone = all(text[label.end : label.end + 1] in ("", "\n") for label in labels)
    return _cut(text, labels, numbers, _RUN_ON_SURE if alone else _UNSURE)


def _by_letters(text: str, asked: Sequence[int]) -> tuple[Labelled, ...]:
    """a), b), c) for as many questions as were asked: proposed in order."""
    matched = list(islice(_LETTER.finditer(text), len(asked) + 1))
    letters = "".join(match["letter"].lower() for match in matched)
    if len(asked) < _FEWEST_BARE or letters != ascii_lowercase[: len(asked)]:
        return ()
    labels = [Label(match.start("letter"), match.end(), 0) for match in matched]
    return _cut(text, labels, asked, _UNSURE)


def _by_bare_numbers(text: str, asked: Sequence[int]) -> tuple[Labelled, ...]:
    """Lines that begin "1 Ten years" or "Q3 Ten years": every question in turn, or all with one word before them."""
    matched = list(islice(_BARE.finditer(text), _MOST_LABELS))
    before_anything = list(islice(_BARE_BEFORE_ANYTHING.finditer(text), _MOST_LABELS))
    if [int(match["number"]) for match in before_anything] == list(asked):
        matched = before_anything
    numbers = [int(match["number"]) for match in matched]
    words = {match["word"].strip(" .\t").casefold() for match in matched}
    hashed = bool(matched) and all("#" in match[0] or "№" in match[0] for match in matched)
    whole = numbers == list(asked) and (hashed or len(asked) > 1)
    known = hashed or (len(words) == 1 and words != {""} and (words <= LABEL_NAMES or numbers[0] == asked[0]))
    if not whole and (len(numbers) < _FEWEST_BARE or not known or not _rising(numbers, asked)):
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
    matched = list(islice(_AT_LINE.finditer(text), 2 * _MOST_LABELS))
    small = any((match["roman"] or "").islower() for match in matched)
    lower = small and _counts_in_small_romans(text, asked)
    names = Counter(label_name(match["word"] or "") for match in matched)
    for match in matched:
        roman, name = match["roman"], label_name(match["word"] or "")
        if not match["close"].strip() and len((match["word"] or "").split()) > _MOST_WORDS:
            continue
        if (roman is not None and roman.islower() and not lower) or not _is_name(name, names[name]):
            continue
        if match["close"] == "," and not _asks(name):
            continue
        number = int(match["number"]) if roman is None else _ROMAN.get(roman.upper(), 0)
        style = f"{name}{match['open']}{match['close'].strip()}"
        also = tuple(int(more) for more in re.findall(r"\d+", match["more"])) if match["more"] else ()
        found.append(Label(match.start() + _leading(match[0]), match.end(), number, style, also))
        inner = _FIRST_INNER.match(text, match.end())
        if inner is not None and number != 1:
            found.append(Label(inner.start("label"), inner.end(), 1, inner["close"]))
        if len(found) >= _MOST_LABELS:
            break
    return found


def label_name(label: str) -> str:
    """The words of a label, without its number and marks."""
    return " ".join("".join(c if c.isalpha() else " " for c in label).casefold().split())


def _is_name(name: str, times: int) -> bool:
    """Words that may stand before a question's number: known ones, or any that do so twice; but no "Am 2. Mai"."""
    return name in LABEL_NAMES or (times > 1 and name not in _BEFORE_DATES) or _asks(name)


def _asks(name: str) -> bool:
    """ "regarding question": it names a question, and does not send the reader there ("see question 1.")."""
    said = keys(name)
    return (
        bool(said)
        and len(said[-1]) > 1
        and said[-1] in QUESTION_NOUNS
        and not _SENDS.intersection(said)
        and said[:2] != _AS_IN
    )


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
    ends = [label.start for label in chain[1:]] + [_end(text, chain, questions)]
    starts = _undressed(text, chain, ends)
    return tuple(
        Labelled(number, label.start, start, end, min(confidence, _UNSURE) if label.also else confidence)
        for question, label, start, end in zip(questions, chain, starts, ends, strict=False)
        for number in (question, *(more for more in label.also if more > question and more not in questions))
    )


def _end(text: str, chain: list[Label], questions: Sequence[int]) -> int:
    """Where the last answer ends: at a label that counts on beyond the questions, dressed as the last one is."""
    last = chain[-1]
    if not last.number or len(chain) < _FEWEST_BARE or len({label.style for label in chain}) > 1:
        return len(text)
    dress = text[last.start : last.end].strip()
    following = dress.replace(str(last.number), str(last.number + 1))
    if following == dress:
        return len(text)
    inner = re.compile(rf"^{_MARKS}{re.escape(dress.replace(str(last.number), '1'))}(?!\S)", re.MULTILINE)
    found = re.compile(rf"^{_MARKS}{re.escape(following)}(?!\S)", re.MULTILINE).search(text, last.end)
    if found is None or last.number + 1 in questions or inner.search(text, last.end):
        return len(text)
    return found.start()


def _undressed(text: str, chain: list[Label], ends: list[int]) -> list[int]:
    """Where the answers begin, behind what goes with their labels: "1.- ", "1. Answer: ", "1. kysymys - "."""
    starts = [label.end for label in chain]
    named = [_NAME_AFTER.match(text, start, end) for start, end in zip(starts, ends, strict=True)]
    names = [label_name(match["name"]) if match else "" for match in named]
    for place, (match, name) in enumerate(zip(named, names, strict=True)):
        other = match is not None and name not in LABEL_NAMES and ANOTHER_NAME.search(text, match.end(), ends[place])
        said = match is not None and text[match.end() : ends[place]].strip()
        if match and said and not other and _goes_with_label(name, names, match["close"].strip()):
            starts[place] = match.end()
    dashes = [_DASH.match(text, start, end) for start, end in zip(starts, ends, strict=True)]
    if len(starts) >= _FEWEST_BARE and all(dashes):  # one alone is a bullet of the answer
        starts = [dash.end() for dash in dashes if dash is not None]
    return starts


def _goes_with_label(name: str, names: Sequence[str], close: str) -> bool:
    """Whether a word behind a number belongs to it: the name of an answer with a colon, or what (nearly) all have."""
    if not _NEVER_LABELS.isdisjoint(keys(name)):
        return False
    named = not QUESTION_NOUNS.isdisjoint(keys(name))
    if (named or name in LABEL_NAMES) and close in (":", "："):
        # One letter only where it stands everywhere: "A: yes / B: no" are letters for people or choices.
        return name not in _ROMAN_NAMES and (len(name) > 1 or names.count(name) > 1)
    shared = names.count(name) >= max(_FEWEST_BARE, len(names) - (len(names) > _FEWEST_BARE + 1))
    return shared and len(name) > 1 and (named or close not in ("", ".", ")"))
