"""Where a letter's own words end and its farewell, signature and disclaimers begin.

Only asked about the text after the last answer; what is cut goes to the remainder. Fear: a real answer that is cut, so
a line must be a farewell as a whole, and stand near the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from ranmailbot.mail.address import Address
from ranmailbot.mail.words import keys

_DASHES = re.compile(r"\s*(?:--|—|__+)\s*$")
_DEVICE = re.compile(
    r"\b(?:iphone|ipad|android|samsung|galaxy|huawei|xiaomi|blackberry|windows phone|outlook (?:for|für|pour|per|para)"
    r"|yahoo mail|proton ?mail|gmx|web\.de|mail\.ru|mobile|smartphone|handy|mobitel|mobil\w*|telef\w+)\b",
    re.IGNORECASE,
)
_SENT = re.compile(
    r"^\W*(?:sent|get|gesendet|von meinem|diese nachricht|envoyé|télécharg|inviato|scarica|enviado|verzonden|verstuurd"
    r"|skickat|sendt|hent|lähetetty|nosūtīts|sūtīts|išsiųsta|saadetud|wysłan|odesláno|odoslané|poslano|trimis|изпратено"
    r"|отправлено|надіслано|στάλθηκε|αποστολή|elküldve|nashluh|נשלח|downloaden|enviat)\b",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"confiden|intended|vertraulich|privileged|konfiden|поверител|конфиденц|εμπιστευτικ|riservat|luottamuk|bizalmas"
    r"|důvěrn|dôvern|poufn|zaupn|povjerljiv|חסוי|recipient|destinat|adresāt|empfänger|disclaimer",
    re.IGNORECASE,
)
_FEWEST_SECRET_WORDS = 12
_FAREWELLS = frozenset(
    [
        "best regards",
        "kind regards",
        "regards",
        "warm regards",
        "with kind regards",
        "with best regards",
        "many thanks",
        "thanks",
        "thank you",
        "best",
        "all the best",
        "best wishes",
        "yours sincerely",
        "sincerely",
        "yours faithfully",
        "yours",
        "cheers",
        "cordially",
        "greetings",
        "respectfully",
        "mit freundlichen grüßen",
        "mit freundlichen grüssen",
        "mit freundlichem gruß",
        "freundliche grüße",
        "viele grüße",
        "beste grüße",
        "liebe grüße",
        "herzliche grüße",
        "mfg",
        "lg",
        "vg",
        "gruß",
        "hochachtungsvoll",
        "danke",
        "vielen dank",
        "cordialement",
        "bien cordialement",
        "salutations",
        "sincères salutations",
        "bien à vous",
        "merci",
        "merci beaucoup",
        "ar cieņu",
        "ar laba vēlējumiem",
        "paldies",
        "liels paldies",
        "lai veicas",
        "pagarbiai",
        "su pagarba",
        "ačiū",
        "lugupidamisega",
        "parimat",
        "tervitades",
        "с уважение",
        "поздрави",
        "сърдечни поздрави",
        "благодаря",
        "с уважением",
        "всего доброго",
        "спасибо",
        "з повагою",
        "με εκτίμηση",
        "με εκτιμηση",
        "φιλικά",
        "με φιλικούς χαιρετισμούς",
        "ευχαριστώ",
        "בברכה",
        "תודה",
        "בכבוד רב",
        "תודה רבה",
        "pozdrawiam",
        "z poważaniem",
        "serdecznie pozdrawiam",
        "dziękuję",
        "s pozdravem",
        "s pozdravom",
        "s přátelským pozdravem",
        "děkuji",
        "ďakujem",
        "lep pozdrav",
        "lijep pozdrav",
        "s poštovanjem",
        "srdačan pozdrav",
        "hvala",
        "cu stimă",
        "cu respect",
        "mulțumesc",
        "üdvözlettel",
        "tisztelettel",
        "köszönöm",
        "saluti",
        "cordiali saluti",
        "distinti saluti",
        "grazie",
        "un cordiale saluto",
        "saludos",
        "un saludo",
        "atentamente",
        "saludos cordiales",
        "gracias",
        "cumprimentos",
        "com os melhores cumprimentos",
        "atenciosamente",
        "obrigado",
        "obrigada",
        "met vriendelijke groet",
        "met vriendelijke groeten",
        "groeten",
        "mvg",
        "bedankt",
        "hartelijke groet",
        "med vänliga hälsningar",
        "vänliga hälsningar",
        "mvh",
        "hälsningar",
        "tack",
        "med venlig hilsen",
        "venlig hilsen",
        "hilsen",
        "med vennlig hilsen",
        "vennlig hilsen",
        "takk",
        "tak",
        "ystävällisin terveisin",
        "terveisin",
        "kiitos",
        "saygılarımla",
        "teşekkürler",
        "me respekt",
        "с поштовање",
    ]
)
_LONGEST_FAREWELL = 6
_PARAGRAPH_LINES = 60
_NAME_WORDS = 4
_DEVICE_CHARACTERS = 90
_MOST_LINES_BELOW = 14


def tail_start(lines: Sequence[str], sender: Address | None = None) -> int:
    """The number of the first line of farewell, signature or disclaimer; len(lines) if there is none."""
    first = len(lines)
    below = sum(1 for line in lines if line.strip())
    for number, line in enumerate(lines):
        below -= bool(line.strip())
        near_end = below <= _MOST_LINES_BELOW
        if (
            _DASHES.match(line)
            or (near_end and (_is_farewell(line) or _is_device(line)))
            or _is_disclaimer(lines, number)
        ):
            first = number
            break
    name = _name_line(lines[:first], sender)
    return min(first, name)


def _is_farewell(line: str) -> bool:
    found = keys(line)
    if not found or len(found) > _LONGEST_FAREWELL + 2:
        return False
    if " ".join(found) in _FAREWELLS:
        return True
    # "Best regards, Anna" on one line: a farewell, a comma, a name.
    head, comma, rest = line.partition(",")
    return bool(comma) and " ".join(keys(head)) in _FAREWELLS and 0 < len(keys(rest)) <= _NAME_WORDS and _is_title(rest)


def _is_title(text: str) -> bool:
    return all(word[:1].isupper() or not word[:1].islower() for word in text.split() if word[:1].isalpha())


def _is_device(line: str) -> bool:
    return len(line) <= _DEVICE_CHARACTERS and bool(_SENT.match(line)) and bool(_DEVICE.search(line))


def _is_disclaimer(lines: Sequence[str], number: int) -> bool:
    """A paragraph after a blank line that speaks of secrecy and recipients."""
    if number == 0 or lines[number - 1].strip() or not lines[number].strip():
        return False
    paragraph: list[str] = []
    for line in islice(lines, number, number + _PARAGRAPH_LINES):
        if not line.strip():
            break
        paragraph.append(line)
    text = " ".join(paragraph)
    return len(text.split()) >= _FEWEST_SECRET_WORDS and len(set(map(str.lower, _SECRET.findall(text)))) > 1


def _name_line(lines: Sequence[str], sender: Address | None) -> int:
    """The last line with words, if it is nothing but the sender's name."""
    last = next((number for number in range(len(lines) - 1, 0, -1) if lines[number].strip()), 0)
    known = set(keys(sender.name)) if sender else set()
    found = keys(lines[last]) if last else ()
    return last if found and len(found) <= _NAME_WORDS and set(found) <= known else len(lines)
