"""What people and gateways do within the quote, and ways to answer that look like no form at all."""

from __future__ import annotations

import html
import re
import textwrap

from ranmailbot.mail.reply_text import VisibleText

from .people_forms import ATTRIBUTIONS, BANNERS, HEADERS, TRANSLATIONS, people_form
from .people_scene import Row, Scene, divs, filled, last_lines, listed, marked, on_top, page, plain, quote_of
from .people_typed import shortened


def inline(scene: Scene) -> VisibleText:
    return quote_of(scene, filled(scene))


def prefixed(scene: Scene) -> VisibleText:
    mark = scene.chance.choice(("| ", ": ", "RK> ", "» ", "\t", "    ", "* ", "# ", "% ", "} ", "|", ":"))
    attribution = scene.told(scene.chance.choice(ATTRIBUTIONS))
    return plain(f"{attribution}\n{marked(filled(scene), mark)}\n\n{scene.farewell}")


def renumbered(scene: Scene) -> VisibleText:
    """Quoted without any mark, wrapped at 60 columns, the numbers lost or turned into something else."""
    number = scene.chance.choice(("", "1.{n} ", "{n} ", "- ", "• ", "{a}) ", "{n}) "))
    rows: list[str] = []
    for line, ours in filled(scene):
        match = re.match(r"(?:Question )?(\d{1,2})(?:\.| of \d+:) ", line) if ours else None
        if match is not None:
            dress = number.format(n=match[1], a=chr(96 + int(match[1])))
            line = dress + line[match.end() :]  # noqa: PLW2901 - the line as the client leaves it
        rows += [line] if not ours else textwrap.wrap(line, 60) or [""]
    return plain(f"{scene.told(scene.chance.choice(HEADERS))}\n\n{chr(10).join(rows)}\n\n{scene.farewell}")


def bannered(scene: Scene) -> VisibleText:
    """A gateway's warning in front of the quote or in it."""
    banner = scene.chance.choice(BANNERS)
    rows = filled(scene)
    rows[:0] = [(banner, True), ("", True)]
    return quote_of(scene, rows)


_GATES = (
    "https://eur03.safelinks.protection.outlook.com/?url={u}&data=05%7C01%7Cx%7C4f0%7C0&sdata=Zk%3D&reserved=0",
    "https://urldefense.com/v3/__{u}__;!!Ab1Cd2!Xy$",
    "https://urldefense.proofpoint.com/v2/url?u={u}&d=DwMFaQ&c=x&r=y&m=z&s=q&e=",
    "https://linkprotect.cudasvc.com/url?a={u}&c=E,1,x&typo=1",
    "https://emea01.example/wis/clicktime/v1/query?url={u}&umid=4F&auth=9",
)


def rewritten_links(scene: Scene) -> VisibleText:
    """A gateway has rewritten the links of our text, sometimes with a line break inside."""
    gate = scene.chance.choice(_GATES)
    broken = scene.chance.random() < 0.5

    def rewritten(match: re.Match[str]) -> str:
        target = gate.format(u=match[0].replace(":", "%3A").replace("/", "%2F"))
        target = f"{target[:60]}\n{target[60:]}" if broken else target
        return scene.chance.choice((f"{match[0]}<{target}>", target, f"<{target}>"))

    rows: list[Row] = []
    for line, ours in filled(scene):
        text = re.sub(r"https?://\S+", rewritten, line) if ours else line
        text = re.sub(r"\b[\w.]+@[\w.]+\b", lambda m: f"{m[0]}<mailto:{m[0]}>", text) if ours else text
        rows += [(row, ours) for row in text.split("\n")]
    return quote_of(scene, rows)


def between_halves(scene: Scene) -> VisibleText:
    """A question of two sentences, and half of the answer below each of them."""
    rows: list[Row] = []
    places = last_lines(scene.form)
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
    return quote_of(scene, rows)


def translated(scene: Scene) -> VisibleText:
    """The client translated what it quotes; the numbers are gone."""
    other = people_form(scene.chance.choice(TRANSLATIONS[scene.key.removeprefix("own:")]))
    said = Scene(scene.chance, other, scene.key, scene.truth, scene.name, scene.greeting, scene.farewell)
    questions = {line for question in other.questions for line in textwrap.wrap(question.text, 69)}
    strange = scene.chance.random() < 0.5
    rows = [(re.sub(r"^\d{1,2}\. ", "", line) if ours else line, ours) for line, ours in filled(said)]
    if strange:  # the frame is translated as well
        rows = [(line if not ours or line.strip() in questions else line[::-1], ours) for line, ours in rows]
    return plain(f"{scene.told(scene.chance.choice(ATTRIBUTIONS))}\n{marked(rows, '> ')}\n\n{scene.farewell}")


