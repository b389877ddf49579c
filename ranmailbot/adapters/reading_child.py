"""A child process of the reading room: it limits itself, then reads. No network, no new file, no more than its memory.

Fear: what it reads. It gives itself limits that it cannot take back: memory, processor time for each letter, not one
more descriptor (so no socket), no file written, no core dumped, an empty environment, and death with its parent.
Before its processor time is over it calls time on what it reads: an attachment that takes too long is left unread, and
the letter around it is read all the same.
Known limits: where a system sends no SIGIO for pipes, a busy child outlives its parent until its processor time is
over (an idle one ends at once), and memory is not limited where the system keeps no count of it. What a child says is
unpickled by its parent: these limits stop what is large, slow or broken, not somebody who takes the process over.
"""

from __future__ import annotations

import codecs
import fcntl
import logging
import multiprocessing
import os
import pickle
import pkgutil
import resource
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Protocol, TypeVar

from ranmailbot.mail.attachments import read_document
from ranmailbot.mail.charsets import ALLOWED
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.smime import open_smime
from ranmailbot.mail.tnef import tnef_parts
from ranmailbot.mail.unread import OutOfTime
from ranmailbot.ports import Envelope, Unreadable

Job = tuple[Envelope, datetime]
"""A message and when it arrived."""
_LAZY = (
    "encodings",
    "idna",
    "pypdf",
    "asn1crypto",
    "tnefparse",
    "compressed_rtf",
    "email",
    "_strptime",
    "dkim",
    "nacl",
    "flufl.bounce",
)
"""Packages that import more of themselves while they work; later no file can be opened any more."""


_PATIENCE = 0.6
"""The part of the time, of processor and clock, after which time is called on what is read, and then every second."""
_EVERY = 1.0
_ATTACHED = frozenset(one.__code__ for one in (read_document, tnef_parts, open_smime))
_Read_co = TypeVar("_Read_co", covariant=True)


class Reader(Protocol[_Read_co]):
    """Reads one message. Handed to the child as it is, so it must survive pickling, and so must what it makes."""

    def prepare(self) -> None:
        """Load whatever reading may need: called in each child, before it can open no more files."""
        ...

    def read_one(self, envelope: Envelope, arrived: datetime) -> _Read_co | Unreadable: ...


def warm_up() -> None:
    """Import everything that reading may ever need. Run once, in the server that all children are forked from."""
    for name in _LAZY:
        package = import_module(name)
        path = getattr(package, "__path__", ())
        for module in pkgutil.walk_packages(path, f"{name}.", onerror=lambda _: None):
            _import(module.name)
    for charset in ALLOWED:
        codecs.lookup(charset)


def enter(reader: Reader[object], limits: Limits) -> None:
    """Called once in every child, before it reads anything."""
    _die_with_the_parent()
    warm_up()
    reader.prepare()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, _call_time)
    signal.signal(signal.SIGALRM, _call_time)
    logging.disable(logging.CRITICAL)
    os.environ.clear()
    _no_more(resource.RLIMIT_CORE, 0)
    _no_more(resource.RLIMIT_FSIZE, 0)
    size, resident = _size()
    if size:
        _no_more(resource.RLIMIT_AS, size + max(0, limits.child_memory_bytes - resident))
    _no_new_descriptor()


def ready() -> bool:
    """Whether a child has come as far as this."""
    return True


def read_jobs(reader: Reader[_Read_co], jobs: Sequence[Job], limits: Limits) -> bytes:
    """The answers to these jobs in order, pickled; each within the processor time it may have.

    Pickled here and not by the pool: its locks are never held while a limit may strike.
    """
    answers: list[_Read_co | Unreadable] = []
    for envelope, arrived in jobs:
        _limit_processor_time(int(time.process_time()) + 1 + limits.child_cpu_seconds)
        answers.append(_in_time(reader, envelope, arrived, limits))
    packed = pickle.dumps(answers, pickle.HIGHEST_PROTOCOL)
    _limit_processor_time(resource.RLIM_INFINITY)
    return packed


def _in_time(reader: Reader[_Read_co], envelope: Envelope, arrived: datetime, limits: Limits) -> _Read_co | Unreadable:
    """What is read before time is called, or that it was not."""
    try:
        signal.setitimer(signal.ITIMER_PROF, limits.child_cpu_seconds * _PATIENCE, _EVERY)
        signal.setitimer(signal.ITIMER_REAL, limits.child_wall_seconds * _PATIENCE, _EVERY)
        try:
            return reader.read_one(envelope, arrived)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
    except OutOfTime:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        return Unreadable("reading it took too long")


def _call_time(_signal: int, frame: FrameType | None) -> None:
    """On an attachment, if one is being read. A letter itself has all of its time: nothing is left if it is stopped."""
    while frame is not None:
        if frame.f_code in _ATTACHED:
            raise OutOfTime
        frame = frame.f_back


def _import(name: str) -> None:
    if not name.endswith("__main__"):
        with suppress(Exception):  # modules for other systems, or for libraries that nobody installed
            import_module(name)


def _die_with_the_parent() -> None:
    """The sentinel is a pipe whose other end only the parent holds: when it closes, the kernel sends a deadly SIGIO.

    PR_SET_PDEATHSIG would not do: it speaks of the server we are forked from, and a busy child keeps that alive.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, fcntl.fcntl(parent.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if not parent.is_alive():  # it died before we had asked
        os._exit(1)


def _no_more(what: int, most: int) -> None:
    """A limit for good: the hard one is lowered with the soft one, and never raised above what was allowed already."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _size() -> tuple[int, int]:
    """How much address space and how much memory this process has now, in bytes; 0 where the system does not say."""
    try:
        size, resident = map(int, Path("/proc/self/statm").read_text(encoding="ascii").split()[:2])
    except (OSError, ValueError):
        return 0, 0
    page = os.sysconf("SC_PAGE_SIZE")
    return size * page, resident * page


def _no_new_descriptor() -> None:
    """Every number below the limit is taken: what is open stays open (the pool's pipes), nothing can be added."""
    highest = max(int(name) for name in os.listdir("/dev/fd"))  # noqa: PTH208 - names are all we want of it
    filler = os.open(os.devnull, os.O_RDONLY)
    while filler < highest:
        filler = os.dup(filler)
    _no_more(resource.RLIMIT_NOFILE, filler + 1)


def _limit_processor_time(seconds: int) -> None:
    """The sum since the child began: it is raised for every letter, or a warm child would die of many harmless ones."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    within = hard if seconds == resource.RLIM_INFINITY else seconds
    resource.setrlimit(resource.RLIMIT_CPU, (within if hard == resource.RLIM_INFINITY else min(within, hard), hard))
