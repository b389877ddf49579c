"""More ways of people: copies of our questions, answers beside older ones, remarks, lists, banners, two languages."""

from __future__ import annotations

import html
import re

from ranmailbot.mail.reply_text import VisibleText

from .people_forms import ATTRIBUTIONS, HEADERS
from .people_scene import Scene, around, divs, filled, last_lines, listed, marked, on_top, page, plain, quote_of
from .people_typed import shortened

_SHORT = 6


def plainly_numbered(scene: Scene) -> VisibleText:
    """The plainest way, under any label."""
    label = scene.chance.choice(
        ("{n}. ", "{n}) ", "{n}/ ", "#{n} ", "Frage {n}: ", "Réponse {n} : ", "Q{n}. ", "{n}- ")
    )
    return on_top(scene, listed(scene, label, scene.truth))


def copied(scene: Scene) -> VisibleText:
    """Questions copied whole, with or without numbers or marks, the answer below or beside."""
    ask = scene.chance.choice(
        ("{n}. {q}", "{n}) {q}", "{q}", "*{q}*", "- {q}", "{n}. *{q}*", '"{q}"', "Question {n}: {q}")
    )
    gap, between = scene.chance.choice(("\n", "\n\n", " ")), scene.chance.choice(("\n\n", "\n"))
    said = [f"{ask.format(n=n, q=scene.asked(n))}{gap}{answer}" for n, answer in scene.truth.items()]
    return on_top(scene, between.join(said))


def with_remarks(scene: Scene) -> VisibleText:
    """A remark to us below the answers, a paragraph of its own: no part of the last answer."""
    remark = scene.chance.choice(
        (
            "Please let me know if you need anything else.",
            "Ich freue mich auf das Treffen.",
            "N'hésitez pas à me contacter.",
            "PS: I may be a little late on the first day.",
            "Looking forward to hearing from you.",
            "Thank you for organising this!",
        )
    )
    scene.typed.append(remark)
    farewell = scene.chance.choice(("Best regards\n{name}", "Mit freundlichen Grüßen\n{name}", "Cordialement,\n{name}"))
    body = listed(scene, scene.chance.choice(("{n}. ", "{n}) ", "Q{n}: ")), scene.truth)
    body = f"{scene.greeting}\n\n{body}\n\n{remark}\n\n{farewell.format(name=scene.name)}".strip()
    quote = marked([(line, True) for line in scene.form.text.split("\n")], "> ")
    return plain(f"{body}\n\n{scene.told(scene.chance.choice(ATTRIBUTIONS))}\n{quote}")


def two_languages(scene: Scene) -> VisibleText:
    """Each answer twice, its translation in a paragraph below it."""
    for number, said in scene.truth.items():
        scene.truth[number] = f"{said}\n\n(EN) In English this would be longer than {len(said)} words."
    return on_top(scene, listed(scene, scene.chance.choice(("{n}. ", "{n}) ", "Question {n}: ")), scene.truth))


def as_above(scene: Scene) -> VisibleText:
    """Answers that only point to others, or to a paper."""
    pointing = ("Same as above.", "See above", "idem", "dito", "see attached", "s. o.", "Siehe Frage 1.", "cf. 1.", "↑")
    for number in list(scene.truth)[1:]:
        if scene.chance.random() < 0.5:
            scene.truth[number] = scene.chance.choice(pointing)
    if scene.chance.random() < 0.5:
        return quote_of(scene, filled(scene))
    return on_top(scene, listed(scene, scene.chance.choice(("{n}. ", "{n}) ", "{n}: ")), scene.truth))


def lists_inside(scene: Scene) -> VisibleText:
    """Numbered lists within numbered answers, or within answers in the quote."""
    dress = scene.chance.choice(("{n}) {p}", "{n}. {p}", "({n}) {p}", "{a}) {p}", "• {p}"))
    points = ("the keys", "the night", "the telephone that rings", "people who leave")
    for number in scene.truth:
        if scene.chance.random() < 0.5:
            count = scene.chance.randint(2, 4)
            rows = [dress.format(n=n, a=chr(96 + n), p=point) for n, point in enumerate(points[:count], 1)]
            scene.truth[number] = "Several things:\n" + "\n".join(rows)
    if scene.chance.random() < 0.5 or "{n}" in dress:
        return quote_of(scene, filled(scene))
    return on_top(scene, listed(scene, scene.chance.choice(("{n}. ", "Question {n}: ")), scene.truth))


