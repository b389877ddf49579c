"""How the text and HTML of a reply are laid out: one function for each way in which clients and people quote.

Questions are found in the mail that was received, wherever its lines were wrapped; what people add goes where they
would type it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from textwrap import wrap
from zoneinfo import ZoneInfo

from ranmailbot.call.call import Call
from ranmailbot.rehearsal.people import Persona, Style
from ranmailbot.rehearsal.received import Received, question_lines, question_spans

WIDTH = 72
PROFILE = {"name": "name", "organisation": "organisation", "country": "country", "role": "role"}
"""The persona's field for each line about the person. An address line stays empty: people write for themselves."""

GREETINGS = {"lv": "Labdien!", "el": "Καλημέρα σας,", "de": "Sehr geehrte Damen und Herren,", "en": "Dear colleagues,"}
CLOSINGS = {"lv": "Ar cieņu", "el": "Με εκτίμηση", "de": "Mit freundlichen Grüßen", "en": "Kind regards"}
LABELS = {"lv": "{n}. ", "el": "{n}) ", "de": "Frage {n}: ", "en": "Q{n}: "}


def text_layout(persona: Persona, call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    """The plain text of the reply."""
    return _TEXTS[persona.style](persona, call, mail, answers)


def html_layout(persona: Persona, call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    """The HTML of the reply, or the empty text if this style has none."""
    layout = _HTMLS.get(persona.style)
    return layout(persona, call, mail, answers) if layout else ""


def attribution(persona: Persona, mail: Received) -> str:
    """The line above a quote, in the client's language."""
    name, address = mail.sender
    day = f"{mail.date.astimezone(ZoneInfo(persona.zone)):%d.%m.%Y %H:%M}" if mail.date else ""
    wordings = {
        "lv": f"{day} lietotājs {name} <{address}> rakstīja:",
        "el": f"Στις {day}, ο/η {name} <{address}> έγραψε:",
        "de": f"Am {day} schrieb {name} <{address}>:",
        "en": f"On {day}, {name} <{address}> wrote:",
    }
    return wordings[persona.language]


def original_head(mail: Received) -> list[str]:
    """The block that Outlook and Notes put above the original."""
    name, address = mail.sender
    day = f"{mail.date:%d %B %Y %H:%M}" if mail.date else ""
    return [f"From: {name} <{address}>", f"Sent: {day}", f"To: {mail.delivered_to}", f"Subject: {mail.subject}"]


def quoted(mail: Received) -> str:
    """The whole mail with quote marks."""
    return "\n".join(_mark(line) for line in mail.text.rstrip().split("\n"))


def filled_form(persona: Persona, call: Call, form: Received, answers: Mapping[int, str]) -> str:
    """The published form as a mailto link puts it into a new mail, filled in: nothing of it is quoted."""
    return _woven(persona, form, call, answers, str) + "\n"


def _mark(line: str) -> str:
    return f"> {line}" if line else ">"


def _closing(persona: Persona) -> str:
    return f"{CLOSINGS[persona.language]}\n{persona.name}\n{persona.organisation}"


def _woven(persona: Persona, mail: Received, call: Call, answers: Mapping[int, str], mark: Callable[[str], str]) -> str:
    """The received lines, each marked, with every answer below its question and the lines about them filled in."""
    facts = {
        f"{line.label}:": getattr(persona, PROFILE[line.key]) for line in call.profile_lines if line.key in PROFILE
    }
    lines = [f"{line} {facts[line]}" if line in facts else line for line in mail.text.rstrip().split("\n")]
    flowed = persona.style is Style.FLOWED
    ends = {end: number for number, end in question_lines(lines, call.questions).items() if number in answers}
    out: list[str] = []
    for index, line in enumerate(lines):
        out.append(mark(line))
        if index in ends:
            out += ["", *_typed(answers[ends[index]], flowed=flowed), ""]
    return "\n".join(out)


def _typed(text: str, *, flowed: bool) -> list[str]:
    lines = wrap(text, WIDTH) or [text]
    return [f"{line} " for line in lines[:-1]] + lines[-1:] if flowed else lines


def _inline(persona: Persona, call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    woven = _woven(persona, mail, call, answers, _mark)
    return f"{GREETINGS[persona.language]}\n\n{attribution(persona, mail)}\n{woven}\n\n{_closing(persona)}\n"


def _inline_end(persona: Persona, call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    lines = mail.text.rstrip().split("\n")
    ends = {end: number for number, end in question_lines(lines, call.questions).items() if number in answers}
    marked = [_mark(line) + (f" {answers[ends[index]]}" if index in ends else "") for index, line in enumerate(lines)]
    return "\n".join([attribution(persona, mail), *marked, ""])


def _notes(persona: Persona, call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    woven = _woven(persona, mail, call, answers, str)
    return "\n".join([f"{GREETINGS[persona.language]}", "", *original_head(mail), "", woven, "", _closing(persona), ""])


def _above(persona: Persona, mail: Received, new: str) -> str:
    return f"{new}\n\n{attribution(persona, mail)}\n{quoted(mail)}\n"


def _listed(persona: Persona, answers: Mapping[int, str], label: str) -> str:
    blocks = [label.format(n=number) + "\n".join(wrap(text, WIDTH)) for number, text in answers.items()]
    return "\n\n".join([GREETINGS[persona.language], *blocks, _closing(persona)])


def _numbered(persona: Persona, _call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    return _above(persona, mail, _listed(persona, answers, "{n}. "))


def _alone(persona: Persona, _call: Call, _mail: Received, answers: Mapping[int, str]) -> str:
    return _listed(persona, answers, "{n}) ") + "\n"


def _labelled(persona: Persona, _call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    return _above(persona, mail, _listed(persona, answers, LABELS[persona.language]))


def _paragraph(persona: Persona, _call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    run = " ".join(f"{number}. {text}" for number, text in answers.items())
    return _above(persona, mail, f"{run}\n\nSent from my mobile phone")


def _copied(persona: Persona, call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    lines = mail.text.split("\n")
    spans = question_spans(lines, call.questions)
    copied = {number: "\n".join(lines[start : end + 1]) for number, (start, end) in spans.items()}
    blocks = [f"{copied.get(number, f'{number}.')}\n{text}" for number, text in answers.items()]
    return _above(persona, mail, "\n\n".join([GREETINGS[persona.language], *blocks, _closing(persona)]))


def _legacy(persona: Persona, call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    layout = _numbered if persona.language == "el" else _inline
    return layout(persona, call, mail, answers)


_Layout = Callable[[Persona, Call, Received, Mapping[int, str]], str]
_TEXTS: Mapping[Style, _Layout] = {
    Style.INLINE: _inline,
    Style.FLOWED: _inline,
    Style.SIGNED: _inline,
    Style.INLINE_END: _inline_end,
    Style.NOTES: _notes,
    Style.NUMBERED: _numbered,
    Style.NUMBERED_ALONE: _alone,
    Style.LABELLED: _labelled,
    Style.PARAGRAPH: _paragraph,
    Style.COPIED: _copied,
    Style.GMAIL: _inline,
    Style.OUTLOOK: _notes,
    Style.HTML_ONLY: _numbered,
    Style.LEGACY: _legacy,
}


def _lines_as_html(lines: Iterable[str]) -> str:
    return "".join(f"{escape(line, quote=False)}<br>\n" for line in lines)


def _gmail(persona: Persona, call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    """Answers typed into Gmail's quote: each splits the blockquote in two."""
    lines = mail.text.rstrip().split("\n")
    ends = question_lines(lines, call.questions)
    style = 'class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex"'
    out = [f'<div dir="ltr"><div dir="ltr" class="gmail_attr">{escape(attribution(persona, mail))}<br></div>']
    begun = 0
    for number, end in sorted(ends.items(), key=lambda pair: pair[1]):
        if number in answers:
            out.append(f"<blockquote {style}>{_lines_as_html(lines[begun : end + 1])}</blockquote>")
            out.append(f"<div><br></div><div>{escape(answers[number], quote=False)}</div><div><br></div>")
            begun = end + 1
    out.append(f"<blockquote {style}>{_lines_as_html(lines[begun:])}</blockquote>")
    return "\n".join([*out, f"<div>{'<br>'.join(map(escape, _closing(persona).split(chr(10))))}</div></div>"])


def _outlook(_persona: Persona, call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    """Coloured answers inside the original HTML, which Outlook does not mark as a quote."""
    original = mail.html or f"<p>{_lines_as_html(mail.text.split(chr(10)))}</p>"
    for question in call.questions:
        if question.number in answers:
            original = _inserted(original, question.text, answers[question.number])
    inner = re.sub(r"(?is)^.*?<body[^>]*>|</body>.*$", "", original)
    block = "<br>".join(f"<b>{escape(line)}</b>" for line in original_head(mail))
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta name="Generator" '
        'content="Microsoft Word 15"></head><body lang="EN-GB"><div class="WordSection1">'
        '<p class="MsoNormal">Please find my answers in blue below.<o:p></o:p></p>'
        f'<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal">{block}<o:p></o:p></p></div>'
        f"{inner}</div></body></html>"
    )


def _inserted(html: str, question: str, text: str) -> str:
    """The HTML with an answer behind the end of the block that holds the question (or right behind it)."""
    words = [re.escape(escape(word, quote=False)).replace("'", "(?:'|&#39;|&#x27;|’)") for word in question.split()]
    found = list(re.finditer(r"\s+".join(words), html))
    coloured = f'<p class="MsoNormal"><span style="color:#1F497D">{escape(text, quote=False)}<o:p></o:p></span></p>'
    if not found:
        return html + coloured
    end = found[-1].end()
    block = re.compile(r"</(?:p|div|li|h[1-6])>").search(html, end)
    cell = html.find("</td>", end)
    at = block.end() if block and (cell < 0 or block.end() <= cell) else cell if cell >= 0 else end
    return html[:at] + coloured + html[at:]


def _web_mail(persona: Persona, _call: Call, mail: Received, answers: Mapping[int, str]) -> str:
    """Webmail without a plain part: numbered paragraphs, then a rule and the original's text."""
    blocks = "".join(f"<p>{number}. {escape(text, quote=False)}</p>" for number, text in answers.items())
    return (
        f"<html><body><p>{escape(GREETINGS[persona.language])}</p>{blocks}"
        f"<p>{'<br>'.join(map(escape, _closing(persona).split(chr(10))))}</p><hr>"
        f"<p>{escape(attribution(persona, mail))}</p>"
        f"<blockquote>{_lines_as_html(mail.text.split(chr(10)))}</blockquote>"
        "</body></html>"
    )


_HTMLS: Mapping[Style, _Layout] = {Style.GMAIL: _gmail, Style.OUTLOOK: _outlook, Style.HTML_ONLY: _web_mail}
