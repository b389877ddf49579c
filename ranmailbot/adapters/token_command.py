"""Access tokens that a command of the administrator prints: for every provider that has no room of its own here.

The command is a list, no shell reads it; its first line is the token. Fear: a command that hangs, floods, or leaves
children behind. Neither its output nor its arguments are ever shown.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import IO

from ranmailbot.grants import TokenCommand
from ranmailbot.ports import Unavailable

SECONDS = 30
SECONDS_TO_END = 5
LARGEST_OUTPUT = 64_000
TRY_IT = "run it by hand as the bot's user; its first line must be the token, and its exit code 0"


def fetch(grant: TokenCommand, seconds: float = SECONDS) -> str:
    """The token. Raises Unavailable."""
    name = os.path.basename(grant.command[0])  # noqa: PTH119 - a name only: pathlib would drop a dot
    try:
        process = subprocess.Popen(  # noqa: S603 - the administrator's own command, from config.toml
            grant.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as fault:
        raise Unavailable(f"the token command {name} cannot be started ({type(fault).__name__})", TRY_IT) from None
    kept = bytearray()
    reader = threading.Thread(target=_listen, args=(process.stdout, kept), daemon=True)
    reader.start()
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"the token command {name} took longer than {seconds:.0f} seconds", TRY_IT) from None
    finally:
        _end(process)
        reader.join(SECONDS_TO_END)
    line = bytes(kept).partition(b"\n")[0].decode("ascii", "replace").strip()
    if code or not line:
        reason = f"ended with exit code {code}" if code else "printed nothing"
        raise Unavailable(f"the token command {name} {reason}", TRY_IT)
    return line


def _listen(pipe: IO[bytes], kept: bytearray) -> None:
    """Hear the command out, so that it does not stumble over a closed pipe; keep no more than a token can need."""
    with pipe, suppress(OSError, ValueError):
        while part := os.read(pipe.fileno(), 65536):
            kept += part[: LARGEST_OUTPUT - len(kept)]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with everything it started; that ends its output, too."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
