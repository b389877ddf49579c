"""The routes of an alarm: what they carry, what they keep to themselves, and that none of them can hang."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ranmailbot.adapters.alarm_routes import CommandRoute, MailRoute, WebhookRoute
from ranmailbot.adapters.embedded import EmbeddedServer
from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.systemd import Systemd, from_environment, status
from ranmailbot.flows.silence import trial
from ranmailbot.ports import Account, Unavailable
from ranmailbot.watching import Kind, Moment, News, Now
from tests.adapters.servers import BOT, RealClock, Scripted, account, certificate, unique_address
from tests.world import OPENING

NEWS = News(Kind.FETCH, Now.SILENT, Moment(OPENING, 0), Moment(OPENING, 3600), "For 1 h 0 min: Größe of the silence.")


class Hook(BaseHTTPRequestHandler):
    """Takes a POST and remembers it."""

    taken: list[tuple[str, bytes]]
    answer = 204

    def do_POST(self) -> None:
        self.taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.answer)
        self.send_header("Location", "https://localhost:1/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silence."""


class Hooks:
    """An https server of our own."""

    def __init__(self, folder: Path, answer: int) -> None:
        self.ca_file, context = certificate(folder)
        self.taken: list[tuple[str, bytes]] = []
        handler = type("OneHook", (Hook,), {"taken": self.taken, "answer": answer})
        self.server = HTTPServer(("127.0.0.1", 0), handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def route(self, host: str = "localhost", path: str = "/hook?token=s3cret") -> WebhookRoute:
        return WebhookRoute(f"https://{host}:{self.server.server_port}{path}", 10, self.ca_file)


@pytest.fixture
def hooks(tmp_path: Path) -> Iterator[Hooks]:
    made = Hooks(tmp_path, 204)
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_webhook_gets_kind_state_since_and_text_as_json(hooks: Hooks) -> None:
    hooks.route().tell(NEWS)
    ((path, body),) = hooks.taken
    assert path == "/hook?token=s3cret"
    facts = {"kind": "fetch", "state": "silent", "since": "2022-03-01T09:00:00+00:00", "text": NEWS.text}
    assert json.loads(body) == facts


def test_a_webhook_behind_a_certificate_that_is_not_valid_gets_nothing(hooks: Hooks) -> None:
    for route in (replace(hooks.route(), ca_file=None), hooks.route(host="127.0.0.1")):
        with pytest.raises(Unavailable, match="certificate is not valid"):
            route.tell(NEWS)
    assert hooks.taken == []


@pytest.mark.parametrize("answer", [302, 404, 500])
def test_a_webhook_that_answers_anything_but_success_has_failed_and_no_redirect_is_followed(
    tmp_path: Path, answer: int
) -> None:
    made = Hooks(tmp_path, answer)
    with pytest.raises(Unavailable, match=str(answer)):
        made.route().tell(NEWS)
    assert len(made.taken) == 1
    made.server.shutdown()
    made.server.server_close()


def test_a_webhook_that_drips_is_cut_at_its_time_limit(tmp_path: Path) -> None:
    ca_file, context = certificate(tmp_path)

    def drip(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1000)
            secured.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                secured.sendall(b"X")
                threading.Event().wait(0.05)

    server = Scripted(drip)
    with pytest.raises(Unavailable, match=r"no answer within 0\.4 s"):
        WebhookRoute(f"https://localhost:{server.port}/", 0.4, ca_file).tell(NEWS)
    server.close()


def test_the_name_of_a_webhook_holds_no_secret_of_its_address() -> None:
    assert WebhookRoute("https://hooks.other.example/services/T0/s3cret", 1).name == "webhook at hooks.other.example"


def test_a_command_gets_the_text_and_no_variable_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANMAILBOT_PASSWORD", "s3cret")
    script = f"cat > {tmp_path}/text; env > {tmp_path}/env"
    CommandRoute(("/bin/sh", "-c", script), 10).tell(NEWS)
    assert (tmp_path / "text").read_text(encoding="utf-8") == NEWS.text + "\n"
    assert "s3cret" not in (tmp_path / "env").read_text(encoding="utf-8")


def test_a_command_is_no_shell_line(tmp_path: Path) -> None:
    CommandRoute(("/bin/cat", "/dev/null", "/dev/stdin"), 10).tell(NEWS)
    with pytest.raises(Unavailable, match="exit code"):
        CommandRoute(("/bin/cat", f"; touch {tmp_path}/made"), 10).tell(NEWS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("/no/such/program",), "does not start"),
        (("/bin/sh", "-c", "exit 3"), "exit code 3"),
        (("/bin/sh", "-c", "sleep 60 & wait"), "did not end within"),
    ],
)
def test_a_command_that_fails_or_hangs_says_so(argv: tuple[str, ...], words: str) -> None:
    with pytest.raises(Unavailable, match=words):
        CommandRoute(argv, 0.5).tell(NEWS)


