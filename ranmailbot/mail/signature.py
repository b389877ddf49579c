"""Where a letter's own words end and its farewell, signature and disclaimers begin.

Only asked about the text after the last answer; what is cut goes to the remainder. Fear: a real answer that is cut, so
a line must be a farewell as a whole, and stand near the end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import islice

from ranmailbot.mail.address import Address
from ranmailbot.mail.farewells import CLOSINGS, FAREWELL_WORDS, FAREWELLS, LAST_WORDS
from ranmailbot.mail.names import all_sign, are_initials, latin, signing
from ranmailbot.mail.words import keys

_DASHES = re.compile(r"\s*(?:- )?(?:--|—|__+)\s*$")
_DEVICE = re.compile(
    r"\b(?:iphone|ipad|android|ios|samsung|galaxy|huawei|xiaomi|blackberry|windows phone|yahoo mail|proton ?mail"
    r"|outlook|gmx|web\.de|mail\.ru|k-9|mobile|smartphone|handy|mobitel|mobil\w*|telef\w+|телефон\w*|κινητό)\b",
    re.IGNORECASE,
)
_STORE = re.compile(
    r"^[^.!?…]{0,30}\boutlook\b.{1,20}\b(?:ios|android|mobile)\b|^<?https://aka\.ms/\w+>?\s*$", re.IGNORECASE
)
_SENT = re.compile(
    r"^\W*(?:sent|get|gesendet|von meinem|diese nachricht|envoyé|télécharg|inviato|scarica|enviado|verzonden|verstuurd"
    r"|skickat|hämta|sendt|hent|lähetetty|hanki|nosūtīts|sūtīts|išsiųsta|saadetud|wysłan\w*|pobierz|odesláno|odoslané"
    r"|poslano|trimis|изпратено|отправлено|надіслано|στάλθηκε|εστάλη|αποστολή|elküldve|נשלח|downloaden|enviat|gönderildi"
    r"|أرسلت|أُرسلت|تم الإرسال)(?!\w)",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"confiden|intended|vertraulich|privileged|konfiden|поверител|конфиденц|конфіденц|εμπιστευτικ|riservat|luottamuk"
    r"|bizalmas|důvěrn|dôvern|poufn|zaupn|povjerljiv|поверљив|fortrolig|vertrouwelijk|gizli|חסוי|סודי|سري|kunfidenzj"
    r"|recipient|destinat|adresāt|adresat|adresát|adressaat|empfänger|addressee|geadresseerde|mottagare|mottaker|modtager"
    r"|vastaanottaj|címzett|příjemc|príjemc|primatel|prejemnik|gavėj|получател|адресат|одержувач|παραλήπτ|alıcı|נמען|مستلم"
    r"|disclaimer|unauthori[sz]ed",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"(?<=[.!?…)\"”»:])[ \t]+|[ \t]{2,}|[ \t]*[-–—|/]+[ \t]+")
_SENT_ANYWHERE = re.compile(
    r"[ \t]+(?:Sent from my [^\s.]{2,20}(?: [^\s.]{2,15})?|Sent from (?:Outlook|Mail|Yahoo)[^.]{0,30}"
    r"|Get Outlook for \w+|Von meinem [^\s.]{2,20} gesendet|Gesendet von (?:meinem|Outlook)[^.]{0,30}"
    r"|Envoyé (?:de|depuis) mon [^\s.]{2,20}|Inviato da(?:l mio)? [^\s.]{2,20}|Enviado desde mi [^\s.]{2,20}"
    r"|Enviado do meu [^\s.]{2,20}|Verzonden vanaf mijn [^\s.]{2,20}|Skickat från min [^\s.]{2,20}"
    r"|Sendt fra min [^\s.]{2,20}|Lähetetty [^\s.]{2,20}|Wysłane z [^\s.]{2,20}|Odesláno z [^\s.]{2,20}"
    r"|Nosūtīts no [^.]{2,30}|Išsiųsta iš [^.]{2,30}|Saadetud minu [^.]{2,30}|Trimis de pe [^.]{2,30}"
    r"|Poslano (?:z|s) [^.]{2,30}|Изпратено от [^.]{2,30}|Отправлено (?:с|из) [^.]{2,30}|Στάλθηκε από [^.]{2,30}"
    r"|נשלח מה[^.]{2,30}|Elküldve [^.]{2,40})[ \t]*\.?[ \t]*$"
)
_NAMED_ADDRESS = re.compile(r"[:：>*] *([^\W\d_][^<>:\n@]{2,50})[ \t]?<(?:mailto:)?([^<>\s@]{1,64}@[^<>\s@]{1,200})>")
_MOST_ADDRESSES, _MOST_WRITERS = 20, 4
_CARD_LINES, _CARD_WORDS = 5, 7
_FEWEST_SECRET_WORDS = 12
_FAREWELL_CHARACTERS = 120
_NAME_WORDS = 4
_PLAIN_FAREWELL = 3
"""A farewell of so many words may go on in any way ("Mit freundlichen Grüßen aus Riga"), others only in names."""
_AND = re.compile(r"[,/&|+·•]|\b(?:and|und|et|e|y|a|en|og|och|i|un|ir|и|και|şi|și|és|ja)\b", re.IGNORECASE)
_AND_WORDS = frozenset(keys("and und et e y a en og och i un ir и και şi și és ja"))
_CARD_NAME = re.compile(r"[,|(·•/]|[ \t][-–—][ \t]")
_WHOLE_NAME = 2
_SHORT_WORD = 2
_PARAGRAPH_LINES = 60
_DEVICE_CHARACTERS = 120
_MOST_LINES_BELOW = 14
_CLOSING_WORDS = 30
_CLOSING_LEADS, _CLOSING_LINES = 3, 4
_POSTSCRIPTS = frozenset({("ps",), ("p", "s"), ("pps",), ("nb",)})
_NEXT_SENTENCE = re.compile(r"[.!?…]\s+\S")
_CLOSING = CLOSINGS | LAST_WORDS
_LEAD_WORDS, _LEAD_CHARACTERS = 4, 40


def tail_start(lines: Sequence[str], sender: Address | None = None) -> int:
    """The number of the first line of farewell, signature or disclaimer; len(lines) if there is none."""
    first = len(lines)
    known, whole, letters, every = signing(sender)
    below = sum(map(bool, map(str.strip, lines)))
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        below -= 1
        near_end = below <= _MOST_LINES_BELOW
        opens = number > 0 and not lines[number - 1].strip()
        if (
            _DASHES.match(line)
            or (near_end and (_is_farewell(lines, number, every) or _is_device(line)))
            or (near_end and opens and (_is_closing(lines, number, every) or _is_card(lines, number, whole)))
            or (opens and _is_disclaimer(lines, number))
        ):
            first = number
            break
    name = min(first, _name_line(lines[:first], known, letters))
    plain = first < len(lines) and not _DASHES.match(lines[first])
    return _closing_above(lines, name if plain else _lead_in(lines, name))


def _closing_above(lines: Sequence[str], first: int) -> int:
    """The first line of the remarks to us right above the farewell or the end, each a paragraph of its own."""
    for _ in range(_CLOSING_LEADS):
        last = next((number for number in range(first - 1, 0, -1) if lines[number].strip()), 0)
        start = last
        while start > 0 and last - start < _CLOSING_LINES and lines[start - 1].strip():
            start -= 1
        if start == 0 or lines[start - 1].strip() or not _is_remark(" ".join(lines[start : last + 1])):
            return first
        first = start
    return first


def _is_remark(paragraph: str) -> bool:
    """Whether this says something to us: one sentence that begins as such do, or a postscript."""
    found = keys(paragraph[: 10 * _FAREWELL_CHARACTERS])
    if len(found) > _CLOSING_WORDS:
        return False
    leads = [found[:size] for size in range(1, 5)]
    several = found[:1] not in _POSTSCRIPTS and found[:2] not in _POSTSCRIPTS and _NEXT_SENTENCE.search(paragraph)
    return any(lead in _CLOSING for lead in leads) and not several


def may_be_said(line: str) -> bool:
    """Whether a remark to us could as well be part of an answer ("The rest ..."), not a postscript or a closing."""
    found = keys(line[:_FAREWELL_CHARACTERS])
    leads = {found[:size] for size in range(1, 5)}
    return not leads.isdisjoint(LAST_WORDS) and leads.isdisjoint(CLOSINGS | FAREWELLS | _POSTSCRIPTS)


def _lead_in(lines: Sequence[str], first: int) -> int:
    """The line of a farewell that we do not know: a few words of their own right above the name, or `first`."""
    if first >= len(lines):
        return first
    above = next((number for number in range(first - 1, 0, -1) if lines[number].strip()), 0)
    said = lines[above].rstrip()
    apart = above > 0 and any(line.strip() for line in lines[:above])
    joined = bool(lines[above - 1].strip()) or (bool(_DASHES.match(lines[first])) and above < first - 1)
    marks = ",!-–" if joined else ""
    few = 0 < len(said.split()) <= _LEAD_WORDS and len(said) <= _LEAD_CHARACTERS
    plain = said[:1].isalpha() and not any(character in '?:;()"0123456789' for character in said)
    ends = said[-1:] in marks if marks else said[-1:] != "."
    return above if apart and few and plain and ends else first


def quoted_writers(text: str, ours: Collection[str], sent: str) -> tuple[Address, ...]:
    """Who is named with an address in what was forwarded: an answer may end with their name instead of the sender's.

    Not who is named in what we `sent`, such as the organisers: those write no answers.
    """
    us = {our.casefold() for our in ours}
    rows = (row for row in text.split("\n") if "@" in row)
    found = (match.groups() for row in rows for match in _NAMED_ADDRESS.finditer(row))
    people = dict.fromkeys((name.strip(" \t\"'*"), email) for name, email in islice(found, _MOST_ADDRESSES))
    others = (
        Address(name, email)
        for name, email in people
        if email not in sent and email.casefold() not in us and name.casefold() not in us
    )
    return tuple(islice(others, _MOST_WRITERS))


def tail_in_line(lines: Sequence[str], sender: Address | None = None) -> tuple[int, int] | None:
    """Line and character where a farewell or "Sent from my phone" begins behind the last words of a line, if one does.

    `lines` are what `tail_start` left. Below it only short lines may stand, as below any farewell.
    """
    *_, known = signing(sender)
    below = 0
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        if not line.strip():
            continue
        place = _tail_place(line, known)
        if place is not None:
            return number, place
        below += 1
        if below > _CARD_LINES or len(line.split()) > _CARD_WORDS or line.rstrip().endswith((".", ":", ";")):
            return None
    return None


def _tail_place(line: str, known: frozenset[str]) -> int | None:
    """Where, behind a finished sentence or two spaces, nothing but a farewell or a device follows to the line's end."""
    floor = max(0, len(line) - _FAREWELL_CHARACTERS)
    for match in _BEHIND.finditer(line, floor):
        rest = line[match.end() :]
        if line[: match.start()].strip() and (_is_device(rest) or (match[0].strip() != "," and _parts(rest, known))):
            return match.start()
    sent = _SENT_ANYWHERE.search(line, floor)
    return sent.start() if sent is not None and line[: sent.start()].strip() else None


