"""Sealing: AES-GCM between rows and personal data, each owner under a key of their own (see key_store.py).

Fear: whoever copies the database, its log or its backups. A sealed value names the key it was made with, so that one
whose key is gone is told from one that was changed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag

from ranmailbot.adapters.key_store import ID_BYTES, LOOKUP, NONCE_BYTES, KeyStore
from ranmailbot.ports import KeyGone, SealBroken

VERSION = b"\x02"
HEAD = len(VERSION) + ID_BYTES + NONCE_BYTES


class AesSeal:
    """Implements ports.Seal on a key store."""

    def __init__(self, keys: KeyStore) -> None:
        """Raises SealBroken if the store has no key for look-ups."""
        self.keys = keys
        lookup = keys.find(LOOKUP)
        if lookup is None:
            raise SealBroken("the key store has no key for look-ups; put a copy of it back")
        self._lookup = lookup.plain

    def seal(self, owner: str, plain: bytes) -> bytes:
        """Version, key, nonce and ciphertext; bound to the owner. Raises KeyGone."""
        key = self.keys.find(owner)
        if key is None:
            if self.keys.gone(owner):
                raise KeyGone(owner)
            key = self.keys.make(owner)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return VERSION + key.id + nonce + key.cipher.encrypt(nonce, plain, owner.encode())

    def unseal(self, owner: str, sealed: bytes) -> bytes:
        """The plain bytes. Raises KeyGone if the key it was sealed with is no more, SealBroken if it was changed."""
        key = self.keys.find(owner)
        if key is None or not sealed or key.id != sealed[1 : 1 + ID_BYTES]:
            raise KeyGone(owner)
        try:
            return key.cipher.decrypt(sealed[1 + ID_BYTES : HEAD], sealed[HEAD:], owner.encode())
        except InvalidTag:
            raise SealBroken("something stored was changed after it was sealed; restore the database") from None

    def lookup(self, value: str) -> str:
        """HMAC-SHA256 of the case-folded value, hex, 32 characters."""
        return hmac.new(self._lookup, value.strip().casefold().encode(), hashlib.sha256).hexdigest()[:32]

    def gone(self, owner: str) -> bool:
        """Whether this owner's key was destroyed for ever."""
        return self.keys.gone(owner)

    def owners(self, beginning: str) -> tuple[str, ...]:
        """Owners with a key whose names begin like this."""
        return self.keys.owners(beginning)

    def destroy(self, owners: Sequence[str], *, for_ever: bool = False) -> int:
        """Destroy their keys at once; how many there were."""
        return self.keys.destroy(owners, for_ever=for_ever)

    def begin(self) -> None:
        """A transaction begins: keys that another process destroyed meanwhile are forgotten."""
        self.keys.refresh()

    def keep(self) -> None:
        """A transaction is about to commit: its new keys go to the disk first. Raises Unavailable."""
        self.keys.keep()

    def forget(self) -> None:
        """A transaction was rolled back: its new keys are not wanted."""
        self.keys.forget()
