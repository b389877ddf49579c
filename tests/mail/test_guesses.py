"""Names as senders write them, and what is guessed about a person from display name, signature and domain."""

from __future__ import annotations

import pytest

from ranmailbot.mail.address import Address, parse_address
from ranmailbot.mail.display_name import name_and_office, tidy_name
from ranmailbot.mail.guesses import guessed_facts
from ranmailbot.mail.origins import country_of, organisation_of

from .sample_form import FORM


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("'Anna Ozola' <a@x.test>", "Anna Ozola"),
        ("\"'Anna Ozola' via Prison Group\" <group@x.test>", "Anna Ozola"),
        ("Anna Ozola via Forum <forum@x.test>", "Anna Ozola"),
        ('"Ozola, Anna" <a@x.test>', "Anna Ozola"),
        ("OZOLA Anna <a@x.test>", "OZOLA Anna"),
        ('"OZOLA, Anna (JUST)" <a@x.test>', "Anna OZOLA (JUST)"),
        ('"Ozola, PhD" <a@x.test>', "Ozola, PhD"),
        ('"a@x.test" <a@x.test>', ""),
        ('"boss@ran.example" <a@x.test>', ""),
        ("=?utf-8?q?Anna_=E2=80=AEOzola=07?= <a@x.test>", "Anna Ozola"),
        ('"“Anna Ozola”" <a@x.test>', "Anna Ozola"),
        ('"..." <a@x.test>', ""),
        ("Olivia Nader <o@x.test>", "Olivia Nader"),
    ],
)
def test_a_display_name_is_freed_of_what_surrounds_it(header: str, name: str) -> None:
    address = parse_address(header)
    assert address is not None
    assert address.name == name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Anna Berg (Prison Service)", ("Anna Berg", "Prison Service")),
        ("BERG Anna, Ministry of Justice", ("BERG Anna", "Ministry of Justice")),
        ("Anna Berg, PhD", ("Anna Berg, PhD", "")),
        ("Anna Berg", ("Anna Berg", "")),
    ],
)
def test_the_office_behind_a_name_is_no_part_of_the_name(name: str, parts: tuple[str, str]) -> None:
    assert name_and_office(tidy_name(name)) == parts


@pytest.mark.parametrize(
    ("domain", "country", "organisation"),
    [
        ("ievp.gov.lv", "Latvia", "ievp.gov.lv"),
        ("mail.justice.gov.uk", "United Kingdom", "justice.gov.uk"),
        ("gov.uk", "United Kingdom", ""),
        ("jva-koeln.nrw.de", "Germany", "nrw.de"),
        ("gmail.com", "", ""),
        ("inbox.lv", "Latvia", ""),
        ("startup.io", "", "startup.io"),
        ("ec.europa.eu", "", "europa.eu"),
        ("example.com", "", "example.com"),
        ("localhost", "", ""),
    ],
)
def test_a_domain_says_only_what_it_can_say(domain: str, country: str, organisation: str) -> None:
    assert (country_of(domain), organisation_of(domain)) == (country, organisation)


def guessed(left: str, sender: Address, *written: str) -> dict[str, str]:
    values = guessed_facts(FORM, left, sender, written)
    assert all(value.guessed for value in values)
    return {value.key: value.text for value in values}


SIGNATURE = """Kind regards,
Anna Ozola
Head of the psychology unit
Latvian Prison Administration
+371 6700 0000 | www.prison.example"""


def test_role_and_organisation_stand_below_the_name_in_a_signature() -> None:
    assert guessed(SIGNATURE, Address("", "a@gmail.com")) == {
        "name": "Anna Ozola",
        "role": "Head of the psychology unit",
        "organisation": "Latvian Prison Administration",
    }


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("Psychologist | Vilnius Prison", {"role": "Psychologist", "organisation": "Vilnius Prison"}),
        ("Leiterin, JVA Köln", {"role": "Leiterin", "organisation": "JVA Köln"}),
        ("Ieslodzījuma vietu pārvalde", {"organisation": "Ieslodzījuma vietu pārvalde"}),
        ("Enviado desde mi teléfono", {}),
        ("Tel.: prison 0123 456789", {}),
        ("This mail and the prison service it came from are confidential and for you alone to read", {}),
    ],
)
def test_lines_of_a_signature_are_known_by_their_words(line: str, facts: dict[str, str]) -> None:
    assert guessed(f"Best regards\nAnna Ozola\n{line}", Address("Anna Ozola", "a@gmail.com"), "name") == facts


def test_text_above_the_farewell_is_no_signature() -> None:
    assert guessed("The prison governor, Ministry of Justice, was kind.", Address("", "a@gmail.com")) == {}


def test_what_was_written_is_not_guessed_and_what_the_form_does_not_ask_neither() -> None:
    sender = Address("Anna Ozola (Prison Service)", "anna@prison.gov.lv")
    everything = guessed(SIGNATURE, sender, "role", "country")
    assert everything == {"name": "Anna Ozola", "organisation": "Prison Service"}
