"""The page and the table: everything can be looked at, nothing leaves the file, nothing in a mail can act."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ranmailbot.rehearsal import Result
from ranmailbot.rehearsal.page import data, policy, write_page
from ranmailbot.rehearsal.page_data import GROUP, body_of, entries
from ranmailbot.rehearsal.page_script import SCRIPT
from ranmailbot.rehearsal.table import table
from tests.rehearsal.conftest import Run


@pytest.fixture(scope="module")
def page(run: Run) -> str:
    return write_page(run.played, run.audit, run.folder).read_text(encoding="utf-8")


def embedded(page: str, name: str) -> object:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page)
    assert found is not None
    return json.loads(found[1])


def test_every_mail_of_the_play_can_be_opened_on_the_page(page: str, run: Run) -> None:
    rows = embedded(page, "mails")
    assert isinstance(rows, list)
    chunks = re.findall(r'id="chunk-\d+">([^<]*)</script>', page)
    bodies = [body for chunk in chunks for body in json.loads(gzip.decompress(base64.b64decode(chunk)))]
    chronicle = run.played.chronicle
    assert len(rows) == len(bodies) == len(chronicle.posted) + len(chronicle.seen) + len(chronicle.bounces)
    assert len(chunks) == -(-len(rows) // GROUP)
    assert all(Path(run.folder / row[8]).is_file() for row in rows)


def test_mails_stand_in_the_order_in_which_they_happened(run: Run) -> None:
    moments = [entry.at for entry in entries(run.played)]
    assert moments == sorted(moments)


def test_each_body_stands_at_the_place_of_its_mail(page: str) -> None:
    rows = embedded(page, "mails")
    assert isinstance(rows, list)
    chunks = re.findall(r'id="chunk-\d+">([^<]*)</script>', page)
    bodies = [body for chunk in chunks for body in json.loads(gzip.decompress(base64.b64decode(chunk)))]
    for row, body in zip(rows, bodies, strict=True):
        sender_or_reader = dict(body["head"])["From" if row[1] else "To"]
        assert row[2] == "the mail system" or row[2] in sender_or_reader


def test_the_page_allows_its_own_script_and_nothing_else(page: str) -> None:
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in policy()
    assert page.count("<script>") == 1
    assert f"<script>{SCRIPT}</script>" in page


def test_the_page_loads_nothing_from_anywhere(page: str) -> None:
    shell = re.sub(r'<script type="application/[^"]*"[^>]*>.*?</script>', "", page)
    assert not re.search(r'(?:src|href)="(?!data:)', shell)
    assert "@import" not in shell
    assert "fetch(" not in shell


def test_no_text_of_a_mail_can_end_its_script_element() -> None:
    hostile = "</script><script>alert(1)</script><!--"
    element = data("mails", [hostile])
    inside = element.removeprefix('<script type="application/json" id="mails">').removesuffix("</script>")
    assert "<" not in inside
    assert json.loads(inside) == [hostile]


def test_mail_is_shown_without_scripts(page: str) -> None:
    assert 'sandbox: "allow-same-origin"' in page
    assert "allow-scripts" not in page
    assert "innerHTML" not in page


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?utf-9?q?=FF?=\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff",
        b"Content-Type: multipart/mixed\r\n\r\n--x",
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n====",
        b"From: \xc3\xa9 <a@b.example>\r\nSubject: =?utf-8?b?!!!?=\r\n\r\nx",
    ],
)
def test_an_odd_letter_is_shown_as_well_as_can_be(raw: bytes) -> None:
    body = body_of(raw)
    assert isinstance(body["text"], str)
    json.dumps(body)


def test_the_table_accounts_for_everything_within_a_hundred_columns(run: Run) -> None:
    text = table(run.played, run.audit, "there")
    assert max(map(len, text.split("\n"))) <= 100
    assert f"What came in: {run.audit.incoming} letters" in text
    assert f"What went out: {run.audit.outgoing} mails" in text
    assert "No faults: everything adds up." in text
    for kind in run.audit.kinds:
        assert kind in text


def test_every_fault_is_told_in_table_page_and_json(run: Run, tmp_path: Path) -> None:
    found = replace(run.audit, faults=("the <clock> stopped",))
    assert "the <clock> stopped" in table(run.played, found, "there")
    assert "the &lt;clock&gt; stopped" in write_page(run.played, found, run.folder).read_text(encoding="utf-8")
    assert Result(20, found, tmp_path, "").json()["faults"] == ["the <clock> stopped"]


def test_the_sums_for_a_machine_add_up(run: Run) -> None:
    sums = Result(20, run.audit, run.folder, "").json()
    incoming, outgoing = sums["incoming"], sums["outgoing"]
    assert isinstance(incoming, dict)
    assert isinstance(outgoing, dict)
    assert incoming["total"] == sum(incoming["outcomes"].values())
    assert outgoing["total"] == sum(outgoing["kinds"].values())
    assert json.loads(json.dumps(sums)) == sums
    assert set(sums) == {"incoming", "outgoing", "applicants", "faults", "folder"}


def test_progress_tells_the_played_day(run: Run) -> None:
    assert "Tue 01 Mar 2022" in run.lines[0]
    assert "Thu 07 Apr 2022" in run.lines[-1]
