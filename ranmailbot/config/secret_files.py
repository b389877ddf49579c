"""Secrets as they are read: from an environment variable, or from a file that nobody else on the machine can read.

Fear: other users of the machine. A secret is never told: neither in a complaint nor anywhere else.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LARGEST_SECRET_FILE, LARGEST_PUBLIC_FILE = 10_000, 100_000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What secrets are taken from: environment variables, and the folder that relative files are seen from."""

    environment: Mapping[str, str]
    folder: Path


def variable(name: str, around: Surroundings, what: str) -> str:
    """The one-line secret in this variable. Raises ValueError with a remedy."""
    if name not in around.environment:
        raise ValueError("This environment variable is not set for the bot: set it before you start.")
    return _one_line(around.environment[name], "This environment variable", what)


def line_of_file(path: Path, what: str) -> str:
    """The one-line secret in this file. Raises ValueError with a remedy."""
    return _one_line(read(path, what), "This file", what)


def read(path: Path, what: str, *, private: bool = True) -> str:
    """The text of a small file. A `private` one must not be open to others. Raises ValueError with a remedy."""
    largest = LARGEST_SECRET_FILE if private else LARGEST_PUBLIC_FILE
    try:
        with path.open("rb") as file:
            # The file that is read is the one that is judged.
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(largest + 1)
    except FileNotFoundError:
        raise ValueError("There is no such file.") from None
    except OSError as error:
        raise ValueError(f"This file cannot be read: {error.strerror}.") from None
    if private and mode & (stat.S_IROTH | stat.S_IWOTH):
        raise ValueError(
            f"Everybody on this machine can read or change this file: run chmod 600 on it, then change the {what}."
        )
    if len(content) > largest:
        raise ValueError(f"This file is far too large to be a {what}.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValueError("This file is no UTF-8 text.") from None


def _one_line(text: str, place: str, what: str) -> str:
    """The text without the line end that editors add. Raises ValueError if it can be no such secret."""
    secret = text.rstrip("\r\n")
    if not secret.strip():
        raise ValueError(f"{place} is empty: put the {what} into it.")
    if any(ord(character) < ord(" ") for character in secret):
        raise ValueError(f"{place} holds more than one line, or a tab: put nothing but the {what} into it.")
    return secret
