"""One address of one person, cleaned: validated by email-validator, the display name freed of tricks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """A display name (may be empty) and one address. Compare people by `key`."""

    name: str
    email: str

    @property
    def key(self) -> str:
        """The case-folded address."""
        return self.email.casefold()

    @property
    def domain(self) -> str:
        """What follows the @, in lower case."""
        return self.email.rpartition("@")[2].lower()
