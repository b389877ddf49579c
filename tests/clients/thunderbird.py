"""Thunderbird on a screen that nobody sees: a new profile, the mail fetched by IMAP, a reply typed key by key, sent."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.clients.marionette import Marionette, connect
from tests.clients.plays import Play
from tests.clients.post_office import CALL, PASSWORD, PostOffice
from tests.clients.screens import Screen, program, screen

_SCRIPT = Path(__file__).with_name("thunderbird.js")
_LOGINS = """
const { LoginHelper } = ChromeUtils.importESModule("resource://gre/modules/LoginHelper.sys.mjs");
const Login = Components.Constructor("@mozilla.org/login-manager/loginInfo;1", Ci.nsILoginInfo, "init");
for (const kind of ["imap", "smtp"]) {
  const at = kind + "://127.0.0.1";
  await Services.logins.addLoginAsync(new Login(at, null, at, arguments[0], arguments[1], "", ""));
}
"""


def version() -> str:
    """What the program calls itself."""
    done = subprocess.run(["thunderbird", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip().removeprefix("Mozilla ")


def send(play: Play, office: PostOffice, folder: Path, document: Path | None) -> None:
    """Reply to the only mail in the mailbox."""
    with opened(play, office, folder) as (client, _):
        client.run(_SCRIPT.read_text("utf-8"), _wishes(play, document))


@contextmanager
def opened(play: Play, office: PostOffice, folder: Path) -> Iterator[tuple[Marionette, Screen]]:
    """Thunderbird with this person's account, and the screen it is on."""
    port = _free_port()
    profile = folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text(_preferences(play, office, port), "utf-8")
    command = ("thunderbird", "--profile", str(profile), "--marionette", "--remote-allow-system-access", "--no-remote")
    with screen(folder) as display, program(display, *command):
        client = connect(port)
        client.run(_LOGINS, play.address, PASSWORD)
        yield client, display


def _wishes(play: Play, document: Path | None) -> dict[str, object]:
    numbered = [f"{number}. {answer}" for number, answer in enumerate(play.answers, 1) if answer]
    text = "\n\n".join([play.greeting, *([] if document else numbered), play.farewell])
    return {
        "style": "top" if play.style == "note" else play.style,
        "answers": [*play.answers[:-1], "\n\n".join(filter(None, (play.answers[-1], play.farewell)))],
        "text": text,
        "forward": "forwarded" in play.options,
        "to": CALL,
        "document": str(document) if document else "",
    }


def _preferences(play: Play, office: PostOffice, port: int) -> str:
    facts: dict[str, object] = {
        "marionette.port": port,
        "mail.accountmanager.accounts": "account1",
        "mail.accountmanager.defaultaccount": "account1",
        "mail.account.account1.identities": "id1",
        "mail.account.account1.server": "server1",
        "mail.identity.id1.fullName": play.person,
        "mail.identity.id1.useremail": play.address,
        "mail.identity.id1.smtpServer": "smtp1",
        "mail.identity.id1.valid": True,
        "mail.identity.id1.doFcc": False,
        "mail.identity.id1.fcc": False,
        "mail.identity.id1.compose_html": "plain text" not in play.options,
        "mail.identity.id1.reply_on_top": 1 if play.style in {"top", "note"} else 0,
        "mail.identity.id1.htmlSigText": play.signature,
        "mail.identity.id1.sig_on_reply": bool(play.signature),
        "mail.server.server1.type": "imap",
        "mail.server.server1.hostname": "127.0.0.1",
        "mail.server.server1.port": office.imap_port,
        "mail.server.server1.userName": play.address,
        "mail.server.server1.name": play.address,
        "mail.server.server1.socketType": 0,
        "mail.server.server1.authMethod": 3,
        "mail.server.server1.login_at_startup": False,
        "mail.smtpservers": "smtp1",
        "mail.smtp.defaultserver": "smtp1",
        "mail.smtpserver.smtp1.hostname": "127.0.0.1",
        "mail.smtpserver.smtp1.port": office.smtp_port,
        "mail.smtpserver.smtp1.username": play.address,
        "mail.smtpserver.smtp1.authMethod": 3,
        "mail.smtpserver.smtp1.try_ssl": 0,
        "mail.smtpserver.default.hello_argument": play.domain,
        "mail.compose.attachment_reminder": False,
        **_QUIET,
    }
    return "".join(f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in facts.items())


_QUIET: dict[str, object] = {
    "app.donation.eoy.version.viewed": 9999,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mail.server.default.check_new_mail": False,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "mail.inappnotifications.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}
"""Nothing asks a question at the first start, and nothing looks for the network."""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
