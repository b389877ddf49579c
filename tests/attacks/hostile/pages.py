"""Hostile HTML: nesting, attributes, entities, tables, comments, hiding."""

from __future__ import annotations

from tests.attacks.hostile.build import Makers, typed


def _page(html: str) -> bytes:
    return typed("text/html; charset=utf-8", html)


_PAGES = {
    "a million elements within each other": "<b>" * 330_000 + "hello",
    "divisions within each other": "<div>" * 190_000 + "hello" + "</div>" * 190_000,
    "quotations within each other": "<blockquote>" * 80_000 + "hello",
    "quotations of 499 levels": "<blockquote>" * 499 + "hello<br>" * 20_000,
    "lists within lists": "<ol><li>" * 120_000 + "hello",
    "tables within tables": "<table><tr><td>" * 60_000 + "hello",
    "fonts that are never closed": ("<p>" + "<font size=1>" * 20) * 3_500 + "hello",
    "misnested formatting": "<b><i><u>x</b></i></u>" * 45_000,
    "formatting across paragraphs": "<b><p></b><i><p></i>" * 45_000,
    "a million attributes": "<div " + "a=1 " * 240_000 + ">hello</div>",
    "attributes of different names": "<div " + " ".join(f"a{n}=1" for n in range(120_000)) + ">hello</div>",
    "an attribute of 1 MB": f"<div style='{'x' * 900_000}'>hello</div>",
    "a style that backtracks": f"<div style='display{' ' * 900_000}'>hello</div>",
    "styles that backtrack": "<p style='display  :  nonx;margin:0   0   0   41px'>a" * 18_000,
    "entities": "&amp;" * 190_000,
    "entities without an end": "&" * 900_000,
    "numbers beyond Unicode": "&#x110000;&#xd800;&#0;&#99999999999;" * 26_000,
    "a table of 100,000 cells": "<table><tr>" + "<td>x" * 100_000 + "</table>",
    "a table of 100,000 rows": "<table>" + "<tr><td>x" * 100_000 + "</table>",
    "a cell across a million columns": "<table><tr><td colspan=1000000 rowspan=65534>hello</table>",
    "text before its table": "<table>" + "x<tr>" * 150_000,
    "a comment without an end": "hello<!--" + "x" * 900_000,
    "comments within comments": "<!--" * 240_000 + "hello",
    "a script without an end": "hello<script>" + "<!--<script>" * 70_000,
    "a style without an end": "hello<style>" + "x" * 900_000,
    "a text area without an end": "<textarea>" * 90_000 + "hello",
    "plaintext": "<plaintext>" * 80_000 + "hello",
    "preformatted lines": "<pre>" + "x\n" * 450_000,
    "open tags without an end": "<" * 900_000,
    "a tag without an end": "<div" + " " * 900_000,
    "tags in attributes": '<div a="<div a=\'<div">' * 40_000 + "hello",
    "pages within pages": "<html><body>" * 75_000 + "hello",
    "ends of pages": "hello</body></html>" * 47_000,
    "frames and objects": "<object><iframe><svg><math>" * 30_000 + "hello",
    "vectors within vectors": "<svg><foreignObject><div>" * 35_000 + "hello",
    "templates within templates": "<template>" * 90_000 + "hello",
    "everything hidden": "<p style='display:none'>withdraw</p><p hidden>erase</p>" * 16_000,
    "hidden by colour and size": "<p style='color:#fff;font-size:0'>withdraw</p>" * 19_000,
    "line breaks": "<br>" * 240_000,
    "rules": "<hr>" * 240_000,
    "images": "<img src=http://evil.example/x.png onerror=x>" * 20_000,
    "links": "<a href='javascript:x'>x</a>" * 34_000,
    "a base and a refresh": "<base href=//evil.example><meta http-equiv=refresh content=0>hello",
    "NUL between letters": "<\0d\0i\0v\0>h\0e\0l\0l\0o" * 40_000,
    "conditional comments": "<!--[if mso]><p>a</p><![endif]-->" * 28_000,
    "declarations": "<!DOCTYPE html [<!ENTITY a 'b'>]>" * 28_000,
    "processing instructions": "<?xml version='1.0'?>" * 45_000,
    "forms": "<form><select><option>" * 45_000,
    "numbers of lists": "<ol start=99999999999999999999><li value=-1>a</ol>" * 18_000,
    "white space": "<p> \n\t" * 150_000,
    "hard spaces": "<p>&nbsp;" * 100_000,
    "10 MB": "<p>hello</p>" * 850_000,
}

MAILS: Makers = {
    f"HTML: {name}": lambda html=html: _page(html)  # type: ignore[misc]  # bound at once
    for name, html in _PAGES.items()
}
