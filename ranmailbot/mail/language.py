"""In which language answers are written, as far as that is beyond doubt: so that a kind word can be said about it.

Nothing is ever refused for its language. Said is only what is clear: enough words, nearly all of them in one language
that is not the call's. Names of prisons, a quoted sentence, short answers and mixed ones say nothing.
Fear: text made to be misjudged does no harm; the worst is a needless sentence. Known limits: languages that differ in
a few words (Croatian and Serbian, Danish and Norwegian) count as one, and so do English and Scots.
"""

from __future__ import annotations

from collections.abc import Sequence

FEWEST_WORDS = 8
FEWEST_LETTERS = 40
CLEARLY = 80
"""Percent of the letters that must be in another language, all in one."""
_MOST_CHARACTERS = 20_000
_ALIKE = (
    frozenset({"en", "sco"}),
    frozenset({"he", "iw"}),
    frozenset({"no", "nb", "nn", "da"}),
    frozenset({"hr", "sr", "bs", "sh", "cnr"}),
    frozenset({"id", "ms"}),
    frozenset({"gl", "pt"}),
)
_NAMES = {
    "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "et": "Estonian", "fi": "Finnish", "fr": "French", "ga": "Irish", "hr": "Croatian", "hu": "Hungarian",
    "it": "Italian", "lt": "Lithuanian", "lv": "Latvian", "mt": "Maltese", "nb": "Norwegian", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
    "sl": "Slovene", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian",
}  # fmt: skip


def clearly_not(texts: Sequence[str], language: str) -> bool:
    """Whether these answers are, together, clearly in another language than this one (a BCP 47 tag)."""
    text = "\n".join(texts)[:_MOST_CHARACTERS]
    letters = sum(character.isalpha() for character in text)
    if letters < FEWEST_LETTERS or len(text.split()) < FEWEST_WORDS:
        return False
    code, percent = _detected(text)
    return percent >= CLEARLY and not _alike(code, _base(language))


def language_name(language: str) -> str:
    """The English name of a language by its BCP 47 tag, or the empty text if it is none we know."""
    return _NAMES.get(_base(language), "")


def load() -> None:
    """Load the detector now: in a child of the reading room no file can be opened later."""
    _detected("")


def _detected(text: str) -> tuple[str, int]:
    """The language of most of the text and its share in percent; ("", 0) if the detector is not sure."""
    import pycld2  # noqa: PLC0415, RUF100 - loaded with the first answers that need it, not with the bot

    plain = "".join(character if character.isprintable() or character == "\n" else " " for character in text)
    try:
        reliable, _, found = pycld2.detect(plain)
    except pycld2.error:
        return "", 0
    return (str(found[0][1]), int(found[0][2])) if reliable else ("", 0)


def _alike(one: str, other: str) -> bool:
    return one == other or any(one in group and other in group for group in _ALIKE)


def _base(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].casefold()
