"""Links of ours as gateways rewrite them: `<https://...safelinks...?url=...>` behind a link, or in the place of it.

A rewritten link holds the one that was sent, encoded in some way, or at least its host; only then it counts as ours.
What is put in angle brackets behind a word and holds none of our links is nobody's word of ours: it is a hole.

Fear: a link of an applicant, so nothing is believed that does not hold a link of the form. Known limit: a wrapper that
stands alone and hides the link completely is a hole in the question.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from ranmailbot.mail.words import Words, keys

_LINK = re.compile(r"https?://[^\s<>]+")
_WRITTEN = re.compile(
    r"<(?P<behind>https?://[^<>]{3,2000}+)>"
    r"|(?P<alone>https?://[^\s<>/]{1,100}+/v3/__(?:[^<>_]|_(?!_;)){3,800}+__;[^\s<>$]{0,200}+\$"
    r"|https?://[^\s<>?]{3,200}+\?url=(?:[^<>&]|&(?!(?:amp;)?reserved=)){3,800}+&(?:amp;)?reserved=0"
    r"|https?://[^\s<>]{3,2000}+)"
)
_MARKS = ".,;:?!)]}\"'”’»*_"
_HOST = re.compile(r"(?:https?://)?([^/:?#]+)", re.IGNORECASE)
_PATH = re.compile(r"[\w/-]")
_MOST, _GAP = 200, 2


class Rewritten(NamedTuple):
    """Characters [start, end) that stand for this link of ours; for none (a hole) if it is empty."""

    start: int
    end: int
    link: str


def links_in(text: str) -> tuple[str, ...]:
    """The links of a text, the longest first."""
    return tuple(sorted({link.rstrip(_MARKS) for link in _LINK.findall(text)}, key=lambda link: (-len(link), link)))


def rewritten(text: str, links: Sequence[str]) -> Iterator[Rewritten]:
    """Where links of ours stand as a gateway rewrote them, and other links in angle brackets, in order."""
    for match in islice(_WRITTEN.finditer(text), _MOST):
        behind = match["behind"] is not None
        target = match[0].strip("<>") if behind else match[0].rstrip(_MARKS)
        if not behind and target in links:
            continue  # as it was sent, as almost always
        before = _link_before(text, match.start(), links) if behind else ""
        link = before or _held(target, links)
        if not behind and (not link or _same(target, link)):
            continue
        start = text.rfind(before, 0, match.start()) if before else match.start()
        yield Rewritten(start, match.start() + len(match[0] if behind else target), link)


def restored(text: str, links: Sequence[str]) -> str:
    """The text with every rewritten link of ours as it was sent."""
    if not links or "http" not in text:
        return text
    kept: list[str] = []
    place = 0
    for start, end, link in rewritten(text, links):
        if link and start >= place:
            kept += [text[place:start], link]
            place = end
    return "".join((*kept, text[place:]))


def with_links(reply: Words, links: Sequence[str]) -> tuple[Words, list[tuple[int, int]]]:
    """The words of a reply as if no link had been rewritten, and the holes: they belong to the word before them.

    Every word of a rewritten link of ours stands where all of that link stands.
    """
    found = [*rewritten(reply.text, links)]
    if not found:
        return reply, []
    names, starts, ends = [*reply.keys], [*reply.starts], [*reply.ends]
    holes: list[tuple[int, int]] = []
    for start, end, link in reversed(found):
        low, high = bisect_left(starts, start), bisect_left(starts, end)
        said = keys(link)
        names[low:high], starts[low:high], ends[low:high] = said, [start] * len(said), [end] * len(said)
        if not link and low and start - ends[low - 1] <= _GAP:
            ends[low - 1] = end
            holes.append((start, end))
    return replace(reply, keys=names, starts=starts, ends=ends), holes[::-1]


def pierced(span: tuple[int, int], holes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A span without the holes in it."""
    inside = [hole for hole in holes if span[0] <= hole[0] and hole[1] <= span[1]]
    edges = [span[0], *(edge for hole in inside for edge in hole), span[1]]
    return [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if low < high]


def _link_before(text: str, place: int, links: Sequence[str]) -> str:
    """The link of ours that stands right before this character, a slash or a space between them at most."""
    said = text[max(0, place - _GAP - max(map(len, links), default=0)) : place].rstrip(" \n").rstrip("/")
    return next((link for link in links if said.endswith(link.rstrip("/"))), "")


def _held(target: str, links: Sequence[str]) -> str:
    """The link of ours that a rewritten one holds, in clear, quoted once or twice, or as Proofpoint spells it."""
    if not links:
        return ""
    target = "".join(target.split())
    once = unquote(target)
    spelt = (target, once, unquote(once), unquote(target.replace("-", "%").replace("_", "/")))
    for link in links:
        wanted = link.partition("://")[2].rstrip("/").casefold()
        if any(_holds(text.casefold(), wanted) for text in spelt):
            return link
    told = once.rpartition("domain=")[2].partition("&")[0].casefold() if "domain=" in once else ""
    hosted = [link for link in links if told and _host(link) == told]
    return hosted[0] if len(hosted) == 1 else ""


def _holds(text: str, wanted: str) -> bool:
    """Whether a link stands here and ends there."""
    place = text.find(wanted)
    return place >= 0 and not _PATH.match(text[place + len(wanted) :].removeprefix("/").removeprefix("__"))


def _host(link: str) -> str:
    host = _HOST.match(link)
    return host[1].casefold() if host is not None else ""


def _same(target: str, link: str) -> bool:
    """Whether this is the link itself, as it was sent."""
    return target.rstrip("/").casefold() == link.rstrip("/").casefold() or _host(target) == _host(link)
