"""Values to sealed bytes and back: what is personal is one JSON text for each row, sealed as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ranmailbot.call.application import Answer, Application, ProfileValue
from ranmailbot.call.call import ProfileLine, Question
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.outgoing import OutgoingMail


def pack(facts: Mapping[str, object]) -> bytes:
    """Compact UTF-8 JSON."""
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def unpack(data: bytes) -> dict[str, Any]:
    """The mapping that was packed."""
    found: dict[str, Any] = json.loads(data)
    return found


def application_facts(application: Application) -> dict[str, object]:
    """What is personal about an application."""
    return {
        "address": application.address,
        "name": application.name,
        "answers": [asdict(answer) for answer in application.answers],
        "profile": [asdict(value) for value in application.profile],
        "remarks": application.remarks,
        "possibly_same_as": application.possibly_same_as,
        "correspondent": application.correspondent,
        "asked": application.asked,
        "several": application.several,
    }


def answers_of(facts: Mapping[str, Any]) -> tuple[Answer, ...]:
    """The answers in the facts of an application."""
    return tuple(Answer(**{**answer, "span": tuple(answer["span"])}) for answer in facts["answers"])


def profile_of(facts: Mapping[str, Any]) -> tuple[ProfileValue, ...]:
    """The profile in the facts of an application."""
    return tuple(ProfileValue(**value) for value in facts["profile"])


def mail_facts(mail: OutgoingMail) -> dict[str, object]:
    """Everything about a mail except its bytes."""
    form = mail.form
    return {
        "sender": mail.sender,
        "recipient": mail.recipient,
        "subject": mail.subject,
        "form": {
            "text": form.text,
            "questions": [[question.number, question.text] for question in form.questions],
            "profile_lines": [[line.key, line.label] for line in form.profile_lines],
            "ours": form.ours,
        },
    }


def form_of(message_id: str, facts: Mapping[str, Any]) -> SentForm:
    """The form a mail carried, from its facts."""
    form = facts["form"]
    return SentForm(
        key=message_id,
        text=form["text"],
        questions=tuple(Question(number, text) for number, text in form["questions"]),
        profile_lines=tuple(ProfileLine(key, label) for key, label in form["profile_lines"]),
        ours=tuple(form["ours"]),
    )
