"""HTML as a reader sees it: structure kept, hidden things gone, no text lost."""

from __future__ import annotations

import re

import pytest

from ranmailbot.mail.html_text import visible_lines
from ranmailbot.mail.limits import Limits


def rows(html: str) -> list[tuple[str, int]]:
    return [(line.text, line.depth) for line in visible_lines(html, Limits()) if line.text]


def texts(html: str) -> list[str]:
    return [text for text, _ in rows(html)]


def test_blockquotes_count_as_depth_and_indentation_does_not() -> None:
    html = "a<blockquote>b<blockquote type=cite>c</blockquote></blockquote>d"
    assert rows(html) == [("a", 0), ("b", 1), ("c", 2), ("d", 0)]
    indented = '<blockquote style="margin:0 0 0 40px;border:none;padding:0px">e</blockquote>'
    assert rows(indented) == [("e", 0)]


def test_written_quote_marks_count_too() -> None:
    assert rows("&gt; a<br>&gt;&gt; b<br>c") == [("a", 1), ("b", 2), ("c", 0)]


def test_ordered_lists_keep_their_numbers() -> None:
    html = '<ol start="3"><li>c<ul><li>x</li></ul></li><li>d</li><li value="9">i</li></ol>'
    assert texts(html) == ["3. c", "  - x", "4. d", "9. i"]


def test_cells_stand_apart() -> None:
    assert texts("<table><tr><td>question</td><td>answer</td></tr></table>") == ["question", "answer"]


def test_outlook_paragraphs_are_lines_and_its_empty_ones_are_blank_lines() -> None:
    html = "".join(f"<p class=MsoNormal>{row}<o:p></o:p></p>" for row in ("a", "b", "<o:p>&nbsp;</o:p>", "c"))
    assert [line.text for line in visible_lines(html, Limits())] == ["a", "b", "", "c"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>x</script>",
        "<style>x</style>",
        "<!-- x -->",
        "<title>x</title>",
        '<div style="display:none">x</div>',
        '<span style="DISPLAY : none !important">x</span>',
        '<p style="visibility:hidden">x</p>',
        "<div hidden>x</div>",
        '<div style="mso-hide:all">x</div>',
        '<div style="font-size:0">x</div>',
        "<template>x</template>",
    ],
)
def test_what_a_reader_cannot_see_is_gone(hidden: str) -> None:
    assert texts(f"a{hidden}b") in (["ab"], ["a", "b"])


def test_visible_styles_are_not_taken_for_hidden_ones() -> None:
    assert texts('<div style="font-size:0.9em">a</div><div style="display:block">b</div>') == ["a", "b"]


def test_text_after_the_end_of_the_page_is_kept() -> None:
    assert texts("<html><body>a</body></html>b") == ["a", "b"]


@pytest.mark.parametrize("tag", ["div", "b", "blockquote", 'div a="<"', "table><tr><td", "ul><li", "font"])
def test_nesting_without_end_loses_no_text(tag: str) -> None:
    text = "".join(texts(f"first{f'<{tag}>' * 50_000}last"))
    assert sorted(re.findall("first|last", text)) == ["first", "last"]


def test_preformatted_text_keeps_its_lines() -> None:
    assert texts("<pre>a  b\nc</pre><div style='white-space: pre-wrap'>d\ne</div>") == ["a  b", "c", "d", "e"]
