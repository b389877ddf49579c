"""s-nail (the `mailx` of many systems) at a terminal: open the mailbox by IMAP, reply, edit, send."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import quote

from tests.clients.plays import Play
from tests.clients.post_office import PASSWORD, PostOffice
from tests.clients.terminal import open_terminal

_SETTINGS = """set v15-compat
set from="{person} <{address}>"
set hostname={domain}
set mta=smtp://{user}:{password}@127.0.0.1:{smtp} smtp-auth=plain smtp-config=auth-plain
set quote indentprefix="> "
set EDITOR="{editor}"
set sendcharsets=utf-8 ttycharset=utf-8
set mime-alternative-favour-rich=no
headerpick type retain none
set pager=
"""


def version() -> str:
    """What the program calls itself."""
    said = subprocess.run(["s-nail", "--version"], capture_output=True, text=True, check=True).stdout
    return said.split(",", 1)[0]


def send(play: Play, office: PostOffice, folder: Path, document: Path | None) -> None:
    """Reply to the only mail in the mailbox."""
    user = quote(play.address, safe="")
    settings = _SETTINGS.format(
        person=play.person, address=play.address, domain=play.domain, user=user, password=PASSWORD,
        smtp=office.smtp_port, editor=play.editor(folder),
    )  # fmt: skip
    (folder / "mailrc").write_text(settings, "utf-8")
    box = f"imap://{user}:{PASSWORD}@127.0.0.1:{office.imap_port}/INBOX"
    environment = {**os.environ, "HOME": str(folder), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    environment |= {"MAILRC": str(folder / "mailrc"), "TMPDIR": str(folder)}
    terminal = open_terminal(["s-nail", "-:u", "-f", box], environment)
    try:
        terminal.listen(3)
        terminal.press("reply 1\n")
        terminal.listen(2)
        terminal.press("~e\n")
        terminal.listen(3)
        terminal.press("~.\n")
        terminal.listen(4)
        terminal.press("xit\n")
        terminal.listen(2)
    finally:
        terminal.close()
        (folder / "screen").write_bytes(terminal.seen)
