"""What folders a mailbox has: their prefix and delimiter, whether one is there, and which one serves a purpose.

Providers name them as they like: Gmail's spam is "[Gmail]/Spam", in the language of its owner; Exchange's "Junk Email".
Fear: names that only hold other names and cannot be opened.
"""

from __future__ import annotations

from ranmailbot.adapters.imap_session import Client

JUNK, SENT = b"\\JUNK", b"\\SENT"
_NO_FOLDER = frozenset({b"\\NOSELECT", b"\\NONEXISTENT"})


def namespace(client: Client) -> tuple[str, str]:
    """The prefix and the delimiter of our own folders (RFC 2342); without NAMESPACE as LIST shows them."""
    if client.has_capability("NAMESPACE"):
        personal = client.namespace().personal
        if personal:
            prefix, delimiter = personal[0]
            return prefix or "", delimiter or "/"
    for _, delimiter, _ in client.list_folders("", "INBOX"):
        if delimiter:
            return "", delimiter.decode("ascii")
    return "", "/"


def is_there(client: Client, name: str) -> bool:
    """Whether this is a folder that can be opened; a name that only holds others is none."""
    if name.upper() == "INBOX":
        return True
    return any(not {flag.upper() for flag in flags} & _NO_FOLDER for flags, _, _ in client.list_folders("", name))


def of_purpose(client: Client, purpose: bytes) -> str | None:
    """The folder for this purpose, whatever it is called here (RFC 6154), or None."""
    if not client.has_capability("SPECIAL-USE"):
        return None
    for flags, _, name in client.list_folders("", "*"):
        if purpose in {flag.upper() for flag in flags}:
            return str(name)
    return None
