"""Emacs without a screen: Gnus opens the mail from a file, message-mode yanks and signs, smtpmail sends.

Known limit: by IMAP Gnus did not get in; why was not found out.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.clients.plays import Play
from tests.clients.post_office import PASSWORD, PostOffice

_SCRIPT = """
(setq user-full-name {person} user-mail-address {address} message-user-fqdn {domain} mail-host-address {domain}
      auth-sources '({authinfo}) smtpmail-smtp-server "127.0.0.1" smtpmail-smtp-service {smtp}
      smtpmail-stream-type 'plain smtpmail-local-domain {domain} smtpmail-smtp-user {address}
      send-mail-function 'smtpmail-send-it message-send-mail-function 'smtpmail-send-it
      message-signature {signature} message-interactive t message-confirm-send nil
      gnus-home-directory {home} gnus-directory {home} gnus-startup-file {newsrc} gnus-init-file nil
      gnus-message-highlight-citation nil
      gnus-select-method '(nnnil "")
      gnus-secondary-select-methods nil gnus-read-active-file nil gnus-use-dribble-file nil gnus-save-newsrc-file nil
      gnus-interactive-exit nil mm-discouraged-alternatives '("text/html" "text/richtext")
      gnus-message-archive-group nil
      mm-coding-system-priorities '(utf-8))
(setq system-name "mail")
(require 'gnus) (require 'smtpmail) (require 'message)
(gnus-no-server)
(gnus-group-read-ephemeral-group
  "mail" '(nndoc "mail" (nndoc-address {mbox}) (nndoc-article-type mbox)) t)
(gnus-summary-goto-article 1)
(gnus-summary-reply-with-original 1)
(message-goto-body)
(let ((coding-system-for-read 'utf-8) (draft {draft}))
  (write-region (point) (point-max) draft)
  (call-process-shell-command (concat {editor} " " draft))
  (delete-region (point) (point-max))
  (insert-file-contents draft))
(message-send-and-exit)
"""


def version() -> str:
    """What the program calls itself."""
    said = subprocess.run(["emacs", "--version"], capture_output=True, text=True, check=True).stdout
    return f"{said.splitlines()[0]} (Gnus)"


def send(play: Play, office: PostOffice, folder: Path, document: Path | None) -> None:
    """Reply to the only mail in the mailbox."""
    authinfo = folder / "authinfo"
    login = f"login {play.address} password {PASSWORD}\n"
    authinfo.write_text("".join(f"machine {host} {login}" for host in ("127.0.0.1", "city")), "utf-8")
    mbox = folder / "mbox"
    mbox.write_bytes(
        b"From ran Tue Mar  1 10:00:00 2022\n" + office.mails(play.address)[0].replace(b"\r\n", b"\n") + b"\n"
    )
    words = {
        "person": play.person, "address": play.address, "domain": play.domain, "authinfo": str(authinfo),
        "home": f"{folder}/", "newsrc": str(folder / "newsrc"), "draft": str(folder / "draft"), "mbox": str(mbox),
        "editor": play.editor(folder),
    }  # fmt: skip
    quoted = {name: json.dumps(text, ensure_ascii=False) for name, text in words.items()}
    quoted["signature"] = json.dumps(play.signature, ensure_ascii=False) if play.signature else "nil"
    script = folder / "play.el"
    script.write_text(_SCRIPT.format(**quoted, smtp=office.smtp_port), "utf-8")
    environment = {**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["emacs", "-Q", "--batch", "-l", str(script)], env=environment, capture_output=True, check=False, timeout=60
    )
    (folder / "screen").write_bytes(done.stdout + done.stderr)
