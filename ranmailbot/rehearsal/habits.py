"""What applicants do when a mail arrives: apply, complete, correct, ask, withdraw, in their own time.

A reaction is a list of postings for later. Nothing here knows what the bot thinks: people see their mail, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ranmailbot.rehearsal import letters
from ranmailbot.rehearsal.answering import rsvps
from ranmailbot.rehearsal.layouts import attribution, filled_form, quoted
from ranmailbot.rehearsal.letters import Head
from ranmailbot.rehearsal.people import Habit, Manner, Persona, Style
from ranmailbot.rehearsal.posting import Posting, proof_of
from ranmailbot.rehearsal.received import Received, asked
from ranmailbot.rehearsal.scene import Diary, Scene
from ranmailbot.rehearsal.timing import by_day, in_time, last_day, later
from ranmailbot.rehearsal.words import ENQUIRIES

_HALF_DAY = 12.0
_PROCRASTINATES = 9
"""Every ninth person who simply applies does so on the last day."""


def open_scene(persona: Persona, diary: Diary, scene: Scene) -> list[Posting]:
    """What somebody posts who saw the call elsewhere and got no mail of ours."""
    call = scene.call
    at = in_time(scene.now, call, diary.chance, share=0.3)
    head = Head(persona.name, persona.email, call.mailbox.email, "", at, scene.ids.fresh(_domain(persona)))
    if persona.habit is Habit.WEB_FORM:
        diary.applied = True
        text = filled_form(persona, call, scene.form, persona.answers)
        raw = letters.plain(replace(head, subject=scene.form.subject), text)
        return [_posting(persona, head, raw, "copies the published form", answers=persona.answers)]
    if persona.habit is Habit.WANTS_FORM or (persona.listed and not scene.announced):
        text = "Dear colleagues,\n\nI heard of your call and would like to take part. What do you need from me?\n"
        raw = letters.plain(replace(head, subject="Your meeting"), f"{text}\n{persona.name}\n")
        return [_posting(persona, head, raw, "writes without a form")]
    return []


def react(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> list[Posting]:
    """What this person will post because this mail arrived."""
    if diary.left or persona.habit in (Habit.BOUNCING, Habit.REFUSED, Habit.SILENT):
        return []
    if mail.event is not None:
        return _invited(persona, diary, mail, scene)
    if mail.kind == "rsvp_reminder":
        return list(rsvps(persona, diary, mail, scene))
    if not diary.applied and len(asked(mail, scene.call.questions)) == len(scene.call.questions):
        diary.applied = True
        return list(_ANSWERING.get(persona.habit, _applies)(persona, diary, mail, scene))
    if diary.applied and mail.kind == "acknowledgement" and not diary.followed_up:
        return list(_follow_up(persona, diary, mail, scene))
    return []


def _invited(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> list[Posting]:
    if persona.manner is Manner.LEAVES and mail.kind == "invitation":
        diary.left = True
        at = later(scene.now, 5, 40, diary.chance, scene.call.zone)
        return [_withdrawal(persona, mail, scene, at)]
    return list(rsvps(persona, diary, mail, scene))


def _applies(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    at = in_time(scene.now, scene.call, diary.chance)
    if persona.habit is Habit.APPLIES and persona.index % _PROCRASTINATES == _PROCRASTINATES - 1:
        at = max(last_day(scene.call, diary.chance), scene.now + timedelta(minutes=1))
    yield _reply(persona, mail, scene, at, persona.answers, what="applies")


def _partly(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    half = dict(list(persona.answers.items())[: max(1, len(persona.answers) // 2)])
    diary.completed = len(half) == len(persona.answers)
    yield _reply(persona, mail, scene, in_time(scene.now, scene.call, diary.chance, 0.5), half, what="answers half")


def _late(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    at = max(later(scene.call.deadline, 1, 20, diary.chance, scene.call.zone), scene.now + timedelta(minutes=1))
    yield _reply(persona, mail, scene, at, persona.answers, what="applies after the deadline")


def _away(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    at = scene.now + timedelta(minutes=1)
    head = letters.head_of_reply(persona, mail, at, scene.ids.fresh(_domain(persona)))
    head = replace(head, subject=f"Automatic reply: {mail.subject}")
    yield _posting(persona, head, letters.out_of_office(head, 3), "is out of office")
    if persona.habit is Habit.AWAY:
        yield from _applies(persona, diary, mail, replace(scene, now=scene.now + timedelta(days=2)))


def _asks(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    at = in_time(scene.now, scene.call, diary.chance, 0.2)
    head = letters.head_of_reply(persona, mail, at, scene.ids.fresh(_domain(persona)))
    question = ENQUIRIES[persona.index % len(ENQUIRIES)]
    text = f"{question}\n\n{persona.name}\n\n{attribution(persona, mail)}\n{quoted(mail)}\n"
    yield _posting(persona, head, letters.plain(head, text), "asks a question")
    yield from _applies(persona, diary, mail, replace(scene, now=at + timedelta(hours=_HALF_DAY)))


def _twice(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    first = in_time(scene.now, scene.call, diary.chance, 0.6)
    yield _reply(persona, mail, scene, first, persona.answers, what="applies")
    yield _reply(persona, mail, scene, _soon(first, scene, diary), persona.answers, what="sends the same again")


def _one_by_one(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    at = in_time(scene.now, scene.call, diary.chance, 0.6)
    for number, text in persona.answers.items():
        head = letters.head_of_reply(persona, mail, at, scene.ids.fresh(_domain(persona)))
        raw = letters.plain(head, f"{number}. {text}\n\nSent from my mobile phone\n")
        yield _posting(persona, head, raw, f"answers question {number}", answers={number: text})
        at += timedelta(minutes=diary.chance.randint(2, 9))


def _host(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    yield from _applies(persona, diary, mail, scene)
    if persona.index + 1 < len(scene.people):
        colleague = scene.people[persona.index + 1]
        at = in_time(scene.now + timedelta(hours=6), scene.call, diary.chance)
        forwarded = replace(mail, delivered_to=colleague.email)
        yield _reply(colleague, forwarded, scene, at, colleague.answers, what="answers a colleague's form")


def _second(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    """Later than whoever shares the mailbox: in the last part of the time that is left."""
    at = by_day(scene.call.deadline - timedelta(hours=diary.chance.uniform(20, 40)), diary.chance, scene.call.zone)
    yield _reply(persona, mail, scene, max(at, scene.now), persona.answers, what="applies from a shared mailbox")


def _first(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    at = in_time(scene.now, scene.call, diary.chance, 0.4)
    yield _reply(persona, mail, scene, at, persona.answers, what="applies from a shared mailbox")


def _corrects(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    first = in_time(scene.now, scene.call, diary.chance, 0.5)
    yield _reply(persona, mail, scene, first, persona.answers, what="applies")
    if persona.style is Style.INLINE:
        diary.followed_up = True
        yield _reply(persona, mail, scene, _soon(first, scene, diary), persona.corrections, what="corrects an answer")


def _garbled(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    at = in_time(scene.now, scene.call, diary.chance, 0.5)
    head = letters.head_of_reply(persona, mail, at, scene.ids.fresh(_domain(persona)))
    yield _posting(persona, head, letters.garbled(head), "sends a broken letter")


def _disowned(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    """Applies; then a stranger writes in this person's name, proving nothing."""
    at = in_time(scene.now, scene.call, diary.chance, 0.5)
    yield _reply(persona, mail, scene, at, persona.answers, what="applies")
    after = _soon(at, scene, diary)
    head = Head(persona.name, persona.email, mail.reply_to, "Withdraw", after, scene.ids.fresh("stranger.test"))
    raw = letters.plain(head, "Withdraw my application.\n")
    yield Posting(after, None, head.email, raw, head.message_id, "none", "a forged withdrawal", refused=True)


