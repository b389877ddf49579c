"""The mail of ours that `read` takes a letter for an answer to: one in a file, or the form mail as it would be sent.

Fear: a file that is no mail of ours. Known limit: which call it belongs to is told by its questions alone.
"""

from __future__ import annotations

from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.call.call import Call, Question
from ranmailbot.config import Settings
from ranmailbot.desk import SentMail
from ranmailbot.mail import headers, mime
from ranmailbot.mail.form import SentForm, printed_question, printed_questions
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.mail.sample_drafts import SAMPLE_MESSAGE_ID, sample_drafts

_FORM = "form"


def configured_mail(settings: Settings) -> SentMail:
    """The form mail of the configured call. Nobody got it: only a letter that refers to it is taken for an answer."""
    draft = next(draft for draft in sample_drafts(settings.call) if draft.kind == _FORM)
    stationery = JinjaStationery(settings.call, settings.templates)
    mail: OutgoingMail = stationery.write(draft, SAMPLE_MESSAGE_ID, settings.call.published, None)
    return SentMail(SAMPLE_MESSAGE_ID, _FORM, "", None, None, settings.call.published, mail.form)


def mail_in_file(call: Call, letter: Letter, raw: bytes, limits: Limits) -> SentMail:
    """A mail of ours as it lies in a file: its kind, its text, and those questions that stand in it.

    If none of the configured questions does, it is a mail of another call: then the questions it prints itself.
    """
    text = letter.text.text
    author = (letter.sender.name, letter.sender.email) if letter.sender else ()
    ours = (call.mailbox.name, call.mailbox.email, letter.subject, call.short_title, *author)
    form = SentForm(letter.message_id, text, _asked(call, text), call.profile_lines, tuple(filter(None, ours)))
    kind = headers.first(mime.split(raw, limits)[0].headers, "x-ranmailbot-kind").strip() or _FORM
    recipient = letter.recipients[0] if letter.recipients else ""
    return SentMail(letter.message_id, kind, recipient, None, None, letter.arrived, form)


def _asked(call: Call, text: str) -> tuple[Question, ...]:
    flat = " ".join(text.split())
    found = tuple(q for q in call.questions if " ".join(printed_question(q, len(call.questions)).split()) in flat)
    return found or printed_questions(text) or call.questions
