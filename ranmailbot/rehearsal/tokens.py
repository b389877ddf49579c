"""Played tokens: unguessable text from the seed, so that the same seed writes the same mails. For rehearsals only."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from uuid import UUID

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
LENGTH = 26


@dataclass(frozen=True, slots=True)
class PlayedTokens:
    """A `ports.Tokens`. Whoever knows the seed knows them all: nothing of a rehearsal leaves the machine."""

    chance: Random

    @classmethod
    def of(cls, seed: int) -> PlayedTokens:
        """The tokens of this seed."""
        return cls(Random(f"tokens:{seed}"))  # noqa: S311 - played, see above

    def token(self) -> str:
        """26 letters and digits."""
        return "".join(self.chance.choices(ALPHABET, k=LENGTH))

    def uuid(self) -> str:
        """A UUID of version 4."""
        return str(UUID(int=self.chance.getrandbits(128), version=4))
