"""A generator of replies as real clients write them, each with what its author answered. Seeded, so repeatable."""

from __future__ import annotations

import html
import random
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from ranmailbot.mail.address import Address
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.html_text import visible_lines
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.reply_text import VisibleText, plain_lines

from .sample_form import ADDRESS, FORM, NAME, SUBJECT, printed_then

ANSWERS = (
    "I have worked for ten years as a psychologist in a women's prison near the capital.",
    "Ten years in the women's wing.",
    "My experience in dealing with female returnees in prison is limited to three cases since 2019.",
    "None so far, but two transfers are expected this autumn.",
    "Sieviešu cietumā strādāju kopš 2015. gada; pēdējos gados mums bija četras atgriezušās sievietes.",
    "Galvenais izaicinājums ir sadarbība ar bāriņtiesu un skolu.",
    "Seit acht Jahren begleite ich inhaftierte Mütter und ihre Kinder, zuletzt auch zwei Rückkehrerinnen.",
    "Die größte Schwierigkeit: Zuständigkeiten sind nicht geklärt, und die Übergabe nach der Haft fehlt.",
    "Depuis 2017, j’accompagne des mères détenues ; l’équipe est petite et les visites sont rares.",
    "Η εμπειρία μου αφορά κυρίως την υποστήριξη παιδιών κρατουμένων μητέρων.",
    "Работя от пет години с жени в затвора и с техните деца.",
    "אני עובדת סוציאלית בבית סוהר לנשים זה שבע שנים.",
    """We lack a common risk assessment. Schools hear of a child only when it stands at the gate.

A second difficulty is language: interpreters are booked weeks ahead.""",
    "Three things:\n- staff turnover\n- no shared case file\n- contact with the father abroad",
    """In 2020 a mother read to her son by telephone every night for a month. He slept, she stayed calm.
We now do so in every case.""",
    "n/a",
    "none",
    "-",
    "?",
    "Not much yet.",
    "I would say: the children come first. What are the alternatives? We never found any.",
    "You ask for a story about a successful activity: our reading afternoons with mothers and toddlers, " * 3,
    "Cooperation with probation (since 2018), with 3 municipalities & 2 NGOs; see also the handbook at https://x.example/h.",
    """Separation at the age of three. It breaks most of what we built in the years before; staff suffer as well,
and nobody has asked them so far how they are.""",
)
GREETINGS = (
    "Dear Alexandra,\n\nplease find my answers below.\n\n",
    "Hello,\n\n",
    "Sehr geehrte Damen und Herren,\n\nanbei meine Antworten.\n\n",
    "Labdien!\n\n",
    "Bonjour,\n\nvoici mes réponses.\n\n",
    "Здравейте,\n\n",
    "Αγαπητοί συνάδελφοι,\n\n",
    "",
    "",
)
FAREWELLS = (
    "\n\nBest regards\n{name}",
    "\n\nKind regards,\n\n{name}\nPrison Service of Example\nTel. +371 555 0123",
    "\n\nMit freundlichen Grüßen\n{name}",
    "\n\nAr cieņu\n{name}",
    "\n\nCordialement,\n{name}",
    "\n\nС уважение,\n{name}",
    "\n\nΜε εκτίμηση,\n{name}",
    "\n\n-- \n{name}\nSocial worker",
    "\n\nSent from my iPhone",
    "\n\nVon meinem iPhone gesendet",
    """

Regards
{name}

This e-mail is confidential and intended only for the recipient named above. If you are not the intended recipient,
please delete it and tell the sender.""",
    "",
    "",
    "",
)
NAMES = ("Anna Ozola", "Jürgen Müller", "Éloïse Martin", "Иван Петров", "Μαρία Παπαδοπούλου", "Marta Kowalska")
ATTRIBUTIONS = (
    f"On Tue, 1 Mar 2022 at 10:04, {NAME} <{ADDRESS}> wrote:",
    f"Am Di., 1. März 2022 um 10:04 Uhr schrieb {NAME} <\n{ADDRESS}>:",
    f"Le mar. 1 mars 2022 à 10:04, {NAME} <{ADDRESS}> a écrit :",
    f"Am 01.03.2022 um 10:04 schrieb {NAME}:",
    f"> Am 01.03.2022 um 10:04 schrieb {NAME} <{ADDRESS}>:",
    f"El mar, 1 mar 2022 a las 10:04, {NAME} (<{ADDRESS}>)\nescribió:",
    f"На вт, 1.03.2022 г. в 10:04 ч. {NAME} <{ADDRESS}> написа:",
    f"Στις Τρί 1 Μαρ 2022 στις 10:04 π.μ., ο/η {NAME} <{ADDRESS}> έγραψε:",
    f"otrd., 2022. g. 1. marts, plkst. 10:04 — lietotājs {NAME} (<{ADDRESS}>) rakstīja:",
    f"ב-1 במרץ 2022 בשעה 10:04, {NAME} <{ADDRESS}> כתב:",
    f"W dniu 1.03.2022 o 10:04, {NAME} pisze:",
)
OUTLOOK = (
    ("From", "Sent", "To", "Subject"),
    ("Von", "Gesendet", "An", "Betreff"),
    ("De", "Envoyé", "À", "Objet"),
    ("No", "Nosūtīts", "Kam", "Tēma"),
    ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    ("От", "Изпратено", "До", "Относно"),
    ("מאת", "נשלח", "אל", "נושא"),
)


