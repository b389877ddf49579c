"""A second generator of replies, written apart from the first: to our mails as they really went out, client by client.

Each has its author's answers with it. Seeded, so repeatable.
"""

from __future__ import annotations

import html
import random
import textwrap
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from ranmailbot.mail.address import Address
from ranmailbot.mail.html_text import visible_lines
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.reply_text import VisibleText, plain_lines

from .client_forms import FORMS, KeptForm, kept_form

ASKING = tuple(name for name in FORMS if kept_form(name).form.questions and name != "blank")
SENTENCES = (
    "We began in {year} with {number} families.",
    "No.",
    "None so far",
    "-",
    "n/a",
    "?",
    "Yes, since {year}; before that in a children's home.",
    "{number} of {more}",
    "Am {number}. Mai {year} kam die erste Mutter, um 14:30 Uhr.",
    "Siehe https://verein.example/bericht?id={number}#s{more} oder info@verein.example",
    "Det finns ingen tolk, och barnen väntar.",
    "Η πρώτη περίπτωση ήταν το {year}.",
    "יש לנו {number} אימהות ו-{more} ילדים.",
    "Kopš {year}. gada strādāju ar mātēm (un tēviem).",
    "С майки и деца от {year} г. насам",
    "We tried: role play, drawing, letters - nothing worked better than time.",
    '"Nobody told me", said a boy of {number}.',
    "نعمل معهن منذ {year}.",
    "Many thanks for asking this! It is {number} % of my work.",
    "Le secret professionnel ; toujours le secret professionnel…",
)
NAMES = ("Ilse Brandt", "Tõnu Kask", "Łucja Wójcik", "Σοφία Νικολάου", "Радка Стоянова", "Noa Levi", "Bjørn Dahl")
FAREWELLS = (
    "Kind regards,\n{name}",
    "Με εκτίμηση,\n{name}",
    "Ar cieņu\n{name}\nT. 67000000",
    "LG {first}",
    "Mit besten Grüßen aus Vechta\n{name}",
    "Lugupidamisega\n\n{name}\njurist",
    "Met vriendelijke groet / Kind regards\n\n{name}",
    "С уважение,\n{name}",
    "בברכה,\n{name}",
    "Med venlig hilsen\n{name}\nTlf. +45 55 50 01 00",
    "Hämta Outlook för Android<https://aka.ms/AAb9ysg>",
    "Sent from my Galaxy",
    "Looking forward to your reply.\n\nBest,\n{first}",
    "Terveisin {first}",
    "{name}",
    "Üdvözlettel:\n{name}\n1. Ref. III 4\n2. Postfach 12",
    "De informatie in dit bericht is vertrouwelijk en uitsluitend bestemd voor de geadresseerde; verwijder het anders.",
    "",
    "",
)
HEADERS = (
    "From: {us} <{mail}>\nSent: Tuesday, 1 March 2022 10:04\nTo: {name}\nSubject: {subject}",
    "Von: {us} [mailto:{mail}]\nGesendet: Dienstag, 1. März 2022 10:04\nAn: {name}\nBetreff: {subject}",
    "Lähettäjä: {us} <{mail}>\nLähetetty: tiistai 1. maaliskuuta 2022 10.04\nVastaanottaja: {name}\nAihe: {subject}",
    "Šalje: {us} <{mail}>\nPoslano: 1. ožujka 2022. 10:04\nPrima: {name}\nPredmet: {subject}",
    "----- Original message -----\nFrom: {us} <{mail}>\nDate: 01/03/2022 10:04\nTo: x@y.example\nSubject: {subject}",
    ">>> {us} <{mail}> 01.03.2022 10:04 >>>",
    'From:\t"{us}" <{mail}>\nTo:\t{name}\nDate:\t01.03.2022 10:04\nSubject:\t{subject}',
)
ATTRIBUTIONS = (
    "On Tue, 1 Mar 2022 10:04:22 +0100\n{us} <{mail}> wrote:",
    "{us} <{mail}> hat am 01.03.2022 10:04 CET geschrieben:",
    "ti 1. maalisk. 2022 klo 10.04 {us} <{mail}> kirjoitti:",
    "Il giorno mar 1 mar 2022 alle ore 10:04 {us} <\n{mail}> ha scritto:",
    "2022-03-01 10:04, {us} rašė:",
    "1 Mar 2022 Sal, saat 10:04 tarihinde {us} <{mail}> şunu yazdı:",
    "Pada tanggal Sel, 1 Mar 2022 pukul 10.04 {us} <{mail}> menulis:",
)


