"""Where an address comes from, guessed by its domain: the country by its last label, the organisation by the domain.

A guess, never more: it is shown as one. Endings that the whole world uses say nothing, nor do public mail providers
about an organisation. Source of the endings: ISO 3166-1, and UK and EL as people use them.
"""

from __future__ import annotations

_COUNTRIES = {
    "ad": "Andorra", "al": "Albania", "am": "Armenia", "at": "Austria", "au": "Australia", "az": "Azerbaijan",
    "ba": "Bosnia and Herzegovina", "be": "Belgium", "bg": "Bulgaria", "by": "Belarus", "ca": "Canada",
    "ch": "Switzerland", "cy": "Cyprus", "cz": "Czechia", "de": "Germany", "dk": "Denmark", "dz": "Algeria",
    "ee": "Estonia", "eg": "Egypt", "es": "Spain", "fi": "Finland", "fr": "France", "ge": "Georgia", "gr": "Greece",
    "hr": "Croatia", "hu": "Hungary", "ie": "Ireland", "il": "Israel", "iq": "Iraq", "is": "Iceland", "it": "Italy",
    "jo": "Jordan", "kg": "Kyrgyzstan", "kz": "Kazakhstan", "lb": "Lebanon", "li": "Liechtenstein", "lt": "Lithuania",
    "lu": "Luxembourg", "lv": "Latvia", "ma": "Morocco", "mc": "Monaco", "md": "Moldova", "mk": "North Macedonia",
    "mt": "Malta", "nl": "Netherlands", "no": "Norway", "nz": "New Zealand", "pl": "Poland", "pt": "Portugal",
    "ro": "Romania", "rs": "Serbia", "se": "Sweden", "si": "Slovenia", "sk": "Slovakia", "sm": "San Marino",
    "tj": "Tajikistan", "tn": "Tunisia", "tr": "Türkiye", "ua": "Ukraine", "uk": "United Kingdom", "xk": "Kosovo",
}  # fmt: skip
_SHARED_LABELS = """
    ac asso co com edu ed gc gob gouv gov govern govt go gv int lg ltd me mil min mod net nhs nic nom or org
    parliament plc police priv sch
"""
"""Labels below a country's ending under which many organisations stand: gov.uk, ac.at, gouv.fr."""
_PUBLIC_LABELS = """
    abv aol bigpond bk bluewin btinternet centrum email eircom fastmail free freemail freenet gmail gmx googlemail
    hotmail hushmail icloud inbox interia laposte libero list live mac mail mailbox me msn naver o2 onet orange
    outlook post posteo proton protonmail qq rambler riseup rocketmail sapo seznam sfr skynet spoko t-online
    talk21 telenet tele2 terra tiscali tlen tutanota tuta ukr virgilio wanadoo web wp yahoo yandex ymail ziggo
    zoho
"""
"""Names of mail providers that anybody can have an address at."""
_SHARED, _PUBLIC = frozenset(_SHARED_LABELS.split()), frozenset(_PUBLIC_LABELS.split())
_FEWEST_LABELS = 2


def country_of(domain: str) -> str:
    """The country that this domain stands for, in English, or the empty text."""
    labels = domain.casefold().split(".")
    return _COUNTRIES.get(labels[-1], "") if len(labels) >= _FEWEST_LABELS else ""


def organisation_of(domain: str) -> str:
    """The organisation as its domain names it ("prison.gov.uk" of "mail.prison.gov.uk"), or the empty text."""
    labels = domain.casefold().split(".")
    shared = len(labels) > _FEWEST_LABELS and labels[-1] in _COUNTRIES and labels[-2] in _SHARED
    own = labels[-3:] if shared else labels[-2:]
    if len(own) < _FEWEST_LABELS or own[0] in _PUBLIC or (own[0] in _SHARED and not shared):
        return ""
    return ".".join(own)
