"""A third generator of replies: what people do that no client does. Own words, labels of their own, halves, mentions.

Each has its author's answers with it, and all words that its author typed. Seeded, so repeatable.
"""

from __future__ import annotations

import argparse
import html
import random
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ranmailbot.call.application import SURE
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import Reading, read_answers
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.html_text import visible_lines
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.reply_text import VisibleText, plain_lines

from .client_forms import FORMS, kept_form
from .people_forms import OWN, TRANSLATIONS, people_form

SENTENCES = (
    "We began in {year} with {number} families and one room.",
    "Since {year}, on ward {number} and later on all others.",
    "Not at all.",
    "None so far",
    "n/a",
    "Time; there is never enough of it, and nobody counts the hours.",
    "Thank you for asking: the paperwork.",
    "The rest of the team, because they know the place better than I do.",
    "Best of all was a summer party for {number} guests.",
    "Dear God, where should I begin! Everything takes {number} days.",
    "Hello is the first word that we teach there.",
    "Thanks to a new law we may do so since {year}.",
    "Ja, seit {year}; davor nur auf einer Station mit {number} Betten.",
    "Die größte Schwierigkeit: niemand ist zuständig.",
    "Depuis {year}, avec une petite équipe ; nous sommes {number}.",
    "Desde {year}, con {number} personas y mucha paciencia.",
    "Il tempo, sempre il tempo: mancano {number} persone.",
    "Kopš {year}. gada, kopā ar {number} kolēģiem.",
    "Od {year} roku, mamy {number} osób w zespole.",
    "Η πρώτη φορά ήταν το {year}.",
    "С {number} души от {year} г. насам.",
    "יש לנו {number} אנשים.",
    "Three come to mind:\n- the keys\n- the forms\n- the telephone",
    "It began badly.\n\nLater, in {year}, it went better than anybody had expected.",
    "We asked ourselves: what do they need? Nobody knew.",
    "I am the only one, so all of it (about {number} hours a week).",
)
NAMES = ("Ilse Brandt", "Tõnu Kask", "Marta Nowak", "Σοφία Νικολάου", "Claire Dubois", "Noa Levi", "John Baker")
GREETINGS = (
    "Dear Alexandra,",
    "Dear all,\n\nplease find my answers below.",
    "Sehr geehrte Frau Korn,",
    "Bonjour,",
    "Hola,",
    "Labdien!",
    "",
    "",
)
FAREWELLS = (
    "Best regards\n{name}",
    "Kind regards,\n\n{name}\nHead of unit\nTel. +371 555 0123",
    "Mit freundlichen Grüßen\n{name}",
    "Cordialement,\n{name}",
    "Un saludo\n{name}",
    "Ar cieņu\n{name}",
    "-- \n{name}",
    "{name}",
    "Sent from my iPhone",
    "",
    "",
)
ATTRIBUTIONS = (
    "On Tue, 1 Mar 2022 at 10:04, {us} <{mail}> wrote:",
    "On Tue, 1 Mar 2022 at 10:04, {us} <{mail}>\nwrote:",
    "On Tue, Mar 1, 2022, 10:04\n{us} <{mail}> wrote:",
    "Am Di., 1. März 2022 um 10:04 Uhr schrieb {us} <\n{mail}>:",
    "Am 01.03.2022 um 10:04 schrieb {us}:",
    "Le mar. 1 mars 2022 à 10:04, {us} <{mail}> a\nécrit :",
    "Il giorno mar 1 mar 2022 alle ore 10:04 {us} <\n{mail}> ha scritto:",
    "El mar, 1 mar 2022 a las 10:04, {us} (<{mail}>)\nescribió:",
    "wt., 1 mar 2022 o 10:04 {us} <{mail}>\nnapisał(a):",
    "otrd., 2022. g. 1. marts, plkst. 10:04 — lietotājs {us}\n(<{mail}>) rakstīja:",
    "{us} <{mail}> hat am 01.03.2022 10:04 CET geschrieben:",
)
HEADERS = (
    "From: {us} <{mail}>\nSent: Tuesday, 1 March 2022 10:04\nTo: {name}\nSubject: {subject}",
    "Von: {us} <{mail}>\nGesendet: Dienstag, 1. März 2022 10:04\nAn: {name}\nBetreff: {subject}",
    "De : {us} <{mail}>\nEnvoyé : mardi 1 mars 2022 10:04\nÀ : {name}\nObjet : {subject}",
    "-----Original Message-----\nFrom: {us} <{mail}>\nDate: 1 March 2022 10:04\nTo: {name}\nSubject: {subject}",
)
BANNERS = (
    "[EXTERNAL] This message comes from outside. Do not open links you do not expect.",
    "CAUTION: This email originated from outside of the organisation.",
    "ACHTUNG: Diese E-Mail kommt von außerhalb.",
)
_KEPT = ("prisons", "seven", "twelve", "one", "two", "german", "greek", "hebrew", "latvian", "twenty")
CHOICE = tuple(f"own:{name}" for name in OWN) * 2 + tuple(name for name in _KEPT if name in FORMS)


