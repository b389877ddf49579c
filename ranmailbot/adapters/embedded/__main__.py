"""The built-in mail server's own process: `python -m ranmailbot.adapters.embedded --spool DIR --bot ADDRESS ...`.

The password is the first line of standard input. When it is ready it prints one JSON line with its ports, or with an
error. It ends when standard input ends or its parent is gone, so that it never outlives the bot; and on SIGTERM.
It looks at the wall clock itself: its stamps say when mail really arrived. It logs no word of any message.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import logging
import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ranmailbot.adapters.embedded.imap_side import start_imap
from ranmailbot.adapters.embedded.smtp_side import Handler, Post, start_smtp
from ranmailbot.adapters.embedded.spool import Spool, lock, open_spool

_HOST = "127.0.0.1"
_PATIENCE_FOR_LOCK = 100
_PAUSE = 0.1


class _CannotStart(Exception):
    """Why, for the person who starts it."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ranmailbot.adapters.embedded", description=__doc__)
    parser.add_argument("--spool", type=Path, required=True, help="directory that keeps all mail")
    parser.add_argument("--bot", required=True, help="the bot's address")
    parser.add_argument("--archive", required=True, help="recipient whose mail goes into the bot's Archive folder")
    parser.add_argument("--authserv-id", required=True, help="the name this server stamps messages with (RFC 8601 2.5)")
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--imap-port", type=int, default=0)
    parser.add_argument("--size-limit", type=int, default=26_000_000, help="largest message in bytes")
    return parser.parse_args()


def main() -> int:
    """Run until told to end. Returns the exit status."""
    os.umask(0o077)
    logging.disable(logging.CRITICAL)  # aiosmtpd logs addresses, asyncio logs what a failed task held
    options = _arguments()
    password = sys.stdin.buffer.readline().decode().rstrip("\r\n")
    try:
        asyncio.run(_serve(options, password))
    except _CannotStart as fault:
        _say({"error": str(fault)})
        return 1
    return 0


async def _serve(options: argparse.Namespace, password: str) -> None:
    if not password:
        raise _CannotStart("no password came on standard input")
    held = await _lock(options.spool)
    spool = open_spool(options.spool, lambda: datetime.now(UTC))
    for folder in ("INBOX", "Junk", "Archive"):
        spool.folder(options.bot, folder)
    post = Post(options.bot, options.archive, options.authserv_id, password, options.size_limit)
    try:
        smtp = await _listen("smtp", start_smtp(Handler(post, spool, _serials()), _HOST, options.smtp_port))
        imap = await _listen("imap", start_imap(spool, password, _HOST, options.imap_port, options.size_limit))
        _say({"smtp_port": smtp.sockets[0].getsockname()[1], "imap_port": imap.sockets[0].getsockname()[1]})
        await _told_to_end()
    finally:
        _close(spool)
        held.close()


async def _lock(root: Path) -> IO[bytes]:
    """Wait a little for a predecessor that is just ending."""
    for _ in range(_PATIENCE_FOR_LOCK):
        held = lock(root)
        if held is not None:
            return held
        await asyncio.sleep(_PAUSE)
    raise _CannotStart(f"another mail server uses the spool {root}; end it, or choose another directory")


async def _listen(protocol: str, starting: Awaitable[asyncio.Server]) -> asyncio.Server:
    try:
        return await starting
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            raise _CannotStart(
                f"the {protocol} port asked for on {_HOST} is in use by another program; end it, or choose another port"
            ) from None
        raise _CannotStart(f"cannot listen for {protocol} on {_HOST}: {fault.strerror}") from None


async def _told_to_end() -> None:
    loop = asyncio.get_running_loop()
    end, parent = asyncio.Event(), os.getppid()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    loop.add_reader(sys.stdin.fileno(), lambda: end.set() if not os.read(sys.stdin.fileno(), 4096) else None)
    while not end.is_set() and os.getppid() == parent:
        # A forked sibling may still hold the pipe when the parent dies, so the parent is looked at, too.
        try:
            await asyncio.wait_for(end.wait(), timeout=1)
        except TimeoutError:
            continue


def _close(spool: Spool) -> None:
    with suppress(OSError):  # a full disk at the end: UIDs will jump, nothing is lost
        spool.close()


def _serials() -> Iterator[str]:
    while True:
        yield secrets.token_hex(8)


def _say(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
