"""Whether a DKIM signature verifies (dkimpy). Run in a child of the reading room; the keys are handed in, no DNS here.

Fear: letters made to cost time, and letters that dkimpy and our own reader would read differently. Both must find the
very same fields; odd line ends and long runs of blanks, on which its expressions take quadratic time, are no proof.
Known limits: dkimpy looks at the wall clock for x= and t=, with ten hours of grace; what the key record says beyond the
key is judged in mail/dkim_signature.py, because dkimpy passes over some of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import dkim

from ranmailbot.mail import headers as fields
from ranmailbot.mail.charsets import decode
from ranmailbot.mail.dkim_signature import Signature, key_doubt
from ranmailbot.mail.headers import Headers
from ranmailbot.mail.letter import Authentication, Letter
from ranmailbot.mail.limits import Limits

LEAST_BITS = 1024
MOST_WORK = 50_000_000
"""Sum over all runs of blanks of their length squared: what dkimpy's expressions may cost."""
_BLANKS = re.compile(rb"[ \t]{2,}")
_FOLD = re.compile(rb"\r?\n")
_COMPARED = ("from", "to", "subject", "date", "in-reply-to", "references", "message-id", "content-type")


def check_dkim(letter: Letter, raw: bytes, limits: Limits, keys: Mapping[str, Sequence[str]]) -> Letter:
    """The letter; its author proven, if one of these keys verifies a signature of it that counts."""
    if not any(name in keys for name in letter.keys_wanted):
        return letter
    headers = fields.parse(raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0], limits)[0]
    domain = vouched(raw, headers, letter.signatures, keys)
    verdict = Authentication(True, f"DKIM signature of {domain}") if domain else _unproven(letter)
    return replace(letter, authentication=verdict)


def _unproven(letter: Letter) -> Authentication:
    return Authentication(False, f"{letter.authentication.reason}; no DKIM signature of it holds")


def vouched(raw: bytes, headers: Headers, wanted: Sequence[Signature], keys: Mapping[str, Sequence[str]]) -> str:
    """The domain part of the first key whose signature verifies over these bytes, or the empty text.

    `headers` is what our own reader found in them; `keys` holds the TXT records for each name of a key.
    """
    if not _plain(raw):
        return ""
    for signature in wanted:
        records = keys.get(signature.key_name, ())
        if (
            len(records) == 1
            and not key_doubt(records[0], signature)
            and _verifies(raw, headers, signature, records[0])
        ):
            return signature.key_name.partition("._domainkey.")[2]
    return ""


def _plain(raw: bytes) -> bool:
    """Whether its lines end in one way only, and it is no trap for slow expressions."""
    if b"\0" in raw or raw.count(b"\r") != raw.count(b"\r\n") or raw.count(b"\r\n") not in (0, raw.count(b"\n")):
        return False
    work = 0
    for run in _BLANKS.finditer(raw):
        work += (run.end() - run.start()) ** 2
        if work > MOST_WORK:
            return False
    return True


def _verifies(raw: bytes, headers: Headers, signature: Signature, record: str) -> bool:
    try:
        letter = dkim.DKIM(raw, minkey=LEAST_BITS)
        if not _read_alike(letter.headers, headers):
            return False
        return bool(letter.verify(signature.index, dnsfunc=lambda *_, **__: record.encode("ascii")))
    except Exception:  # noqa: BLE001 - dkimpy raises whatever it meets in a hostile letter or key; none of it is a proof
        return False


def _read_alike(theirs: Sequence[tuple[bytes, bytes]], ours: Headers) -> bool:
    """Whether dkimpy and our reader see the same values in the fields that say who wrote what to whom."""
    for name in _COMPARED:
        there = [decode(_FOLD.sub(b"", value)).strip() for key, value in theirs if key.lower() == name.encode()]
        if there != [value.strip() for value in fields.every(ours, name)]:
            return False
    return True
