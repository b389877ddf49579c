"""All commands and their options, each with examples. Imports nothing but argparse."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from ranmailbot import __version__

MOST_APPLICANTS = 100_000
Sub = Callable[[str, str, str, str], argparse.ArgumentParser]


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="ranmailbot",
        description="Runs a call for participants by e-mail alone.",
        epilog="examples:\n  ranmailbot rehearse\n  ranmailbot check\n  ranmailbot run --as-of 2022-03-01T09:00\n\n"
        "exit codes: 0 all is well, 1 something was found or refused, 2 the command or config.toml is wrong",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, handler: str, summary: str, examples: str) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            epilog="examples:\n" + "\n".join(f"  ranmailbot {line}" for line in examples.split("\n")),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(handler=handler)
        command.add_argument(
            "--config", type=Path, default=Path("config.toml"), metavar="FILE", help="default: %(default)s"
        )
        return command

    _serving(add)
    _before(add)
    _looking(add)
    _deciding(add)
    _correcting(add)
    _keeping(add)
    return parser


def _serving(add: Sub) -> None:
    run = add("run", "serve:run", "run the bot until it is stopped", "run\nrun --as-of 2022-03-01T09:00")
    run.add_argument(
        "--as-of",
        metavar="MOMENT",
        help="start the clock here (local time of the call), to try a call whose dates are past",
    )
    _built_in_ports(run)
    run.add_argument("--verbose", action="store_true", help="show every step in the log")
    rehearse = add(
        "rehearse",
        "serve:rehearse",
        "play the configured call on the built-in server, from publication to the end",
        "rehearse\nrehearse --applicants 100 --seed 7 --keep out\nrehearse --server bench.toml\n"
        "rehearse --json | jq .faults",
    )
    rehearse.add_argument("--applicants", type=_count, default=40, metavar="N", help="default: %(default)s")
    rehearse.add_argument(
        "--seed", type=int, default=1, metavar="N", help="the same seed plays the same call; default: %(default)s"
    )
    rehearse.add_argument(
        "--server",
        type=Path,
        metavar="FILE",
        help="on given servers instead: the bot's own are those of the configuration (an empty mailbox of its own); "
        "FILE names an SMTP server as [entry] for letters to it, and as [readers] the IMAP mailbox that catches all "
        "other mail; see docs/operations.md",
    )
    rehearse.add_argument(
        "--keep", type=Path, metavar="DIR", help="where mails and page are left; default: rehearsals/<time>"
    )
    rehearse.add_argument(
        "--keep-state", type=Path, metavar="DIR", help="where the bot's database and keys are left; default: nowhere"
    )
    _json(rehearse)


def _before(add: Sub) -> None:
    publish = add(
        "publish",
        "draw:publish",
        "write the web page, the block to paste and the text that open the call",
        "publish\npublish --out site",
    )
    publish.add_argument("--out", type=Path, default=Path("published"), metavar="DIR", help="default: %(default)s")
    _checking(add)
    timeline = add(
        "timeline",
        "look:timeline",
        "show when which mail goes out, in local time",
        "timeline\ntimeline --json\ntimeline --kept announcement:call:1",
    )
    timeline.add_argument("--kept", metavar="KEY", help="note that this one went out already (before a restore)")
    _json(timeline)
    preview = add(
        "preview",
        "draw:preview",
        "show a mail as it would go out, with sample facts",
        "preview\npreview acknowledgement\npreview form --eml > form.eml\npreview digest --html > digest.html",
    )
    preview.add_argument("kind", nargs="?", help="which mail; without it, all kinds are listed")
    shape = preview.add_mutually_exclusive_group()
    shape.add_argument("--eml", action="store_true", help="the whole mail instead of its text")
    shape.add_argument("--html", action="store_true", help="its HTML instead of its text")
    read = add(
        "read",
        "read:read",
        "show how a mail would be understood, without storing or sending anything",
        "read reply.eml\nread reply.eml --form form.eml --json\nread *.eml --json",
    )
    read.add_argument("files", nargs="+", type=Path, metavar="MAIL.eml")
    read.add_argument("--form", type=Path, metavar="FORM.eml", help="the mail it answers; default: the configured form")
    _json(read)
    completion = add(
        "completion",
        "draw:completion",
        "print a completion script for your shell",
        "completion bash > ~/.local/share/bash-completion/completions/ranmailbot",
    )
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def _checking(add: Sub) -> None:
    check = add(
        "check",
        "check:check",
        "check configuration, mails and storage, and try the mail servers with mails to the mailbox itself",
        "check\ncheck --offline\ncheck --alarm\ncheck --json | jq .findings",
    )
    check.description = (
        "Check configuration, mails and storage; then try the mail servers: names, certificates, logins, folders, and "
        "a round trip of four mails to the mailbox itself, which are removed again. It may run beside the bot. "
        "Exit code 1 if there is something to mend."
    )
    check.add_argument("--offline", action="store_true", help="ask no server")
    check.add_argument("--alarm", action="store_true", help="send a trial message by each route of [alarm]")
    check.add_argument(
        "--seconds", type=int, default=120, metavar="N", help="time for the round trip; default: %(default)s"
    )
    _built_in_ports(check)
    _json(check)


def _built_in_ports(command: argparse.ArgumentParser) -> None:
    for name, port in (("smtp", 2525), ("imap", 1143)):
        command.add_argument(
            f"--{name}-port", type=int, default=port, metavar="N", help="of the built-in server; default: %(default)s"
        )


def _looking(add: Sub) -> None:
    _json(add("status", "look:status", "show the sums: letters, mails, applications", "status\nstatus --json"))
    listing = add("list", "look:listing", "list the applications", "list\nlist --status complete\nlist --json")
    listing.add_argument("--status", choices=("incomplete", "complete", "withdrawn"))
    listing.add_argument("--undecided", action="store_true", help="only those that wait for a decision")
    _json(listing)
    show = add(
        "show", "look:show", "show one application with everything that belongs to it", "show A-017\nshow A-017 --json"
    )
    show.add_argument("reference", help='such as "A-017"')
    _json(show)
    outbox = add(
        "outbox",
        "look:outbox",
        "list the mails that were or will be sent",
        "outbox\noutbox --state held\noutbox --eml 12 > mail.eml",
    )
    outbox.add_argument(
        "--state", choices=("queued", "claimed", "in_doubt", "sent", "refused", "held", "void", "lapsed")
    )
    outbox.add_argument("--eml", type=int, metavar="N", help="print this mail, byte for byte")
    _json(outbox)


def _deciding(add: Sub) -> None:
    decide = add(
        "decide",
        "change:decide",
        "take a decision, also while the bot runs",
        "decide invite A-001 A-002\ndecide decline A-003\ndecide undecide A-003",
    )
    decide.add_argument("decision", choices=("invite", "decline", "undecide"))
    decide.add_argument("references", nargs="+", metavar="REFERENCE")
    _json(decide)


def _correcting(add: Sub) -> None:
    hold = add(
        "hold",
        "correct:hold",
        "stop mailings, or all sending, until `resume`; letters are still received",
        'hold --reason "the invitation names the wrong day"\nhold --all --reason "an attack"',
    )
    hold.add_argument("--all", action="store_true", help="hand over nothing at all, not mailings only")
    hold.add_argument("--reason", default="", metavar="TEXT", help="one line, kept and shown to the organisers")
    _json(hold)
    _json(add("resume", "correct:resume", "let go on what was stopped", "resume\nresume --json"))
    release = add("release", "correct:release", "send mails that are held", "release 12 13\nrelease --all")
    drop = add(
        "drop",
        "correct:drop",
        "do not send mails that are held or queued; or note that they had been sent",
        "drop 12\ndrop --sent 12\ndrop --all",
    )
    drop.add_argument("--sent", action="store_true", help="it had been sent, somebody saw it (held mails only)")
    retry = add(
        "retry",
        "correct:retry",
        "list the letters that were put aside, or have them judged again",
        "retry\nretry 7\nretry --all",
    )
    for command, what in ((release, "held mails"), (drop, "held mails"), (retry, "letters that were put aside")):
        command.add_argument("numbers", nargs="*", type=int, metavar="N")
        command.add_argument("--all", action="store_true", help=f"all {what}")
        _json(command)


def _keeping(add: Sub) -> None:
    backup = add(
        "backup", "keep:backup", "copy the database into one new file, also while the bot runs", "backup monday.sqlite"
    )
    backup.add_argument("file", type=Path, metavar="FILE")
    _json(backup)
    restore = add(
        "restore",
        "keep:restore",
        "put a backup in the place of the database; the bot must be stopped",
        "restore monday.sqlite\nrestore monday.sqlite --lost-at 2022-03-05T10:00 --numbers-above 57",
    )
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument(
        "--lost-at",
        metavar="MOMENT",
        help="when the lost database stopped (local time of the call): letters that arrived later were never answered",
    )
    restore.add_argument(
        "--numbers-above", type=int, default=0, metavar="N", help="new applications get higher numbers than this"
    )
    _json(restore)
    _looking_after_keys(add)


def _looking_after_keys(add: Sub) -> None:
    keys = add(
        "keys",
        "keys:status",
        "look after the keys that everything personal is sealed with",
        "keys\nkeys rotate\nkeys destroy A-017 --yes\nkeys copy /mnt/safe/keys.sqlite",
    )
    _json(keys)
    parts = keys.add_subparsers(title="what to do", metavar="WHAT")

    def part(name: str, handler: str, summary: str) -> argparse.ArgumentParser:
        command = parts.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        command.set_defaults(handler=handler)
        command.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help=argparse.SUPPRESS)
        command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        return command

    rotate = part("rotate", "keys:rotate", "wrap all keys with a new wrapping key; stop the bot first")
    rotate.add_argument("--to-env", metavar="NAME", help="environment variable with the new key (base64 of 32 bytes)")
    copy = part("copy", "keys:copy", "copy the key store into a file, also while the bot runs")
    copy.add_argument("file", type=Path, metavar="FILE")
    destroy = part("destroy", "keys:destroy", "erase one applicant, in every backup too")
    destroy.add_argument("reference", help='such as "A-017"')
    destroy.add_argument("--yes", action="store_true", help="yes, for ever")


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="for programs: one JSON value on standard output")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_APPLICANTS:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_APPLICANTS} is wanted")
    return int(text)
