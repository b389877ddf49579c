"""Styles put where mail clients read them: into `style` attributes, once, while a template is loaded.

A rule of the style sheet names one class and nothing else. That is what makes it possible to inline into a template
instead of into every finished mail: what a class means does not depend on where the element stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import css_inline

_CLASSES = re.compile(r'class="([^"{}]+)"')
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{[^{}]*\}")
_ONE_CLASS = re.compile(r"\.[a-z][a-z0-9-]*")
_STYLE = re.compile(r'style="([^"]*)"')


def inliner(css: str) -> Callable[[str], str]:
    """A function that adds to every `class="..."` of a template the style these classes have. Raises ValueError."""
    for selectors in _RULE.findall(_COMMENT.sub("", css)):
        for selector in selectors.split(","):
            if not _ONE_CLASS.fullmatch(selector.strip()):
                raise ValueError(
                    f'mail.css: "{selector.strip()}" is more than one class; such a rule cannot be inlined'
                )
    engine = css_inline.CSSInliner(load_remote_stylesheets=False, extra_css=css)
    known: dict[str, str] = {}

    def style(classes: str) -> str:
        if classes not in known:
            page = engine.inline(f'<html><head></head><body><div class="{classes}"></div></body></html>')
            found = _STYLE.search(page)
            known[classes] = f'class="{classes}" style="{found[1]}"' if found else f'class="{classes}"'
        return known[classes]

    return lambda source: _CLASSES.sub(lambda match: style(match[1]), source)