_WORDS = {
    "en": ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"),
    "de": ("erste", "zweite", "dritte", "vierte", "fünfte", "sechste", "siebte", "achte"),
}


def in_a_line(scene: Scene) -> VisibleText:
    """All in one paragraph: "ad 1) ... zu 2: ... re 3 ..."."""
    label = scene.chance.choice(("ad {n}) ", "zu {n}: ", "re {n}: ", "à la question {n} : ", "question {n}: ", "{n}) "))
    text = " ".join(f"{label.format(n=n)}{' '.join(said.split())}" for n, said in scene.truth.items())
    return on_top(scene, text)


def dictated(scene: Scene) -> VisibleText:
    """Spoken into a telephone: no mark anywhere, the numbers in words."""
    pairs = zip(_WORDS["en"], scene.truth.items(), strict=False)
    said = {number: re.sub(r"[^\w\s-]", "", " ".join(text.split())) for _, (number, text) in pairs}
    scene.truth.clear()
    scene.truth.update({number: text or "nothing" for number, text in said.items()})
    pairs = zip(_WORDS["en"], scene.truth.values(), strict=False)
    return on_top(scene, " ".join(f"{word} question {text}" for word, text in pairs))


def spoken(scene: Scene) -> VisibleText:
    words = _WORDS[scene.chance.choice(("en", "de"))]
    shape = scene.chance.choice(("{w} question: ", "{w} Frage: ", "To the {w} question: ", "Zur {w}n Frage: "))
    words = _WORDS["de"] if "rage" in shape else _WORDS["en"]
    rows = [
        f"{shape.format(w=word).capitalize()}{said}" for word, said in zip(words, scene.truth.values(), strict=False)
    ]
    return on_top(scene, "\n\n".join(rows))


def undotted(scene: Scene) -> VisibleText:
    return on_top(scene, listed(scene, "{n} ", scene.truth))


def lettered(scene: Scene) -> VisibleText:
    kind = scene.chance.choice(("letter", "roman"))
    romans = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")
    rows = [
        f"{chr(96 + number) if kind == 'letter' else romans[number - 1]}) {said}"
        for number, said in scene.truth.items()
    ]
    return on_top(scene, scene.chance.choice(("\n", "\n\n")).join(rows))


def bullets(scene: Scene) -> VisibleText:
    for number, said in scene.truth.items():
        scene.truth[number] = " ".join(said.split())
    return on_top(scene, "\n".join(f"- {said}" for said in scene.truth.values()))


def backwards(scene: Scene) -> VisibleText:
    said = dict(sorted(scene.truth.items(), reverse=True))
    return on_top(scene, listed(scene, scene.chance.choice(("{n}. ", "Question {n}: ")), said))


def own_table(scene: Scene) -> VisibleText:
    rows = "".join(
        f"<tr><td>{number}</td><td>{html.escape(shortened(scene, number))}</td>"
        f"<td>{html.escape(said).replace(chr(10), '<br>')}</td></tr>"
        for number, said in scene.truth.items()
    )
    return page(f"{divs(scene.greeting)}<table>{rows}</table>{divs(scene.farewell)}")


def boxes(scene: Scene) -> VisibleText:
    """Thunderbird: Enter within the quote's box leaves it, so the first line of an answer is quoted, others are not."""
    body = f"<div>{html.escape(scene.told(ATTRIBUTIONS[0]))}</div><blockquote type='cite'>"
    for number, (row, ours) in enumerate(rows := filled(scene)):
        first = not ours and row and rows[number - 1][1]
        body += divs(row) if ours or first else f"</blockquote>{divs(row)}<blockquote type='cite'>"
    return page(f"{body}</blockquote>{divs(scene.farewell)}")


def noisy(scene: Scene) -> VisibleText:
    """Pictures, targets of links and titles between the lines of a quote."""
    rows: list[Row] = [("[cid:image001.png@01D82D.5A0B1C20]", True), ("<mailto:prisons-call@ran.example>", True)]
    rows += filled(scene)
    return quote_of(scene, rows)
