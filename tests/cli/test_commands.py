"""The command line: help with examples, JSON for programs, exit codes, faults as sentences."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from ranmailbot.cli import main
from ranmailbot.cli.console import Console
from ranmailbot.cli.draw import preview
from ranmailbot.cli.parser import make_parser
from ranmailbot.mail.sample_drafts import sample_drafts
from tests.world import ROOT, WORDS, answers, settings

CONFIG = ["--config", str(ROOT / "config.toml")]
COMMANDS = (
    *("run", "rehearse", "publish", "check", "timeline", "read", "status", "list", "show", "decide", "outbox"),
    *("preview", "completion", "keys", "hold", "resume", "release", "drop", "retry", "backup", "restore"),
)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as end:
        make_parser().parse_args([command, "--help"])
    assert end.value.code == 0
    assert f"examples:\n  ranmailbot {command}" in capsys.readouterr().out


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["frobnicate"])
    assert end.value.code == 2
    assert "frobnicate" in capsys.readouterr().err


def test_the_shipped_configuration_passes_its_check(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", "--json", *CONFIG)
    assert code == 0
    assert json.loads(out)["faults"] == []


def test_a_bad_configuration_is_told_with_key_and_remedy(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = (ROOT / "config.toml").read_text(encoding="utf-8").replace("deadline = 2022-03-10", "deadline = 2022-02-10")
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    code, _, err = run(capsys, "check", "--config", str(tmp_path / "config.toml"))
    assert code == 2
    assert "deadline" in err


def test_a_template_that_cannot_render_stops_at_check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shutil.copy(ROOT / "config.toml", tmp_path)
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    with (tmp_path / "config.toml").open("a", encoding="utf-8") as config:
        config.write('\n[templates]\nfolder = "templates"\n')
    broken = tmp_path / "templates" / "regret.txt.j2"
    text = broken.read_text(encoding="utf-8")
    assert "{% endblock %}" in text
    broken.write_text(text.replace("{% endblock %}", "{{ no_such_fact }}{% endblock %}"), encoding="utf-8")
    code, out, _ = run(capsys, "check", "--config", str(tmp_path / "config.toml"))
    assert code == 1
    assert "regret" in out


def test_the_timeline_shows_local_time_on_both_sides_of_the_change(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "timeline", *CONFIG)
    assert code == 0
    assert "Thu 2022-03-10 09:00 CET   deadline_notice" in out
    assert "Tue 2022-04-05 07:30 CEST  session_reminder" in out


def test_the_timeline_is_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "timeline", "--json", *CONFIG)
    keys = [row["key"] for row in json.loads(out)]
    assert len(keys) == len(set(keys)) > 40


def test_every_mail_can_be_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    _, listed, _ = run(capsys, "preview", *CONFIG)
    assert {draft.kind for draft in sample_drafts(settings().call)} <= set(listed.split())
    for name in ("form", "digest"):
        code, out, _ = run(capsys, "preview", name, *CONFIG)
        assert (code, out.startswith("Subject: ")) == (0, True)
    _, page, _ = run(capsys, "preview", "form", "--html", *CONFIG)
    assert "<html" in page


def test_an_unknown_mail_is_told_with_the_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "preview", "nothing", *CONFIG)
    assert code == 2
    assert "ranmailbot preview" in err


def test_publish_writes_page_block_and_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, _ = run(capsys, "publish", "--out", str(tmp_path), *CONFIG)
    assert code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "block.html", "form.txt"}
    assert "mailto:" in (tmp_path / "block.html").read_text(encoding="utf-8")


def letter(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "reply.eml"
    path.write_bytes(
        f"From: Ann <ann@example.org>\r\nSubject: Re\r\nMessage-ID: <1@example.org>\r\n\r\n{text}".encode()
    )
    return path


def test_read_shows_how_a_mail_would_be_understood(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "read", str(letter(tmp_path, answers((1, 2, 3, 4)))), "--json", *CONFIG)
    facts = json.loads(out)
    assert code == 0
    assert facts["kind"] == "answers"
    assert [answer["text"] for answer in facts["answers"]] == list(WORDS)
    for answer in facts["answers"]:
        start, end = answer["span"]
        assert facts["text"][start:end] == answer["text"]
    assert facts["reply"]["subject"]


def test_read_takes_the_form_that_was_sent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    captured = io.TextIOWrapper(io.BytesIO())
    console = Console(captured, captured)
    preview(console, make_parser().parse_args(["preview", "form", "--eml", *CONFIG]))
    form = tmp_path / "form.eml"
    form.write_bytes(captured.buffer.getvalue())
    reply = letter(tmp_path, answers((1, 2)))
    _, out, _ = run(capsys, "read", str(reply), str(reply), "--form", str(form), "--json", *CONFIG)
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == 2
    assert [bool(answer["text"]) for answer in lines[0]["answers"]] == [True, True, False, False]


def preview_of(kind: str, tmp_path: Path) -> Path:
    captured = io.TextIOWrapper(io.BytesIO())
    preview(Console(captured, captured), make_parser().parse_args(["preview", kind, "--eml", *CONFIG]))
    path = tmp_path / f"{kind}.eml"
    path.write_bytes(captured.buffer.getvalue())
    return path


def replying(path: Path, head: str) -> Path:
    path.write_bytes(f"{head}\r\n".encode() + path.read_bytes())
    return path


REFERS = "In-Reply-To: <k7f2m9q4sample@mail.example.org>"
TO_SOMEBODY = "anna.berzina@prison.example.org"
PARAGRAPHS = "\n\n".join(WORDS)


@pytest.mark.parametrize(
    ("head", "author", "kind"),
    [
        ("X-Nothing: x", "ann@example.org", "enquiry"),
        (REFERS, "ann@example.org", "answers"),
        ("X-Nothing: x", TO_SOMEBODY, "answers"),
    ],
)
def test_unsure_answers_are_answers_only_from_who_was_asked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, head: str, author: str, kind: str
) -> None:
    reply = replying(letter(tmp_path, PARAGRAPHS), head)
    reply.write_bytes(reply.read_bytes().replace(b"ann@example.org", author.encode()))
    _, out, _ = run(capsys, "read", str(reply), "--form", str(preview_of("form", tmp_path)), "--json", *CONFIG)
    assert json.loads(out)["kind"] == kind


def test_a_correction_in_reply_to_an_acknowledgement_is_told_with_its_question(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    reply = replying(letter(tmp_path, "Question 2: We meet every week now.\n\nBest, Ann"), REFERS)
    form = preview_of("acknowledgement", tmp_path)
    _, out, _ = run(capsys, "read", str(reply), "--form", str(form), "--json", *CONFIG)
    facts = json.loads(out)
    assert facts["kind"] == "answers"
    assert {a["question"]: a["text"] for a in facts["answers"] if a["text"]} == {2: "We meet every week now."}


def test_without_a_form_the_form_mail_is_known_word_by_word(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, mail, _ = run(capsys, "preview", "form", *CONFIG)
    quoted = "\n".join(f"> {row}" for row in mail.split("\n\n", 1)[1].split("\n"))
    _, out, _ = run(capsys, "read", str(letter(tmp_path, f"1. Ten years.\n\n{quoted}")), "--json", *CONFIG)
    facts = json.loads(out)
    assert facts["answers"][0]["text"] == "Ten years."
    assert facts["remainder"] == ""


def test_each_file_gets_its_line_whatever_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, empty, large, binary = (
        letter(tmp_path, "1. words"),
        *(tmp_path / name for name in ("empty", "large", "binary")),
    )
    empty.write_bytes(b"")
    large.write_bytes(b"Subject: x\n\n" + b"x" * 30_000_000)
    binary.write_bytes(bytes(range(256)) * 40)
    odd = tmp_path / os.fsdecode(b"\xff.eml")
    odd.write_bytes(good.read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(good.read_bytes())))
    files = [good, tmp_path / "missing", tmp_path, empty, large, binary, odd, Path("-"), good]
    code, out, _ = run(capsys, "read", *map(str, files), "--json", *CONFIG)
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert [line["file"] for line in lines] == [os.fsencode(path).decode("utf-8", "replace") for path in files]
    assert [line.get("reason", "") for line in lines] == [
        "",
        "the file cannot be opened: No such file or directory",
        "it is a folder: name the mails in it, for example FOLDER/*.eml",
        "the message is empty",
        "it has more than 25000000 bytes, which is the limit",
        *[""] * 4,
    ]


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "read", "no-such-file.eml", *CONFIG)
    assert code == 1
    assert out == "no-such-file.eml: unreadable: the file cannot be opened: No such file or directory\n"


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["list"],
        ["show", "A-001"],
        ["outbox"],
        ["decide", "invite", "A-001"],
        ["hold"],
        ["resume"],
        ["release", "1"],
        ["drop", "1"],
        ["retry"],
        ["backup", "x.sqlite"],
    ],
)
def test_before_anything_is_stored_it_says_how_to_begin(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: list[str]
) -> None:
    shutil.copy(ROOT / "config.toml", tmp_path)
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    code, _, err = run(capsys, *command, "--config", str(tmp_path / "config.toml"))
    assert code == 2
    assert "ranmailbot run" in err


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_gets_its_completion(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    code, out, _ = run(capsys, "completion", shell, *CONFIG)
    assert code == 0
    assert "rehearse" in out
