"""The short form of fuzzing: seeded damage to every seed, the same in every run. Long: `make fuzz MINUTES=60`."""

from __future__ import annotations

import random
import zlib

import pytest

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

ROUNDS = 120
PIECES = (
    b"\0",
    b"\xff" * 8,
    b"\n\n",
    b"=?utf-8?q?",
    b"--b\n",
    b"9" * 40,
    b"<",
    b"&#x110000;",
    b'"',
    b"{",
    b"\r",
    b"\xed\xa0\x80",
)


def damaged(seed: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, cut, doubled or put elsewhere."""
    raw = bytearray(seed)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(raw) + 1)
        length = chance.randint(0, 40)
        kind = chance.randrange(4)
        if kind == 0:
            raw[at : at + length] = b""
        elif kind == 1:
            raw[at:at] = chance.choice(PIECES)
        elif kind == 2:
            raw[at:at] = raw[at : at + length] * chance.randint(1, 4)
        else:
            raw[at : at + 1] = bytes([chance.randrange(256)])
    return bytes(raw)


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_no_damage_raises(target: str) -> None:
    chance = random.Random(zlib.crc32(target.encode()))  # noqa: S311 - repeatable, not secret
    begin = seeds()[target]
    for seed in begin:
        TARGETS[target](seed)
    for number in range(ROUNDS):
        seed = damaged(begin[number % len(begin)], chance)
        TARGETS[target](seed)
