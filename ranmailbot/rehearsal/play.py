"""The play: the whole call on the built-in mail server, from publication to the day after the last session.

The bot's flows are the very ones of `run`; only clock and correspondents are played. Each turn posts what is due, lets
the bot work until nothing more happens, delivers what it sent, and moves the clock to the next moment of anybody's.
"""

from __future__ import annotations

import heapq
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import sleep
from zoneinfo import ZoneInfo

from ranmailbot import service
from ranmailbot.adapters.embedded import start_embedded
from ranmailbot.call.call import Call, MeetingRoom, Session
from ranmailbot.config import Settings
from ranmailbot.mail.address import Address
from ranmailbot.mail.form import blank_form
from ranmailbot.ports import Account, Unavailable
from ranmailbot.rehearsal.chronicle import Chronicle
from ranmailbot.rehearsal.clock import PlayedClock
from ranmailbot.rehearsal.far_post import FarPost
from ranmailbot.rehearsal.habits import open_scene, react
from ranmailbot.rehearsal.hosts import Hosts
from ranmailbot.rehearsal.organisers import Desk, decide
from ranmailbot.rehearsal.people import Persona, cast
from ranmailbot.rehearsal.post import HOST, PostOffice
from ranmailbot.rehearsal.posting import Ids, Posting
from ranmailbot.rehearsal.received import Received, receive
from ranmailbot.rehearsal.scene import Diary, Scene
from ranmailbot.rehearsal.tokens import PlayedTokens

AUTHSERV_ID = "mx.rehearsal.example"
ARCHIVE = "archive@rehearsal.example"
MOST_ROUNDS = 20_000
"""A worker that still finds something to do after so many rounds at one moment will never stop."""
ASKING = frozenset({"announcement", "form", "deadline_reminder", "deadline_notice"})
PACE = timedelta(seconds=30)
CROWD = 150
"""From so many people on, what they post is gathered into steps of ten minutes."""


class NeverQuiet(Exception):
    """The bot does not come to rest. The text says at which played moment."""


@dataclass(frozen=True, slots=True)
class Played:
    """What was played, for the books and the page."""

    call: Call
    people: tuple[Persona, ...]
    seed: int
    began: datetime
    ended: datetime
    chronicle: Chronicle
    filed: Mapping[str, Sequence[tuple[str, bytes]]]
    """What lies in the bot's folders (the archive left out): folder to Message-IDs and heads."""
    books: service.BooksReport
    stories: tuple[service.Story, ...]
    letters: tuple[service.LetterRecord, ...]
    mails: tuple[service.MailRecord, ...]
    faults: tuple[str, ...]


@dataclass(slots=True)
class Stage:
    """Everything that moves while the call is played."""

    call: Call
    people: tuple[Persona, ...]
    clock: PlayedClock
    worker: service.Worker
    office: PostOffice | FarPost
    chronicle: Chronicle
    form: Received
    desk: Desk
    ids: Ids
    grid: timedelta
    diaries: tuple[Diary, ...]
    homes: Mapping[str, tuple[int, ...]]
    """Who reads which address."""
    queue: list[tuple[datetime, int, Posting]] = field(default_factory=list)
    order: int = 0

    def scene(self) -> Scene:
        """What people can know now."""
        announced = any(milestone.mailing == "announcement" for milestone in self.call.milestones())
        return Scene(self.call, self.people, self.form, announced, self.ids, self.clock.now())

    def plan(self, postings: Sequence[Posting]) -> None:
        """Put letters into the queue, never before now."""
        for posting in postings:
            self.order += 1
            at = max(_floor(posting.at, self.grid), self.clock.now())
            heapq.heappush(self.queue, (at, self.order, posting))


def play(
    settings: Settings,
    applicants: int,
    seed: int,
    folder: Path,
    progress: Callable[[str], None],
    *,
    state: Path | None = None,
    hosts: Hosts | None = None,
) -> Played:
    """Play the call. `folder` gets every mail as .eml. `state` (a folder that is not there yet) keeps the bot's state.

    With `hosts` on given servers, the bot's own being those of its configuration. Raises Unavailable if the built-in
    server cannot start, or if the given ones do not do what they must.
    """
    people = cast(settings.call, applicants, seed)
    settings = prepared(settings, people)
    with _stage(settings, people, seed, folder=folder, kept=state, hosts=hosts) as stage:
        began, end = stage.clock.now(), curtain(settings.call)
        for index, persona in enumerate(people):
            stage.plan(open_scene(persona, stage.diaries[index], stage.scene()))
        faults = tuple(_run(stage, end, progress))
        return _played(stage, seed, began, end, faults)


def prepared(settings: Settings, people: Sequence[Persona]) -> Settings:
    """The settings with the sample people as announcement list, and sample rooms where details are not ready."""
    listed = {persona.key: Address(persona.name, persona.email) for persona in reversed(people) if persona.listed}
    sessions = tuple(_with_room(session, settings.call) for session in settings.call.sessions)
    call = replace(settings.call, sessions=sessions)
    return replace(settings, call=call, announcement=tuple(reversed(listed.values())))


