"""What somebody who decides what to do next can know: the scene that all share, and a diary of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from ranmailbot.call.call import Call
from ranmailbot.rehearsal.people import Persona
from ranmailbot.rehearsal.posting import Ids
from ranmailbot.rehearsal.received import Received


@dataclass(slots=True)
class Diary:
    """What one person remembers. `chance` is their own, so that nobody's choices move another's."""

    chance: Random
    applied: bool = False
    completed: bool = False
    followed_up: bool = False
    left: bool = False
    answered: set[str] = field(default_factory=set)
    """Sessions for which they have made up their mind."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What everybody can know: the call, the bot's address, who is who, and the time."""

    call: Call
    people: tuple[Persona, ...]
    form: Received
    """The published form, as it stands behind the mailto link of the web page."""
    announced: bool
    """Whether the call is mailed to a list at all."""
    ids: Ids
    now: datetime