@dataclass(frozen=True)
class Reply:
    """One generated reply: the text a reader would see, and the truth about it."""

    style: str
    text: VisibleText
    form: SentForm
    truth: dict[int, str]
    sure: bool
    sender: Address


def _outlook_header(chance: random.Random, name: str) -> str:
    who, when, whom, what = chance.choice(OUTLOOK)
    rule = chance.choice(("", "-----Original Message-----\n", "________________________________\n"))
    return (
        f"{rule}{who}: {NAME} <{ADDRESS}>\n{when}: Tuesday, 1 March 2022 10:04\n"
        f"{whom}: {name} <a.ozola@prison.example>\n{what}: {SUBJECT}\n"
    )


def _filled(form: SentForm, truth: dict[int, str], chance: random.Random, how: str) -> list[tuple[str, bool]]:
    """The lines of the form with the answers below (or beside) their questions: (line, whether it is ours)."""
    rows: list[tuple[str, bool]] = []
    printed = {printed_then(question, 4): question.number for question in form.questions}
    for line in form.text.split("\n"):
        number = printed.get(line)
        answer = truth.get(number or 0, "")
        if answer and how == "beside":
            first, *rest = answer.split("\n")
            rows.append((f"{line} {first}", True))
            rows += [(row, False) for row in rest]
            continue
        rows.append((line, True))
        if answer:
            space = [("", False)] * (how == "spaced")
            rows += [*space, *((row, False) for row in answer.split("\n")), *space]
    return rows


def _quoted(rows: list[tuple[str, bool]], mark: str) -> str:
    return "\n".join(f"{mark}{line}".rstrip() if ours else line for line, ours in rows)


def _wrapped(rows: list[tuple[str, bool]], mark: str, lose: bool) -> str:
    """Lines broken at 76 columns; `lose` as clients do that put the mark on the first of the pieces only."""
    done: list[str] = []
    for line, ours in rows:
        pieces = textwrap.wrap(line, 74) or [""]
        for number, piece in enumerate(pieces):
            done.append((mark if ours and not (lose and number) else "") + piece)
    return "\n".join(done)


def _plain(text: str) -> VisibleText:
    return VisibleText(plain_lines(text), "plain")


def _page(text: str) -> VisibleText:
    return VisibleText(visible_lines(text, Limits()), "html")


@dataclass(frozen=True)
class Scene:
    """What one reply is made of."""

    chance: random.Random
    form: SentForm
    truth: dict[int, str]
    name: str
    greeting: str
    farewell: str


Style = Callable[[Scene], VisibleText]


def _inline_plain(scene: Scene) -> VisibleText:
    mark = scene.chance.choice(("> ", ">", "> > "))
    how = scene.chance.choice(("spaced", "close"))
    body = _quoted(_filled(scene.form, scene.truth, scene.chance, how), mark)
    return _plain(f"{scene.greeting}{scene.chance.choice(ATTRIBUTIONS)}\n\n{body}\n{scene.farewell}")


def _inline_no_marks(scene: Scene) -> VisibleText:
    body = _quoted(_filled(scene.form, scene.truth, scene.chance, scene.chance.choice(("spaced", "close"))), "")
    return _plain(f"{scene.greeting}{_outlook_header(scene.chance, scene.name)}\n{body}\n{scene.farewell}")


def _beside(scene: Scene) -> VisibleText:
    body = _quoted(_filled(scene.form, scene.truth, scene.chance, "beside"), scene.chance.choice(("", "> ")))
    return _plain(f"{scene.greeting}{scene.chance.choice(ATTRIBUTIONS)}\n{body}\n{scene.farewell}")