def _parts(rest: str, known: frozenset[str]) -> bool:
    """A farewell and nothing else but names, as the end of a line that says more."""
    found = keys(rest)
    size = next((size for size in range(min(len(found), 6), 0, -1) if found[:size] in FAREWELLS), 0)
    if not size:
        return False
    name = found[size:]
    alone = not name and (size > 1 or rest.rstrip()[-1:] in ",!.")
    behind = " ".join(rest.split()[-len(name) :]) if name else ""
    return alone or (0 < len(name) <= _NAME_WORDS and (all_sign(name, known) or (size > 1 and _is_named(behind))))


def _is_named(text: str) -> bool:
    return all(word[:1].isupper() for word in text.split()) and text[-1:] not in ".?!:;"


def _is_farewell(lines: Sequence[str], number: int, known: frozenset[str]) -> bool:
    line = lines[number]
    asks = line.rstrip().endswith("?")  # "And yours?"
    if asks or not line.strip() or len(line) > _FAREWELL_CHARACTERS:
        return False
    first = keys(line.split(None, 1)[0])[:1]  # by it most lines are known for none
    other = bool(first) and first[0] not in FAREWELL_WORDS and first[0] not in _AND_WORDS and "/" not in line
    if other or _goes_on(lines, number):
        return False
    found = keys(line)
    if not found or (found[0] not in FAREWELL_WORDS and found[0] not in _AND_WORDS):
        return "/" in line and _is_farewell_twice(line)
    if found in FAREWELLS or _with_name(found, line, known):
        return True
    # "Best regards / Mit besten Grüßen, Anna": farewells joined by marks, and perhaps a name at the end.
    parts = [part for part in _AND.split(line) if keys(part)]
    said = next((place for place, part in enumerate(parts) if keys(part) not in FAREWELLS), len(parts))
    name = "" if said == len(parts) else parts[-1]
    if said > 0 and said >= len(parts) - 1 and len(keys(name)) <= _NAME_WORDS and _is_title(name):
        return True
    # "Kind regards, Petra Wolf, Head of Unit": the sender's own name first, and then whatever.
    return said > 0 and len(parts) > said and all_sign(keys(parts[said]), known)


