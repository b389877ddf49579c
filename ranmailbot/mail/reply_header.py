"""What a client puts above the mail it quotes ("Am ... schrieb ...:", "From: ... Sent: ...").

A reply header is known by our own name, address or subject, a time or date, and its place, in any language; a list
of names only says where it begins, if lines with a colon stand right above it.
Fear: a sentence of an applicant that names us. It needs the shape of a header and our words below it, or it is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ranmailbot.mail.reply_text import Line
from ranmailbot.mail.words import keys

_FIELD = re.compile(r"[\s*_]*[^\W\d_](?:[^\W\d]|[ .'’/*-]){0,24}?[:：]")
_CLOCK = re.compile(r"\d{1,2}\s?[:.h]\s?\d{2}|\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2}")
_DATE = re.compile(
    r"\d{1,2}\s?[:.h]\s?\d{2}\b|\d{1,2}[./-]\s?\d{1,2}[./-]|\d{4}-\d{2}-\d{2}"
    r"|[^\W\d_]{3,}\.?,? \d{1,2}|\d{1,2}\.? ?[^\W\d_]{3,}"
)
"""More than a year: a clock, or a day with its month."""
_TIMED = re.compile(r"\d{1,2}[:.h]\d{2}\b|\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2}|\d{4}-\d{2}-\d{2}")
_PERSON = re.compile(r"[^\W\d_a-z][^\W\d_]+(?: [^\W\d_a-z][^\W\d_]*){1,3}")
_LABEL_WORDS = 2
_LEADS = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)|\d{1,2}[:.h]\d{2}\b|\d{1,2}[./-] ?\d{1,2}[./-]")
_DATED = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)|\d{1,2}[./-] ?\d{1,2}[./-]")
_TELEPHONE = re.compile(r"(?:\+|\b0)[\d ()/.-]{7,}$")
_SNIPPED = re.compile(r"\s*[\[(<]\s*(?:\.{2,4}|…|snip\w*|cut|gekürzt|\w{3,12})\s*[\])>]\s*$", re.IGNORECASE)
_RULE = re.compile(r"\s*[-_=*─–—]{3,}.{0,60}?[-_=*─–—]*\s*$")
_BRACKETED = re.compile(r"<\s*[^<>\s]{1,64}@[^<>\s]{1,253}>")
_FIRST_NAMES = frozenset(
    keys(
        """
        from von de van da från fra frá lähettäjä saatja no nuo od feladó kimden gönderen kimdən от отправитель від
        відправник expéditeur remitente remetente mittente afzender avsändare afsender avsender nadawca odesílatel
        odosielateľ pošiljatelj pošiljatel expeditor sūtītājs siuntėjas absender αποστολέας από מאת من nga dërguesi
        bidaltzailea remitent sendandi mibgħuta 发件人 寄件者 差出人 보낸
        sent date gesendet datum envoyé enviado enviada inviato data fecha verzonden skickat sendt lähetetty päiväys
        saadetud kuupäev nosūtīts datums išsiųsta wysłano odesláno odoslané dátum elküldve küldve poslano trimis
        изпратено дата отправлено надіслано εστάλη στάλθηκε ημερομηνία gönderilme tarih נשלח תאריך 发送时间 日期
        送信日時
        """
    )
)
"""The first names of reply headers: who wrote, or when. What stands above such a line belongs to somebody's letter."""
_SHORTEST_NEEDLE = 5
_MOST_LINES = 12
_MOST_WORDS = 14
_DATE_WORDS = 5
_FEWEST_FIELDS = 3
_WRAPPED = 60
_ATTRIBUTION_LINES = 2

_MOST_FIELDS = 4
LONGEST_HEADER = 1_200
"""Characters; what is longer is kept as the applicant's, whatever it looks like."""


@dataclass(frozen=True, slots=True)
class ReplyHeader:
    """Lines [first, end) that stand above a quoted mail. `ours`: they name us, so that mail is one of ours."""

    first: int
    end: int
    ours: bool


