"""Sealing: AES-GCM between rows and personal data, with keys that stand beside the database and never in it.

Fear: whoever copies the database, its log or its backups. Known limit: the keys of all owners are derived from one
master key, so one person's cannot be destroyed alone yet; the port and the owner names are made for that already.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"


class SealBroken(Exception):
    """Something sealed cannot be opened: the wrong key, or the data was changed. Says what to do, never the data."""


class AesSeal:
    """Implements ports.Seal with one master key of 32 bytes."""

    def __init__(self, master: bytes) -> None:
        """Raises ValueError unless the key has 32 bytes."""
        if len(master) != KEY_BYTES:
            raise ValueError(f"the sealing key has {len(master)} bytes; it must have {KEY_BYTES}")
        self._master = master
        self._lookup = _derive(master, "lookup")
        self._cipher = lru_cache(maxsize=1024)(self._make_cipher)

    def seal(self, owner: str, plain: bytes) -> bytes:
        """Version, nonce and ciphertext; bound to the owner."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return VERSION + nonce + self._cipher(owner).encrypt(nonce, plain, owner.encode())

    def unseal(self, owner: str, sealed: bytes) -> bytes:
        """The plain bytes. Raises SealBroken."""
        nonce, box = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._cipher(owner).decrypt(nonce, box, owner.encode())
        except InvalidTag:
            raise SealBroken(
                "stored data does not fit the key store; restore database and key store together"
            ) from None

    def lookup(self, value: str) -> str:
        """HMAC-SHA256 of the case-folded value, hex, 32 characters."""
        return hmac.new(self._lookup, value.strip().casefold().encode(), hashlib.sha256).hexdigest()[:32]

    def _make_cipher(self, owner: str) -> AESGCM:
        return AESGCM(_derive(self._master, f"owner:{owner}"))


def open_key(folder: Path) -> tuple[bytes, bool]:
    """The master key in this folder, made if there is none; and whether it was made just now.

    The file is 0600 in a 0700 folder and on disk (fsync) before it is used. Raises SealBroken if others can read it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "master.key"
    if not path.exists():
        _write(path, secrets.token_bytes(KEY_BYTES))
        return path.read_bytes(), True
    if path.stat().st_mode & 0o077:
        raise SealBroken(f"{path} can be read by others; run: chmod 600 {path}")
    return path.read_bytes(), False


def _write(path: Path, key: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, key)
        os.fsync(handle)
    finally:
        os.close(handle)


def _derive(master: bytes, purpose: str) -> bytes:
    return hmac.new(master, purpose.encode(), hashlib.sha256).digest()
