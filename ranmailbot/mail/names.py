"""How somebody signs: by the name in the header, a part of it, its initials, the address, in any script or spelling.

Fear: an answer taken for a signature. So a word signs only as a whole line near the end, and that is asked elsewhere.
Known limit: pet names that begin otherwise than the name ("Bob").
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ranmailbot.mail.address import Address
from ranmailbot.mail.words import keys

_SOUNDS = """
аa бb вv гg ґg дd еe єe жzh зz иi іi кk лl мm нn оo пp рr сs тt уu фf хh цts чch шsh щsht ъa ыi ь эe юiu яia ђdj јi љli
њni ћc џdz αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υi φf χch ψps ωo ji yi wv
"""
_LATIN = str.maketrans({pair[0]: pair[1:] for pair in _SOUNDS.split()})
_SHORTEST = 3
_MOST_INITIALS = 4


@lru_cache(maxsize=64)
def known_names(sender: Address | None) -> frozenset[str]:
    """The words of the sender's name and of the address before the @, in plain Latin letters."""
    if sender is None:
        return frozenset()
    local = keys(sender.email.partition("@")[0])
    words = (*keys(sender.name), *(word for word in local if len(word) >= _SHORTEST and not word.isdigit()))
    return frozenset(map(latin, words))


@lru_cache(maxsize=64)
def whole_name(sender: Address | None) -> frozenset[str]:
    """Every word of the sender's display name, in plain Latin letters."""
    return frozenset(map(latin, keys(sender.name))) if sender is not None else frozenset()


@lru_cache(maxsize=64)
def initials(sender: Address | None) -> frozenset[str]:
    """The first letters of the sender's name, alone and together."""
    words = [latin(word) for word in keys(sender.name)] if sender is not None else []
    return frozenset({*(word[0] for word in words if word), "".join(word[0] for word in words if word)} - {""})


@lru_cache(maxsize=64)
def signing(sender: Address | None) -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    """The known names, the whole name, the initials, and names and initials together, looked up at once."""
    known, letters = known_names(sender), initials(sender)
    return known, whole_name(sender), letters, known | letters


def latin(word: str) -> str:
    """A folded word in plain Latin letters, spellings that sound alike made one ("Юлия", "Julia", "Yulia")."""
    return word.translate(_LATIN).replace("ii", "i")


def all_sign(words: Iterable[str], known: frozenset[str]) -> bool:
    """Whether every one of these folded words is one of the names, or a short form of one ("Alex")."""
    said = [latin(word) for word in words]
    return bool(said) and all(
        word in known or (len(word) >= _SHORTEST and any(name.startswith(word) for name in known)) for word in said
    )


def are_initials(line: str, letters: frozenset[str]) -> bool:
    """Whether a line is nothing but the sender's initials in capitals: "RS", "R.", "R. S."."""
    plain = "".join(character for character in line if character not in " .,-–—*/\t")
    return 0 < len(plain) <= _MOST_INITIALS and plain.isupper() and latin(plain.lower()) in letters