def _reflowed(scene: Scene) -> VisibleText:
    body = _wrapped(_filled(scene.form, scene.truth, scene.chance, "spaced"), "> ", lose=scene.chance.random() < 0.5)
    return _plain(f"{scene.greeting}{scene.chance.choice(ATTRIBUTIONS)}\n{body}\n{scene.farewell}")


def _blank_form(scene: Scene) -> VisibleText:
    return _plain(
        scene.greeting + _quoted(_filled(scene.form, scene.truth, scene.chance, "spaced"), "") + scene.farewell
    )


def _numbered(chance, truth):
    label = chance.choice(
        ("{n}. ", "{n}) ", "Q{n}: ", "({n}) ", "Frage {n}: ", "Ad {n}. ", "{n}.\n", "Question {n}\n", "*{n}.* ")
    )
    between = chance.choice(("\n\n", "\n"))
    return between.join(label.format(n=number) + answer for number, answer in sorted(truth.items()))


def _top_numbered(scene: Scene) -> VisibleText:
    quote = _quoted([(line, True) for line in scene.form.text.split("\n")], "> ")
    head = scene.chance.choice(ATTRIBUTIONS)
    if scene.chance.random() < 0.5:
        quote, head = scene.form.text, _outlook_header(scene.chance, scene.name)
    return _plain(f"{scene.greeting}{_numbered(scene.chance, scene.truth)}{scene.farewell}\n\n{head}\n{quote}\n")


def _bottom_numbered(scene: Scene) -> VisibleText:
    quote = _quoted([(line, True) for line in scene.form.text.split("\n")], "> ")
    return _plain(
        f"{scene.chance.choice(ATTRIBUTIONS)}\n{quote}\n\n{scene.greeting}"
        f"{_numbered(scene.chance, scene.truth)}{scene.farewell}"
    )


def _deleted(scene: Scene) -> VisibleText:
    return _plain(f"{scene.greeting}{_numbered(scene.chance, scene.truth)}{scene.farewell}")


def _copied(scene: Scene) -> VisibleText:
    asked = {question.number: question for question in scene.form.questions}
    number = scene.chance.choice(("{n}. ", "{n}) ", "", "- ", "**{n}.** "))
    blocks = [f"{number.format(n=n)}{asked[n].text}\n{answer}" for n, answer in sorted(scene.truth.items())]
    quote = _quoted([(line, True) for line in scene.form.text.split("\n")], "> ")
    tail = scene.chance.choice(
        (
            f"\n\n{scene.chance.choice(ATTRIBUTIONS)}\n{quote}\n",
            "",
            f"\n\n{_outlook_header(scene.chance, scene.name)}\n{scene.form.text}",
        )
    )
    return _plain(f"{scene.greeting}{chr(10).join(blocks)}{scene.farewell}{tail}")


def _run_on(scene: Scene) -> VisibleText:
    text = " ".join(f"{number}. {' '.join(answer.split())}" for number, answer in sorted(scene.truth.items()))
    return _plain(f"{scene.greeting.strip()} {text}{scene.farewell}".strip())


def _notes(scene: Scene) -> VisibleText:
    body = _quoted(_filled(scene.form, scene.truth, scene.chance, "spaced"), "")
    to = f"To\n{scene.name} <a.ozola@prison.example>\ncc"
    head = f"{NAME} <{ADDRESS}>\n01.03.2022 10:04\n\n{to}\n\nSubject\n{SUBJECT}\n\n"
    return _plain(f"{scene.greeting}{head}{body}{scene.farewell}")


def _html_rows(rows: list[tuple[str, bool]], row: str) -> str:
    return "".join(row.format(html.escape(line) or "<br>") for line, _ in rows)


def _gmail(scene: Scene) -> VisibleText:
    quoted, page = (
        False,
        f"<div dir='ltr'>{html.escape(scene.greeting).replace(chr(10), '<br>')}</div><br><div class='gmail_quote'>",
    )
    page += f"<div dir='ltr' class='gmail_attr'>{html.escape(scene.chance.choice(ATTRIBUTIONS))}<br></div>"
    for line, ours in _filled(scene.form, scene.truth, scene.chance, "spaced"):
        if ours != quoted:
            page += "<blockquote class='gmail_quote'>" if ours else "</blockquote>"
            quoted = ours
        page += f"<div>{html.escape(line) or '<br>'}</div>"
    return _page(f"{page}{'</blockquote>' if quoted else ''}</div><div>{scene.farewell.replace(chr(10), '<br>')}</div>")


