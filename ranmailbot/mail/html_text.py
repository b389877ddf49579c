"""HTML as the lines a reader would see: block breaks, lists with their numbers, table cells apart, quote depth.

Fear: nesting without end, text hidden by style, text after </html>. Scripts, styles, comments and hidden elements go;
everything else stays, in order. Known limit: white text on white is not noticed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ranmailbot.mail.characters import clean
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.reply_text import Line, unquoted

_DROPPED = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "meta",
        "link",
        "template",
        "svg",
        "math",
        "object",
        "embed",
        "iframe",
        "audio",
        "video",
        "canvas",
        "map",
        "-comment",
        "!doctype",
        "-doctype",
    ]
)
_SPACED = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "table", "pre", "hr"])
_BLOCKS = _SPACED | frozenset(
    [
        "div",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "nav",
        "address",
        "center",
        "form",
        "fieldset",
        "figure",
        "figcaption",
        "li",
        "dd",
        "dt",
        "tr",
        "td",
        "th",
        "tbody",
        "thead",
        "tfoot",
        "caption",
        "summary",
        "details",
        "body",
        "html",
        "option",
        "textarea",
        "legend",
    ]
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|(?<![\w-])(?:font-size|opacity|max-height)\s*:\s*0(?:\.0*)?(?:px|pt|em|%)?\s*(?:;|!|$)"
    r"|(?<![\w-])color\s*:\s*transparent"
    r"|(?<![\w-])(?:left|top|text-indent)\s*:\s*-\d{3}",
    re.IGNORECASE,
)
_INDENTED = re.compile(r"margin:\s*0(?:px)?\s+0(?:px)?\s+0(?:px)?\s+40px;\s*border:\s*none", re.IGNORECASE)
_PREFORMATTED = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_END = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_INDENTS = 8
_NUMBER_DIGITS = 4
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]{0,40})")
# As the parser takes them apart (HTML Standard 13.2.5.32 to 40), possessive so that each is looked at once.
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+"""
_CROWDED = re.compile(rf"(<[a-zA-Z][^\s/>]*+(?:{_ATTRIBUTE}){{1000}})(?:{_ATTRIBUTE})++")
_FEW = 20_000
_VOID = frozenset(
    ["br", "img", "hr", "input", "meta", "link", "col", "area", "base", "wbr", "embed", "source", "track", "param"]
)
_SELF_CLOSING = frozenset(["p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "tfoot"])


@dataclass(slots=True)
class _Page:
    """The lines written so far, and what the element we are in says about the next word."""

    lines: list[Line] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    depth: int = 0
    preformatted: int = 0
    gap: bool = False
    indent: str = ""
    numbers: list[int | None] = field(default_factory=list)
    hides: dict[str, bool] = field(default_factory=dict)
    """Whether text of this style is hidden: the same few stand on most elements."""

    def write(self, text: str) -> None:
        if self.preformatted:
            rows = text.split("\n")
            for row in rows[:-1]:
                self.words.append(row)
                self.end_line(keep=True)
            text = rows[-1]
        elif "  " in text or not text.isprintable():  # of all white space only the plain space can be printed
            text = _SPACE.sub(_one_space if "\xa0" in text else " ", text)
        if text:
            self.words.append(text)

    def end_line(self, keep: bool = False, gap: bool = False) -> None:
        """Close the line being written, if there is any text on it or `keep`; `gap` wants a blank line after it."""
        row = "".join(self.words)
        keep = keep or "\xa0" in row
        row = row.rstrip() if self.preformatted else " ".join(row.split())
        self.words.clear()
        if row.strip() or keep:
            if self.gap and self.lines and self.lines[-1].text:
                self.lines.append(Line("", min(self.depth, self.lines[-1].depth)))
            self.gap = False
            text, marks = unquoted(row)
            self.lines.append(Line(self.indent + text if text else "", self.depth + marks))
        self.gap = self.gap or gap


def _one_space(match: re.Match[str]) -> str:
    """White space as one space; a hard one stays hard, for alone on its line it is how Outlook writes a blank line."""
    return "\xa0" if "\xa0" in match[0] else " "


def visible_lines(html: str, limits: Limits) -> tuple[Line, ...]:
    """The lines of this HTML. `depth` counts quoting blockquotes and leading ">" alike."""
    page = _Page()
    # What a gateway adds after the end of the page is a line of its own, not the end of somebody's last sentence.
    html = _END.sub("<div></div>", html)
    root = LexborHTMLParser(_shallow(_uncrowded(html), limits.html_depth)).root
    if root is not None:
        _walk(root, page)
    page.end_line()
    text = "\n".join([line.text for line in page.lines])
    # The page was cleaned before it was taken apart: only its entities may have brought anything new.
    return tuple(page.lines) if clean(text) == text else tuple(Line(clean(row), depth) for row, depth in page.lines)


def _walk(root: LexborNode, page: _Page) -> None:
    """Visit every node without recursion: (node, None) on the way down, (None, undo) on the way up."""
    waiting: list[tuple[LexborNode | None, _Undo | None]] = [(root, None)]
    while waiting:
        node, undo = waiting.pop()
        if undo is not None:
            _leave(undo, page)
        if node is None:
            continue
        if node.next is not None and node is not root:
            waiting.append((node.next, None))
        tag = node.tag or ""
        if tag == "-text":
            page.write(node.text_content or "")
        elif tag not in _DROPPED:
            change = _enter(node, tag, page)
            if change is not None:
                waiting += [(None, change), (node.child, None)]


class _Undo(NamedTuple):
    """What to take back when an element ends."""

    tag: str
    spaced: bool
    quoted: bool
    preformatted: bool
    indent: str


def _enter(node: LexborNode, tag: str, page: _Page) -> _Undo | None:
    """Begin an element; None if nothing of it is visible."""
    if tag == "br":
        page.end_line(keep=True)
        return None
    attributes = node.attributes if tag not in ("b", "i", "tr", "tbody") else {}
    style = attributes.get("style") or ""
    if "hidden" in attributes or (style and _hides(style, page)):
        return None
    block = tag in _BLOCKS
    spaced = tag in _SPACED and "Mso" not in (attributes.get("class") or "")
    if block:
        page.end_line(gap=spaced)
    quoted = tag == "blockquote" and not _INDENTED.search(style)
    preformatted = tag in ("pre", "textarea") or bool(style and _PREFORMATTED.search(style))
    undo = _Undo(tag if block else "", spaced, quoted, preformatted, page.indent)
    page.depth += quoted
    page.preformatted += preformatted
    _begin_list(tag, attributes, page)
    return undo


def _hides(style: str, page: _Page) -> bool:
    if style not in page.hides:
        page.hides[style] = _HIDDEN.search(style) is not None
    return page.hides[style]


def _begin_list(tag: str, attributes: dict[str, str | None], page: _Page) -> None:
    if tag in ("ol", "ul"):
        if page.numbers and len(page.numbers) < _INDENTS:
            page.indent += "  "
        page.numbers.append(_number(attributes.get("start"), 1) - 1 if tag == "ol" else None)
    elif tag == "li":
        if page.numbers and page.numbers[-1] is not None:
            page.numbers[-1] = _number(attributes.get("value"), page.numbers[-1] + 1)
            page.words.append(f"{page.numbers[-1]}. ")
        else:
            page.words.append("- ")


def _number(text: str | None, default: int) -> int:
    return int(text) if text and len(text) <= _NUMBER_DIGITS and text.isascii() and text.isdigit() else default


def _leave(undo: _Undo, page: _Page) -> None:
    if undo.tag:
        page.end_line(gap=undo.spaced)
    page.depth -= undo.quoted
    page.preformatted -= undo.preformatted
    page.indent = undo.indent
    if undo.tag in ("ol", "ul") and page.numbers:
        page.numbers.pop()


def _uncrowded(html: str) -> str:
    """The same HTML with a thousand attributes in a tag at most: the parser looks at all of them for each new one."""
    return html if len(html) <= _FEW else _CROWDED.sub(r"\1", html)


def _shallow(html: str, most: int) -> str:
    """The same HTML without the tags that open deeper than `most`; their text stays. Most mail is not looked at."""
    if html.count("<") <= most:
        return html
    depth, end = 0, 0
    pieces: list[str] = []
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        if name in _VOID or name in _SELF_CLOSING or tag.start() < end:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > most or (tag[1] and depth >= most):
            close = html.find(">", tag.end())
            if close < 0:
                break
            pieces.append(html[end : tag.start()])
            end = close + 1
    return "".join((*pieces, html[end:]))
