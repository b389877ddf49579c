"""The wrapping key: what wraps all other keys. From a file, from an environment variable, or printed by a command.

Fear: whoever can read the key store as well. Keep the two apart where you can: a file that is no part of the backups,
a variable that the service manager hands in, or a command that asks a vault. The text of a key is base64 of 32 bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import subprocess
from pathlib import Path

from ranmailbot.ports import SealBroken, WrappingKey

KEY_BYTES = 32
COMMAND_SECONDS = 30
FILE = "wrapping.key"
NEXT = "wrapping.key.next"
"""The key that a rotation goes over to, until every file is wrapped with it."""


def read_key(where: WrappingKey, *, make: bool) -> tuple[bytes, bool]:
    """The key, and whether it was made just now. Raises SealBroken with the remedy, never with the key."""
    if where.text:
        return decoded(where.text, "the environment variable of the wrapping key"), False
    if where.command:
        return decoded(_output(where.command), f"the output of {where.command[0]}"), False
    if where.file.exists() or where.file.is_symlink():
        return read_file(where.file), False
    if not (make and where.own):
        raise SealBroken(
            f"the wrapping key {where.file} is missing: without it nothing that is stored can be read. Put it back "
            "from where you keep its copy"
        )
    key = secrets.token_bytes(KEY_BYTES)
    write_file(where.file, key)
    return key, True


def read_file(path: Path) -> bytes:
    """The key in this file. Raises SealBroken."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as fault:
        raise SealBroken(
            f"the wrapping key {path} cannot be read ({fault.strerror}); it must be a plain file"
        ) from None
    with os.fdopen(handle, encoding="ascii", errors="replace") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise SealBroken(f"{path} can be read by others; run: chmod 600 {path}")
        return decoded(file.read(1000), f"the file {path}")


def write_file(path: Path, key: bytes) -> None:
    """The key in a new file (0600), on the disk before it is used. Raises FileExistsError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, base64.b64encode(key) + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def fingerprint(key: bytes) -> str:
    """By which a key is known without being shown: 16 hex digits of an HMAC."""
    return hmac.new(key, b"ranmailbot wrapping key", hashlib.sha256).hexdigest()[:16]


def _output(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=COMMAND_SECONDS, check=False, text=True)  # noqa: S603 - the administrator's own command, from config.toml
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise SealBroken(
            f"the command {command[0]} for the wrapping key did not run ({type(fault).__name__})"
        ) from None
    if done.returncode:
        raise SealBroken(f"the command {command[0]} for the wrapping key ended with exit code {done.returncode}")
    return done.stdout


def decoded(text: str, place: str) -> bytes:
    """The key in a text. Raises SealBroken that names the place, never the text."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SealBroken(
            f"{place} holds no wrapping key: it must be base64 of {KEY_BYTES} random bytes "
            f"(make one with: head -c {KEY_BYTES} /dev/urandom | base64)"
        )
    return key
