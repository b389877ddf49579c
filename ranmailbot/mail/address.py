"""One person's e-mail address as it stands in a header: exactly one, with its display name freed of tricks.

Fear: `From: organiser@good <a@evil>`, groups, comments, quoted newlines, two addresses where one is expected. Whatever
is not plainly one mailbox is none. Known limit: local parts beyond ASCII (SMTPUTF8) are refused unless asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from ranmailbot.mail.characters import clean_line
from ranmailbot.mail.display_name import tidy_name
from ranmailbot.mail.headers import decode_words

NAME_CHARACTERS = 120
_HEADER_CHARACTERS = 2_000
_ADDRESS_CHARACTERS = 254
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_PIECES = re.compile(
    r'"((?:[^"\\]|\\.)*)"|([<>(),;:])|(=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=|[^"<>(),;:=]+|=)|(.)', re.DOTALL
)
_FOLDED_IN = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Address:
    """A display name (may be empty) and one address. Compare people by `key`."""

    name: str
    email: str

    @property
    def key(self) -> str:
        """The case-folded address."""
        return self.email.casefold()

    @property
    def domain(self) -> str:
        """What follows the @, in lower case."""
        return self.email.rpartition("@")[2].lower()


def clean_email(text: str, smtputf8: bool = False) -> str | None:
    """The one address in this text, its domain in lower case, or None. No DNS is asked; reserved domains pass."""
    text = text.strip()
    if len(text) > _ADDRESS_CHARACTERS or "\n" in text or "\r" in text:
        return None
    if not smtputf8 and not _PLAIN.fullmatch(text) and not _international_domain(text):
        return None
    return _validated(text, smtputf8)


def _international_domain(text: str) -> bool:
    """Whether only the domain goes beyond ASCII: it has a name in ASCII, too (RFC 5891), to which any server sends."""
    local, _, domain = text.rpartition("@")
    plain = _PLAIN.fullmatch(f"{local}@x") is not None
    return plain and not domain.isascii() and all(letter.isalnum() or letter in ".-" for letter in domain)


@lru_cache(maxsize=64)
def _validated(text: str, smtputf8: bool) -> str | None:
    """The last few are kept: our own address stands in every letter, and its sender's two or three times."""
    try:
        found = validate_email(
            text,
            allow_smtputf8=smtputf8,
            check_deliverability=False,
            test_environment=True,
            allow_quoted_local=False,
            allow_domain_literal=False,
        )
    except (EmailNotValidError, UnicodeError, ValueError):
        return None
    return found.normalized if smtputf8 else f"{found.local_part}@{found.ascii_domain}"


def plus(email: str, token: str) -> str:
    """The address with a token in its plus part (RFC 5233)."""
    local, _, domain = email.rpartition("@")
    return f"{local}+{token}@{domain}"


def token_in(email: str, own: str) -> str:
    """The token in the plus part of `own` as it stands in this address, in lower case; empty if it is another."""
    local, _, domain = email.casefold().rpartition("@")
    mine, sign, token = local.partition("+")
    return token if sign and f"{mine}@{domain}" == own.casefold() else ""


def parse_address(header: str, smtputf8: bool = False) -> Address | None:
    """The one mailbox in this header value (RFC 5322 3.4), or None if there is none, more than one, or any doubt."""
    if len(header) > _HEADER_CHARACTERS:
        return None
    pieces = _without_comments(header)
    if pieces is None:
        return None
    marks = [mark for mark, _ in pieces if mark]
    if marks[-2:] == ["<", ">"] and set(marks[:-2]) <= {","}:
        # "Schmidt, Anna <anna@x>": many write the comma without quotes. A name with an @ is refused in `_named`.
        return _named([("", ",") if mark == "," else (mark, text) for mark, text in pieces], smtputf8)
    if marks:
        return None
    email = clean_email("".join(text for _, text in pieces), smtputf8)
    return Address("", email) if email else None


def _without_comments(header: str) -> list[tuple[str, str]] | None:
    """The value as (mark, "") and ("", text) pairs; quoted text marked by a leading quote; None if it is torn."""
    pieces: list[tuple[str, str]] = []
    depth = 0
    for match in _PIECES.finditer(header):
        quoted, mark, text, torn = match.groups()
        if torn is not None and depth == 0:
            return None
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0:
            if mark:
                pieces.append((mark, ""))
            else:
                pieces.append(("", text if text is not None else f'"{quoted}"'))
    return pieces if depth == 0 else None


def _named(pieces: list[tuple[str, str]], smtputf8: bool) -> Address | None:
    opening = pieces.index(("<", ""))
    closing = pieces.index((">", ""))
    if closing != len(pieces) - 1 and "".join(text for _, text in pieces[closing + 1 :]).strip():
        return None
    email = clean_email("".join(text for _, text in pieces[opening + 1 : closing]), smtputf8)
    if email is None:
        return None
    name = _display_name([text for _, text in pieces[:opening]], email)
    return None if name is None else Address(name, email)


def _display_name(texts: list[str], email: str) -> str | None:
    words: list[str] = []
    for text in texts:
        if text.startswith('"'):
            words.append(re.sub(r"\\(.)", r"\1", text[1:-1]))
        elif "@" in text and text.strip().casefold() != email.casefold():
            return None  # an unquoted second address: nobody can say which one was meant
        else:
            words.append(_FOLDED_IN.sub(" ", text))
    return tidy_name(clean_line(decode_words("".join(words)), NAME_CHARACTERS))
