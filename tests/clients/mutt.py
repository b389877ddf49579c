"""mutt and neomutt at a terminal: open the mailbox, reply with $EDITOR, send."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import quote

from tests.clients.plays import Play
from tests.clients.post_office import PASSWORD, PostOffice
from tests.clients.terminal import open_terminal

_SETTINGS = """set realname="{person}"
set from="{address}"
set use_from=yes
set hostname="{domain}"
set folder="imap://{user}@127.0.0.1:{imap}/"
set spoolfile="+INBOX"
set imap_pass="{password}"
set smtp_url="smtp://{user}@127.0.0.1:{smtp}/"
set smtp_pass="{password}"
set ssl_starttls=no
set ssl_force_tls=no
set copy=no
set record=""
set include=yes
set fast_reply=yes
set edit_headers=no
set wait_key=no
set editor="{editor}"
set signature="{signature}"
set header_cache=""
set charset="utf-8"
set send_charset="us-ascii:utf-8"
alternative_order text/plain text/html
{more}
"""


def version(client: str) -> str:
    """What the program calls itself."""
    return (
        subprocess.run([client, "-v"], capture_output=True, text=True, check=True).stdout.split("\n")[0].split(" (")[0]
    )


def send(play: Play, office: PostOffice, folder: Path, document: Path | None) -> None:
    """Reply to the only mail in the mailbox."""
    signature = folder / "signature"
    signature.write_text(play.signature, "utf-8")
    settings = _SETTINGS.format(
        person=play.person, address=play.address, domain=play.domain, user=quote(play.address, safe=""),
        password=PASSWORD, imap=office.imap_port, smtp=office.smtp_port, editor=play.editor(folder),
        signature=signature if play.signature else "",
        more="set text_flowed=yes" if "format=flowed" in play.options else "",
    )  # fmt: skip
    (folder / "muttrc").write_text(settings, "utf-8")
    attach = f"<attach-file>{document}<enter>" if document else ""
    keys = f"push '<reply>{attach}<send-message><quit>'"
    environment = {**os.environ, "HOME": str(folder), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    terminal = open_terminal([play.client, "-n", "-F", str(folder / "muttrc"), "-e", keys], environment)
    try:
        terminal.listen(20)
    finally:
        terminal.close()
        (folder / "screen").write_bytes(terminal.seen)
