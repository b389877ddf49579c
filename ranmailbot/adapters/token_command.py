"""Access tokens that a command of the administrator prints: for every provider that has no room of its own here.

The command is a list, no shell reads it; its first line is the token. Fear: a command that hangs, floods, or leaves
children behind. Neither its output nor its arguments are ever shown.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

from ranmailbot.grants import TokenCommand
from ranmailbot.ports import Unavailable

SECONDS = 30
LARGEST_OUTPUT = 64_000
TRY_IT = "run it by hand as the bot's user; its first line must be the token, and its exit code 0"


def fetch(grant: TokenCommand, seconds: float = SECONDS, monotonic: Callable[[], float] = time.monotonic) -> str:
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
    end = monotonic() + seconds
    try:
        line = _first_line(process, lambda: end - monotonic())
        code = process.wait(max(0.0, end - monotonic()))
    except (subprocess.TimeoutExpired, TimeoutError):
        raise Unavailable(f"the token command {name} took longer than {seconds:.0f} seconds", TRY_IT) from None
    finally:
        _end(process)
    if code or not line:
        reason = f"ended with exit code {code}" if code else "printed nothing"
        raise Unavailable(f"the token command {name} {reason}", TRY_IT)
    return line


def _first_line(process: subprocess.Popen[bytes], left: Callable[[], float]) -> str:
    """What stands before the first line end. Raises TimeoutError."""
    output, pipe = b"", process.stdout
    while pipe is not None and b"\n" not in output and len(output) < LARGEST_OUTPUT:
        if not select.select([pipe], [], [], max(0.0, left()))[0]:
            raise TimeoutError
        part = os.read(pipe.fileno(), 65536)
        if not part:
            break
        output += part
    if pipe is not None:
        pipe.close()
    return output.partition(b"\n")[0].decode("ascii", "replace").strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with everything it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdout is not None:
        process.stdout.close()
    process.wait()
