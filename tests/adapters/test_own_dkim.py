"""Our own DKIM check: a whole, aligned, living signature proves its author; every other one proves nothing."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Event

import dkim
import pytest
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ranmailbot.adapters import dkim_check
from ranmailbot.adapters.dns_lookup import SILENT_SECONDS, DnsLookup
from ranmailbot.adapters.reading_room import ChildReadingRoom, InProcessReadingRoom
from ranmailbot.adapters.vouching_room import VouchingReadingRoom
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.dkim_signature import Signature, key_doubt
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.limits import Limits
from ranmailbot.ports import Envelope, Unreadable

NOW = datetime.now(UTC)
NAME = "sel._domainkey.ministry.example"
TRUST = Trust("generic", "mx.ran.example", "ran.example", own_dkim=True)
SIGNED = (b"from", b"to", b"subject", b"date", b"message-id")
HEAD = (
    "From: Anna Sample <anna@ministry.example>\r\nTo: call@ran.example\r\nSubject: Application\r\n"
    "Date: Wed, 2 Mar 2022 08:17:50 +0000\r\nMessage-ID: <one@ministry.example>\r\n"
)
LETTER = (HEAD + "\r\n1. Ten years.\r\n\r\n2. We work with families.\r\n").encode()
TRACE = b"Received: from mail.ministry.example by mx.ran.example with ESMTPS id 1; Wed, 2 Mar 2022 08:17:56 +0000\r\n"


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def pem(bits: int = 2048) -> bytes:
    return rsa_key(bits).private_bytes(forms.Encoding.PEM, forms.PrivateFormat.TraditionalOpenSSL, forms.NoEncryption())


def record(bits: int = 2048, tags: str = "v=DKIM1; k=rsa; ") -> str:
    public = rsa_key(bits).public_key().public_bytes(forms.Encoding.DER, forms.PublicFormat.SubjectPublicKeyInfo)
    return f"{tags}p={base64.b64encode(public).decode()}"


def signed(letter: bytes = LETTER, *, domain: str = "ministry.example", bits: int = 2048, **how: object) -> bytes:
    options: dict[str, object] = {"include_headers": list(SIGNED), "canonicalize": (b"relaxed", b"relaxed")}
    signature = dkim.sign(letter, b"sel", domain.encode(), pem(bits), **{**options, **how})
    return TRACE + bytes(signature) + letter


def read(raw: bytes, keys: Mapping[str, Sequence[str]] | None = None, arrived: datetime = NOW) -> Letter:
    room = InProcessReadingRoom(Limits(), TRUST, (), keys={NAME: [record()]} if keys is None else keys)
    letter = room.read_one(Envelope("INBOX", 1, 1, arrived, len(raw), raw), arrived)
    assert isinstance(letter, Letter)
    return letter


def proven(raw: bytes, keys: Mapping[str, Sequence[str]] | None = None) -> bool:
    letter = read(raw, keys)
    assert letter.authentication.reason
    return letter.authentication.passed


@pytest.mark.parametrize("way", [(b"relaxed", b"relaxed"), (b"simple", b"simple"), (b"relaxed", b"simple")])
def test_a_whole_aligned_signature_proves_its_author(way: tuple[bytes, bytes]) -> None:
    assert proven(signed(canonicalize=way))


def test_a_signature_with_ed25519_proves_its_author() -> None:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(forms.Encoding.Raw, forms.PrivateFormat.Raw, forms.NoEncryption())
    public = key.public_key().public_bytes(forms.Encoding.Raw, forms.PublicFormat.Raw)
    raw = (
        TRACE
        + bytes(
            dkim.sign(
                LETTER,
                b"sel",
                b"ministry.example",
                base64.b64encode(private),
                signature_algorithm=b"ed25519-sha256",
                include_headers=list(SIGNED),
            )
        )
        + LETTER
    )
    text = f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"
    assert proven(raw, {NAME: [text]})
    assert not proven(raw, {NAME: [record()]})


def test_a_signature_of_a_domain_of_the_same_owner_is_aligned() -> None:
    assert proven(signed(domain="mail.ministry.example"), {"sel._domainkey.mail.ministry.example": [record()]})


@pytest.mark.parametrize(
    ("author", "domain"),
    [
        ("anna@ministry.example", "evil.example"),
        ("anna@ministry.example", "example"),
        ("anna@ministry.example", "xministry.example"),
        ("anna@ministry.example", "ministry.example.evil.example"),
        ("anna@prison.gov.uk", "court.gov.uk"),
        ("anna@prison.gov.uk", "gov.uk"),
        ("anna@prison.github.io", "evil.github.io"),
    ],
)
def test_a_signature_of_another_owner_proves_nobody_and_asks_no_dns(author: str, domain: str) -> None:
    raw = signed(LETTER.replace(b"anna@ministry.example", author.encode()), domain=domain)
    letter = read(raw, {f"sel._domainkey.{domain}": [record()]})
    assert not letter.authentication.passed
    assert letter.keys_wanted == ()


@pytest.mark.parametrize("left_out", [b"from", b"to", b"subject", b"date"])
def test_a_signature_that_leaves_out_who_what_or_when_proves_nobody(left_out: bytes) -> None:
    names = [name for name in SIGNED if name != left_out]
    try:
        raw = signed(include_headers=names)
    except dkim.ParameterError:  # dkimpy itself signs no letter without its From
        raw = signed().replace(b"from : ", b"").replace(b"h=from", b"h=x-from")
    assert not proven(raw)


ANOTHER_TEXT = b"2. We work with strangers."
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "another text": lambda raw: raw.replace(b"2. We work with families.", ANOTHER_TEXT),
    "another subject": lambda raw: raw.replace(b"Subject: Application", b"Subject: Withdraw"),
    "another author": lambda raw: raw.replace(b"anna@ministry.example", b"bob@ministry.example"),
    "a From above": lambda raw: b"From: bob@ministry.example\r\n" + raw,
    "a From below": lambda raw: raw.replace(b"Subject:", b"From: bob@ministry.example\r\nSubject:", 1),
    "a From with a blank before the colon": lambda raw: b"From : bob@ministry.example\r\n" + raw,
    "a second Subject": lambda raw: b"Subject: withdraw\r\n" + raw,
    "a second To": lambda raw: b"To: x@y.example\r\n" + raw,
    "a reference that was not signed": lambda raw: b"In-Reply-To: <ours@ran.example>\r\n" + raw,
    "a bare CR": lambda raw: raw.replace(b"Subject: Application", b"Subject: Application\rX: y"),
    "mixed line ends": lambda raw: raw.replace(b"2. We work with families.\r\n", b"2. We work with families.\n"),
    "a NUL": lambda raw: raw + b"\0",
    "more text behind": lambda raw: raw + ANOTHER_TEXT,
    "no v=": lambda raw: raw.replace(b"v=1;", b"", 1),
    "v=2": lambda raw: raw.replace(b"v=1;", b"v=2;", 1),
    "a tag twice": lambda raw: raw.replace(b"v=1;", b"v=1; v=1;", 1),
    "rsa-sha1": lambda raw: raw.replace(b"a=rsa-sha256", b"a=rsa-sha1", 1),
    "a length": lambda raw: raw.replace(b"v=1;", b"v=1; l=14;", 1),
    "an expiry": lambda raw: raw.replace(b"v=1;", b"v=1; x=9999999999;", 1),
    "long runs of blanks": lambda raw: raw + b" " * 20_000,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_is_changed_in_a_signed_letter_takes_its_proof(change: Callable[[bytes], bytes]) -> None:
    assert not proven(change(signed()))


def test_a_signature_over_a_part_of_the_text_proves_nobody() -> None:
    raw = signed(length=True)
    assert not proven(raw)
    assert not proven(raw + ANOTHER_TEXT)


def with_expiry(expires: int, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """dkimpy signs no x=, so it is put into the fields while it signs."""
    generate = dkim.DKIM.gen_header

    def with_x(self: dkim.DKIM, fields: list[tuple[bytes, bytes]], *rest: object) -> object:
        fields.insert(1, (b"x", str(expires).encode()))
        return generate(self, fields, *rest)

    monkeypatch.setattr(dkim.DKIM, "gen_header", with_x)
    return signed()


def test_a_signature_that_had_expired_when_the_letter_came_proves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = with_expiry(int(time.time()) + 60, monkeypatch)
    assert read(raw, arrived=NOW).authentication.passed
    assert not read(raw, arrived=NOW + timedelta(hours=1)).authentication.passed


@pytest.mark.parametrize(
    "records",
    [
        [],
        [record(tags="v=DKIM1; k=rsa; t=y; ")],
        [record(tags="v=DKIM1; k=rsa; t=s:y; ")],
        ["v=DKIM1; k=rsa; p="],
        ["v=DKIM1; k=rsa"],
        [record(tags="v=DKIM2; k=rsa; ")],
        [record(tags="v=DKIM1; k=ed25519; ")],
        [record(tags="v=DKIM1; h=sha1; ")],
        [record(tags="v=DKIM1; s=tlsrpt; ")],
        [record(), record()],
        ["v=DKIM1; p=AAAA"],
        [record(4096) + "A" * 400],
        ["\ufffd" + record()],
        ["v=spf1 -all"],
        [""],
    ],
)
def test_a_key_that_is_revoked_testing_doubled_or_broken_proves_nobody(records: list[str]) -> None:
    assert not proven(signed(), {NAME: records})


def test_a_key_below_1024_bits_proves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dkim_check.LEAST_BITS == 1024
    assert proven(signed(bits=1024), {NAME: [record(1024)]})
    monkeypatch.setattr(dkim_check, "LEAST_BITS", 1025)  # shorter keys cannot be made any more, so the bar is raised
    assert not proven(signed(bits=1024), {NAME: [record(1024)]})


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("v=DKIM1; k=rsa; p=AAAA", ""),
        ("p=AAAA", ""),
        ("v=DKIM1; k=rsa; p=", "its key was revoked"),
        ("v=DKIM1; k=rsa", "its key was revoked"),
        ("v=DKIM1; k=ed25519; p=AAAA", "its key is not one we can use"),
        ("v=DKIM2; p=AAAA", "its key is not one we can use"),
        ("v=DKIM1; p=AAAA; p=BBBB", "its key is not one we can use"),
        ("v=DKIM1; p=" + "A" * 1_000, "its key is not one we can use"),
        ("v=DKIM1; t=y; p=AAAA", "its domain is only testing DKIM"),
        ("v=DKIM1; s=tlsrpt; p=AAAA", "its key is not for mail signed like this"),
        ("v=DKIM1; h=sha1; p=AAAA", "its key is not for mail signed like this"),
        ("v=DKIM1; h=sha1:sha256; s=email:x; p=AAAA", ""),
    ],
)
def test_what_speaks_against_a_key_is_said_before_it_is_used(text: str, doubt: str) -> None:
    assert key_doubt(text, Signature(0, NAME, "rsa", strict=False)) == doubt


def test_the_aligned_signature_counts_wherever_it_stands_among_others() -> None:
    ours = signed().removeprefix(TRACE).removesuffix(LETTER)
    others = signed(domain="list.example").removeprefix(TRACE).removesuffix(LETTER)
    assert proven(TRACE + others + ours + LETTER)
    assert proven(TRACE + ours + others + LETTER)
    assert not proven(TRACE + others + ours.replace(b"bh=", b"bh=A") + LETTER)


def test_a_letter_whose_fields_we_read_only_in_part_proves_nobody() -> None:
    long = LETTER.replace(b"Subject: Application", b"Subject: " + b"\r\n ".join([b"word " * 14] * 130))
    assert not proven(signed(long))


def test_a_strict_key_signs_for_its_own_domain_only() -> None:
    strict = {NAME: [record(tags="v=DKIM1; t=s; ")]}
    assert proven(signed(identity=b"anna@ministry.example"), strict)
    assert not proven(signed(identity=b"anna@sub.ministry.example"), strict)


def test_what_the_server_proved_needs_no_key() -> None:
    stamp = b"Authentication-Results: mx.ran.example; dmarc=pass header.from=ministry.example\r\n"
    assert read(stamp + signed()).keys_wanted == ()


def test_only_a_few_signatures_of_a_letter_are_looked_at() -> None:
    many = b"".join(signed().partition(LETTER)[0].removeprefix(TRACE) for _ in range(50))
    assert len(read(TRACE + many + LETTER, {}).keys_wanted) == 3


# -- in the reading room, with the DNS ---------------------------------------------------------------------------


class PlayedDns:
    def __init__(self, texts: Mapping[str, tuple[str, ...] | None]) -> None:
        self.held, self.asked = texts, []

    def texts(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...] | None]:
        self.asked.append(tuple(names))
        return {name: self.held.get(name, ()) for name in names}

    def close(self) -> None:
        pass


def in_children(raws: list[bytes], dns: PlayedDns) -> list[Letter]:
    reader = InProcessReadingRoom(Limits(), TRUST, ())
    room = ChildReadingRoom(reader, Limits())
    try:
        envelopes = [Envelope("INBOX", n, 1, NOW, len(raw), raw) for n, raw in enumerate(raws)]
        read = VouchingReadingRoom(room, reader, dns).read(envelopes, [NOW] * len(raws))
    finally:
        room.close()
    assert not any(isinstance(one, Unreadable) for one in read)
    return list(read)  # type: ignore[arg-type]  # asserted above


def test_a_batch_is_proven_letter_by_letter_with_one_question_to_the_dns() -> None:
    dns = PlayedDns({NAME: (record(),)})
    good, forged = signed(), signed().replace(b"families", b"strangers")
    letters = in_children([good, LETTER, forged, good], dns)
    assert [letter.authentication.passed for letter in letters] == [True, False, False, True]
    assert len(dns.asked) == 1


def test_a_silent_dns_is_named_as_the_reason_and_hinders_nothing() -> None:
    (letter,) = in_children([signed()], PlayedDns({NAME: None}))
    assert not letter.authentication.passed
    assert "the DNS did not answer" in letter.authentication.reason


def test_letters_that_need_no_key_ask_nothing() -> None:
    dns = PlayedDns({})
    in_children([LETTER], dns)
    assert dns.asked == []


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_dns_is_asked_once_and_what_gave_no_answer_is_left_alone_for_a_minute() -> None:
    clock, asked = Seconds(), list[str]()

    def question(name: str) -> tuple[str, ...] | None:
        asked.append(name)
        if name == "broken.example":
            raise OSError
        return {"here.example": ("v=DKIM1",), "none.example": ()}.get(name)

    lookup = DnsLookup(clock, question)
    names = ["here.example", "none.example", "silent.example", "broken.example"]
    for _ in range(3):
        assert lookup.texts(names) == {
            "here.example": ("v=DKIM1",), "none.example": (), "silent.example": None, "broken.example": None,
        }  # fmt: skip
    assert sorted(asked) == sorted(names)
    clock.now = SILENT_SECONDS + 1
    lookup.texts(names)
    assert sorted(asked[4:]) == ["broken.example", "silent.example"]
    lookup.close()


def test_a_dns_that_never_answers_costs_a_batch_its_few_seconds_and_no_more() -> None:
    over = Event()
    lookup = DnsLookup(Seconds(), lambda _: () if over.wait(30) else None, seconds=0.01)
    try:
        assert set(lookup.texts([f"n{n}.example" for n in range(500)]).values()) == {None}
    finally:
        over.set()
        lookup.close()
