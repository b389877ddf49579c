"""How invited people answer: by their calendar or in words, at once or only when reminded, and sometimes twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ranmailbot.call.call import Call, Session
from ranmailbot.rehearsal import letters
from ranmailbot.rehearsal.calendar_replies import PartStat, calendar_reply
from ranmailbot.rehearsal.layouts import attribution, quoted
from ranmailbot.rehearsal.letters import Head
from ranmailbot.rehearsal.people import Manner, Persona
from ranmailbot.rehearsal.posting import Ids, Posting, proof_of
from ranmailbot.rehearsal.received import Received
from ranmailbot.rehearsal.scene import Diary, Scene
from ranmailbot.rehearsal.timing import later

OUTSIDER = "passer-by@elsewhere.test"
"""Somebody an invitation was forwarded to. Nothing may ever be sent there."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One mail that asks for an answer, and who answers when."""

    persona: Persona
    mail: Received
    call: Call
    session: Session | None
    ids: Ids
    at: datetime

    def head(self) -> Head:
        domain = self.persona.email.rpartition("@")[2]
        return letters.head_of_reply(self.persona, self.mail, self.at, self.ids.fresh(domain))


def rsvps(persona: Persona, diary: Diary, mail: Received, scene: Scene) -> Iterator[Posting]:
    """The answers this mail brings about. The sessions that are settled by them are noted in the diary."""
    call, answered = scene.call, diary.answered
    session = session_of(mail, call)
    turn = _Turn(persona, mail, call, session, scene.ids, later(scene.now, 1, 30, diary.chance, call.zone))
    if mail.kind == "rsvp_reminder":
        yield from _reminded(turn, answered)
    elif session is not None and mail.event is not None and mail.event.method == "REQUEST":
        if mail.event.asks and session.key not in answered:
            yield from _ANSWERS.get(persona.manner, _silently)(turn, answered)
        elif persona.manner is Manner.CHANGES and f"again {session.key}" not in answered:
            answered.add(f"again {session.key}")
            yield _by_calendar(turn, "DECLINED")


def session_of(mail: Received, call: Call) -> Session | None:
    """The session whose start the mail's event has."""
    start = mail.event.start if mail.event else None
    return next((session for session in call.sessions if session.start == start), None)


def _reminded(turn: _Turn, answered: set[str]) -> Iterator[Posting]:
    open_sessions = [session.key for session in turn.call.sessions if session.key not in answered]
    if turn.persona.manner is Manner.REMINDED and open_sessions:
        answered.update(open_sessions)
        words = "Yes." if len(turn.call.sessions) == 1 else "Yes to all sessions, please."
        yield _in_words(turn, words, dict.fromkeys(open_sessions, "ACCEPTED"))


def _silently(_turn: _Turn, _answered: set[str]) -> Iterator[Posting]:
    yield from ()


def _accepts(turn: _Turn, answered: set[str]) -> Iterator[Posting]:
    answered.add(_key(turn))
    yield _by_calendar(turn, "ACCEPTED")


def _declines(turn: _Turn, answered: set[str]) -> Iterator[Posting]:
    answered.add(_key(turn))
    yield _by_calendar(turn, "DECLINED")


def _says_yes(turn: _Turn, answered: set[str]) -> Iterator[Posting]:
    answered.add(_key(turn))
    yield _in_words(turn, "Yes, I will be there with pleasure.", {_key(turn): "ACCEPTED"})


def _says_no(turn: _Turn, answered: set[str]) -> Iterator[Posting]:
    answered.add(_key(turn))
    yield _in_words(turn, "No, unfortunately I cannot attend.", {_key(turn): "DECLINED"})


def _only_first(turn: _Turn, answered: set[str]) -> Iterator[Posting]:
    sessions = [session.key for session in turn.call.sessions]
    answered.update(sessions)
    if len(sessions) == 1:
        yield from _says_yes(turn, answered)
        return
    said = {key: "ACCEPTED" if key == sessions[0] else "DECLINED" for key in sessions}
    yield _in_words(turn, "Only day 1, please.", said)


def _tentative(turn: _Turn, answered: set[str]) -> Iterator[Posting]:
    answered.add(_key(turn))
    yield _by_calendar(turn, "TENTATIVE")
    yield _by_calendar(replace(turn, at=turn.at + timedelta(hours=26)), "ACCEPTED")


def _stale(turn: _Turn, answered: set[str]) -> Iterator[Posting]:
    """The acceptance, then an older refusal that a slow server delivers a day after it."""
    answered.add(_key(turn))
    yield _by_calendar(turn, "ACCEPTED")
    slow = replace(turn, at=turn.at + timedelta(hours=20))
    yield replace(_by_calendar(slow, "DECLINED", stamp=turn.at - timedelta(hours=1)), rsvps={}, what="an older refusal")


def _forwards(turn: _Turn, answered: set[str]) -> Iterator[Posting]:
    yield from _accepts(turn, answered)
    head = replace(turn.head(), name="Passer-by", email=OUTSIDER, date=turn.at + timedelta(hours=2))
    if turn.mail.event is not None:
        raw = calendar_reply(head, turn.mail.event, "ACCEPTED", head.date, "google")
        what = "a stranger accepts somebody's invitation"
        yield Posting(head.date, None, OUTSIDER, raw, head.message_id, "own", what, refused=True)


_ANSWERS: Mapping[Manner, Callable[[_Turn, set[str]], Iterator[Posting]]] = {
    Manner.CALENDAR_YES: _accepts,
    Manner.CALENDAR_NO: _declines,
    Manner.WORDS_YES: _says_yes,
    Manner.WORDS_NO: _says_no,
    Manner.ONLY_FIRST: _only_first,
    Manner.CHANGES: _accepts,
    Manner.STALE: _stale,
    Manner.FORWARDS: _forwards,
    Manner.TENTATIVE: _tentative,
}


def _key(turn: _Turn) -> str:
    return turn.session.key if turn.session else ""


def _by_calendar(turn: _Turn, partstat: PartStat, stamp: datetime | None = None) -> Posting:
    if turn.mail.event is None:
        raise ValueError("a calendar can only answer a mail with an event")
    said = partstat.lower()
    head = replace(turn.head(), subject=f"{said.capitalize()}: {turn.mail.subject}")
    client = "outlook" if turn.persona.index % 2 else "google"
    raw = calendar_reply(head, turn.mail.event, partstat, stamp or turn.at, client)  # type: ignore[arg-type]  # one of two
    return _posting(turn, head, raw, f"{said} {_key(turn)} by calendar", {_key(turn): partstat})


def _in_words(turn: _Turn, words: str, said: Mapping[str, str]) -> Posting:
    head = turn.head()
    text = f"{words}\n\n{turn.persona.name}\n\n{attribution(turn.persona, turn.mail)}\n{quoted(turn.mail)}\n"
    return _posting(turn, head, letters.plain(head, text), f"says: {words}", said)


def _posting(turn: _Turn, head: Head, raw: bytes, what: str, said: Mapping[str, str]) -> Posting:
    proof = proof_of(turn.persona)
    return Posting(turn.at, turn.persona.index, turn.persona.email, raw, head.message_id, proof, what, rsvps=dict(said))
