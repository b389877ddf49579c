"""Claws Mail on a screen that nobody sees: open the mail, reply with an external editor, send.

It reads the mail from a folder of its own (MH), into which it was copied as it came from the server, because it sets up
IMAP folders in a dialogue; it sends by SMTP with a login.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from time import monotonic, sleep

from tests.clients.plays import Play
from tests.clients.post_office import PASSWORD, PATIENCE, PostOffice
from tests.clients.screens import Screen, program, screen

_ACCOUNT = """[Account: 1]
account_name={person}
is_default=1
name={person}
address={address}
organization=
protocol=5
receive_server=localhost
smtp_server=127.0.0.1
set_smtpport=1
smtp_port={smtp}
use_smtp_auth=1
smtp_auth_method=16
smtp_user_id={address}
smtp_password={password}
set_domain=1
domain={domain}
set_domain_for_msgid=1
msgid_with_addr=0
generate_msgid=1
generate_xmailer=1
signature_type=0
signature_path={signature}
set_autocc=0
auto_signature={signs}
signature_before_quote=0
"""
_FOLDERS = """<?xml version="1.0" encoding="UTF-8"?>
<folderlist>
    <folder type="mh" name="Mail" path="{mail}" sort="0" collapsed="0">
        <folderitem type="normal" name="Mail" path="." mtime="0" new="0" unread="0" total="0">
            <folderitem type="inbox" name="inbox" path="inbox" mtime="0" new="1" unread="1" total="1"/>
            <folderitem type="outbox" name="sent" path="sent" mtime="0"/>
            <folderitem type="draft" name="draft" path="draft" mtime="0"/>
            <folderitem type="queue" name="queue" path="queue" mtime="0"/>
            <folderitem type="trash" name="trash" path="trash" mtime="0"/>
        </folderitem>
    </folder>
</folderlist>
"""
_COMMON = """[Common]
config_version=4
ext_editor_command={editor} %s
ext_editor_cmd={editor} %s
auto_exteditor=1
auto_ext_editor=1
auto_signature={signs}
outgoing_charset=UTF-8
encoding_method=0
linewrap_quote=0
autowrap=0
linewrap_before_sending=0
warn_sending_multi_recipients=0
check_on_startup=0
newmail_notify_auto=0
send_dialog_mode=1
first_time_run=0
save_message=0
reply_with_quote=1
show_system_tray=0
exit_on_close_compose=0
never_send_retrcpt=1
warn_dnd=0
enable_aspell=0
"""


def version() -> str:
    """What the program calls itself."""
    done = subprocess.run(["claws-mail", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[0].replace("version ", "")


def send(play: Play, office: PostOffice, folder: Path, document: Path | None) -> None:
    """Reply to the only mail in the folder."""
    _set_up(play, office, folder)
    with screen(folder) as display, program(display, "claws-mail", "--select", f"{folder}/Mail/inbox/1"):
        _reply(display, folder / "play.done")


def _set_up(play: Play, office: PostOffice, folder: Path) -> None:
    mail = folder / "Mail"
    for name in ("inbox", "sent", "draft", "queue", "trash"):
        (mail / name).mkdir(parents=True)
    (mail / "inbox" / "1").write_bytes(office.mails(play.address)[0].replace(b"\r\n", b"\n"))
    home = folder / ".claws-mail"
    home.mkdir()
    signature = folder / "signature"
    signature.write_text(play.signature, "utf-8")
    facts = {
        "person": play.person, "address": play.address, "domain": play.domain, "smtp": office.smtp_port,
        "password": PASSWORD, "signature": signature, "signs": int(bool(play.signature)), "mail": mail,
        "editor": play.editor(folder),
    }  # fmt: skip
    (home / "accountrc").write_text(_ACCOUNT.format(**facts), "utf-8")
    (home / "folderlist.xml").write_text(_FOLDERS.format(**facts), "utf-8")
    (home / "clawsrc").write_text(_COMMON.format(**facts), "utf-8")


def _reply(display: Screen, edited: Path) -> None:
    display.window("Claws Mail 4")
    sleep(3)
    display.key("ctrl+r")  # the external editor opens by itself
    end = monotonic() + PATIENCE
    while not edited.exists() and monotonic() < end:
        sleep(0.2)
    sleep(2)
    display.key("ctrl+Return")
    sleep(3)
