"""The command line: what an administrator and an organiser at the machine can do. `ranmailbot --help` says it all.

Only argparse is imported before it is known which command was meant: help and completion answer at once.
Exit codes: 0 all is well; 1 something was found or refused (the text says what); 2 the command or config.toml is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from ranmailbot.cli.parser import make_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    options = make_parser().parse_args(arguments)
    room, _, name = options.handler.partition(":")
    console = import_module("ranmailbot.cli.console").Console(sys.stdout, sys.stderr)
    handler = getattr(import_module(f"ranmailbot.cli.{room}"), name)
    return int(console.guarded(handler, options))
