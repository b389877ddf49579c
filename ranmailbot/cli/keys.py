"""`keys`: what the key store holds, a new wrapping key, a copy of the store, and the end of one applicant's key."""

from __future__ import annotations

import os
from argparse import Namespace
from collections import Counter

from ranmailbot.cli.change import number_of
from ranmailbot.cli.console import Console, Usage
from ranmailbot.cli.desk import desktop_of, settings_of
from ranmailbot.flows.erase import erase_by_command
from ranmailbot.service import RandomTokens, copy_keys, key_owners, rotate_keys, worker_lock


def status(console: Console, options: Namespace) -> int:
    """How many keys there are, by sort of owner."""
    desktop = desktop_of(options)
    found = Counter(owner.partition(":")[0] for owner in key_owners(desktop))
    if options.json:
        console.json({"folder": str(desktop.keys.folder), "store": desktop.seal.keys.id, "keys": found})
        return 0
    console.say(f"{desktop.keys.folder}  (key store {desktop.seal.keys.id})")
    console.table(("keys", "of"), [(str(count), sort) for sort, count in sorted(found.items())])
    return 0


def rotate(console: Console, options: Namespace) -> int:
    """Everything is wrapped with another key. The bot must not run."""
    settings = settings_of(options)
    text = ""
    if options.to_env:
        text = os.environ.get(options.to_env, "")
        if not text:
            raise Usage(f"the environment variable {options.to_env} is not set; it must hold the new wrapping key")
    with worker_lock(settings.storage.folder):
        count = rotate_keys(settings, text)
    if options.json:
        console.json({"wrapped": count})
    else:
        console.say(f"{count} keys are wrapped with the new key; the old one opens nothing any more.")
        if options.to_env:
            console.note("note: from now on the bot must be given the new key ([keys] in config.toml)")
    return 0


def copy(console: Console, options: Namespace) -> int:
    """A copy of the key store as it is now."""
    if options.file.exists():
        raise Usage(f"{options.file} is there already; choose another name")
    copy_keys(desktop_of(options), options.file)
    if options.json:
        console.json({"file": str(options.file)})
    else:
        console.say(f"copied to {options.file}. Keep it away from copies of the database, and delete it within days:")
        console.say("whoever has it, a backup and the wrapping key can also read whoever was erased meanwhile.")
    return 0


def destroy(console: Console, options: Namespace) -> int:
    """One applicant is erased, here and in every old copy of the database."""
    desktop = desktop_of(options)
    call = desktop.settings.call
    number = number_of(call.reference_prefix, options.reference)
    if not options.yes:
        raise Usage(
            f"this erases {call.reference(number)} for ever, in every backup too; nothing brings it back. "
            "Add --yes if that is meant"
        )
    erase_by_command(desktop.store, desktop.clock, RandomTokens(), call, number)
    if options.json:
        console.json({"reference": call.reference(number), "erased": True})
    else:
        console.say(f"{call.reference(number)} is erased: rows, waiting mail and keys, here and in all backups.")
        console.say(
            "Left to do: delete the person's letters from the folders of the mailbox. The key store's own daily"
        )
        console.say("copies forget the key within seven days.")
    return 0
