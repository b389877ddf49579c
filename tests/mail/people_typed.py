"""What people type above (or instead of) the quote: labels, copies and cuts of our questions, mentions, headings."""

from __future__ import annotations

from ranmailbot.mail.reply_text import VisibleText

from .people_scene import Scene, filled, listed, on_top, quote_of


def _label(scene: Scene) -> str:
    return scene.chance.choice(("{n}. ", "{n}) ", "({n}) ", "Q{n}: ", "{n}.\n", "{n} - ", "Question {n}: ", "Ad {n}: "))


def restated(scene: Scene) -> VisibleText:
    """Numbered answers that begin with words of the question."""
    for number in scene.truth:
        words = scene.asked(number).rstrip("?. ").split()
        low = scene.chance.randrange(min(4, len(words)))
        part = " ".join(words[low : low + scene.chance.randint(3, max(3, len(words) // 2))])
        shape = scene.chance.choice(("Our {p} is small. {a}", "About {p}, well. {a}", "{a} As for {p} there is more."))
        scene.truth[number] = shape.format(p=part, a=scene.truth[number])
    return on_top(scene, listed(scene, _label(scene), scene.truth))


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


def mentions_on_top(scene: Scene) -> VisibleText:
    _with_mentions(scene)
    return on_top(scene, listed(scene, _label(scene), scene.truth))


def mentions_inline(scene: Scene) -> VisibleText:
    _with_mentions(scene)
    return quote_of(scene, filled(scene))


def shortened(scene: Scene, number: int) -> str:
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


def pairs(scene: Scene) -> VisibleText:
    """ "Q: ... A: ...": our question shortened, typed again or whole, and the answer."""
    ask, answer = scene.chance.choice(_PAIRS)
    copy = scene.chance.choice((shortened, _slipped, lambda scene, number: scene.asked(number)))
    gap, between = scene.chance.choice(("\n", "\n", "\n\n", " ")), scene.chance.choice(("\n", "\n\n"))
    if gap == " " and copy is shortened:
        gap = "\n"
    blocks = [
        f"{ask.format(n=number)}{copy(scene, number)}{gap}{answer.format(n=number)}{said}"
        for number, said in scene.truth.items()
    ]
    return on_top(scene, between.join(blocks))


def cut_questions(scene: Scene) -> VisibleText:
    """Questions shortened with dots above the answers, numbered or not."""
    ask = scene.chance.choice(("{n}. ", "{n}) ", "", "- ", "> ", "> {n}. "))
    gap, between = scene.chance.choice(("\n", "\n\n")), "\n\n"
    blocks = [f"{ask.format(n=n)}{shortened(scene, n)}{gap}{said}" for n, said in scene.truth.items()]
    return on_top(scene, between.join(blocks))


def told_questions(scene: Scene) -> VisibleText:
    """Numbered headings in own words, made of the question's longest words, and the answer below or beside."""
    blocks: list[str] = []
    gap = scene.chance.choice((": ", "\n", " - ", "? "))
    for number, said in scene.truth.items():
        longest = sorted(scene.asked(number).replace("?", "").replace(",", "").split(), key=len)[-2:]
        blocks.append(f"{number}. {' '.join(longest)}{gap}{said}")
    return on_top(scene, "\n\n".join(blocks))
