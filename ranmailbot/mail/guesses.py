"""Facts about the applicant that nobody wrote on a line of the form: guessed from display name, signature and domain.

A guess is proposed and shown as a guess, asked about in the acknowledgement, and gives way to whatever is written.
Fear: a signature is anybody's text; it is cut to a line and shown as text. Known limits: roles and organisations in a
signature are known by words in some twenty languages; a line without one of them is no guess.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ranmailbot.call.application import ProfileValue
from ranmailbot.mail.address import Address
from ranmailbot.mail.display_name import name_and_office
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.origins import country_of, organisation_of
from ranmailbot.mail.signature import tail_start

_NAME_WORDS = 4
_MOST_LINES = 12
_LINE_WORDS = 10
_LINE_CHARACTERS = 90
_PARTS = re.compile(r"\s*[|•·;/]\s*|,\s+|\s+[-–—]\s+")
_CONTACT = re.compile(
    r"@|https?:|www\.|[+(]?\d[\d\s()/.-]{5,}|\b(?:tel|phone|fax|mob|mobile|gsm|t|m|f)\b\s*[.:]", re.IGNORECASE
)
_ROLE_WORDS = """
    governor head chief deputy officer warden worker teacher trainer counsellor counselor chaplain nurse physician
    doctor researcher professor lecturer adviser advisor consultant assistant assistente responsable chargé
    chargée chef leder juhataja johtaja päällikkö vedoucí vodja vezető igazgató müdür müdürü uzman uzmanı
    ψυχολόγος
"""
_ROLE_BEGINNINGS = """
    direct direkt diretor direttor dyrektor ředitel riaditeľ manager coordinat koordinat psycholog psicolog psihol
    pszicholog psychiatr sozialarbeiter sozialpädagog educat éducat seelsorger inspector inspektor leiter referent
    sachbearbeit beauftragte conseill specialist speciālist vadītāj priekšnie viršinink avdelningschef kierowni
    naczelni voditelj načelni директор началник начальник психолог διευθυντ
"""
_ORGANISATION_WORDS = """
    agency agence agentur service services centre center zentrum centrum association verein stiftung foundation
    fondation council authority administration verwaltung police polizei department directorate bureau court
    municipality stadt commune ngo ong jva haftanstalt carcere pārvalde tarnyba vankila fængsel fengsel zavod
    kaznionica börtön υπουργείο cezaevi bakanlığı ltd gmbh ggmbh asbl vzw onlus probation
"""
_ORGANISATION_BEGINNINGS = """
    prison ministr ministèr ministeri justizminister universit institut justizvollzug justizanstalt gefängnis
    pénitentiaire penitenciar cietum ieslodzījum kalėjim vangla rikosseuraamus kriminalvård kriminalforsorg
    więzien vězni vězeňsk väzni zapor büntetés затвор министерств φυλακ
"""
_ROLES, _ROLES_BEGIN = frozenset(_ROLE_WORDS.split()), tuple(_ROLE_BEGINNINGS.split())
_ORGANISATIONS, _ORGANISATIONS_BEGIN = frozenset(_ORGANISATION_WORDS.split()), tuple(_ORGANISATION_BEGINNINGS.split())
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def guessed_facts(form: SentForm, left: str, sender: Address | None, written: Collection[str]) -> list[ProfileValue]:
    """What can be guessed of the lines this form asks for, those aside that were written. `left` is the remainder."""
    wanted = {line.key for line in form.profile_lines} - set(written)
    found: dict[str, str] = {}
    for key, text in (*_of_display_name(sender), *_of_signature(left), *_of_domain(sender)):
        if key in wanted and text and key not in found:
            found[key] = " ".join(text.split())[:_LINE_CHARACTERS]
    keys = (line.key for line in form.profile_lines if line.key in found)
    return [ProfileValue(key, found[key], guessed=True) for key in dict.fromkeys(keys)]


def _of_display_name(sender: Address | None) -> Iterator[tuple[str, str]]:
    if sender is None or not sender.name or "@" in sender.name:
        return
    name, office = name_and_office(sender.name)
    yield "name", name
    if office:
        yield ("role" if _role(office) is not None and _organisation(office) is None else "organisation"), office


def _of_signature(left: str) -> Iterator[tuple[str, str]]:
    """A name on the line below the farewell; below it, lines that speak of a role or of an organisation."""
    rows = [row.strip() for row in left.split("\n")]
    tail = [row for row in rows[tail_start(rows) + 1 :] if row][:_MOST_LINES]
    if tail and _is_name(tail[0]):
        yield "name", tail[0].strip(" ,")
    for row in tail:
        if _CONTACT.search(row) or len(row) > _LINE_CHARACTERS or len(row.split()) > _LINE_WORDS:
            continue
        for part in (part.strip(" ,.") for part in _PARTS.split(row)):
            yield from _of_part(part)


def _of_part(part: str) -> Iterator[tuple[str, str]]:
    """ "Head of the Prison Service" is a role: who leads an organisation begins with the role."""
    role, organisation = _role(part), _organisation(part)
    if role is not None and (organisation is None or role < organisation):
        yield "role", part
    elif organisation is not None and part[:1].isupper():
        yield "organisation", part


def _of_domain(sender: Address | None) -> Iterator[tuple[str, str]]:
    if sender is not None:
        yield "country", country_of(sender.domain)
        yield "organisation", organisation_of(sender.domain)


def _is_name(row: str) -> bool:
    words = row.strip(" ,").split()
    if not 1 < len(words) <= _NAME_WORDS or _role(row) is not None or _organisation(row) is not None:
        return False
    return all(word[:1].isupper() for word in words)


def _role(text: str) -> int | None:
    return _first(text, _ROLES, _ROLES_BEGIN)


def _organisation(text: str) -> int | None:
    return _first(text, _ORGANISATIONS, _ORGANISATIONS_BEGIN)


def _first(text: str, words: frozenset[str], beginnings: tuple[str, ...]) -> int | None:
    """Which word of the text is the first of these, counted from 0."""
    found = (word.casefold() for word in _WORD.findall(text))
    return next((place for place, word in enumerate(found) if word in words or word.startswith(beginnings)), None)
