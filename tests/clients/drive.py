"""Real mail clients answer the form: `python -m tests.clients.drive [NAME ...] [--into FOLDER]`, or `make clients`.

For each play (plays.py) the form goes into a mailbox on the built-in server, a client opens that mailbox, replies and
sends by the same server, and what comes to the call's address is kept as NAME.eml with the truth beside it as NAME.toml.
Without --into nothing is kept: it is then said how each mail is read. Not part of `make test`; the kept mails are.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from ranmailbot.cli.read import understand
from ranmailbot.config import load
from ranmailbot.mail.form import SentForm
from tests.clients import mutt
from tests.clients.plays import PLAYS, Play
from tests.clients.post_office import ROOT, PostOffice, Silent, mail_of_ours, post_office
from tests.mail.client_forms import kept_form


def main() -> int:
    """Play what can be played here. Returns 1 if a mail did not come or was not read as it was meant."""
    options = _arguments()
    say = sys.stdout.write
    failed = 0
    for play in PLAYS:
        if options.names and play.name not in options.names:
            continue
        try:
            raw = played(play)
        except Silent as silence:
            failed += 1
            say(f"{play.name}: {silence}\n")
            continue
        wrong = misread(play, raw)
        failed += bool(wrong)
        say(f"{play.name}: {len(raw)} bytes, {'; '.join(wrong) or 'read as it was meant'}\n")
        if options.into:
            keep(play, raw, options.into)
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.clients.drive", description=__doc__)
    parser.add_argument("names", nargs="*", help="plays; default: all")
    parser.add_argument("--into", type=Path, help="keep the mails in this folder")
    return parser.parse_args()


def played(play: Play) -> bytes:
    """The reply that came of this play. Raises Silent."""
    with tempfile.TemporaryDirectory(prefix="clients-") as name, post_office(Path(name)) as office:
        folder = Path(name)
        office.deliver(mail_of_ours("form"), play.address)
        mutt.send(play, office, folder, _document(play, folder))
        return office.answer_of(play.address)


def _document(play: Play, folder: Path) -> Path | None:
    if not play.attached:
        return None
    path = folder / f"answers.{play.attached}"
    path.write_text("\n\n".join(f"{n}. {a}" for n, a in enumerate(play.answers, 1)) + "\n", "utf-8")
    return path


def truth(play: Play) -> dict[int, str]:
    """What each question was answered, white space aside."""
    return {number: " ".join(text.split()) for number, text in enumerate(play.answers, 1) if text}


def misread(play: Play, raw: bytes) -> list[str]:
    """What `ranmailbot read` understands otherwise than it was meant."""
    facts = understand(load(ROOT / "config.toml", {}), raw, form_sent())
    found = {answer["question"]: " ".join(answer["text"].split()) for answer in facts["answers"] if answer["text"]}
    meant = truth(play)
    return [f"{n}. is {found.get(n, '')!r}, meant {meant.get(n, '')!r}" for n in range(1, 5) if found.get(n) != meant.get(n)]


def form_sent() -> SentForm:
    """The form that lay in the mailbox."""
    return kept_form("prisons").form


def keep(play: Play, raw: bytes, folder: Path) -> None:
    """The mail and its truth, as a letter of the corpus."""
    (folder / f"{play.name}.eml").write_bytes(raw)
    answers = "".join(f"{number} = {json.dumps(text, ensure_ascii=False)}\n" for number, text in truth(play).items())
    about = f"{mutt.version(play.client)}, really driven: {play.about}"
    (folder / f"{play.name}.toml").write_text(f'about = "{about}"\nform = "prisons"\n\n[answers]\n{answers}', "utf-8")


if __name__ == "__main__":
    sys.exit(main())