def _with_room(session: Session, call: Call) -> Session:
    if not session.online or (session.room is not None and session.room.approved_by):
        return session
    number = f"27410000{session.number:03d}"
    sample = MeetingRoom(
        join_url=f"https://sample.webex.example/sample/j.php?MTID=m{session.number:016x}",
        meeting_number=number,
        password=f"sample-lantern-{session.number}",
        numeric_password=f"4051726{session.number % 10}",
        video_address=f"{number}@sample.webex.example",
        phones=(),
        approved_by=call.organisers[0].email if call.organisers else "",
        approved_at=call.published,
    )
    room = session.room or sample
    return replace(session, room=replace(room, approved_by=sample.approved_by, approved_at=sample.approved_at))


def curtain(call: Call) -> datetime:
    """When the play ends: the evening of the day after the last session (or after the deadline), in UTC."""
    last = max([*(session.end for session in call.sessions), call.deadline])
    zone = ZoneInfo(call.sessions[-1].zone if call.sessions else call.zone)
    day = last.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(23, 0), tzinfo=zone).astimezone(UTC)


@contextmanager
def _stage(
    settings: Settings,
    people: tuple[Persona, ...],
    seed: int,
    *,
    folder: Path,
    kept: Path | None,
    hosts: Hosts | None,
) -> Iterator[Stage]:
    """Servers, worker and people, taken down afterwards whatever happens. State that nobody keeps is thrown away."""
    clock = PlayedClock.at(settings.call.published)
    with TemporaryDirectory(prefix="ranmailbot-rehearsal-") as scratch, ExitStack() as held:
        mail, office = held.enter_context(_servers(settings, Path(scratch), hosts))
        state = kept or Path(scratch) / "state"
        state.mkdir(mode=0o700, parents=True)
        worker = service.build(settings, clock, state=state, mail=mail, tokens=PlayedTokens.of(seed))
        held.callback(worker.close)
        held.callback(office.close)
        yield _set(settings, people, seed, folder=folder, clock=clock, worker=worker, office=office)


@contextmanager
def _servers(
    settings: Settings, scratch: Path, hosts: Hosts | None
) -> Iterator[tuple[service.MailServer, PostOffice | FarPost]]:
    if hosts is None:
        with _built_in(settings.call, scratch) as servers:
            yield servers
    else:
        yield _given(settings, hosts)


@contextmanager
def _built_in(call: Call, scratch: Path) -> Iterator[tuple[service.MailServer, PostOffice]]:
    """The built-in server. Its spool is thrown away with `scratch`."""
    password = secrets.token_hex(16)
    server = start_embedded(scratch / "spool", call.mailbox.email, password, AUTHSERV_ID, ARCHIVE)
    try:
        imap, smtp = (
            Account(HOST, port, "none", call.mailbox.email, password) for port in (server.imap_port, server.smtp_port)
        )
        office = PostOffice(server.smtp_port, server.imap_port, password, call.mailbox.email)
        yield service.MailServer(imap, smtp, ARCHIVE, AUTHSERV_ID), office
    finally:
        server.stop()


def _given(settings: Settings, hosts: Hosts) -> tuple[service.MailServer, FarPost]:
    """The servers of the configuration, once a first mail has shown that nothing leaves them."""
    mail = service.configured_server(settings)
    if mail is None:
        raise Unavailable('a rehearsal on given servers needs server = "imap" in [mailbox], and [submission]')
    office = FarPost(hosts, mail.imap, settings.call.mailbox.email, sleep)
    office.prove(mail.smtp)
    return mail, office


def _set(
    settings: Settings,
    people: tuple[Persona, ...],
    seed: int,
    *,
    folder: Path,
    clock: PlayedClock,
    worker: service.Worker,
    office: PostOffice | FarPost,
) -> Stage:
    homes: dict[str, tuple[int, ...]] = {}
    for persona in people:
        homes[persona.key] = (*homes.get(persona.key, ()), persona.index)
    return Stage(
        call=settings.call,
        people=people,
        clock=clock,
        worker=worker,
        office=office,
        chronicle=Chronicle.begin(folder, settings.call.sessions),
        form=published_form(settings),
        desk=Desk(seed),
        ids=Ids(seed),
        grid=timedelta(minutes=1 if len(people) < CROWD else 10),
        diaries=tuple(Diary(Random(f"diary:{seed}:{persona.index}")) for persona in people),  # noqa: S311 - played, no secret
        homes=homes,
    )


def published_form(settings: Settings) -> Received:
    """The form as a mailto link of the published page opens it. Raises TemplateFault."""
    form = blank_form(settings.call)
    mailbox = settings.call.mailbox
    return Received(
        delivered_to="",
        kind="blank",
        message_id="",
        sender=(mailbox.name, mailbox.email),
        to=(mailbox.email,),
        named=mailbox.name,
        others=0,
        subject=f"Application: {settings.call.short_title}",
        date=None,
        answers="",
        references=(),
        reply_to=mailbox.email,
        text=form.text,
        html="",
        event=None,
        raw=b"",
    )


