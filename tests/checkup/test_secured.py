"""What is said of certificates and connections: real sockets, real TLS, and the remedy that fits."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ranmailbot.adapters.tls_look import NoTls, Trouble, look
from ranmailbot.checkup.findings import Finding, Level
from ranmailbot.checkup.online import secured
from ranmailbot.ports import Account
from tests.adapters.servers import Scripted

NOW = datetime.now(UTC)
Play = Callable[[socket.socket], None]


def certificate(folder: Path, host: str = "localhost", days: float = 90, *, since: float = 100) -> ssl.SSLContext:
    """The server's side of a certificate of its own; `ca.pem` in the folder is what a client must trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "City Authority"), x509.NameAttribute(NameOID.COMMON_NAME, host)
    ])  # fmt: skip
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=since))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Account]]:
    """A server that plays this; the account of it."""
    with ExitStack() as held:

        def make(play: Play, security: Literal["tls", "starttls"] = "tls") -> Account:
            server = Scripted(play)
            held.callback(server.close)
            return Account("localhost", server.port, security, "call", "s3cret", tmp_path / "ca.pem")

        yield make


def direct(context: ssl.SSLContext) -> Play:
    def play(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as channel:
            channel.recv(1)

    return play


def imap(context: ssl.SSLContext | None) -> Play:
    def play(connection: socket.socket) -> None:
        connection.sendall(b"* OK ready\r\n")
        connection.recv(1000)
        connection.sendall(b"* CAPABILITY IMAP4rev1\r\n")
        connection.sendall(b"a OK begin\r\n" if context else b"a BAD what?\r\n")
        if context:
            direct(context)(connection)

    return play


def smtp(context: ssl.SSLContext | None) -> Play:
    def play(connection: socket.socket) -> None:
        connection.sendall(b"220-hello\r\n220 there\r\n")
        connection.recv(1000)
        connection.sendall(b"250-mx\r\n250-STARTTLS\r\n250 SIZE 1\r\n" if context else b"250-mx\r\n250 SIZE 1\r\n")
        connection.recv(1000)
        connection.sendall(b"220 begin\r\n")
        if context:
            direct(context)(connection)

    return play


def finding(account: Account, protocol: Literal["imap", "smtp"] = "imap") -> Finding:
    (one,) = secured(protocol, account, NOW)
    return one


def test_a_valid_certificate_is_told_with_its_issuer_and_its_days(
    serve: Callable[..., Account], tmp_path: Path
) -> None:
    context = certificate(tmp_path, days=90.5)
    for account, protocol in (
        (serve(direct(context)), "imap"),
        (serve(imap(context), "starttls"), "imap"),
        (serve(smtp(context), "starttls"), "smtp"),
    ):
        one = finding(account, protocol)  # type: ignore[arg-type]
        assert one.level is Level.OK, one.what
        assert "City Authority" in one.what
        assert "90 days left" in one.what


def test_a_certificate_that_ends_in_a_week_is_a_warning(serve: Callable[..., Account], tmp_path: Path) -> None:
    one = finding(serve(direct(certificate(tmp_path, days=7.5))))
    assert one.level is Level.WARNING
    assert "7 days left" in one.what
    assert "renew" in one.remedy


@pytest.mark.parametrize(
    ("how", "trouble", "remedy"),
    [
        ({"days": -1}, Trouble.EXPIRED, "renew it"),
        ({"days": 90, "since": -2}, Trouble.EXPIRED, "set the clock"),
        ({"host": "mail.other.example"}, Trouble.WRONG_NAME, "the name that stands in the certificate"),
    ],
    ids=["expired", "not yet valid", "wrong name"],
)
def test_a_certificate_that_is_not_valid_is_a_fault_with_its_own_remedy(
    serve: Callable[..., Account], tmp_path: Path, how: dict[str, object], trouble: Trouble, remedy: str
) -> None:
    account = serve(direct(certificate(tmp_path, **how)))  # type: ignore[arg-type]
    found = look(account, "imap", 10)
    assert isinstance(found, NoTls)
    assert found.trouble is trouble
    one = finding(account)
    assert one.level is Level.FAULT
    assert remedy in one.remedy
    assert one.setting == "mailbox.host"


def test_a_certificate_of_an_unknown_authority_asks_for_ca_file(serve: Callable[..., Account], tmp_path: Path) -> None:
    account = replace(serve(direct(certificate(tmp_path))), ca_file=None)
    one = finding(account)
    assert one.level is Level.FAULT
    assert "ca_file" in one.remedy


@pytest.mark.parametrize(("protocol", "play"), [("imap", imap), ("smtp", smtp)])
def test_a_server_without_starttls_is_told_to_be_asked_for_tls(
    serve: Callable[..., Account], tmp_path: Path, protocol: Literal["imap", "smtp"], play: Callable[[None], Play]
) -> None:
    certificate(tmp_path)
    one = finding(serve(play(None), "starttls"), protocol)
    assert one.level is Level.FAULT
    assert "STARTTLS" in one.what
    assert 'security = "tls"' in one.remedy


def test_a_port_that_speaks_no_tls_is_told_to_be_asked_for_starttls(
    serve: Callable[..., Account], tmp_path: Path
) -> None:
    certificate(tmp_path)
    one = finding(serve(lambda connection: connection.sendall(b"* OK ready\r\n")))
    assert one.level is Level.FAULT
    assert 'security = "starttls"' in one.remedy


def test_a_name_that_nobody_knows_a_closed_port_and_a_silent_server_have_words_of_their_own(
    serve: Callable[..., Account], tmp_path: Path
) -> None:
    certificate(tmp_path)
    unknown = Account("no-such-host.invalid", 993, "tls", "call", "s3cret")
    assert look(unknown, "imap", 10) == NoTls(Trouble.NAME, "its name is not known")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    closed = look(replace(unknown, host="localhost", port=port), "imap", 10)
    assert isinstance(closed, NoTls)
    assert closed.trouble is Trouble.REFUSED
    silent = look(serve(lambda connection: (connection.recv(10_000) and None) or _nothing(connection)), "imap", 0.3)
    assert isinstance(silent, NoTls)
    assert silent.trouble is Trouble.SILENT


def _nothing(connection: socket.socket) -> None:
    """Keep the connection until the client hangs up."""
    while connection.recv(1000):
        pass


def test_a_server_that_drips_for_ever_is_cut_in_time(serve: Callable[..., Account], tmp_path: Path) -> None:
    certificate(tmp_path)

    def flood(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"220-" + b"x" * 60 + b"\r\n")

    found = look(serve(flood, "starttls"), "smtp", 5)
    assert isinstance(found, NoTls)