def form_named(name: str) -> SentForm:
    """One of our own forms ("own:..."), or one that is kept as a real mail was."""
    return people_form(name.removeprefix("own:")) if name.startswith("own:") else kept_form(name).form


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


# --- around what was typed: the clients -------------------------------------------------------------------------------


def _plain(text: str) -> VisibleText:
    return VisibleText(plain_lines(text), "plain")


def _page(text: str) -> VisibleText:
    return VisibleText(visible_lines(text, Limits()), "html")


def _divs(text: str) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


def _around(scene: Scene, body: str) -> str:
    return "\n\n".join(part for part in (scene.greeting, body, scene.farewell) if part)


def _on_top(scene: Scene, body: str) -> VisibleText:
    """What was typed, and the form below it as some client quotes it, or not at all."""
    typed = _around(scene, body)
    attribution, header = scene.told(scene.chance.choice(ATTRIBUTIONS)), scene.told(scene.chance.choice(HEADERS))
    marked = "\n".join(f"> {line}".rstrip() for line in scene.form.text.split("\n"))
    kind = scene.chance.randrange(7)
    if kind >= len(_BELOW):
        return _on_a_page(kind, typed, (attribution, header), scene.form.text)
    return _plain(_BELOW[kind].format(typed=typed, attribution=attribution, header=header, marked=marked,
                                      form=scene.form.text, wrapped=_rewrapped(scene.form.text, "> ")))  # fmt: skip


_BELOW = (
    "{typed}",
    "{typed}\n\n{header}\n\n{form}",
    "{typed}\n{attribution}\n{marked}",
    "{typed}\n\n{attribution}\n\n{wrapped}",
    "{typed}\n\n{attribution}\n\n{marked}\n",
)


def _on_a_page(kind: int, typed: str, told: tuple[str, str], form: str) -> VisibleText:
    if kind == len(_BELOW):
        quote = f"<blockquote class='gmail_quote'>{_divs(form)}</blockquote>"
        head = f"<div class='gmail_attr'>{html.escape(told[0])}<br></div>"
        return _page(f"<div dir='ltr'>{_divs(typed)}</div><br>{head}{quote}")
    rows = "".join(f"<p class=MsoNormal>{html.escape(row) or '&nbsp;'}</p>" for row in typed.split("\n"))
    head = html.escape(told[1]).replace("\n", "<br>")
    return _page(f"{rows}<div><p class=MsoNormal>{head}</p></div>{_divs(form)}")


def _rewrapped(text: str, mark: str, width: int = 60) -> str:
    rows: list[str] = []
    for line in text.split("\n"):
        rows += [f"{mark}{piece}".rstrip() for piece in textwrap.wrap(line, width) or [""]]
    return "\n".join(rows)


