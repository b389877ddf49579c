"""Mails and pages in a real browser, light and dark, wide and narrow. Left out where there is no Chromium."""

from __future__ import annotations

from email import message_from_bytes, policy
from functools import cache
from pathlib import Path

import pytest

from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.mail.form import blank_form
from ranmailbot.mail.sample_drafts import SAMPLE_EVENT, SAMPLE_MESSAGE_ID, sample_drafts, sample_name
from tests.look.browser import CHROMIUM, measured
from tests.world import settings

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; these tests are left out")

WIDTHS = (360, 700)
READABLE = 4.5
"""Contrast that WCAG 2.1 wants for text (1.4.3)."""


@cache
def pages() -> dict[str, str]:
    """The HTML of every sample mail, the published page and its block."""
    call = settings().call
    stationery = JinjaStationery(call, settings().templates)
    found: dict[str, str] = {}
    for draft in sample_drafts(call):
        event = SAMPLE_EVENT if draft.calendar else None
        mail = stationery.write(draft, SAMPLE_MESSAGE_ID, call.published, event)
        part = message_from_bytes(mail.content, policy=policy.default).get_body(("html",))  # type: ignore[attr-defined]
        found[sample_name(draft, found)] = part.get_content()
    published = stationery.publish(blank_form(call))
    return {**found, "page": published["index.html"], "block": published["block.html"]}


@pytest.fixture(scope="module", params=["light", "dark"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    return measured(pages(), WIDTHS, request.param, Path(tmp_path_factory.mktemp("look")))


def test_every_mail_and_page_was_laid_out(seen: list[dict[str, object]]) -> None:
    assert len(seen) == len(pages()) * len(WIDTHS)


def test_nothing_is_wider_than_a_phone_or_a_window(seen: list[dict[str, object]]) -> None:
    assert [(one["name"], one["width"], one["wide"]) for one in seen if one["wide"] > one["width"]] == []  # type: ignore[operator]


def test_every_word_can_be_read(seen: list[dict[str, object]]) -> None:
    assert [(one["name"], one["contrast"], one["words"]) for one in seen if one["contrast"] < READABLE] == []  # type: ignore[operator]


def test_nothing_is_fetched_from_anywhere(seen: list[dict[str, object]]) -> None:
    assert [one["name"] for one in seen if one["remote"]] == []
