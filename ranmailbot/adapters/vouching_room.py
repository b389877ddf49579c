"""A reading room that checks DKIM itself: the child says which keys it wants, we ask the DNS, and a child verifies.

The child has no network, and the parent does not parse; so a letter whose author is not proven yet, and that carries a
signature which might prove it, is read twice. Fear: DNS that is slow or silent. Then the letter is judged without
that proof, and says so: the author's next letter may prove it. Nothing waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from ranmailbot.adapters.dns_lookup import DnsLookup
from ranmailbot.adapters.reading_room import ChildReadingRoom, InProcessReadingRoom
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Authentication, Letter
from ranmailbot.mail.limits import Limits
from ranmailbot.ports import Envelope, ReadingRoom, Unreadable


class KeyLookup(Protocol):
    """The DNS, as far as DKIM needs it."""

    def texts(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...] | None]:
        """The TXT records of each name: empty if there are none, None if nobody answered in a few seconds."""
        ...


@dataclass(frozen=True, slots=True)
class VouchingReadingRoom:
    """Reads with `reader` in the children of `room`; `lookup` is the DNS."""

    room: ChildReadingRoom[Letter]
    reader: InProcessReadingRoom
    lookup: KeyLookup

    def prepare(self) -> None:
        """Start the children if there are none. Raises Unavailable."""
        self.room.prepare()

    def read(self, envelopes: Sequence[Envelope], arrived: Sequence[datetime]) -> Sequence[Letter | Unreadable]:
        """One answer for each envelope, in order. Raises Unavailable."""
        letters = list(self.room.read(envelopes, arrived))
        wanted = {n: letter.keys_wanted for n, letter in enumerate(letters) if isinstance(letter, Letter)}
        names = [name for keys in wanted.values() for name in keys]
        if not names:
            return letters
        texts = self.lookup.texts(names)
        found = {name: records for name, records in texts.items() if records}
        again = [n for n, keys in wanted.items() if any(name in found for name in keys)]
        reader = replace(self.reader, keys=found)
        second = self.room.read_by(reader, [envelopes[n] for n in again], [arrived[n] for n in again]) if again else ()
        for n, letter in zip(again, second, strict=True):
            letters[n] = letter if isinstance(letter, Letter) else letters[n]
        return [_told(letter, texts) for letter in letters]


def reading_room(
    limits: Limits, trust: Trust, own: Collection[str], monotonic: Callable[[], float], held: ExitStack
) -> ReadingRoom:
    """Child processes, and the DNS beside them if signatures are checked; `held` gives both back."""
    reader = InProcessReadingRoom(limits, trust, own)
    room = ChildReadingRoom(reader, limits)
    held.callback(room.close)
    if not trust.own_dkim:
        return room
    lookup = DnsLookup(monotonic)
    held.callback(lookup.close)
    return VouchingReadingRoom(room, reader, lookup)


def _told(letter: Letter | Unreadable, texts: Mapping[str, tuple[str, ...] | None]) -> Letter | Unreadable:
    """The letter, whose verdict says so if the DNS was silent about its key."""
    if not isinstance(letter, Letter) or letter.authentication.passed:
        return letter
    if not any(texts.get(name, ()) is None for name in letter.keys_wanted):
        return letter
    reason = f"{letter.authentication.reason}; the DNS did not answer for the key of its DKIM signature"
    return replace(letter, authentication=Authentication(False, reason))
