"""A token endpoint of the tests: Microsoft's and Google's, over HTTPS with a CA of its own. It checks what it is sent.

Client credentials with a secret or with a signed assertion, and Google's JWT bearer grant; and for mail servers, which
token is good for which mailbox (also as an introspection endpoint, RFC 7662). `mood` makes it misbehave.
"""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ranmailbot.grants import Google, Microsoft365
from tests.adapters.servers import certificate

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-000000000000"
SECRET = "a-client-secret-of-the-tests"
MAILBOX = "prisons-call@ran.example"
GOOGLE_SCOPE = "https://mail.google.com/"
ROLES = ("IMAP.AccessAsApp", "SMTP.SendAsApp")
SERVICE_ACCOUNT = "bot@project.iam.gserviceaccount.example"


@cache
def rsa_pair(name: str) -> tuple[str, str]:
    """A key and a self-signed certificate (PEM), as an administrator makes them; made once, for it takes long."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
    public = made.public_bytes(serialization.Encoding.PEM).decode()
    return secret, public


@dataclass
class TokenDesk:
    """The endpoint, and what it knows. `mood`: well, down (see `close`), slow, drip, html, sick, busy, flood, moved."""

    folder: Path
    mood: str = "well"
    lifetime: int = 3600
    refusal: dict[str, str] | None = None
    """What it answers to every question for a token instead."""
    asked: list[str] = field(default_factory=list)
    good: dict[str, str] = field(default_factory=dict)
    """Which token opens which mailbox now."""
    roles: tuple[str, ...] = ROLES
    _numbers: count = field(default_factory=lambda: count(1))
    _ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.ca_file, context = certificate(self.folder)
        self.app_key, self.app_certificate = rsa_pair("app")
        self.google_key, self.google_certificate = rsa_pair("service-account")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self.url = f"https://localhost:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def secret_grant(self, secret: str = SECRET, client: str = CLIENT) -> Microsoft365:
        return Microsoft365(TENANT, client, secret, authority=self.url, ca_file=self.ca_file)

    def certificate_grant(self) -> Microsoft365:
        return Microsoft365(
            TENANT,
            CLIENT,
            certificate=self.app_certificate,
            private_key=self.app_key,
            authority=self.url,
            ca_file=self.ca_file,
        )

    def service_account(self) -> dict[str, str]:
        return {
            "type": "service_account",
            "client_email": SERVICE_ACCOUNT,
            "private_key": self.google_key,
            "private_key_id": "1",
            "token_uri": f"{self.url}/google/token",
        }

    def google_grant(self, mailbox: str = MAILBOX) -> Google:
        return Google(json.dumps(self.service_account()), mailbox, self.ca_file)

    def issue(self, mailbox: str = MAILBOX, style: str = "plain") -> str:
        """A new token, good for this mailbox."""
        number = next(self._numbers)
        if style == "jwt":
            claims = base64.urlsafe_b64encode(json.dumps({"roles": list(self.roles), "n": number}).encode())
            token = f"eyJhbGciOiJub25lIn0.{claims.decode().rstrip('=')}.c2ln"
        else:
            token = f"ya29.token-{number}"
        self.good[token] = mailbox
        return token

    def revoke(self) -> None:
        """No token that was given is good any more."""
        self.good.clear()

    # -- what it answers ---------------------------------------------------------------------------------------------

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        if path == "/introspect":
            mailbox = self.good.get(form.get("token", ""))
            return 200, {"active": True, "username": mailbox} if mailbox else {"active": False}
        if self.refusal is not None:
            return 400, dict(self.refusal)
        return self._google(form) if path == "/google/token" else self._microsoft(form)

    def discovery(self, path: str) -> tuple[int, dict[str, object]]:
        if not path.startswith(f"/{TENANT}/"):
            return 400, {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'x' not found."}
        base = f"{self.url}/{TENANT}/oauth2/v2.0"
        return 200, {"token_endpoint": f"{base}/token", "authorization_endpoint": f"{base}/authorize", "issuer": base}

    def _microsoft(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        if form.get("client_id") != CLIENT:
            return 400, {"error": "unauthorized_client", "error_description": "AADSTS700016: Application not found."}
        if form.get("grant_type") != "client_credentials" or not form.get("scope", "").endswith("/.default"):
            return 400, {"error": "invalid_scope", "error_description": "AADSTS1002012: scope"}
        if "client_assertion" in form:
            if not self._assertion_is_right(form["client_assertion"]):
                return 401, {"error": "invalid_client", "error_description": "AADSTS700027: invalid signature"}
        elif form.get("client_secret") != SECRET:
            return 401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
        token = self.issue(style="jwt")
        return 200, {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": token}

    def _assertion_is_right(self, text: str) -> bool:
        public = x509.load_pem_x509_certificate(self.app_certificate.encode())
        thumb = hashlib.sha256(public.public_bytes(serialization.Encoding.DER)).digest()
        head = jwt.get_unverified_header(text)
        try:
            claims = jwt.decode(
                text,
                public.public_key(),
                algorithms=["PS256", "RS256"],
                audience=f"{self.url}/{TENANT}/oauth2/v2.0/token",
                issuer=CLIENT,
            )
        except jwt.PyJWTError:
            return False
        told = head.get("x5t#S256", "")
        return claims["sub"] == CLIENT and told.rstrip("=") == base64.urlsafe_b64encode(thumb).decode().rstrip("=")

    def _google(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        assert form.get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        public = x509.load_pem_x509_certificate(self.google_certificate.encode()).public_key()
        uri = f"{self.url}/google/token"
        try:
            claims = jwt.decode(form["assertion"], public, algorithms=["RS256"], audience=uri, issuer=SERVICE_ACCOUNT)
        except jwt.ExpiredSignatureError:
            words = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
            return 400, {"error": "invalid_grant", "error_description": words}
        except jwt.PyJWTError:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        if claims["sub"] != MAILBOX or claims["scope"] != GOOGLE_SCOPE or claims["exp"] - claims["iat"] > 3600:
            words = "Client is unauthorized to retrieve access tokens using this method, or client not authorized."
            return 401, {"error": "unauthorized_client", "error_description": words}
        return 200, {"access_token": self.issue(), "expires_in": self.lifetime, "token_type": "Bearer"}

    # -- how it misbehaves -------------------------------------------------------------------------------------------

    def misbehaves(self, handler: BaseHTTPRequestHandler) -> bool:
        """Whether the mood answered already."""
        pages = {
            "html": (200, "text/html", b"<html><title>Please log in</title></html>"),
            "sick": (503, "text/html", b"<html>try later</html>"),
            "busy": (429, "application/json", b"{}"),
            "list": (200, "application/json", b"[1]"),
            "nothing": (200, "application/json", b"{}"),
        }
        if self.mood in pages:
            status, kind, body = pages[self.mood]
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            handler.end_headers()
            handler.wfile.write(body)
        elif self.mood == "moved":
            handler.send_response(302)
            handler.send_header("Location", "https://login.example.test/")
            handler.end_headers()
        elif self.mood == "slow":
            self._ended.wait(60)
        elif self.mood == "drip":
            handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not self._ended.wait(0.02):
                handler.wfile.write(b" ")
        elif self.mood == "flood":
            handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
            while not self._ended.is_set():
                handler.wfile.write(b"{" * 65536)
        return self.mood != "well"


def _handler(desk: TokenDesk) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._told(lambda: desk.discovery(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._told(lambda: desk.answer(urlsplit(self.path).path, form))

        def _told(self, answer: object) -> None:
            desk.asked.append(f"{self.command} {self.path}")
            if desk.misbehaves(self):
                return
            status, facts = answer()
            body = json.dumps(facts).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Not on the screen."""

        def handle(self) -> None:
            try:
                super().handle()
            except (OSError, ssl.SSLError):
                return  # the client has had enough: often what the test is about

    return Handler


class PlayedTicks:
    """A monotonic clock that stands until it is moved, and real time for providers."""

    def __init__(self) -> None:
        self.ticks = 1000.0

    def monotonic(self) -> float:
        return self.ticks

    def now(self) -> datetime:
        return datetime.now(UTC)

    def arrival(self, stamp: datetime) -> datetime:
        return stamp