@dataclass(frozen=True)
class Scene:
    """What one reply is made of: truth holds the answers by question."""

    chance: random.Random
    kept: KeptForm
    truth: dict[int, str]
    name: str
    greeting: str
    farewell: str

    @property
    def lines(self) -> list[str]:
        return self.kept.form.text.rstrip("\n").split("\n")

    def header(self) -> str:
        return self._told(self.chance.choice(HEADERS))

    def attribution(self) -> str:
        return self._told(self.chance.choice(ATTRIBUTIONS))

    def _told(self, text: str) -> str:
        us, mail, subject = self.kept.form.ours[:3]
        return text.format(us=us, mail=mail, subject=subject, name=self.name)


@dataclass(frozen=True)
class ClientReply:
    """One generated reply and the truth about it."""

    style: str
    kept: KeptForm
    text: VisibleText
    truth: dict[int, str]
    sender: Address


Row = tuple[str, bool]
"""A line, and whether it is ours."""


def _ends(scene: Scene) -> dict[int, int]:
    """By line number, the question whose print ends there. Our plain mail wraps its lines."""
    lines, ends = scene.lines, {}
    for question in scene.kept.form.questions:
        wanted = " ".join(question.text.split())
        for number in range(len(lines) - 1, -1, -1):
            block, last = lines[number].strip(), number
            while wanted not in block and last + 1 < len(lines) and lines[last + 1].strip() and last < number + 3:
                last += 1
                block += " " + lines[last].strip()
            if wanted in block:
                while last + 1 < len(lines) and lines[last + 1].strip():
                    last += 1
                ends[last] = question.number
                break
    return ends


def _rows(scene: Scene, prefix: str = "", cut: bool = False) -> list[Row]:
    """The form with answers in the room below the questions. `cut`: ends after the last answer."""
    ends, rows, room = _ends(scene), list[Row](), 0
    close = scene.chance.random() < 0.3
    for number, line in enumerate(scene.lines):
        if room and not line.strip():
            room -= 1
            continue
        room = 0
        rows.append((line, True))
        answer = scene.truth.get(ends.get(number, 0), "")
        if answer:
            around: list[Row] = [] if close else [("", False)]
            rows += [*around, *((row, False) for row in f"{prefix}{answer}".split("\n")), *around]
            room = 3
    if cut and scene.truth:
        while rows and (rows[-1][1] or not rows[-1][0].strip()):
            rows.pop()
    return rows


def _marked(rows: list[Row], mark: str) -> str:
    return "\n".join(f"{mark}{line}".rstrip() if ours else line for line, ours in rows)


def _plain(*parts: str) -> VisibleText:
    return VisibleText(plain_lines("\n\n".join(part for part in parts if part)), "plain")


def _page(text: str) -> VisibleText:
    return VisibleText(visible_lines(text, Limits()), "html")


def _divs(text: str) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


def _inline(scene: Scene) -> VisibleText:
    return _plain(scene.greeting, f"{scene.attribution()}\n{_marked(_rows(scene), '> ')}", scene.farewell)


def _cut_below(scene: Scene) -> VisibleText:
    return _plain(f"{scene.attribution()}\n{_marked(_rows(scene, cut=True), '> ')}", scene.farewell)


def _other_marks(scene: Scene) -> VisibleText:
    mark = scene.chance.choice(("| ", "RPC> ", "rk> "))
    return _plain(scene.greeting, f"{scene.attribution()}\n{_marked(_rows(scene), mark)}", scene.farewell)


def _unmarked(scene: Scene) -> VisibleText:
    return _plain(scene.greeting, scene.header(), _marked(_rows(scene), ""), scene.farewell)


def _named_answers(scene: Scene) -> VisibleText:
    prefix = scene.chance.choice(("Answer: ", "Antwort: ", "A: ", "Réponse : ", "Vastaus: "))
    return _plain(f"{scene.attribution()}\n{_marked(_rows(scene, prefix), '> ')}", scene.farewell)