def _is_farewell_twice(line: str) -> bool:
    """ "Diolch / Thanks": a few words beside a farewell that we know."""
    parts = [keys(part) for part in line.split("/")]
    return any(part in FAREWELLS for part in parts) and all(0 < len(part) <= _LEAD_WORDS for part in parts)


def _with_name(found: tuple[str, ...], line: str, known: frozenset[str]) -> bool:
    """A farewell that goes straight on: to the sender's own name, or anywhere if it is unmistakable."""
    size = next((size for size in range(min(len(found) - 1, 6), 0, -1) if found[:size] in FAREWELLS), 0)
    rest = found[size:]
    if not size or not rest or len(rest) > _NAME_WORDS:
        return False
    if size > 1 and _AND.fullmatch(rest[0]):
        return True  # "S pozdravem a přáním hezkého dne"
    return all_sign(rest, known) or (size >= _PLAIN_FAREWELL and not line.rstrip().endswith((".", ":", ";")))


def _goes_on(lines: Sequence[str], number: int) -> bool:
    """Whether the next line goes on with a sentence: then this one only began with the words of a farewell."""
    following = lines[number + 1].split() if number + 1 < len(lines) else []
    # A title in small letters ("i.A. Sabine Krüger") has a full stop in it.
    return len(following) >= _PLAIN_FAREWELL and following[0].isalpha() and following[0].islower()


