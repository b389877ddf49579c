"""Alpine at a terminal: open the mailbox, reply with an editor of one's own, send."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.clients.plays import Play
from tests.clients.post_office import PASSWORD, PostOffice
from tests.clients.terminal import Terminal, open_terminal

_SETTINGS = """personal-name={person}
user-domain={domain}
customized-hdrs=From: {person} <{address}>
smtp-server=127.0.0.1:{smtp}/user={address}/notls/novalidate-cert
inbox-path={{127.0.0.1:{imap}/user={address}/notls/novalidate-cert}}INBOX
default-fcc=""
postponed-folder={folder}/postponed
editor={editor}
feature-list=enable-alternate-editor-implicitly,enable-alternate-editor-cmd,include-text-in-reply,
  enable-background-sending,quell-user-lookup-in-passwd-file,allow-changing-from,prefer-plain-text,
  quell-folder-internal-msg,disable-password-file-saving
signature-file={signature}
last-version-used=9.99
"""


def version() -> str:
    """What the program calls itself."""
    return subprocess.run(["alpine", "-v"], capture_output=True, text=True, check=True).stdout.split(" (")[0]


def send(play: Play, office: PostOffice, folder: Path, document: Path | None) -> None:
    """Reply to the only mail in the mailbox."""
    if play.signature:
        (folder / "signature").write_text(play.signature, "utf-8")
    settings = _SETTINGS.format(
        person=play.person, address=play.address, domain=play.domain, smtp=office.smtp_port, imap=office.imap_port,
        folder=folder, editor=play.editor(folder), signature=folder / "signature" if play.signature else "",
    )  # fmt: skip
    (folder / "pinerc").write_text(settings, "utf-8")
    environment = {**os.environ, "HOME": str(folder), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    terminal = open_terminal(["alpine", "-p", str(folder / "pinerc"), "-i"], environment)
    try:
        _reply(terminal)
    finally:
        terminal.close()
        (folder / "screen").write_bytes(terminal.seen)


def _reply(terminal: Terminal) -> None:
    terminal.wait_for("PASSWORD:", 10)
    terminal.press(f"{PASSWORD}\r")
    terminal.listen(3)
    terminal.press("r")
    terminal.listen(1.5)
    terminal.press("y")  # include the original message
    # The cursor begins in the text, where the editor opens by itself.
    terminal.listen(3)
    terminal.press("\x18")
    terminal.listen(1)
    terminal.press("y")
    if terminal.wait_for("PASSWORD:", 4):
        terminal.press(f"{PASSWORD}\r")
    terminal.listen(3)
    terminal.press("qy")
    terminal.listen(2)