Row = tuple[str, bool]
"""A line, and whether it is ours."""


def _last_lines(form: SentForm) -> dict[int, tuple[int, int]]:
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
                found[question.number] = (first, last)
                break
    return found


def _filled(scene: Scene, text: str | None = None) -> list[Row]:
    """The form with the answers in the room below the questions."""
    lines = (scene.form.text if text is None else text).split("\n")
    ends = {last: number for number, (_, last) in _last_lines(scene.form).items()}
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


def _marked(rows: list[Row], mark: str) -> str:
    return "\n".join(f"{mark}{line}".rstrip() if ours else line for line, ours in rows)


def _quote_of(scene: Scene, rows: list[Row]) -> VisibleText:
    """These rows as a client writes them when somebody answers within the quote."""
    attribution = scene.told(scene.chance.choice(ATTRIBUTIONS))
    kind = scene.chance.randrange(5)
    if kind == 0:
        return _plain(f"{attribution}\n{_marked(rows, '> ')}\n\n{scene.farewell}")
    if kind == 1:
        return _plain(f"{scene.told(scene.chance.choice(HEADERS))}\n\n{_marked(rows, '')}\n\n{scene.farewell}")
    if kind == 2:
        page, quoted = f"<div>{html.escape(attribution)}</div>", False
        for line, ours in rows:
            if ours != quoted:
                page += "<blockquote type='cite'>" if ours else "</blockquote>"
                quoted = ours
            page += _divs(line)
        return _page(f"{page}{'</blockquote>' if quoted else ''}{_divs(scene.farewell)}")
    if kind == 3:
        lines = "".join(f"<p class=MsoNormal>{html.escape(line) or '&nbsp;'}</p>" for line, _ in rows)
        head = html.escape(scene.told(scene.chance.choice(HEADERS))).replace("\n", "<br>")
        return _page(f"<p>{head}</p>{lines}{_divs(scene.farewell)}")
    return _plain(f"{attribution}\n\n{_marked(rows, '>')}\n\n{scene.farewell}")


# --- what people type -------------------------------------------------------------------------------------------------


def _label(scene: Scene) -> str:
    return scene.chance.choice(("{n}. ", "{n}) ", "({n}) ", "Q{n}: ", "{n}.\n", "{n} - ", "Question {n}: ", "Ad {n}: "))


def _listed(scene: Scene, label: str, said: dict[int, str]) -> str:
    between = scene.chance.choice(("\n", "\n\n"))
    return between.join(f"{label.format(n=number)}{text}" for number, text in said.items())


