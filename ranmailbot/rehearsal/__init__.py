"""The rehearsal: the configured call, played from publication to the day after, on the built-in server or given ones.

Imports mail, people and pages only when somebody rehearses, so that the command line stays quick to start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ranmailbot.config import Settings
from ranmailbot.rehearsal.books import Audit, audit
from ranmailbot.rehearsal.hosts import Hosts, read_hosts
from ranmailbot.rehearsal.page import write_page
from ranmailbot.rehearsal.play import play
from ranmailbot.rehearsal.table import table

__all__ = ["Hosts", "Result", "read_hosts", "rehearse"]


@dataclass(frozen=True, slots=True)
class Result:
    """What a rehearsal gave: the sums, the faults (none, if all is well), and where the mails and the page are."""

    applicants: int
    audit: Audit
    folder: Path
    text: str

    @property
    def faults(self) -> tuple[str, ...]:
        """Each thing that does not add up, as a sentence. Sample people may be named."""
        return self.audit.faults

    def json(self) -> dict[str, object]:
        """The sums for a machine."""
        outcomes = dict(self.audit.outcomes) | ({"copies": self.audit.copies} if self.audit.copies else {})
        return {
            "incoming": {"total": self.audit.incoming, "outcomes": outcomes},
            "outgoing": {"total": self.audit.outgoing, "kinds": dict(self.audit.kinds)},
            "applicants": self.applicants,
            "faults": list(self.faults),
            "folder": str(self.folder),
        }

    def table(self) -> str:
        """The sums for a person: plain text, at most 100 columns."""
        return self.text


def rehearse(
    settings: Settings,
    *,
    applicants: int = 40,
    seed: int = 1,
    folder: Path,
    progress: Callable[[str], None],
    state: Path | None = None,
    hosts: Hosts | None = None,
) -> Result:
    """Play the call with so many sample people and leave every mail and a page in `folder`, the bot's state in `state`.

    On the built-in server, or on `hosts`. `progress` gets a line for each played day. Raises Unavailable if there is no
    server that does what a rehearsal needs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    played = play(settings, applicants, seed, folder, progress, state=state, hosts=hosts)
    found = audit(played)
    write_page(played, found, folder)
    return Result(applicants, found, folder, table(played, found, str(folder)))