def _run(stage: Stage, end: datetime, progress: Callable[[str], None]) -> Iterator[str]:
    """All turns until the curtain. Yields faults of the play itself."""
    day = None
    while stage.clock.now() <= end:
        try:
            _turn(stage)
        except NeverQuiet as fault:
            yield str(fault)
            return
        if stage.clock.now().date() != day:
            day = stage.clock.now().date()
            progress(_line(stage))
        moment = _next(stage)
        if moment is None or moment > end:
            break
        stage.clock.move_to(moment)
    stage.clock.move_to(max(end, stage.clock.now()))
    _turn(stage)
    progress(_line(stage))


def _turn(stage: Stage) -> None:
    """Post what is due, let the bot work until it rests, deliver; again while deliveries bring something due now."""
    while True:
        while stage.queue and stage.queue[0][0] <= stage.clock.now():
            posting = heapq.heappop(stage.queue)[2]
            stage.office.post(posting)
            stage.chronicle.write_posted(posting, stage.clock.now())
        _let_work(stage)
        for raw in stage.office.news():
            _deliver(stage, receive(raw))
        if not stage.queue or stage.queue[0][0] > stage.clock.now():
            return


def _let_work(stage: Stage) -> None:
    """Letters arrive, the bot works until it rests, its mails arrive; again if a report of one came back."""
    stage.office.settle(0)
    _work(stage)
    while stage.office.settle(sum(stage.worker.books().sent.values())):
        _work(stage)


def _work(stage: Stage) -> None:
    worker = stage.worker
    for _ in range(MOST_ROUNDS):
        if not worker.receive_once() + worker.announce_once() + worker.submit_once():
            return
    raise NeverQuiet(f"the bot does not come to rest at {stage.clock.now():%Y-%m-%d %H:%M} UTC")


def _deliver(stage: Stage, mail: Received) -> None:
    """One mail of the bot's arrives: it is recorded, and its readers react."""
    if mail.sender[1].casefold() != stage.call.mailbox.email.casefold():
        return  # played people do not write to each other, so this is the server's own report to somebody else
    stage.chronicle.write_seen(mail, stage.clock.now())
    address = mail.delivered_to.casefold()
    for index in _readers(stage, mail):
        stage.plan(react(stage.people[index], stage.diaries[index], mail, stage.scene()))
    if stage.call.organiser(address) is not None and mail.kind == "digest":
        stage.plan(_sit(stage, mail))


def _readers(stage: Stage, mail: Received) -> tuple[int, ...]:
    """Who reads it: in a shared mailbox whoever it names, and everybody if it asks them all."""
    here = stage.homes.get(mail.delivered_to.casefold(), ())
    named = tuple(index for index in here if stage.people[index].name == mail.named)
    return here if mail.kind in ASKING or not named else named


def _sit(stage: Stage, mail: Received) -> list[Posting]:
    if stage.desk.sittings > 1:
        return []
    candidates = [story.reference for story in stage.worker.stories() if str(story.status) != "withdrawn"]
    return decide(mail, candidates, stage.desk, stage.scene())


def _next(stage: Stage) -> datetime | None:
    """The next moment at which anybody has something to do."""
    moments = [stage.queue[0][0]] if stage.queue else []
    bot = stage.worker.next_moment()
    if bot is not None:
        # A bot that holds mail back because of its pace asks to be looked at every second: half a minute does.
        moments.append(max(bot, stage.clock.now() + PACE))
    return min(moments, default=None)


def _played(stage: Stage, seed: int, began: datetime, end: datetime, faults: tuple[str, ...]) -> Played:
    letters = stage.worker.letters()
    filed = stage.office.filed(apart="Archive")
    _add_bounces(stage, filed, {letter.message_id: letter.arrived for letter in letters})
    return Played(
        call=stage.call,
        people=stage.people,
        seed=seed,
        began=began,
        ended=end,
        chronicle=stage.chronicle,
        filed=filed,
        books=stage.worker.books(),
        stories=stage.worker.stories(),
        letters=letters,
        mails=stage.worker.mails(),
        faults=faults,
    )


def _add_bounces(
    stage: Stage, filed: Mapping[str, Sequence[tuple[str, bytes]]], arrived: Mapping[str, datetime]
) -> None:
    """Delivery reports lie in the bot's mailbox though nobody posted them."""
    posted = {letter.posting.message_id for letter in stage.chronicle.posted}
    for messages in filed.values():
        for message_id, head in messages:
            if message_id not in posted:
                stage.chronicle.write_bounce(message_id, head, arrived.get(message_id, stage.clock.now()))


def _floor(moment: datetime, grid: timedelta) -> datetime:
    return moment - (moment - datetime(2000, 1, 1, tzinfo=UTC)) % grid


def _line(stage: Stage) -> str:
    """Where the play stands, for whoever watches."""
    local = stage.clock.now().astimezone(ZoneInfo(stage.call.zone))
    sent, posted = len(stage.chronicle.seen), len(stage.chronicle.posted)
    return f"{local:%a %d %b %Y}   letters {posted:5d}   mails {sent:5d}"