def _accents_lost(scene: Scene) -> VisibleText:
    def bare(line: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFKD", line) if not unicodedata.combining(c))

    rows = [(bare(line) if ours else line, ours) for line, ours in _rows(scene)]
    return _plain(scene.greeting, scene.header(), _marked(rows, ""), scene.farewell)


def _gmail_bold(scene: Scene) -> VisibleText:
    done: list[str] = []
    ends = {scene.lines[number] for number in _ends(scene)}
    for line, ours in _rows(scene):
        shown = f"*{line.strip()}*" if ours and line in ends else line
        pieces = textwrap.wrap(shown, 70, break_long_words=False) or [""]
        done += [f"> {piece}".rstrip() for piece in pieces] if ours else [line]
    return _plain(scene.greeting, scene.attribution() + "\n\n" + "\n".join(done), scene.farewell)


def _trimmed_quote(scene: Scene) -> VisibleText:
    asked = {question.number: question for question in scene.kept.form.questions}
    cut = scene.chance.choice(("", "[...]", "[…]", "[snip]"))
    blocks = [
        f"> {number}. {asked[number].text}\n\n{answer}\n\n{cut}".rstrip()
        for number, answer in sorted(scene.truth.items())
    ]
    return _plain(scene.attribution(), *blocks, scene.farewell)


def _label(scene: Scene) -> str:
    labels = ("{n} - ", "{n}/ ", "#{n}: ", "Frage {n}: ", "Q{n}. ", "{n}.) ", "[{n}] ", "Kysymys {n}\n", "{n} : ")
    return scene.chance.choice(labels)


def _listed(scene: Scene) -> str:
    label = _label(scene)
    between = scene.chance.choice(("\n", "\n\n"))
    return between.join(f"{label.format(n=number)}{answer}" for number, answer in sorted(scene.truth.items()))


def _top(scene: Scene) -> VisibleText:
    return _plain(scene.greeting, _listed(scene), scene.farewell, scene.header(), scene.kept.form.text)


def _top_quoted(scene: Scene) -> VisibleText:
    quote = "\n".join(f"> {line}".rstrip() for line in scene.lines)
    return _plain(scene.greeting, _listed(scene), scene.farewell, f"{scene.attribution()}\n{quote}")


def _old_list_below(scene: Scene) -> VisibleText:
    quote = "\n".join(f">> {line}".rstrip() for line in scene.lines)
    numbers = [question.number for question in scene.kept.form.questions]
    old = "\n".join(f"> {number}. An older answer." for number in numbers)
    quote = f"On Mon, 28 Feb 2022 at 09:00, {scene.name} <x@prison.example> wrote:\n{old}\n>\n{quote}"
    return _plain(scene.greeting, _listed(scene), scene.farewell, quote)


def _roman(scene: Scene) -> VisibleText:
    roman = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
    small = scene.chance.random() < 0.5
    rows = [f"{roman[number - 1]}. {answer}" for number, answer in sorted(scene.truth.items())]
    if small:
        rows = [f"{roman[number - 1].lower()}) {answer}" for number, answer in sorted(scene.truth.items())]
    return _plain(scene.greeting, "\n".join(rows), scene.farewell, scene.header(), scene.kept.form.text)


def _word(scene: Scene) -> VisibleText:
    page = "<html><body lang=EN-GB><div class=WordSection1>"
    paragraph = "<p class=MsoNormal><span style='font-size:11.0pt'>{}<o:p></o:p></span></p>"
    red = "<p class=MsoNormal><span style='color:red'>{}<o:p></o:p></span></p>"
    for line in f"{scene.greeting}\n\n{scene.farewell}".split("\n"):
        page += paragraph.format(html.escape(line) or "&nbsp;")
    page += "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal>"
    page += html.escape(scene.header()).replace("\n", "<br>") + "<o:p></o:p></p></div>"
    for line, ours in _rows(scene):
        page += (paragraph if ours else red).format(html.escape(line) or "&nbsp;")
    return _page(f"{page}</div></body></html><p>CAUTION: this mail came from outside.</p>")


def _gmail_split(scene: Scene) -> VisibleText:
    page = f"{_divs(scene.greeting)}<br><div class='gmail_quote'><div class='gmail_attr'>"
    page += html.escape(scene.attribution()) + "</div><blockquote class='gmail_quote'>"
    quoted = True
    for line, ours in _rows(scene):
        if ours != quoted:
            page += "<blockquote class='gmail_quote'>" if ours else "</blockquote>"
            quoted = ours
        page += _divs(line)
    return _page(f"{page}{'</blockquote>' if quoted else ''}</div>{_divs(scene.farewell)}")


def _typed_into_quote(scene: Scene) -> VisibleText:
    page = f"<div dir='ltr'>{_divs(scene.greeting)}{_divs(scene.farewell)}</div><div class='gmail_quote'>"
    page += f"<div class='gmail_attr'>{html.escape(scene.attribution())}</div><blockquote class='gmail_quote'>"
    return _page(page + "".join(_divs(line) for line, _ in _rows(scene)) + "</blockquote></div>")


def _numbers_in_a_table(scene: Scene) -> VisibleText:
    rows = "".join(
        f"<tr><td>{number}</td><td>{html.escape(answer).replace(chr(10), '<br>')}</td></tr>"
        for number, answer in sorted(scene.truth.items())
    )
    quote = "".join(_divs(line) for line in scene.lines)
    return _page(
        f"<table>{rows}</table>{_divs(scene.farewell)}<div>{html.escape(scene.attribution())}</div>"
        f"<blockquote type='cite'>{quote}</blockquote>"
    )


STYLES: dict[str, Callable[[Scene], VisibleText]] = {
    "inline below, many attributions": _inline,
    "quote cut below the last answer": _cut_below,
    "quoted with bars or initials": _other_marks,
    "no marks (GroupWise, Samsung, Notes)": _unmarked,
    '"Answer:" before each answer': _named_answers,
    "accents lost in the quote": _accents_lost,
    "Gmail plain, bold as asterisks": _gmail_bold,
    "quote trimmed to what is answered": _trimmed_quote,
    "top, unusual labels, no marks": _top,
    "top, unusual labels, quoted": _top_quoted,
    "top, own older list quoted below": _old_list_below,
    "roman numerals, small and large": _roman,
    "Word, red answers, banner": _word,
    "Gmail, quote split for each answer": _gmail_split,
    "Gmail, typed into the quote": _typed_into_quote,
    "numbers in a table": _numbers_in_a_table,
}
_MOST_ROMAN = 10


def _answer(chance: random.Random) -> str:
    def sentence() -> str:
        year, number, more = chance.randint(1995, 2022), chance.randint(2, 28), chance.randint(30, 99)
        return chance.choice(SENTENCES).format(year=year, number=number, more=more)

    kind = chance.random()
    if kind < 0.55:
        return sentence()
    if kind < 0.75:
        return f"{sentence()} {sentence()}"
    if kind < 0.9:
        return f"{sentence()}\n\n{sentence()}"
    return "Three things:\n- " + "\n- ".join(sentence() for _ in range(3))


def client_reply(seed: int) -> ClientReply:
    """The reply of this seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    style = list(STYLES)[seed % len(STYLES)]
    forms = [name for name in ASKING if style != "roman numerals, small and large" or name not in ("twelve", "twenty")]
    kept = kept_form(chance.choice(forms))
    numbers = [question.number for question in kept.form.questions]
    numbered = STYLES[style] in (_top, _top_quoted, _old_list_below, _roman, _numbers_in_a_table)
    if chance.random() < 0.3 and not numbered:
        numbers = sorted(chance.sample(numbers, chance.randint(1, len(numbers))))
    name = chance.choice(NAMES)
    farewell = chance.choice(FAREWELLS).format(name=name, first=name.split()[0])
    greeting = chance.choice(("Dear colleagues,\n\nplease see below.", "Hi", "Labdien!", "Hyvä Alexandra,", "", ""))
    scene = Scene(chance, kept, {number: _answer(chance) for number in numbers}, name, greeting, farewell)
    return ClientReply(style, kept, STYLES[style](scene), scene.truth, Address(name, "x@prison.example"))
