"""One mailbox or none: addresses as strangers write them."""

from __future__ import annotations

import pytest

from ranmailbot.mail.address import Address, clean_email, parse_address


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("anna@prison.example", Address("", "anna@prison.example")),
        ("Anna Ozola <anna@prison.example>", Address("Anna Ozola", "anna@prison.example")),
        ('"Ozola, Anna" <Anna@PRISON.example>', Address("Anna Ozola", "Anna@prison.example")),
        ("=?utf-8?B?SsSBbmlz?= =?iso-8859-13?q?_B=E7rzi=F2=F0?= <j@x.test>", Address("Jānis Bērziņš", "j@x.test")),
        ("anna@x.test (Anna (at work))", Address("", "anna@x.test")),
        ("a@x.test <a@x.test>", Address("", "a@x.test")),
        ('"organiser@ran.example" <a@x.test>', Address("", "a@x.test")),
        ("=?utf-8?q?o=40ran=2Eexample?= <a@x.test>", Address("", "a@x.test")),
        ("=?utf-8?q?A=0D=0ABcc:_x=E2=80=AE?= <a@x.test>", Address("A Bcc: x", "a@x.test")),
    ],
)
def test_one_mailbox_is_read(header: str, address: Address) -> None:
    assert parse_address(header) == address


@pytest.mark.parametrize(
    "header",
    [
        "",
        "<",
        '"',
        "<>",
        "a@x.test, b@x.test",
        "group: a@x.test;",
        "organiser@ran.example <a@evil.example>",
        "A <a@x.test> <b@x.test>",
        "A <a@x.test> b@x.test",
        "<a@x.test",
        "a@x.test>",
        "a@x.test (open",
        'A "open <a@x.test>',
        '"v@y\r\nRCPT TO:<w@z>"@q.example',
        "<a@x.test\r\nBcc: b@x.test>",
        "a@localhost",
        "a@[127.0.0.1]",
        "jānis@x.test",
        "a" * 3_000 + "@x.test",
    ],
)
def test_any_doubt_means_none(header: str) -> None:
    assert parse_address(header) is None


def test_local_parts_beyond_ascii_only_where_the_server_offers_it() -> None:
    assert clean_email("jānis@x.test") is None
    assert clean_email("jānis@x.test", smtputf8=True) == "jānis@x.test"


def test_a_long_display_name_is_cut() -> None:
    address = parse_address(f"{'x' * 1_500} <a@x.test>")
    assert address is not None
    assert len(address.name) == 120


def test_a_comma_in_an_unquoted_name_is_part_of_the_name() -> None:
    assert parse_address("Schmidt, Anna <anna@example.org>") == Address("Anna Schmidt", "anna@example.org")


@pytest.mark.parametrize("header", ["boss@example.org, <eve@evil.example>", "a@example.org, b <b@example.org>"])
def test_a_second_address_before_a_comma_is_never_a_name(header: str) -> None:
    assert parse_address(header) is None
