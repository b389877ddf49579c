"""The reading room: where messages are decoded, and where whatever they do wrong stays.

Two of them: one reads in the process of the caller (for `read` and for tests), the other in two child processes that
limit themselves (`reading_child.py`; pebble). A message that hangs, dies or eats memory there is answered with the
reason, and the next one is read.

Fear: everyone who can send mail. Known limits: a batch in which many messages hang takes that many times the limit;
one call of `read` at a time.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from pebble import CONSTS, ProcessExpired, ProcessFuture, ProcessPool

from ranmailbot.adapters import reading_child
from ranmailbot.adapters.dkim_check import check_dkim
from ranmailbot.adapters.reading_child import Job, Reader
from ranmailbot.mail import public_suffix
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Letter, NotALetter, decode
from ranmailbot.mail.limits import Limits
from ranmailbot.ports import Envelope, Unavailable, Unreadable

_T = TypeVar("_T")
_Read = TypeVar("_Read")
"""What a reader makes of a message, such as a Letter."""
_CHILDREN = 2
_CHUNK_BYTES = 4_000_000
"""A chunk ends here: nothing larger goes through a pipe at once, unless one message alone is."""
_PATIENCE = 20
"""Seconds beyond the limit until a child that should have been ended by the pool is given up with the pool."""
_SECONDS_TO_START = 60
_SECONDS_BETWEEN_LOOKS = 0.5
"""How often pebble looks after children that live, die or are late; answers come at once. It costs while idle."""
_POOLS = 3
"""How many pools may break over one message before it is answered for."""


@dataclass(frozen=True, slots=True)
class InProcessReadingRoom:
    """Reads in the process of the caller. Nothing a message holds makes `read` raise."""

    limits: Limits
    trust: Trust
    own_addresses: Collection[str]
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """TXT records by the names of DKIM keys, for letters that want them."""

    def prepare(self) -> None:
        """Load the list of public suffixes, if it will be asked."""
        if self.trust.own_dkim:
            public_suffix.load()

    def read(self, envelopes: Sequence[Envelope], arrived: Sequence[datetime]) -> Sequence[Letter | Unreadable]:
        """One letter, or the reason why there is none, for each envelope; `arrived` holds their moments in order."""
        return [self.read_one(envelope, moment) for envelope, moment in zip(envelopes, arrived, strict=True)]

    def read_one(self, envelope: Envelope, arrived: datetime) -> Letter | Unreadable:
        """The letter in one envelope, or the reason why there is none."""
        if envelope.size > self.limits.message_bytes:
            return Unreadable("the message is larger than the limit")
        try:
            letter = decode(envelope.raw, arrived, self.limits, self.trust, self.own_addresses, junk=envelope.junk)
            return check_dkim(letter, envelope.raw, self.limits, self.keys)
        except NotALetter as error:
            return Unreadable(error.reason)
        except Exception as error:  # noqa: BLE001 - one hostile message must never stop the next one from being read
            return Unreadable(f"the reader failed ({type(error).__name__})")


class _Broken(Exception):
    """The pool is of no use any more; nobody knows what became of its jobs."""


class ChildReadingRoom(Generic[_Read]):
    """Reads in child processes, which are started by the first `read` and stay warm until `close`.

    A batch is split between the children. If a chunk fails, its messages are read one by one, so that a bad one costs
    only itself.
    """

    def __init__(self, reader: Reader[_Read], limits: Limits) -> None:
        """`reader` is what the children read with; of `limits` only the three on child processes are used."""
        self._reader, self._limits = reader, limits
        self._pool: ProcessPool | None = None

    def read(self, envelopes: Sequence[Envelope], arrived: Sequence[datetime]) -> Sequence[_Read | Unreadable]:
        """What the reader made of each envelope, or why there is nothing; `arrived` holds their moments in order.

        Raises Unavailable if no child process can be started; no message was touched then.
        """
        jobs = [_plain(envelope, moment) for envelope, moment in zip(envelopes, arrived, strict=True)]
        answers: list[_Read | Unreadable] = []
        for chunk, read in zip(chunks := _chunks(jobs), self._tried(chunks), strict=True):
            answers += read if read is not None else self._one_by_one(chunk)
        return [_dated(answer, moment) for answer, moment in zip(answers, arrived, strict=True)]

    def read_by(
        self, reader: Reader[_Read], envelopes: Sequence[Envelope], arrived: Sequence[datetime]
    ) -> Sequence[_Read | Unreadable]:
        """The same by another reader, in the same children. Raises Unavailable."""
        mine, self._reader = self._reader, reader
        try:
            return self.read(envelopes, arrived)
        finally:
            self._reader = mine

    def prepare(self) -> None:
        """Start the children if there are none. Raises Unavailable."""
        self._pool = self._pool or self._opened()

    def close(self) -> None:
        """End the children. A later `read` would start new ones."""
        if self._pool is not None:
            _ended(self._pool)
            self._pool = None

    def _tried(self, chunks: Sequence[Sequence[Job]]) -> list[Sequence[_Read | Unreadable] | None]:
        """The answers of each chunk; None for one that was not read to its end."""
        found: list[Sequence[_Read | Unreadable] | None] = []
        try:
            futures = [self._start(chunk) for chunk in chunks]
            for chunk, future in zip(chunks, futures, strict=True):
                read = self._outcome(future, len(futures))
                alone = [read] if isinstance(read, Unreadable) and len(chunk) == 1 else None
                found.append(alone if isinstance(read, Unreadable) else read)
        except _Broken:
            self.close()
        return [*found, *([None] * (len(chunks) - len(found)))]

    def _one_by_one(self, jobs: Sequence[Job]) -> list[_Read | Unreadable]:
        """Each message alone, all of them at once in the queue; those whose pool broke once more each in turn."""
        read = self._tried([[job] for job in jobs]) if len(jobs) > 1 else [None]
        return [one[0] if one else self._alone(job) for job, one in zip(jobs, read, strict=True)]

    def _alone(self, job: Job) -> _Read | Unreadable:
        for _ in range(_POOLS):
            try:
                read = self._outcome(self._start([job]), 1)
            except _Broken:
                self.close()
                continue
            return read if isinstance(read, Unreadable) else read[0]
        return Unreadable("the reading room broke down over it")

    @property
    def _patience(self) -> float:
        """Seconds for a job: the pool notices a little later that they are over."""
        return self._limits.child_wall_seconds - 2 * _SECONDS_BETWEEN_LOOKS

    def _start(self, jobs: Sequence[Job]) -> ProcessFuture[bytes]:
        self.prepare()
        assert self._pool is not None  # noqa: S101 - for the type checker: `prepare` has just made it
        arguments = (self._reader, jobs, self._limits)
        return _scheduled(self._pool, reading_child.read_jobs, arguments, self._patience)

    def _opened(self) -> ProcessPool:
        """A new pool with a child that answers. Forked from a server without threads, which knows everything needed."""
        CONSTS.sleep_unit = _SECONDS_BETWEEN_LOOKS
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([f"{__package__}.reading_warmth"])
        pool = ProcessPool(_CHILDREN, 0, reading_child.enter, (self._reader, self._limits), context)
        try:
            _awaited(pool, _scheduled(pool, reading_child.ready, (), _SECONDS_TO_START), _SECONDS_TO_START)
        except (_Broken, OSError, TimeoutError) as fault:
            _ended(pool)
            raise Unavailable("no child process can be started to read letters in") from fault
        return pool

    def _outcome(self, future: ProcessFuture[bytes], waiting: int) -> list[_Read | Unreadable] | Unreadable:
        """What became of one job. Raises _Broken."""
        wall, pool = self._limits.child_wall_seconds, self._pool
        if pool is None:
            raise _Broken
        try:
            answers: list[_Read | Unreadable] = pickle.loads(  # noqa: S301 - our own child's; reading_child.py says what that means
                _awaited(pool, future, waiting * wall + _PATIENCE)
            )
        except TimeoutError:
            return Unreadable(f"reading it took longer than {wall} seconds")
        except ProcessExpired as fault:
            return Unreadable(_cause_of_death(fault.exitcode, self._limits))
        except _Broken:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever a child hands back instead of an answer
            return Unreadable(f"the reader failed ({type(fault).__name__})")
        return answers


def _plain(envelope: Envelope, arrived: datetime) -> Job:
    """The same moments in UTC: a child can open no file any more, so it could load neither zones nor their classes."""
    return replace(envelope, stamp=envelope.stamp.astimezone(UTC)), arrived.astimezone(UTC)


def _dated(answer: _Read | Unreadable, arrived: datetime) -> _Read | Unreadable:
    return replace(answer, arrived=arrived) if isinstance(answer, Letter) else answer


def _chunks(jobs: Sequence[Job]) -> list[list[Job]]:
    """As many chunks as children, or more if they would be large; in order."""
    most = -(-len(jobs) // _CHILDREN)
    chunks: list[list[Job]] = []
    room = 0
    for job in jobs:
        size = len(job[0].raw)
        if not chunks or len(chunks[-1]) >= most or size > room:
            chunks.append([])
            room = _CHUNK_BYTES
        chunks[-1].append(job)
        room -= size
    return chunks


def _ended(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]  # pebble left this one without types
    pool.join()


def _scheduled(
    pool: ProcessPool, function: Callable[..., _T], arguments: tuple[object, ...], seconds: float
) -> ProcessFuture[_T]:
    try:
        return pool.schedule(function, args=arguments, timeout=seconds)
    except (RuntimeError, BrokenProcessPool) as fault:  # an idle child was killed: pebble's pools do not survive that
        raise _Broken from fault


def _awaited(pool: ProcessPool, future: ProcessFuture[_T], seconds: int) -> _T:
    """The result. Jobs that were not begun when a pool breaks are never answered, so it is asked every second."""
    for _ in range(seconds):
        try:
            return future.result(timeout=1)
        except BrokenProcessPool as fault:
            raise _Broken from fault
        except TimeoutError:
            if future.done():
                raise
            if not pool.active:
                raise _Broken from None
    raise _Broken


def _cause_of_death(code: int, limits: Limits) -> str:
    if code == -signal.SIGXCPU:
        return f"reading it took more than {limits.child_cpu_seconds} seconds of processor time"
    return f"the reader died of it (exit code {code})"