def beside_older(scene: Scene) -> VisibleText:
    """A missing answer at the top; the earlier letter with all the others is quoted below, and the form below that."""
    numbers = [question.number for question in scene.form.questions]
    new = scene.chance.choice(numbers)
    said = scene.truth.get(new, "Only this one was missing.")
    older = "\n\n".join(f"> {number}. An older answer." for number in numbers if number != new)
    scene.truth.clear()  # the older ones were read when they came
    scene.truth[new] = said
    label = scene.chance.choice(("{n}. ", "{n}) ", "Question {n}: ", "Frage {n}: ", "Answer to question {n}: "))
    form = "\n".join(f">> {line}".rstrip() for line in scene.form.text.split("\n"))
    head = f"On Wed, 2 Mar 2022 at 09:00, {scene.name} <x@prison.example> wrote:"
    below = f"> {scene.told(ATTRIBUTIONS[0])}\n{form}"
    return plain(f"{around(scene, label.format(n=new) + said)}\n\n{head}\n{older}\n>\n{below}")


def table_in_quote(scene: Scene) -> VisibleText:
    """Question and answer side by side in the cells of a table."""
    rows = "".join(
        f"<tr><td>{html.escape(f'{question.number}. {question.text}')}</td>"
        f"<td>{html.escape(scene.truth.get(question.number, '')).replace(chr(10), '<br>')}</td></tr>"
        for question in scene.form.questions
    )
    return page(f"{divs(scene.greeting)}<table>{rows}</table>{divs(scene.farewell)}")


def bannered_inside(scene: Scene) -> VisibleText:
    """A gateway's table above the typed text, and one within the quote."""
    first, second = scene.chance.sample(
        (
            "[EXTERNAL] Think before you click.",
            "CAUTION: External sender. Do not click links or open attachments unless you recognise the sender.",
            "Achtung! Externe E-Mail: Öffnen Sie Anhänge nur von bekannten Absendern.",
            "You don't often get email from prisons-call@ran.example. Learn why this is important",
        ),
        2,
    )
    rows = filled(scene)
    rows[:0] = [(second, True), ("", True)]
    attribution = scene.told(scene.chance.choice(ATTRIBUTIONS))
    if scene.chance.random() < 0.5:
        return plain(f"{first}\n\n{attribution}\n{marked(rows, '> ')}\n\n{scene.farewell}")
    body = listed(scene, "{n}. ", scene.truth)
    quote = "\n".join(line for line, _ in [(second, True), *((row, True) for row in scene.form.text.split("\n"))])
    return plain(f"{around(scene, body)}\n\n{scene.told(scene.chance.choice(HEADERS))}\n\n{quote}")


def last_word_lost(scene: Scene) -> VisibleText:
    """The questions typed again without their last word, with which the answer begins."""
    blocks: list[str] = []
    for number, said in scene.truth.items():
        words = scene.asked(number).rstrip("?？;. ").split()
        if len(words) < _SHORT:
            blocks.append(f"{number}. {scene.asked(number)}\n{said}")
            continue
        word = words[-1][:1].upper() + words[-1][1:]
        scene.truth[number] = f"{word} is what we think of most. {said}"
        blocks.append(f"{number}. {' '.join(words[:-1])}\n{scene.truth[number]}")
    return on_top(scene, "\n\n".join(blocks))


def on_the_line(scene: Scene) -> VisibleText:
    """Behind the question on its own line, in the quote, after a dash, an arrow or nothing."""
    lead = scene.chance.choice((" ", " - ", " -> ", " → ", "  ", " : "))
    places = {last: number for number, (_, last) in last_lines(scene.form).items()}
    rows: list[str] = []
    for number, line in enumerate(scene.form.text.split("\n")):
        said = scene.truth.get(places.get(number, 0), "")
        first, *rest = said.split("\n")
        rows += [f"> {line}{lead}{first}" if said else f"> {line}".rstrip(), *(f"> {row}".rstrip() for row in rest)]
    return plain(f"{scene.told(scene.chance.choice(ATTRIBUTIONS))}\n{chr(10).join(rows)}\n\n{scene.farewell}")


def in_capitals(scene: Scene) -> VisibleText:
    """Everything of ours dressed otherwise by the client: bold, in capitals, with more spaces."""
    dresses = (str.upper, str.title, lambda text: f"*{text}*", lambda text: re.sub(r"\s+", "  ", text))
    dress = scene.chance.choice(dresses)
    rows = [(dress(line) if ours and line.strip() and "@" not in line else line, ours) for line, ours in filled(scene)]
    return quote_of(scene, rows)


def own_headings(scene: Scene) -> VisibleText:
    """Shortened questions as headings, numbers aside."""
    rows = [f"{shortened(scene, number)}\n{said}" for number, said in scene.truth.items()]
    return on_top(scene, "\n\n".join(rows))
