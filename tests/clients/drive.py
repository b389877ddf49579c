"""Real mail clients answer the form: `python -m tests.clients.drive [NAME ...] [--into FOLDER]`, or `make clients`.

For each play (plays.py) the form goes into a mailbox on the built-in server, a client opens that mailbox, replies and
sends by the same server, and what comes to the call's address is read and compared with what was meant. With --into it
is kept as NAME.eml, with the truth beside it as NAME.toml. Clients that are not installed are named and left out.
Not part of `make test`; the kept mails (tests/letters/driven) are.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import decode
from ranmailbot.mail.letter_reading import read_letter
from ranmailbot.mail.limits import Limits
from tests.clients import alpine, claws, emacs, mutt, nail, thunderbird
from tests.clients.marionette import Refused
from tests.clients.plays import PLAYS, Play
from tests.clients.post_office import PostOffice, Silent, mail_of_ours, post_office
from tests.mail.client_forms import kept_form
from tests.mail.documents import odt_of

TRUST = Trust("generic", "mx.ran.example")
Sender = Callable[[Play, PostOffice, Path, Path | None], None]


@dataclass(frozen=True)
class Client:
    """How to drive one client. `programs` must be on the path; `package` is what Debian calls it."""

    programs: tuple[str, ...]
    package: str
    version: Callable[[], str]
    send: Sender

    def missing(self) -> bool:
        """Whether one of its programs is not installed."""
        return not all(map(shutil.which, self.programs))


SCREEN = ("Xvfb", "openbox", "xdotool", "import")
CLIENTS = {
    "mutt": Client(("mutt",), "mutt", lambda: mutt.version("mutt"), mutt.send),
    "neomutt": Client(("neomutt",), "neomutt", lambda: mutt.version("neomutt"), mutt.send),
    "nail": Client(("s-nail",), "s-nail", nail.version, nail.send),
    "alpine": Client(("alpine",), "alpine", alpine.version, alpine.send),
    "emacs": Client(("emacs",), "emacs-nox", emacs.version, emacs.send),
    "claws": Client(("claws-mail", *SCREEN), "claws-mail", claws.version, claws.send),
    "thunderbird": Client(("thunderbird", *SCREEN), "thunderbird", thunderbird.version, thunderbird.send),
}
SCREEN_PACKAGES = "xvfb openbox xdotool imagemagick libsasl2-modules"


def main() -> int:
    """Play what can be played here. Returns 1 if a mail did not come or was not read as it was meant."""
    options = _arguments()
    missing = {name for name, client in CLIENTS.items() if client.missing()}
    if missing:
        packages = " ".join(sorted(CLIENTS[name].package for name in missing))
        _say(f"not installed here, and left out: {', '.join(sorted(missing))}; on Debian, as root:")
        _say(f"  apt-get install --no-install-recommends {packages} {SCREEN_PACKAGES}")
    wanted = [play for play in PLAYS if not options.names or play.name in options.names]
    plays = [play for play in wanted if play.client not in missing]
    failed = sum(not _tell(play, options.into) for play in plays)
    _say(f"{len(plays) - failed} of {len(plays)} mails came and were read as they were meant")
    return 1 if failed or not plays else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.clients.drive", description=__doc__)
    parser.add_argument("names", nargs="*", help="plays; default: all")
    parser.add_argument("--into", type=Path, help="keep the mails in this folder")
    return parser.parse_args()


def _tell(play: Play, into: Path | None) -> bool:
    """Play one; whether its mail came and was read as it was meant."""
    try:
        raw = played(play)
    except (Silent, Refused, subprocess.SubprocessError) as fault:
        _say(f"{play.name}: {fault}")
        return False
    wrong = misread(play, raw)
    _say(f"{play.name}: {len(raw)} bytes, {'; '.join(wrong) or 'read as it was meant'}")
    if into:
        keep(play, raw, into)
    return not wrong


def played(play: Play) -> bytes:
    """The reply that came of this play. Raises Silent or Refused."""
    with tempfile.TemporaryDirectory(prefix="clients-") as name, post_office(Path(name)) as office:
        folder = Path(name)
        office.deliver(mail_of_ours("form"), play.address)
        CLIENTS[play.client].send(play, office, folder, _document(play, folder))
        return office.answer_of(play.address)


def _document(play: Play, folder: Path) -> Path | None:
    """The document with the answers, each under its number."""
    if not play.attached:
        return None
    path = folder / f"answers.{play.attached}"
    lines = [f"{number}. {answer}" for number, answer in enumerate(play.answers, 1) if answer]
    path.write_bytes(odt_of(lines) if play.attached == "odt" else ("\n\n".join(lines) + "\n").encode())
    return path


def truth(play: Play) -> dict[int, str]:
    """What each question was answered, white space aside."""
    return {number: " ".join(text.split()) for number, text in enumerate(play.answers, 1) if text}


def misread(play: Play, raw: bytes) -> list[str]:
    """What the reader understands otherwise than it was meant."""
    form = kept_form("prisons").form
    letter = decode(raw, datetime.now(UTC), Limits(), TRUST, [form.ours[1]])
    found = {answer.question: " ".join(answer.text.split()) for answer in read_letter(letter, form).answers}
    meant = truth(play)
    numbers = sorted(n for n in found.keys() | meant.keys() if found.get(n) != meant.get(n))
    return [f"{n}. is {found.get(n, '')!r}, meant {meant.get(n, '')!r}" for n in numbers]


def keep(play: Play, raw: bytes, folder: Path) -> None:
    """The mail and its truth, as a letter of the corpus. What the reader makes of it has no say in the truth."""
    (folder / f"{play.name}.eml").write_bytes(raw)
    answers = "".join(f"{number} = {json.dumps(text, ensure_ascii=False)}\n" for number, text in truth(play).items())
    about = f"{CLIENTS[play.client].version()}, really driven: {play.about}"
    (folder / f"{play.name}.toml").write_text(f'about = "{about}"\nform = "prisons"\n\n[answers]\n{answers}', "utf-8")


if __name__ == "__main__":
    sys.exit(main())