def reply_headers(lines: Sequence[Line], ours: Collection[str], our_lines: Collection[int]) -> tuple[ReplyHeader, ...]:
    """The reply headers, in order. `our_lines` are the numbers of the lines that begin with words of the sent form."""
    needles = [" ".join(text.casefold().split()) for text in ours]
    needles = [needle for needle in needles if len(needle) >= _SHORTEST_NEEDLE]
    telling = {max(needle.split(), key=len) for needle in needles}
    begun = min(our_lines, default=len(lines))
    found: list[ReplyHeader] = []
    for number, line in enumerate(lines):
        if not line.text or number in our_lines or (found and number < found[-1].end):
            continue
        folded = line.text.casefold()
        named = any(map(folded.__contains__, telling)) and _holds_one(folded, needles)
        span = _named(lines, number, our_lines, begun) if named else _foreign(lines, number, our_lines)
        if span is not None:
            floor = found[-1].end if found else 0
            first = max(floor, _with_rule(lines, span[0], our_lines))
            found.append(ReplyHeader(first, span[1], _names_us(lines[first : span[1]], needles)))
    return tuple(found)


def _names_us(lines: Sequence[Line], needles: Collection[str]) -> bool:
    if sum(len(line.text) + 1 for line in lines) > LONGEST_HEADER:
        return False
    return _holds_one(" ".join(line.text for line in lines).casefold(), needles)


def _holds_one(folded: str, needles: Collection[str]) -> bool:
    """Whether one of these stands in a case-folded text, however its words are spaced."""
    flat = " ".join(folded.split())
    return any(needle in flat for needle in needles)


def _named(lines: Sequence[Line], number: int, ours: Collection[int], begun: int) -> tuple[int, int] | None:
    """The header around a line that names us. `begun` is the first line of ours.

    Once words of ours have begun, an answer stands between any two lines of ours: only the plainest header counts.
    """
    if number > begun:
        span = _fields(lines, number, ours) or _attribution(lines, number, ours)
        return span if span is not None and _is_plain(lines, number, span) else None
    return _fields(lines, number, ours) or _attribution(lines, number, ours) or _stacked(lines, number, ours)


def _is_plain(lines: Sequence[Line], number: int, span: tuple[int, int]) -> bool:
    """Fields, or a line on the way into a deeper quote, or one that holds an address in angle brackets."""
    if _FIELD.match(lines[number].text):
        return span[1] - span[0] >= _FEWEST_FIELDS
    if _deeper(lines, span[1]) or _deeper(lines, span[0]):
        return True
    return bool(_BRACKETED.search(" ".join(line.text for line in lines[span[0] : span[1]])))


def _foreign(lines: Sequence[Line], number: int, ours: Collection[int]) -> tuple[int, int] | None:
    """Above somebody else's mail: "... wrote:" with a date and deeper lines below, or From, Sent, To, Subject."""
    text = lines[number].text
    if text.rstrip().endswith(":") and _CLOCK.search(text) and _DATE.search(text) and _deeper(lines, number + 1):
        return number, number + 1
    if "@" in text and _FIELD.match(text):
        span = _fields(lines, number, ours)
        below = lines[number + 1 : span[1]] if span is not None else ()
        begins = _begins_header(text) or not any(_begins_header(line.text) for line in below)
        if span is not None and begins and span[1] - span[0] >= _MOST_FIELDS:
            return span
    return None


def _deeper(lines: Sequence[Line], number: int) -> bool:
    """Whether the lines from `number` on are quoted more deeply than the one before them."""
    following = next((line for line in lines[number : number + 3] if line.text.strip()), None)
    return following is not None and following.depth > lines[number - 1].depth


def _fields(lines: Sequence[Line], number: int, ours: Collection[int]) -> tuple[int, int] | None:
    """A block of "Label: value" lines around this one, with a time in it."""
    if not _FIELD.match(lines[number].text):
        return None
    first, last = number, number
    while first > 0 and number - first < _MOST_LINES and first - 1 not in ours and _FIELD.match(lines[first - 1].text):
        first -= 1
    first = _first_field(lines, first, number)
    for place in range(number + 1, min(len(lines), number + _MOST_LINES)):
        if place in ours or not lines[place].text.strip():
            break
        if not _FIELD.match(lines[place].text) and not _continues(lines, place):
            break
        last = place
    block = [line.text for line in lines[first : last + 1] if line.text.strip()]
    fields = sum(1 for text in block if _FIELD.match(text))
    timed = any(_CLOCK.search(text) for text in block)
    enough = fields >= _FEWEST_FIELDS or (fields > 1 and _ours_follows(lines, last + 1, ours))
    return (first, last + 1) if timed and enough else None


