"""Letters as people's clients would write them: a received form, a person and their answers become bytes.

Pure: dates and Message-IDs are handed in. Each `Style` is one layout; `layouts.py` holds the text and HTML of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from hashlib import sha256
from zoneinfo import ZoneInfo

from ranmailbot.call.call import Call
from ranmailbot.rehearsal.layouts import html_layout, text_layout
from ranmailbot.rehearsal.people import Persona, Style
from ranmailbot.rehearsal.received import Received
from ranmailbot.rehearsal.words import DISCLAIMER

CHARSETS = {"lv": "windows-1257", "el": "iso-8859-7", "de": "windows-1252", "en": "utf-8"}
PREFIXES = {"lv": "Atb.: ", "el": "ΑΠ: ", "de": "AW: ", "en": "Re: "}
PLAIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "..."})
HEADERS: Mapping[Style, Mapping[str, str]] = {
    Style.OUTLOOK: {"X-Mailer": "Microsoft Outlook 16.0", "Thread-Topic": "Call for participants"},
    Style.GMAIL: {"X-Gm-Message-State": "sample"},
    Style.NOTES: {"X-Mailer": "Lotus Notes Release 9.0.1"},
    Style.PARAGRAPH: {"X-Mailer": "Phone Mail (19D52)"},
}


@dataclass(frozen=True, slots=True)
class Head:
    """Who writes when. `date` is aware, in the writer's zone; ids come with angle brackets."""

    name: str
    email: str
    to: str
    subject: str
    date: datetime
    message_id: str
    references: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, str]:
        """The header fields, in order."""
        threading = {"In-Reply-To": " ".join(self.references[-1:]), "References": " ".join(self.references)}
        return {
            "From": formataddr((self.name, self.email)) if self.name.isascii() else self.email,
            "To": self.to,
            "Subject": self.subject,
            "Date": format_datetime(self.date),
            "Message-ID": self.message_id,
            **(threading if self.references else {}),
            **self.extra,
        }


def head_of_reply(persona: Persona, mail: Received, date: datetime, message_id: str) -> Head:
    """The head of this person's reply to this mail."""
    prefix = PREFIXES[persona.language]
    subject = mail.subject if mail.subject.startswith(("Re:", prefix)) else prefix + mail.subject
    return Head(
        name=persona.name,
        email=persona.email,
        to=mail.reply_to,
        subject=subject,
        date=date.astimezone(ZoneInfo(persona.zone)),
        message_id=message_id,
        references=(*mail.references, mail.message_id),
        extra=HEADERS.get(persona.style, {}),
    )


def answer(head: Head, persona: Persona, call: Call, mail: Received, answers: Mapping[int, str]) -> bytes:
    """The reply to a form, in this person's style."""
    text = text_layout(persona, call, mail, answers)
    html = html_layout(persona, call, mail, answers)
    if persona.style is Style.SIGNED:
        return _signed(head, text)
    if persona.style is Style.HTML_ONLY:
        return _html_only(head, html)
    if html:
        return _alternative(head, text, html)
    return plain(head, text, charset=_charset(persona), flowed=persona.style is Style.FLOWED)


def plain(head: Head, text: str, *, charset: str = "utf-8", flowed: bool = False) -> bytes:
    """A text/plain letter."""
    message = _begun(head)
    if charset != "utf-8":
        # Old clients write plain quotes and hyphens where their character set lacks ours, and ? for all the rest.
        text = text.translate(PLAIN).encode(charset, "replace").decode(charset)
    cte = "quoted-printable" if charset != "utf-8" or not text.isascii() else "7bit"
    if max(map(len, text.split("\n"))) > 900:  # noqa: PLR2004 - lines may have 998 octets (RFC 5322 2.1.1)
        cte = "quoted-printable"
    message.set_content(text, charset=charset, cte=cte)
    if flowed:
        message.set_param("format", "flowed")
    return message.as_bytes()


def _charset(persona: Persona) -> str:
    return CHARSETS[persona.language] if persona.style is Style.LEGACY else "utf-8"


def _begun(head: Head) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    for name, value in head.fields().items():
        message[name] = value
    return message


def _alternative(head: Head, text: str, html: str) -> bytes:
    message = _begun(head)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def _html_only(head: Head, html: str) -> bytes:
    message = _begun(head)
    old = html.encode("windows-1252", "xmlcharrefreplace").decode("windows-1252")
    message.set_content(old, subtype="html", charset="windows-1252", cte="quoted-printable")
    return message.as_bytes()


def _signed(head: Head, text: str) -> bytes:
    """multipart/signed (RFC 8551 3.5.3) as a gateway makes it; the signature itself is a sample that proves nothing."""
    message = MIMEMultipart("signed", protocol="application/pkcs7-signature", micalg="sha-256", policy=SMTP)
    for name, value in head.fields().items():
        message[name] = value
    body = MIMEText(f"{text}\n\n______\n{DISCLAIMER}\n", "plain", "utf-8", policy=SMTP)
    signature = MIMEApplication(sha256(text.encode()).digest() * 20, "pkcs7-signature", name="smime.p7s", policy=SMTP)
    signature.add_header("Content-Disposition", "attachment", filename="smime.p7s")
    message.attach(body)
    message.attach(signature)
    return message.as_bytes()


def out_of_office(head: Head, days: int) -> bytes:
    """What a machine answers while its owner is away (RFC 3834)."""
    return plain(
        _with(head, {"Auto-Submitted": "auto-replied", "Precedence": "bulk"}),
        f"Thank you for your message. I am out of the office and will be back in {days} days.\n\n{head.name}\n",
    )


def garbled(head: Head) -> bytes:
    """A letter no parser likes: an unknown character set, a boundary that never comes, bare bytes."""
    return (
        f"From: {head.name} <{head.email}>\r\nTo: {head.to}\r\nSubject: =?utf-9?q?=FF=FE?= answers\r\n"
        f"Date: {format_datetime(head.date)}\r\nMessage-ID: {head.message_id}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=never\r\n\r\n"
        "--never\r\nContent-Type: text/plain; charset=klingon-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "=====%%%%=====\r\n--never\r\nContent-Type: multipart/alternative; boundary=\r\n\r\n"
    ).encode("ascii", "replace")


def _with(head: Head, extra: Mapping[str, str]) -> Head:
    return Head(
        head.name,
        head.email,
        head.to,
        head.subject,
        head.date,
        head.message_id,
        head.references,
        {**head.extra, **extra},
    )


def marked(head: Head, **extra: str) -> Head:
    """The head with more fields; underscores in their names stand for hyphens."""
    return _with(head, {name.replace("_", "-"): value for name, value in extra.items()})
