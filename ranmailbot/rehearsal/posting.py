"""A letter that somebody will post at a played moment, with what it must bring about if the bot does its work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ranmailbot.rehearsal.people import Persona

Proof = Literal["own", "none", "other"]
"""Whether the author logs in as the From address, not at all, or as somebody else."""


def proof_of(persona: Persona) -> Proof:
    """How this person's provider proves who wrote."""
    return "own" if persona.authenticated else "none"


@dataclass(frozen=True, slots=True)
class Posting:
    """`at` is aware UTC. `person` is a persona's index, or None for organisers and strangers."""

    at: datetime
    person: int | None
    sender: str
    raw: bytes
    message_id: str
    proof: Proof
    what: str
    """What it is, in a few words, for the page."""
    answers: Mapping[int, str] = field(default_factory=dict)
    """Answers that must be understood, by question number."""
    rsvps: Mapping[str, str] = field(default_factory=dict)
    """PARTSTAT by session key that must be recorded."""
    withdraws: bool = False
    decides: Mapping[str, str] = field(default_factory=dict)
    """"invite" or "decline" by reference that must take effect."""
    refused: bool = False
    """Whether it must have no effect whatever it says."""


@dataclass(slots=True)
class Ids:
    """Makes Message-IDs that are unique in one rehearsal and the same for the same seed."""

    seed: int
    used: int = 0

    def fresh(self, domain: str) -> str:
        """A new id under this domain."""
        self.used += 1
        return f"<{self.seed}.{self.used}.sample@{domain}>"