def _restated(scene: Scene) -> VisibleText:
    """Numbered answers that begin with words of the question."""
    for number in scene.truth:
        words = scene.asked(number).rstrip("?. ").split()
        low = scene.chance.randrange(min(4, len(words)))
        part = " ".join(words[low : low + scene.chance.randint(3, max(3, len(words) // 2))])
        shape = scene.chance.choice(("Our {p} is small. {a}", "About {p}, well. {a}", "{a} As for {p} there is more."))
        scene.truth[number] = shape.format(p=part, a=scene.truth[number])
    return _on_top(scene, _listed(scene, _label(scene), scene.truth))


def _mention(scene: Scene, number: int) -> str:
    other = scene.chance.choice([question.number for question in scene.form.questions if question.number != number])
    asked = scene.asked(other)
    return scene.chance.choice(
        (
            f"As I said under question {other}, it depends.",
            f"See question {other}.",
            f"(see {other}. above)",
            f"This is the same as in answer {other}; nothing to add.",
            f'You also ask "{asked}" and that is the point here.',
            f"Comme je l'ai dit à la question {other}, cela dépend.",
            f"Wie unter Punkt {other} gesagt, kommt es darauf an.",
        )
    )


def _with_mentions(scene: Scene) -> None:
    if len(scene.form.questions) < 2:
        return
    for number, said in list(scene.truth.items()):
        if scene.chance.random() < 0.6:
            mention = _mention(scene, number)
            scene.truth[number] = scene.chance.choice((f"{mention} {said}", f"{said} {mention}", f"{said}\n{mention}"))


def _mentions_on_top(scene: Scene) -> VisibleText:
    _with_mentions(scene)
    return _on_top(scene, _listed(scene, _label(scene), scene.truth))


def _mentions_inline(scene: Scene) -> VisibleText:
    _with_mentions(scene)
    return _quote_of(scene, _filled(scene))


def _shortened(scene: Scene, number: int) -> str:
    """A question as people shorten it: its end or its middle left out, with a sign that says so."""
    words = scene.asked(number).split()
    dots = scene.chance.choice(("…", "...", " …", " ...", " [...]", " (...)", " […]"))
    if len(words) < 6:
        return " ".join(words)
    if scene.chance.random() < 0.7:
        keep = scene.chance.randint(3, max(3, len(words) - 2))
        return " ".join(words[:keep]).rstrip(",.?") + dots + scene.chance.choice(("", "", "?"))
    low = scene.chance.randint(2, len(words) - 4)
    high = scene.chance.randint(low + 1, len(words) - 1)
    return " ".join(words[:low]).rstrip(",.?") + dots + " " + " ".join(words[high:])


def _slipped(scene: Scene, number: int) -> str:
    words = scene.asked(number).split()
    for _ in range(scene.chance.randint(0, 2)):
        place = scene.chance.randrange(len(words))
        word = words[place]
        if len(word) > 4:
            cut = scene.chance.randrange(1, len(word) - 1)
            words[place] = word[:cut] + word[cut + 1 :]
    return " ".join(words)


_PAIRS = (
    ("Q: ", "A: "), ("Q{n}: ", "A{n}: "), ("Question: ", "Answer: "), ("Question {n}: ", "Answer: "),
    ("F: ", "A: "), ("Frage {n}: ", "Antwort: "), ("Q{n}) ", "R{n}) "), ("P{n}: ", "R{n}: "), ("D: ", "R: "),
    ("Domanda {n}: ", "Risposta: "), ("Pregunta: ", "Respuesta: "), ("{n}. ", "A: "), ("{n}) ", "-> "),
    ("Q. ", "A. "), ("{n}. Q: ", "A: "), ("Q{n}. ", "A{n}. "), ("V: ", "A: "), ("P: ", "O: "),
)  # fmt: skip


def _pairs(scene: Scene) -> VisibleText:
    """ "Q: ... A: ...": our question shortened, typed again or whole, and the answer."""
    ask, answer = scene.chance.choice(_PAIRS)
    copy = scene.chance.choice((_shortened, _slipped, lambda scene, number: scene.asked(number)))
    gap, between = scene.chance.choice(("\n", "\n", "\n\n", " ")), scene.chance.choice(("\n", "\n\n"))
    if gap == " " and copy is _shortened:
        gap = "\n"
    blocks = [
        f"{ask.format(n=number)}{copy(scene, number)}{gap}{answer.format(n=number)}{said}"
        for number, said in scene.truth.items()
    ]
    return _on_top(scene, between.join(blocks))


def _cut_questions(scene: Scene) -> VisibleText:
    """Questions shortened with dots above the answers, numbered or not."""
    ask = scene.chance.choice(("{n}. ", "{n}) ", "", "- ", "> ", "> {n}. "))
    gap, between = scene.chance.choice(("\n", "\n\n")), "\n\n"
    blocks = [f"{ask.format(n=n)}{_shortened(scene, n)}{gap}{said}" for n, said in scene.truth.items()]
    return _on_top(scene, between.join(blocks))


def _told_questions(scene: Scene) -> VisibleText:
    """Numbered headings in own words, made of the question's longest words, and the answer below or beside."""
    blocks: list[str] = []
    gap = scene.chance.choice((": ", "\n", " - ", "? "))
    for number, said in scene.truth.items():
        longest = sorted(scene.asked(number).replace("?", "").replace(",", "").split(), key=len)[-2:]
        blocks.append(f"{number}. {' '.join(longest)}{gap}{said}")
    return _on_top(scene, "\n\n".join(blocks))


def _inline(scene: Scene) -> VisibleText:
    return _quote_of(scene, _filled(scene))


def _prefixed(scene: Scene) -> VisibleText:
    mark = scene.chance.choice(("| ", ": ", "RK> ", "» ", "\t", "    ", "* ", "# ", "% ", "} ", "|", ":"))
    attribution = scene.told(scene.chance.choice(ATTRIBUTIONS))
    return _plain(f"{attribution}\n{_marked(_filled(scene), mark)}\n\n{scene.farewell}")


def _renumbered(scene: Scene) -> VisibleText:
    """Quoted without any mark, wrapped at 60 columns, the numbers lost or turned into something else."""
    number = scene.chance.choice(("", "1.{n} ", "{n} ", "- ", "• ", "{a}) ", "{n}) "))
    rows: list[str] = []
    for line, ours in _filled(scene):
        match = re.match(r"(?:Question )?(\d{1,2})(?:\.| of \d+:) ", line) if ours else None
        if match is not None:
            dress = number.format(n=match[1], a=chr(96 + int(match[1])))
            line = dress + line[match.end() :]  # noqa: PLW2901 - the line as the client leaves it
        rows += [line] if not ours else textwrap.wrap(line, 60) or [""]
    return _plain(f"{scene.told(scene.chance.choice(HEADERS))}\n\n{chr(10).join(rows)}\n\n{scene.farewell}")


def _bannered(scene: Scene) -> VisibleText:
    """A gateway's warning in front of the quote or in it."""
    banner = scene.chance.choice(BANNERS)
    rows = _filled(scene)
    rows[:0] = [(banner, True), ("", True)]
    return _quote_of(scene, rows)


_GATES = (
    "https://eur03.safelinks.protection.outlook.com/?url={u}&data=05%7C01%7Cx%7C4f0%7C0&sdata=Zk%3D&reserved=0",
    "https://urldefense.com/v3/__{u}__;!!Ab1Cd2!Xy$",
    "https://urldefense.proofpoint.com/v2/url?u={u}&d=DwMFaQ&c=x&r=y&m=z&s=q&e=",
    "https://linkprotect.cudasvc.com/url?a={u}&c=E,1,x&typo=1",
    "https://emea01.example/wis/clicktime/v1/query?url={u}&umid=4F&auth=9",
)


def _rewritten_links(scene: Scene) -> VisibleText:
    """A gateway has rewritten the links of our text, sometimes with a line break inside."""
    gate = scene.chance.choice(_GATES)
    broken = scene.chance.random() < 0.5

    def rewritten(match: re.Match[str]) -> str:
        target = gate.format(u=match[0].replace(":", "%3A").replace("/", "%2F"))
        target = f"{target[:60]}\n{target[60:]}" if broken else target
        return scene.chance.choice((f"{match[0]}<{target}>", target, f"<{target}>"))

    rows: list[Row] = []
    for line, ours in _filled(scene):
        text = re.sub(r"https?://\S+", rewritten, line) if ours else line
        text = re.sub(r"\b[\w.]+@[\w.]+\b", lambda m: f"{m[0]}<mailto:{m[0]}>", text) if ours else text
        rows += [(row, ours) for row in text.split("\n")]
    return _quote_of(scene, rows)


def _between_halves(scene: Scene) -> VisibleText:
    """A question of two sentences, and half of the answer below each of them."""
    rows: list[Row] = []
    places = _last_lines(scene.form)
    firsts = {first: number for number, (first, _) in places.items()}
    skip = -1
    for number, line in enumerate(scene.form.text.split("\n")):
        if number <= skip:
            continue
        asked = firsts.get(number)
        halves = re.split(r"(?<=[?？]) ", scene.asked(asked), maxsplit=1) if asked in scene.truth else []
        if asked is None or len(halves) < 2:
            rows.append((line, True))
            if asked in scene.truth:
                skip = places[asked][1]
                rows += [(row, True) for row in scene.form.text.split("\n")[number + 1 : skip + 1]]
                rows += [("", False), *((row, False) for row in scene.truth[asked].split("\n")), ("", False)]
            continue
        first, second = scene.truth[asked], scene.chance.choice(("Nobody.", "In 2019.", "We pay ourselves."))
        rows += [(f"{asked}. {halves[0]}", True), *((row, False) for row in first.split("\n"))]
        rows += [(halves[1], True), (second, False), ("", True)]
        scene.truth[asked] = f"{first}\n{second}"
        skip = places[asked][1]
    return _quote_of(scene, rows)


def _translated(scene: Scene) -> VisibleText:
    """The client translated what it quotes; the numbers are gone."""
    other = people_form(scene.chance.choice(TRANSLATIONS[scene.key.removeprefix("own:")]))
    said = Scene(scene.chance, other, scene.key, scene.truth, scene.name, scene.greeting, scene.farewell)
    questions = {line for question in other.questions for line in textwrap.wrap(question.text, 69)}
    strange = scene.chance.random() < 0.5
    rows = [(re.sub(r"^\d{1,2}\. ", "", line) if ours else line, ours) for line, ours in _filled(said)]
    if strange:  # the frame is translated as well
        rows = [(line if not ours or line.strip() in questions else line[::-1], ours) for line, ours in rows]
    return _plain(f"{scene.told(scene.chance.choice(ATTRIBUTIONS))}\n{_marked(rows, '> ')}\n\n{scene.farewell}")


_WORDS = {
    "en": ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"),
    "de": ("erste", "zweite", "dritte", "vierte", "fünfte", "sechste", "siebte", "achte"),
}


def _in_a_line(scene: Scene) -> VisibleText:
    """All in one paragraph: "ad 1) ... zu 2: ... re 3 ..."."""
    label = scene.chance.choice(("ad {n}) ", "zu {n}: ", "re {n}: ", "à la question {n} : ", "question {n}: ", "{n}) "))
    text = " ".join(f"{label.format(n=n)}{' '.join(said.split())}" for n, said in scene.truth.items())
    return _on_top(scene, text)


def _dictated(scene: Scene) -> VisibleText:
    """Spoken into a telephone: no mark anywhere, the numbers in words."""
    pairs = zip(_WORDS["en"], scene.truth.items(), strict=False)
    said = {number: re.sub(r"[^\w\s-]", "", " ".join(text.split())) for _, (number, text) in pairs}
    scene.truth.clear()
    scene.truth.update({number: text or "nothing" for number, text in said.items()})
    pairs = zip(_WORDS["en"], scene.truth.values(), strict=False)
    return _on_top(scene, " ".join(f"{word} question {text}" for word, text in pairs))


def _spoken(scene: Scene) -> VisibleText:
    words = _WORDS[scene.chance.choice(("en", "de"))]
    shape = scene.chance.choice(("{w} question: ", "{w} Frage: ", "To the {w} question: ", "Zur {w}n Frage: "))
    words = _WORDS["de"] if "rage" in shape else _WORDS["en"]
    rows = [
        f"{shape.format(w=word).capitalize()}{said}" for word, said in zip(words, scene.truth.values(), strict=False)
    ]
    return _on_top(scene, "\n\n".join(rows))


def _undotted(scene: Scene) -> VisibleText:
    return _on_top(scene, _listed(scene, "{n} ", scene.truth))


def _lettered(scene: Scene) -> VisibleText:
    kind = scene.chance.choice(("letter", "roman"))
    romans = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")
    rows = [
        f"{chr(96 + number) if kind == 'letter' else romans[number - 1]}) {said}"
        for number, said in scene.truth.items()
    ]
    return _on_top(scene, scene.chance.choice(("\n", "\n\n")).join(rows))


def _bullets(scene: Scene) -> VisibleText:
    for number, said in scene.truth.items():
        scene.truth[number] = " ".join(said.split())
    return _on_top(scene, "\n".join(f"- {said}" for said in scene.truth.values()))


def _reversed(scene: Scene) -> VisibleText:
    said = dict(sorted(scene.truth.items(), reverse=True))
    return _on_top(scene, _listed(scene, scene.chance.choice(("{n}. ", "Question {n}: ")), said))


def _own_table(scene: Scene) -> VisibleText:
    rows = "".join(
        f"<tr><td>{number}</td><td>{html.escape(_shortened(scene, number))}</td>"
        f"<td>{html.escape(said).replace(chr(10), '<br>')}</td></tr>"
        for number, said in scene.truth.items()
    )
    return _page(f"{_divs(scene.greeting)}<table>{rows}</table>{_divs(scene.farewell)}")


def _boxes(scene: Scene) -> VisibleText:
    """Thunderbird: Enter within the quote's box leaves it, so the first line of an answer is quoted, others are not."""
    page = f"<div>{html.escape(scene.told(ATTRIBUTIONS[0]))}</div><blockquote type='cite'>"
    for number, (row, ours) in enumerate(rows := _filled(scene)):
        first = not ours and row and rows[number - 1][1]
        page += _divs(row) if ours or first else f"</blockquote>{_divs(row)}<blockquote type='cite'>"
    return _page(f"{page}</blockquote>{_divs(scene.farewell)}")


def _noisy(scene: Scene) -> VisibleText:
    """Pictures, targets of links and titles between the lines of a quote."""
    rows: list[Row] = [("[cid:image001.png@01D82D.5A0B1C20]", True), ("<mailto:prisons-call@ran.example>", True)]
    rows += _filled(scene)
    return _quote_of(scene, rows)


STYLES: dict[str, tuple[Callable[[Scene], VisibleText], bool]] = {
    "numbered, words of the question said again": (_restated, False),
    "another question mentioned, numbered": (_mentions_on_top, False),
    "another question mentioned, inline": (_mentions_inline, False),
    "question and answer in pairs": (_pairs, False),
    "questions cut short": (_cut_questions, False),
    "questions told in own words": (_told_questions, True),
    "inline": (_inline, False),
    "an odd mark before the quote": (_prefixed, False),
    "numbers lost, wrapped at 60": (_renumbered, False),
    "a banner before the quote": (_bannered, False),
    "rewritten links": (_rewritten_links, False),
    "between the halves of a question": (_between_halves, False),
    "translated, without numbers": (_translated, False),
    "one paragraph with labels": (_in_a_line, False),
    "dictated": (_dictated, True),
    "numbers in words": (_spoken, False),
    "numbers without a mark": (_undotted, False),
    "letters or small romans": (_lettered, True),
    "bullets": (_bullets, True),
    "backwards": (_reversed, False),
    "a table of their own": (_own_table, False),
    "half in the box, half outside": (_boxes, False),
    "noise within the quote": (_noisy, False),
}
_ONLY = {
    _translated: tuple(f"own:{name}" for name in TRANSLATIONS),
    _between_halves: ("own:libraries", "own:biblioteche"),
    _dictated: ("prisons", "own:nurses", "own:choirs", "own:libraries"),
    _spoken: ("prisons", "own:nurses", "own:choirs", "own:libraries", "own:pflege", "german"),
    _lettered: ("prisons", "own:nurses", "own:choirs", "own:soins", "latvian"),
}
_ALL_ANSWERED = (_in_a_line, _dictated, _spoken, _lettered, _bullets, _reversed, _undotted)
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
