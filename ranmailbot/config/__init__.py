"""Settings: config.toml is read once, at the start, and either all of it is right or every fault is told at once.

Beyond this room travel only frozen dataclasses. Whoever writes the file is trusted, their typing is not.
Known limit: a session begins and ends on the same day.
"""

from ranmailbot.config.complaint import BadConfig, Complaint
from ranmailbot.config.handbook import explain, reference
from ranmailbot.config.loading import load
from ranmailbot.config.sections import MAILINGS
from ranmailbot.config.settings import (
    KeySettings,
    MailboxSettings,
    Settings,
    StorageSettings,
    SubmissionSettings,
    TrustProfile,
)

__all__ = [
    "MAILINGS",
    "BadConfig",
    "Complaint",
    "KeySettings",
    "MailboxSettings",
    "Settings",
    "StorageSettings",
    "SubmissionSettings",
    "TrustProfile",
    "explain",
    "load",
    "reference",
]
