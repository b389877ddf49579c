"""What a letter answers, once it is known which mail of ours it refers to: the bot and `read` ask the same.

Fear: nothing of its own; the reader fears the letter.
"""

from __future__ import annotations

from dataclasses import replace

from ranmailbot.call.call import Call
from ranmailbot.desk import Context
from ranmailbot.mail.answers import Reading
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.letter_reading import read_letter

CORRECTABLE = frozenset(
    {"acknowledgement", "closing", "correction_check", "deadline_notice", "deadline_reminder", "passed_on"}
)
"""Mails of ours that ask only some questions, or none, and may be answered with any."""


def understand(letter: Letter, context: Context, call: Call) -> Reading:
    """What a letter answers. Whoever replies to a mail that asks little or nothing may still correct any answer.

    The same holds for the lines about the applicant, which an acknowledgement shows.
    """
    form, replied = context.form, context.replied
    whole = len(form.questions) == len(call.questions) and len(form.profile_lines) == len(call.profile_lines)
    if replied is not None and replied.kind in CORRECTABLE and not whole:
        wide = read_letter(letter, replace(form, questions=call.questions, profile_lines=call.profile_lines))
        if wide.answers or any(not value.guessed for value in wide.profile):
            return wide
    return read_letter(letter, form)
