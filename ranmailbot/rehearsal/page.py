"""The page of a rehearsal: one HTML file on which every mail can be looked at, without a server or anything remote.

Mail is shown in a sandboxed frame without scripts, under a policy that loads nothing from anywhere. Everything that
comes from a mail enters the page as JSON or as escaped text.
Known limit: unpacking the mails needs a browser of 2023 or later; the .eml files beside the page need none.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

from ranmailbot.mail import wording
from ranmailbot.rehearsal.books import Audit
from ranmailbot.rehearsal.page_data import GROUP, chunks, entries, index_of, people_of
from ranmailbot.rehearsal.page_script import SCRIPT
from ranmailbot.rehearsal.page_style import STYLE
from ranmailbot.rehearsal.play import Played
from ranmailbot.rehearsal.table import by_day

NAME = "index.html"


def write_page(played: Played, audit: Audit, folder: Path) -> Path:
    """Write the page into the folder that holds the mails. Returns its path."""
    path = folder / NAME
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for piece in _page(played, audit, folder):
            file.write(piece + "\n")
    return path


def _page(played: Played, audit: Audit, folder: Path) -> Iterator[str]:
    title = f"Rehearsal of {played.call.short_title}"
    found = entries(played)
    yield "<!doctype html>"
    yield f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy()}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta name="color-scheme" content="light dark"><style>{STYLE}</style></head><body>'
    yield from _top(played, audit, title)
    yield _MAILS.format(zone=escape(played.call.zone.rpartition("/")[2].replace("_", " ")))
    yield _PEOPLE
    yield from _books_panel(played, audit)
    yield data("mails", index_of(found, played.call.zone))
    yield data("people", people_of(played))
    yield data("facts", _facts(played))
    for number, chunk in enumerate(chunks(found, folder)):
        yield f'<script type="application/octet-stream" id="chunk-{number}">{chunk}</script>'
    yield f"<script>{SCRIPT}</script></body></html>"


def policy() -> str:
    """The content security policy of the page: nothing from anywhere, and only this very script."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def data(name: str, value: object) -> str:
    """A value as JSON in a script element that it cannot end early, whatever it holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f'<script type="application/json" id="{name}">{safe}</script>'


def _facts(played: Played) -> dict[str, object]:
    return {
        "group": GROUP,
        "questions": {str(question.number): question.text for question in played.call.questions},
        "sessions": {session.key: session.title for session in played.call.sessions},
    }


def _top(played: Played, audit: Audit, title: str) -> Iterator[str]:
    zone = played.call.zone
    yield '<header class="top"><div class="wide">'
    yield f'<p class="caller">{escape(played.call.caller)}</p><h1>{escape(title)}</h1>'
    yield (
        f'<p class="lead">Played from {escape(wording.day(played.began, zone))} to '
        f"{escape(wording.day(played.ended, zone))}, with {len(played.people)} sample people (seed {played.seed}). "
        "Nobody here is real, and nothing was sent anywhere.</p>"
    )
    yield from _sums(played, audit)
    yield '<nav class="tabs" role="tablist" aria-label="Parts of this page">'
    for key, label in (("mails", "Mails"), ("people", "People"), ("books", "Books")):
        yield f'<button role="tab" id="tab-{key}" aria-controls="panel-{key}" data-panel="{key}">{label}</button>'
    yield "</nav></div></header>"


def _sums(played: Played, audit: Audit) -> Iterator[str]:
    applications = len(played.stories)
    verdict = "No faults" if not audit.faults else f"{len(audit.faults)} faults"
    counts = (("letters came in", audit.incoming), ("mails went out", audit.outgoing), ("applications", applications))
    yield '<dl class="sums">'
    for name, count in counts:
        yield f"<div><dt>{name}</dt><dd>{count:,}</dd></div>"
    yield f'<div class="{"bad" if audit.faults else "good"}"><dt>books</dt><dd>{verdict}</dd></div></dl>'


_MAILS = """<main id="panel-mails" class="panel wide" role="tabpanel" aria-labelledby="tab-mails">
<noscript><p class="note">The list of mails needs JavaScript. The mails themselves lie beside this page, numbered in
order, in the folders incoming and outgoing.</p></noscript>
<h2 class="hidden">Mails</h2>
<div class="days" id="days" role="group" aria-label="Mails by day, {zone} time"></div>
<form class="filters" id="filters" role="search" aria-label="Choose mails">
<label>Person<select id="by-person"><option value="">everybody</option></select></label>
<label>Direction<select id="by-direction"><option value="">both</option>
<option value="1">letters to the bot</option><option value="0">mails from the bot</option></select></label>
<label>Kind or outcome<select id="by-kind"><option value="">all</option></select></label>
<label>Search<input id="by-text" type="search" placeholder="name, subject, address"></label>
<button type="reset">Clear</button><p id="count" role="status"></p></form>
<div class="split"><ol class="list" id="list" aria-label="Mails in order"></ol>
<article class="reader" id="reader" tabindex="-1"><p class="empty">Choose a mail from the list.</p></article></div>
</main>"""

_PEOPLE = """<main id="panel-people" class="panel wide" role="tabpanel" aria-labelledby="tab-people" hidden>
<h2>People</h2><p>What each of them does and how they write; what they wrote, and what was understood.</p>
<div class="filters"><label>Search<input id="people-text" type="search" placeholder="name, habit, style, reference">
</label><p id="people-count" role="status"></p></div><div id="people-list"></div></main>"""


def _books_panel(played: Played, audit: Audit) -> Iterator[str]:
    here = ZoneInfo(played.call.zone)
    yield '<main id="panel-books" class="panel wide" role="tabpanel" aria-labelledby="tab-books" hidden>'
    yield "<h2>Books</h2>"
    if audit.faults:
        yield f"<h3>{len(audit.faults)} faults</h3><ul class='faults'>"
        yield from (f"<li>{escape(fault)}</li>" for fault in audit.faults)
        yield "</ul>"
    yield '<div class="tables">'
    yield from _counts("What was checked", ("promise", "faults"), audit.checks)
    yield from _counts(f"What came in: {audit.incoming:,} letters", ("outcome", "letters"), audit.outcomes.items())
    yield from _counts(f"What went out: {audit.outgoing:,} mails", ("kind", "mails"), audit.kinds.items())
    yield "</div>"
    days = sorted(by_day(played).items())
    yield from _texts("Day by day", ("day", "mails that arrived"), ((f"{d:%a %d %b %Y}", _kinds(n)) for d, n in days))
    kept = ((key, f"{what}, {at.astimezone(here):%a %d %b %Y %H:%M}") for key, what, at in played.books.milestones)
    yield from _texts("Milestones", ("milestone", "what became of it"), kept)
    yield "</main>"


def _kinds(counted: Mapping[str, int]) -> str:
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in ordered)


def _counts(title: str, heads: tuple[str, str], rows: Iterable[tuple[str, int]]) -> Iterator[str]:
    yield f"<section><h3>{escape(title)}</h3><table><thead><tr><th scope='col'>{heads[0]}</th>"
    yield f"<th scope='col' class='n'>{heads[1]}</th></tr></thead><tbody>"
    for name, count in rows:
        yield f"<tr><th scope='row'>{escape(name.replace('_', ' '))}</th><td class='n'>{count:,}</td></tr>"
    yield "</tbody></table></section>"


def _texts(title: str, heads: tuple[str, str], rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"<h3>{escape(title)}</h3><div class='scroll'><table><thead><tr><th scope='col'>{heads[0]}</th>"
    yield f"<th scope='col'>{heads[1]}</th></tr></thead><tbody>"
    for name, text in rows:
        yield f"<tr><th scope='row'>{escape(name)}</th><td>{escape(text)}</td></tr>"
    yield "</tbody></table></div>"