def _first_field(lines: Sequence[Line], first: int, number: int) -> int:
    """Where the block begins: not above the line that names us with an answer that happens to have a colon."""
    known = next((place for place in range(first, number + 1) if _begins_header(lines[place].text)), None)
    if known is not None:
        return known
    for place in range(number - 1, first - 1, -1):
        text = lines[place].text.strip()
        label, _, value = text.replace("：", ":").partition(":")
        if len(label.split()) > _LABEL_WORDS or text[-1] in ".!?;" or not (_TIMED.search(text) or "@" in text):
            begins = place == 0 or not lines[place - 1].text.strip() or _RULE.match(lines[place - 1].text)
            named = len(label.split()) == 1 and _PERSON.fullmatch(value.strip())
            return place if begins and named else place + 1
    return first


def _begins_header(text: str) -> bool:
    """Whether this line bears one of the names that mail programs begin a header with: "Von:", "Sent:", "От кого:"."""
    label, colon, _ = text.replace("：", ":").partition(":")
    said = keys(label)
    return bool(said and colon) and len(said) <= _LABEL_WORDS and said[0] in _FIRST_NAMES


def _continues(lines: Sequence[Line], place: int) -> bool:
    """A wrapped value: the line before it is a long field."""
    return len(lines[place - 1].text) > _WRAPPED and bool(_FIELD.match(lines[place - 1].text))


def _attribution(lines: Sequence[Line], number: int, ours: Collection[int]) -> tuple[int, int] | None:
    """ "On <date>, <we> wrote:", perhaps wrapped, with our words or nothing below it."""
    last = number
    while last < len(lines) and not lines[last].text.rstrip(" *_").endswith((":", "：")):
        last += 1
        if last - number > _ATTRIBUTION_LINES or last >= len(lines) or last in ours or not lines[last].text.strip():
            return None
    first = number
    whole = " ".join(line.text for line in lines[number : last + 1])
    while (
        first > 0
        and not (_TIMED.search(whole) and _DATED.search(whole))
        and number - first < _ATTRIBUTION_LINES
        and _leads(lines[first - 1], lines[number])
        and first - 1 not in ours
    ):
        first -= 1
        whole = f"{lines[first].text} {whole}"
    # "<We> <our address> wrote:" without any date (s-nail): then the quote itself must follow.
    dated = bool(_CLOCK.search(whole)) or (bool(_BRACKETED.search(whole)) and _deeper(lines, last + 1))
    if not dated or len(whole.split()) > 4 * _MOST_WORDS:
        return None
    return (first, last + 1) if _ours_follows(lines, last + 1, ours) else None


def _leads(before: Line, line: Line) -> bool:
    """The upper half of a wrapped attribution: it has a date and is no finished sentence."""
    text = before.text.strip()
    dated = bool(_LEADS.search(text)) and not _TELEPHONE.search(text)
    return dated and before.depth == line.depth and text[-1] not in ".!?"


def _stacked(lines: Sequence[Line], number: int, ours: Collection[int]) -> tuple[int, int] | None:
    """Name, date, "To", "Subject" below each other on short lines, as Notes and tables write them, our words below.

    One line must be a date and little else, one a single word; a line that ends like a sentence ends the search.
    """
    dated, named = False, False
    for place in range(number, min(len(lines), number + _MOST_LINES)):
        if place in ours:
            return (number, place) if dated and named else None
        words = lines[place].text.split()
        if len(words) > _MOST_WORDS or (words and words[-1][-1] in ".!?;"):
            return None
        dated = dated or (0 < len(words) <= _DATE_WORDS and bool(_CLOCK.search(lines[place].text)))
        named = named or (len(words) == 1 and lines[place].text.strip(" *_:").isalpha())
    return None


def _ours_follows(lines: Sequence[Line], place: int, ours: Collection[int]) -> bool:
    """Whether the next line with words is ours, or is quoted deeper, or there is none."""
    above = lines[place - 1].depth if place else 0
    for number in range(place, len(lines)):
        if number in ours or lines[number].depth > above:
            return True
        if lines[number].text.strip() and not _SNIPPED.match(lines[number].text):
            return False
    return True


def _with_rule(lines: Sequence[Line], first: int, ours: Collection[int]) -> int:
    """The range with the rule above it ("-----Original Message-----")."""
    for place in range(first - 1, max(-1, first - 3), -1):
        text = lines[place].text
        if place in ours or (text.strip() and not _RULE.match(text)):
            return first
        if text.strip():
            return place
    return first
