"""Whatever strangers write, our mails have one recipient, our own fields, our own markup, and nothing remote."""

from __future__ import annotations

import base64
import re
from email import message_from_bytes, policy
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from tests.attacks.tools import QuickWorld, facts, invite, is_well_formed, raw_letter, received, verdict_of
from tests.flows.test_announce import local

CONTROLS = {chr(code) for code in (*range(9), *range(11, 32), 0x7F, 0x200B, 0x200F, 0x202A, 0x202E, 0x2066, 0xFEFF)}
OURS = re.compile(r"mailto:(?:prisons-call|alexandra\.korn|rositsa\.dzhekova|privacy)(?:@|%40)ran\.example(?:\?|$)")
BCC = "Bcc: victim@evil.example"
MARKUP = '<img src="http://evil.example/x.png"><script>alert(1)</script><a href="https://evil.example">x</a>'
TEMPLATE = "{{ 7*7 }}{% for x in range(9) %}y{% endfor %}{{ call.sessions }}{# #}${7*7}"


def coded(text: str, charset: str = "utf-8", how: str = "b") -> str:
    data = text.encode(charset)
    return f"=?{charset}?b?{base64.b64encode(data).decode()}?=" if how == "b" else (
        f"=?{charset}?q?{''.join(f'={octet:02X}' for octet in data)}?="
    )  # fmt: skip


PAYLOADS = [
    coded(f"x\r\n{BCC}"),
    coded(f"x\n{BCC}", how="q"),
    coded(f"x\r{BCC}"),
    coded(f"x\r\n\r\n{MARKUP}"),
    coded(f"x\u2028{BCC}"),
    coded(f"x\u0085{BCC}"),
    coded(f"x\x0b{BCC}"),
    coded(f"x\x00\r\n{BCC}"),
    coded(coded(f"x\r\n{BCC}")),
    coded(f"x\r\n {BCC}", "utf-16"),
    coded(f"x\r\n{BCC}", "utf-7"),
    "=?utf-8?q?x=0D=0A" + "Bcc=3Av@e?=",
    "=?utf-8*en'=0D=0ABcc:?q?x=0D=0A?=",
    coded("x") * 40,
    "=?utf-8?b?" + "A" * 4_000 + "?=",
    "=?utf-8?q?=?= =?=",
    MARKUP,
    TEMPLATE,
    "{{7*7}}",
    "\u202egnp.exe\u202c",
    "\u200b\u2066\ufeff",
    "a" * 5_000,
    '"\\" <victim@evil.example>, "',
    "'; DROP TABLE outbox; --",
    '=HYPERLINK("http://evil.example")',
    "%s%n%(name)s",
    "javascript:alert(1)",
    "x\ty",
    "]]><![CDATA[",
    "<!--",
    "--></style></head>",
    "&#60;script&#62;",
    "&lt;b&gt;",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "<mail@evil.example>",
    "Undisclosed: victim@evil.example, v2@evil.example;",
    "--=_a",
    "\x1e\x1e",
    "Subject: x",
    "BEGIN:VEVENT\\nATTENDEE:mailto:victim@evil.example",
    'x";CN="y:mailto:victim@evil.example',
    "\x1b[31mred",
    "\u0430nn",
]


def clean_of_markup(page: str) -> None:
    """Only our own elements and attributes; nothing that loads, runs or leads elsewhere."""
    tree = LexborHTMLParser(page)
    for tag in ("script", "iframe", "object", "embed", "img", "form", "input", "link", "base", "svg", "video", "audio"):
        assert not tree.css(tag), tag
    for node in tree.css("*"):
        for name, value in node.attributes.items():
            assert not name.lower().startswith("on"), name
            if name in ("href", "src", "background", "action"):
                assert OURS.match(value or ""), value


def check(world: QuickWorld) -> None:
    for mail in world.all_sent():
        is_well_formed(mail)
        assert mail.recipient.endswith(("@example.org", "@ran.example"))
        message = message_from_bytes(mail.content, policy=policy.default)
        faces = {part.get_content_type(): str(part.get_content()) for part in message.walk() if not part.is_multipart()}
        clean_of_markup(faces["text/html"])
        assert "url(" not in faces["text/html"]
        subject = str(message["Subject"])
        shown = subject + faces["text/plain"] + faces["text/html"]
        assert not CONTROLS & set(shown.replace("\r", "").replace("\n", ""))
        assert "49" not in re.sub(r"\d{3,}", "", subject)
        event = faces.get("text/calendar", "")
        assert event.count("ATTENDEE") == event.count("BEGIN:VEVENT") <= 1
        assert all(len(line.encode()) <= 75 for line in event.splitlines())


def application(payload: str) -> str:
    rows = [f"{number}. Answer {number} {payload}" for number in (1, 2, 3, 4)]
    return "\n\n".join([*rows, f"Your name: N {payload}\nYour organisation: {payload}\nYour role: {payload}"])


def test_no_payload_in_any_place_changes_the_shape_of_any_mail_we_send(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    stamp = verdict_of("example.org") + received()
    for number, payload in enumerate(PAYLOADS):
        line = payload.replace("\n", " ")
        quoted = line.replace("\\", "\\\\").replace('"', '\\"')
        for place, sender in enumerate((f'"{quoted}" <p{number}@example.org>', f"{line} <q{number}@example.org>")):
            world.mailbox.deliver(
                _bytes(
                    raw_letter(
                        world,
                        f"{stamp}From: {sender}\n",
                        application(payload),
                        more={
                            "Subject": line,
                            "Message-ID": f"<{line}@x>",
                            "References": f"<{line}@x> <a\tb@c> <{'r' * 300}@x> "
                            + " ".join(f"<{n}@x>" for n in range(60)),
                            "In-Reply-To": f"<x{number}.{place}@x>\n <{line}>",
                        },
                    )
                ),
                world.clock.moment,
            )
        attached = (
            f"--b\nContent-Type: text/plain\n\n{payload}\n--b\nContent-Type: application/pdf; name*=utf-8''{line}.pdf\n"
        )
        attached += f'Content-Disposition: attachment; filename="{quoted}.pdf"\n\nx\n--b--'
        shape = {"Content-Type": "multipart/mixed; boundary=b", "Subject": line}
        head = f"{stamp}From: e{number}@example.org\nReply-To: victim@evil.example\nCc: victim@evil.example\n"
        world.mailbox.deliver(_bytes(raw_letter(world, head, attached, more=shape)), world.clock.moment)
    world.settle()
    world.go_to(local(2022, 3, 2, 8, 1))
    assert len(world.applications()) >= len(PAYLOADS)
    numbers = [person[0] for person in facts(world)]
    for day in (7, 10, 11):
        world.go_to(local(2022, 3, day, 10, 30))
    invite(world, *(number for number in numbers[1::3] if isinstance(number, int)))
    world.go_to(local(2022, 3, 19, 8, 1))
    assert {"digest", "acknowledgement", "closing", "invitation", "form"} <= {m.kind for m in world.outbox()}
    assert "shunted" not in world.outcomes()
    check(world)
    world.engine.dispose()


def _bytes(raw: str) -> bytes:
    return raw.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "surrogatepass")
