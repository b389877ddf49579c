"""Opens the keys of a state folder, looks after them day by day, and changes the wrapping key.

Fear: a crash halfway through a change of the wrapping key. The next key stands on the disk before anything is wrapped
with it, and whoever opens the keys next finishes what was begun.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from ranmailbot.adapters import key_store
from ranmailbot.adapters.seal import AesSeal
from ranmailbot.adapters.sql import owners
from ranmailbot.adapters.wrapping_key import KEY_BYTES, NEXT, decoded, fingerprint, read_file, read_key, write_file
from ranmailbot.ports import SealBroken, WrappingKey

LONGEST_STEP = timedelta(days=31)
"""How far the calendar of the keys goes on between two days of work; the bot may have been off for longer."""


def open_seal(folder: Path, wrapping: WrappingKey, *, make: bool) -> tuple[AesSeal, bool]:
    """The seal of the keys in this folder, and whether its wrapping key was made just now. `make`: all if missing.

    Raises SealBroken with the remedy.
    """
    if make:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _finish_rotation(folder, wrapping)
    begun = (folder / key_store.FILE).exists()
    key, made = read_key(wrapping, make=make and not begun)
    return AesSeal(key_store.open_store(folder, key, make=make)), made


def rotate(folder: Path, wrapping: WrappingKey, new_text: str = "") -> int:
    """Change the wrapping key to `new_text` (base64), or to a new one in our own file; how many keys were wrapped anew.

    Look-up keys and data keys stay as they are. The caller holds the worker's lock. Raises SealBroken.
    """
    old, _ = read_key(wrapping, make=False)
    own_file = not (wrapping.text or wrapping.command)
    if not own_file and not new_text:
        raise SealBroken("the wrapping key does not come from a file of ours: name the variable that holds the new one")
    new = decoded(new_text, "the new wrapping key") if new_text else secrets.token_bytes(KEY_BYTES)
    if own_file:
        write_file(folder / NEXT, new)
    count = key_store.rewrap(folder, old, new)
    if own_file:
        (folder / NEXT).replace(wrapping.file)
    return count


def tend(seal: AesSeal, folder: Path, today: date, *, strangers: int, organisers: int) -> int:
    """A day's work: keys past their time are destroyed (how many), and the store is copied; both in `folder`.

    `strangers` and `organisers` are days after the end of the month, or day, that a key was for.
    """
    before = seal.keys.tended()
    # A clock that is wrong by years must not destroy everything in one day.
    day = today if before is None else min(today, before + LONGEST_STEP)
    past = [owner for owner in seal.keys.owners() if _expired(owner, day, strangers, organisers)]
    destroyed = seal.keys.destroy(past) if past else 0
    key_store.keep_backups(seal.keys, folder, day)
    seal.keys.note_tended(max(day, before or day))
    return destroyed


def _expired(owner: str, today: date, strangers: int, organisers: int) -> bool:
    end = owners.period_end(owner)
    days = organisers if owners.sort(owner) == owners.ORGANISERS else strangers
    return end is not None and today >= end + timedelta(days=days)


def _finish_rotation(folder: Path, wrapping: WrappingKey) -> None:
    """What a crash left half done is done to the end: each file is wrapped with either key, and we have both."""
    if not (folder / NEXT).exists() or wrapping.text or wrapping.command:
        return
    with suppress(FileNotFoundError):  # somebody else finishes it at this moment
        new, old = read_file(folder / NEXT), read_key(replace(wrapping, own=False), make=False)[0]
        if key_store.wrapped_with(folder) in (fingerprint(old), fingerprint(new)):
            key_store.rewrap(folder, old, new)
            (folder / NEXT).replace(wrapping.file)