def _is_closing(lines: Sequence[str], number: int, known: frozenset[str]) -> bool:
    """ "Looking forward to meeting you." as a paragraph of its own, with the farewell right below it."""
    if number == 0 or lines[number - 1].strip() or not lines[number].strip():
        return False
    found = keys(lines[number][: 10 * _FAREWELL_CHARACTERS])
    if len(found) > _CLOSING_WORDS or not any(found[:size] in CLOSINGS for size in range(1, 5)):
        return False
    below = [*islice((place for place in range(number + 1, len(lines)) if lines[place].strip()), _CLOSING_LEADS)]
    return any(_is_farewell(lines, place, known) for place in below)


def _is_card(lines: Sequence[str], number: int, known: frozenset[str]) -> bool:
    """ "Vera Sokol, MA | Head of unit": the sender's whole name begins a paragraph, and a mark follows."""
    if number == 0 or lines[number - 1].strip() or len(known) < _WHOLE_NAME:
        return False
    name = _CARD_NAME.split(lines[number][:_FAREWELL_CHARACTERS], maxsplit=1)[0]
    return set(map(latin, keys(name))) == set(known)


def _is_title(text: str) -> bool:
    return all(word[:1].isupper() or not word[:1].islower() for word in text.split() if word[:1].isalpha())


@lru_cache(maxsize=64)
def _is_device(line: str) -> bool:
    if len(line) > _DEVICE_CHARACTERS:
        return False
    return bool(_STORE.match(line)) or bool(_SENT.match(line) and _DEVICE.search(line))


def _is_disclaimer(lines: Sequence[str], number: int) -> bool:
    """A paragraph after a blank line that speaks of secrecy and recipients."""
    if number == 0 or lines[number - 1].strip() or not lines[number].strip():
        return False
    paragraph: list[str] = []
    for line in lines[number : number + _PARAGRAPH_LINES]:
        if not line.strip():
            break
        paragraph.append(line)
    text = " ".join(paragraph)
    return len(text.split()) >= _FEWEST_SECRET_WORDS and _is_secret(text)


@lru_cache(maxsize=64)
def _is_secret(text: str) -> bool:
    """The same paragraph is asked about several times for each letter, as its end is cut off bit by bit."""
    return len(set(map(str.lower, _SECRET.findall(text)))) > 1


def _name_line(lines: Sequence[str], known: frozenset[str], letters: frozenset[str]) -> int:
    """The last line with words, if it is nothing but the sender's name, perhaps after a letter or two ("t. Vera")."""
    last = next((number for number in range(len(lines) - 1, 0, -1) if lines[number].strip()), 0)
    line = lines[last][:_FAREWELL_CHARACTERS] if last else ""
    found = keys(line)
    longer = [word for word in found if len(word) > _SHORT_WORD or latin(word) in known]
    if len(found) <= _NAME_WORDS and all_sign(longer, known) and line.rstrip()[-1:] not in ("?", ":"):
        return last
    return last if line and are_initials(line, letters) else len(lines)
