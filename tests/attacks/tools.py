"""What attacks need: a world that is quick, raw letters, and the promises every mail of ours keeps."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes, policy
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import event

from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.call.application import Decision
from ranmailbot.flows.compose import Desk
from ranmailbot.mail.outgoing import OutgoingMail
from tests.flows.test_announce import decide, local
from tests.world import AUTHSERV, World, settings

ANN, BOB, CAT, EVE = "ann@example.org", "bob@example.org", "cat@example.org", "eve@evil.example"
_NUMBERS = count(1)
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Ranmailbot", "MIME-Version", "Content-Type")
NEVER = ("Cc", "Bcc", "Reply-To", "Sender", "Resent-To", "Disposition-Notification-To", "Return-Receipt-To")


@cache
def stationery() -> JinjaStationery:
    """Templates are compiled once for all attacks."""
    return JinjaStationery(settings().call, settings().templates)


class QuickWorld(World):
    """The same world; its disk forgets what a power cut would take, which no test here plays."""

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, **more)
        event.listen(self.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
        self.engine.dispose()
        if self.call == settings().call:
            self.stationery = stationery()
            self.desk = Desk(self.stationery, self.tokens, "ran.example")
            self.start()

    def deliver(self, raw: str | bytes) -> None:
        """These very bytes arrive, and the bot works until it rests."""
        data = raw if isinstance(raw, bytes) else raw.replace("\r\n", "\n").replace("\n", "\r\n").encode()
        self.mailbox.deliver(data, self.clock.moment)
        self.settle()


def facts(world: World) -> list[tuple[object, ...]]:
    """Everything about applications that somebody might want to forge."""
    return [
        (
            person.number,
            person.address,
            person.status,
            person.decision,
            person.told,
            person.version,
            tuple((answer.question, answer.text) for answer in person.answers),
            tuple((key, rsvp.reply) for key, rsvp in sorted(person.rsvps.items())),
            person.undeliverable,
        )
        for person in world.applications()
    ]


def verdict_of(domain: str, result: str = "pass", server: str = AUTHSERV) -> str:
    return f"Authentication-Results: {server}; dmarc={result} header.from={domain}\n"


def received() -> str:
    return f"Received: from there by {AUTHSERV}; Tue, 1 Mar 2022 09:00:00 +0000\n"


def raw_letter(world: World, head: str, body: str, *, more: Mapping[str, str] | None = None) -> str:
    """A letter whose trace and From are `head`, with all the rest an honest letter has."""
    fields = {
        "To": world.call.mailbox.email,
        "Subject": "Re: digest",
        "Date": f"{world.clock.moment:%a, %d %b %Y %H:%M:%S} +0000",
        "Message-ID": f"<attack-{next(_NUMBERS)}@evil.example>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    } | dict(more or {})
    return head + "".join(f"{name}: {value}\n" for name, value in fields.items() if value) + "\n" + body + "\n"


def two_applicants(world: World) -> None:
    """Two people have applied and the organisers have a digest of that morning."""
    world.apply(ANN)
    world.apply(BOB)
    world.go_to(local(2022, 3, 14, 8, 1))


def invite(world: World, *numbers: int) -> None:
    """Invitations of these applications have gone out."""
    world.go_to(local(2022, 3, 17, 9))
    decide(world, Decision.INVITE, *numbers)
    world.go_to(local(2022, 3, 18, 10, 5))


def secrets_of(world: World) -> list[bytes]:
    """What lets somebody into a session."""
    return [session.room.join_url.encode() for session in world.call.sessions if session.room]


def whole(content: bytes) -> bytes:
    """All that a mail says, decoded, its head included."""
    message = message_from_bytes(content, policy=policy.default)
    parts = [part.get_payload(decode=True) or b"" for part in message.walk()]
    return b"\n".join([content, *(part for part in parts if isinstance(part, bytes))])


def is_well_formed(mail: OutgoingMail) -> None:
    """One recipient, each field once, none that we never write, nothing smuggled, as three parsers read it."""
    assert b"\n" not in mail.content.replace(b"\r\n", b"")
    assert b"\r" not in mail.content.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in mail.content.split(b"\r\n"))
    head = mail.content.partition(b"\r\n\r\n")[0]
    for rules in (policy.default, policy.compat32):
        message = message_from_bytes(head, policy=rules)
        names = [name.lower() for name in message.keys()]  # noqa: SIM118 - a message repeats its keys
        assert all(names.count(name.lower()) == 1 for name in ONCE)
        assert not any(name.lower() in names for name in NEVER)
        known = {name.lower() for name in ONCE} | {"in-reply-to", "references"}
        known |= {"x-ranmailbot-kind", "content-language", "x-auto-response-suppress"}
        assert set(names) <= known
    to = message_from_bytes(head, policy=policy.default)["To"]
    assert [address.addr_spec for address in to.addresses] == [mail.recipient]