def test_a_mail_by_another_account_reaches_everybody_and_is_marked_as_ours(server: EmbeddedServer) -> None:
    people = (unique_address(), unique_address())
    MailRoute(account(server.smtp_port), BOT, people, lambda: "abc123").tell(NEWS)
    for person in people:
        mailbox = ImapMailbox(account(server.imap_port, person), RealClock())
        (envelope,) = mailbox.fetch(5)
        mailbox.close()
        message = message_from_bytes(envelope.raw, policy=policy.default)
        assert message["To"] == person
        assert "ALARM" in message["Subject"]
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["X-Ranmailbot"]
        assert NEWS.text in message.get_content()


def test_a_mail_that_one_address_does_not_get_has_failed_and_the_others_have_it(server: EmbeddedServer) -> None:
    person = unique_address()
    with pytest.raises(Unavailable, match="1 of 2"):
        MailRoute(account(server.smtp_port), BOT, ("a@refused.example", person), lambda: "abc").tell(NEWS)
    mailbox = ImapMailbox(account(server.imap_port, person), RealClock())
    assert len(mailbox.fetch(5)) == 1
    mailbox.close()


def test_a_mail_to_a_server_that_is_not_there_says_so_without_user_or_password() -> None:
    nowhere = Account("127.0.0.1", 1, "none", "anna@ran.example", "s3cret")
    with pytest.raises(Unavailable) as fault:
        MailRoute(nowhere, BOT, (BOT,), lambda: "abc").tell(NEWS)
    assert "anna" not in str(fault.value)
    assert "s3cret" not in str(fault.value)


def test_a_trial_says_that_it_is_one() -> None:
    news = trial(Moment(OPENING, 0), "a-call")
    assert news.now is Now.TRIAL
    assert "trial" in news.text


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_systemd_hears_on_the_socket_it_names(tmp_path: Path, abstract: bool) -> None:
    name = f"@ranmailbot-test-{tmp_path.name}-{id(tmp_path)}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{name[1:]}" if abstract else name)
        heard.settimeout(10)
        Systemd(name, 1).say("READY=1", status("all is\nwell"))
        assert heard.recv(1000) == b"READY=1\nSTATUS=all is well"


def test_without_systemd_or_with_a_socket_that_is_gone_nothing_happens(tmp_path: Path) -> None:
    Systemd("", 1).say("READY=1")
    Systemd(str(tmp_path / "gone"), 1).say("READY=1")


def test_the_sign_of_life_comes_twice_as_often_as_systemd_wants_and_only_from_the_process_it_means() -> None:
    wanted = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "7"}
    assert from_environment(wanted, 7, 20) == Systemd("/run/x", 5)
    assert from_environment(wanted, 8, 20) == Systemd("/run/x", 20)
    assert from_environment({}, 7, 20) == Systemd("", 20)


def test_nothing_of_the_standard_tls_checks_is_switched_off(tmp_path: Path) -> None:
    from ranmailbot.adapters.tls import client_context  # noqa: PLC0415 - this test alone

    context = client_context(certificate(tmp_path)[0])
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