_ANSWERING: Mapping[Habit, Callable[[Persona, Diary, Received, Scene], Iterator[Posting]]] = {
    Habit.PARTIAL: _partly,
    Habit.LATE: _late,
    Habit.AWAY: _away,
    Habit.ABSENT: _away,
    Habit.ASKS: _asks,
    Habit.REPEATS: _twice,
    Habit.PHONE: _one_by_one,
    Habit.HOST: _host,
    Habit.SHARED_FIRST: _first,
    Habit.SHARED_SECOND: _second,
    Habit.CORRECTS: _corrects,
    Habit.GARBLED: _garbled,
    Habit.UNPROVEN_LEAVING: _disowned,
}


def _follow_up(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    """What an acknowledgement makes people do, once."""
    at = _soon(scene.now, scene, diary)
    if persona.habit is Habit.PARTIAL and not diary.completed:
        diary.completed = diary.followed_up = True
        half = max(1, len(persona.answers) // 2)
        yield _reply(persona, mail, scene, at, dict(list(persona.answers.items())[half:]), what="answers the rest")
    elif persona.habit is Habit.CORRECTS:
        diary.followed_up = True
        typed = replace(persona, style=Style.NUMBERED_ALONE)
        yield _reply(typed, mail, scene, at, persona.corrections, what="corrects an answer")
    elif persona.habit is Habit.WITHDRAWS:
        diary.followed_up = diary.left = True
        yield _withdrawal(persona, mail, scene, at)


def _soon(moment: datetime, scene: Scene, diary: Diary) -> datetime:
    """Hours later, and before the deadline if that is still possible."""
    at = later(moment, 3, 30, diary.chance, scene.call.zone)
    last = scene.call.deadline - timedelta(minutes=diary.chance.randint(10, 50))
    return max(min(at, last), moment + timedelta(minutes=7))


def _withdrawal(persona: Persona, mail: Received, scene: Scene, at: datetime) -> Posting:
    head = letters.head_of_reply(persona, mail, at, scene.ids.fresh(_domain(persona)))
    raw = letters.plain(head, f"Withdraw\n\n{attribution(persona, mail)}\n{quoted(mail)}\n")
    return replace(_posting(persona, head, raw, "withdraws"), withdraws=True)


def _reply(
    persona: Persona, mail: Received, scene: Scene, at: datetime, answers: Mapping[int, str], *, what: str
) -> Posting:
    head = letters.head_of_reply(persona, mail, at, scene.ids.fresh(_domain(persona)))
    if persona.habit is Habit.JUNK:
        head = letters.marked(head, X_Spam_Flag="YES")
    if persona.habit is Habit.SUPPRESSED:
        head = letters.marked(head, X_Auto_Response_Suppress="All")
    raw = letters.answer(head, persona, scene.call, mail, answers)
    return _posting(persona, head, raw, what, answers=answers)


def _posting(persona: Persona, head: Head, raw: bytes, what: str, answers: Mapping[int, str] | None = None) -> Posting:
    proof = proof_of(persona)
    return Posting(
        head.date, persona.index, persona.email, raw, head.message_id, proof, what, answers=dict(answers or {})
    )


def _domain(persona: Persona) -> str:
    return persona.email.rpartition("@")[2]