def _outlook_coloured(scene: Scene) -> VisibleText:
    rows = _filled(scene.form, scene.truth, scene.chance, scene.chance.choice(("spaced", "close")))
    greeting = [(row, False) for row in scene.greeting.split("\n")]
    page = "<html><body lang=DE><div class=WordSection1>"
    page += _html_rows(greeting, "<p class=MsoNormal>{}<o:p></o:p></p>")
    page += "<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal>"
    page += html.escape(_outlook_header(scene.chance, scene.name)).replace("\n", "<br>") + "</p></div>"
    for line, ours in rows:
        text = html.escape(line) or "&nbsp;"
        colour = text if ours else f"<span style='color:#1F497D'>{text}</span>"
        page += f"<p class=MsoNormal>{colour}<o:p></o:p></p>"
    return _page(f"{page}</div></body></html>{scene.farewell.replace(chr(10), '<br>')}")


def _table(scene: Scene) -> VisibleText:
    cells = "".join(
        f"<tr><td>{html.escape(printed_then(question, 4))}</td>"
        f"<td>{html.escape(scene.truth.get(question.number, '')).replace(chr(10), '<br>')}</td></tr>"
        for question in scene.form.questions
    )
    return _page(
        f"<p>{html.escape(scene.greeting)}</p><table>{cells}</table>"
        f"<div>{scene.farewell.replace(chr(10), '<br>')}</div>"
    )


def _apple(scene: Scene) -> VisibleText:
    page = f"<html><body>{html.escape(scene.greeting)}<br><blockquote type='cite'>"
    page += f"<div>{html.escape(scene.chance.choice(ATTRIBUTIONS))}</div><br></blockquote>"
    for line, ours in _filled(scene.form, scene.truth, scene.chance, "spaced"):
        text = html.escape(line) or "<br>"
        page += f"<blockquote type='cite'><div>{text}</div></blockquote>" if ours else f"<div>{text}</div>"
    return _page(f"{page}<br>{scene.farewell.replace(chr(10), '<br>')}</body></html>")


def _ordered_list(scene: Scene) -> VisibleText:
    items = "".join(
        f"<li>{html.escape(scene.truth.get(question.number, ''))}</li>".replace("\n", "<br>")
        for question in scene.form.questions
    )
    return _page(
        f"<p>{html.escape(scene.greeting)}</p><ol>{items}</ol><p>{scene.farewell.replace(chr(10), '<br>')}</p>"
    )


STYLES: dict[str, tuple[Style, bool]] = {
    "inline below, plain quote marks": (_inline_plain, True),
    "inline below, no marks (Outlook plain)": (_inline_no_marks, True),
    "at the end of the question's line": (_beside, True),
    "reflowed at 76 columns": (_reflowed, True),
    "blank form filled in": (_blank_form, True),
    "top-posted and numbered": (_top_numbered, True),
    "bottom-posted and numbered": (_bottom_numbered, True),
    "quote deleted": (_deleted, True),
    "questions copied": (_copied, True),
    "one paragraph from a phone": (_run_on, False),
    "Lotus Notes": (_notes, True),
    "Gmail": (_gmail, True),
    "Outlook, coloured": (_outlook_coloured, True),
    "table": (_table, True),
    "Apple Mail": (_apple, True),
    "ordered list": (_ordered_list, True),
}
_FULL = ("one paragraph from a phone", "ordered list")


def reply(seed: int, form: SentForm = FORM) -> Reply:
    """The reply of this seed: a style, a person, answers to all or some of the questions."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    name = chance.choice(NAMES)
    style = list(STYLES)[seed % len(STYLES)]
    write, sure = STYLES[style]
    numbers = [question.number for question in form.questions]
    if style not in _FULL and chance.random() < 0.25:
        numbers = sorted(chance.sample(numbers, chance.randint(1, len(numbers))))
    pool = ANSWERS if style not in _FULL else tuple(answer for answer in ANSWERS if answer not in ("-", "?"))
    truth = {number: chance.choice(pool).strip() for number in numbers}
    if style == "ordered list":
        truth = {number: answer.replace("\n\n", "\n") for number, answer in truth.items()}
    farewell = chance.choice(FAREWELLS).format(name=name)
    text = write(Scene(chance, form, truth, name, chance.choice(GREETINGS), farewell))
    return Reply(style, text, form, truth, sure, Address(name, "a.ozola@prison.example"))
