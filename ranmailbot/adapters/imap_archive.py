"""The archive of what we sent: since when it can be trusted, and which of its mails is a witness.

Fear: false witnesses. Another's mail, a folder that was made anew, and a clock of ours that was wrong.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path


class ArchiveMemory:
    """Since when the archive has had its UIDVALIDITY, as far as we saw; in a file, if there is one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, datetime] | None = None
        if path is not None and path.is_file():
            facts = json.loads(path.read_text())
            self._seen = int(facts["uidvalidity"]), datetime.fromisoformat(facts["since"])

    def note(self, uidvalidity: int, now: datetime) -> datetime:
        """Note what the archive has now; since when it has had it."""
        if self._seen is None or self._seen[0] != uidvalidity:
            self._seen = (uidvalidity, now)
            self._keep()
        return self._seen[1]

    def _keep(self) -> None:
        if self._path is None or self._seen is None:
            return
        unfinished = self._path.with_suffix(".new")
        unfinished.write_text(json.dumps({"uidvalidity": self._seen[0], "since": self._seen[1].isoformat()}))
        unfinished.chmod(0o600)
        unfinished.rename(self._path)


def written_after(head: bytes, own: str, moment: datetime, later: Collection[str] | None) -> bool:
    """Whether this is the header of a mail that the bot itself wrote (people may use its address, too) after a moment.

    And, if `later` is known, of one with these Message-IDs.
    """
    unfolded = head.decode("latin-1").replace("\r\n ", " ").replace("\r\n\t", " ")
    fields = {
        name.casefold(): value.strip() for name, _, value in (row.partition(":") for row in unfolded.splitlines())
    }
    if own not in fields.get("from", "").casefold() or "x-ranmailbot-kind" not in fields:
        return False
    if later is not None and fields.get("message-id", "") not in later:
        return False
    try:
        return parsedate_to_datetime(fields.get("date", "")).astimezone(UTC) >= moment
    except (ValueError, TypeError):
        return False
