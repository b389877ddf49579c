"""Promises of the stream of words, by which a reply is compared with the form."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ranmailbot.mail.words import keys, words

PIECES = st.sampled_from(
    (
        "Grüße",
        "GRÜSSE",
        "naïve",
        "İstanbul",
        "ﬁn",
        "½",
        "e\u0301té",
        "ΣΊΣΥΦΟΣ",
        "مرحبا",
        "שלום",
        "a_b",
        "Don't",
        "№5",
        "x²",
        "…",
    )
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map(" ".join))


@given(TEXTS)
def test_every_word_stands_where_it_is_said_to_stand(text: str) -> None:
    found = words(text)
    written = [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)]
    assert [keys(word) for word in written] == [(key,) for key in found.keys]
    assert all(word.isalnum() for word in written)


@given(TEXTS)
def test_nothing_between_two_words_is_a_letter_or_a_digit(text: str) -> None:
    found = words(text)
    between = zip([0, *found.ends], [*found.starts, len(text)], strict=True)
    assert not any(character.isalnum() for start, end in between for character in text[start:end])


@given(TEXTS, TEXTS)
def test_a_text_has_the_words_of_its_lines_whatever_stands_beside_them(one: str, other: str) -> None:
    assert keys(f"{one}\n{other}") == (*keys(one), *keys(other))


def test_case_and_accents_make_no_difference() -> None:
    assert keys("GRÜSSE, Été; naïve Ieva_Ozoliņa") == ("grusse", "ete", "naive", "ieva", "ozolina")
    assert keys("Grüße") == ("grusse",)
    assert keys("Plain ASCII, it's 3rd.") == ("plain", "ascii", "it", "s", "3rd")
