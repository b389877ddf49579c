"""Addresses beyond ASCII: whoever can be written to is answered, of whoever cannot the organisers are told."""

from __future__ import annotations

import pytest

from ranmailbot.mail.address import clean_email
from tests.world import World

ANSWERS = (
    "1. I have run a family programme in a women's prison.\r\n2. We prepare visits together with social services.\r\n"
)


def write(world: World, sender: str) -> None:
    head = f"From: {sender}\r\nTo: {world.call.mailbox.email}\r\nSubject: Application\r\nMessage-ID: <one@city.example>"
    world.mailbox.deliver(f"{head}\r\n\r\n{ANSWERS}".encode(), world.clock.now())


@pytest.mark.parametrize("sender", ["jürgen@city.example", "Jürgen <jürgen@city.example>", "用户@city.example"])
def test_a_local_part_beyond_ascii_gets_no_mail_and_the_organisers_read_why(world: World, sender: str) -> None:
    write(world, sender)
    world.pass_time(days=1)
    assert world.outcomes() == ["enquired"]
    kinds = {mail.kind for mail in world.outbox()}
    assert kinds <= {"digest"}
    digest = world.mails(world.call.organisers[0].email, "digest")[-1].text
    assert "the bot cannot write to its sender" in " ".join(digest.split())


def test_a_domain_beyond_ascii_is_answered_at_its_name_in_ascii(world: World) -> None:
    write(world, "Jürgen <jurgen@städte.example>")
    world.pass_time(minutes=5)
    assert world.outcomes() == ["applied"]
    address = f"jurgen@{'städte'.encode('idna').decode()}.example"
    assert [mail.kind for mail in world.mails(address)] == ["acknowledgement"]


@pytest.mark.parametrize("text", ["a@b@städte.example", "a@städte .example", "ä@städte.example", "a@stä\ndte.example"])
def test_what_is_not_plainly_one_address_is_none(text: str) -> None:
    assert clean_email(text) is None
