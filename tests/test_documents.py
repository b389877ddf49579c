"""The documents say what the code says: rooms, states, outcomes, mailings, kinds of mail, commands, targets, links."""

from __future__ import annotations

import argparse
import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ranmailbot.adapters.sql.tables import metadata
from ranmailbot.cli import main
from ranmailbot.cli.parser import make_parser
from ranmailbot.desk import Folder
from ranmailbot.intake import KINDS
from ranmailbot.mail.limits import Limits
from ranmailbot.mailings import MAILINGS
from ranmailbot.mailings.digest import LABELS
from ranmailbot.records import State

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ranmailbot"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LISTED_AS_A_WHOLE = ("rehearsal", "config", "adapters/embedded", "adapters/sql/migrations")
PARTS = {
    "frame",
    "foot",
    "foot_organisers",
    "contacts",
    "notice",
    "questions",
    "how_to_answer",
    "about_call",
    "figures",
}
OTHER_TEMPLATES = PARTS | {"page", "block"}
PLACES = {"etc", "opt", "var", "another"}
"""The folders of a machine that the documents may speak of."""
UNFINISHED = ("TODO", "FIXME", "@@")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rooms() -> Iterator[str]:
    """Every module as the documents name it: a package by its folder, some packages as a whole."""
    for path in sorted(PACKAGE.rglob("*.py")):
        room, folder = path.relative_to(PACKAGE), path.parent.relative_to(PACKAGE).as_posix()
        whole = next((one for one in LISTED_AS_A_WHOLE if folder == one or folder.startswith(f"{one}/")), "")
        if whole:
            yield f"{whole}/"
        elif room.name != "__init__.py":
            yield room.as_posix()
        elif folder != ".":
            yield f"{folder}/"


def outcomes() -> set[str]:
    """Names of outcomes as the code writes them: Outcome("..."), tell("..."), and the labels of the digest."""
    found: set[str] = set(LABELS)
    for path in (path for room in ("intake", "mailings", "flows") for path in sorted((PACKAGE / room).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Outcome", "tell")
            )
            if named and node.args and isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
    return found


def kinds_of_mail() -> set[str]:
    return {path.name.removesuffix(".txt.j2") for path in (ROOT / "templates").glob("*.txt.j2")} - OTHER_TEMPLATES


def commands() -> set[str]:
    choices = (action.choices for action in make_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return {name for found in choices for name in found}


def anchors(text: str) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def shell_lines() -> list[tuple[str, str]]:
    """Lines of shell in the documents, with the name of the document; what is fed to another program left out."""
    lines = []
    for path in DOCUMENTS:
        for _, language, block in FENCE.findall(path.read_text(encoding="utf-8")):
            if language == "sh":
                shell = re.sub(r"<<'(\w+)'.*?^ *\1$", "", block, flags=re.MULTILINE | re.DOTALL)
                lines += [(path.name, line.strip()) for line in shell.split("\n")]
    return lines


@pytest.mark.parametrize("room", sorted(set(rooms())))
def test_the_architecture_names_every_room(room: str) -> None:
    assert f"| `{room}` |" in text_of("docs/architecture.md"), f"add a line for `{room}` under Rooms"


def test_the_architecture_names_no_room_that_is_gone() -> None:
    listed = re.findall(r"^\| `([\w/]+(?:\.py|/))` \|", text_of("docs/architecture.md"), re.MULTILINE)
    assert set(listed) - set(rooms()) == set()


@pytest.mark.parametrize("state", State)
def test_the_architecture_explains_every_state_of_a_mail(state: State) -> None:
    assert f"| {state.name} | `{state.value}` |" in text_of("docs/architecture.md")


@pytest.mark.parametrize("outcome", sorted(outcomes()))
def test_the_architecture_names_every_outcome(outcome: str) -> None:
    assert f"`{outcome}`" in text_of("docs/architecture.md")


def test_the_architecture_lists_the_kinds_of_letter_in_the_order_they_are_asked() -> None:
    table = text_of("docs/architecture.md").partition("## Kinds of letter")[2].partition("## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [name for name, _ in KINDS]


@pytest.mark.parametrize("folder", Folder)
def test_every_folder_is_explained_to_who_keeps_the_mailbox(folder: Folder) -> None:
    assert f"| `{folder}` |" in text_of("docs/operations.md")


def test_the_architecture_lists_every_mailing() -> None:
    table = text_of("docs/architecture.md").partition("## Mailings")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(MAILINGS)


@pytest.mark.parametrize("mailing", sorted(MAILINGS))
def test_the_architecture_says_which_mailings_are_standing(mailing: str) -> None:
    standing = "yes" if MAILINGS[mailing].STANDING else "no"
    assert re.search(rf"^\| `{mailing}` \|[^|]+\| {standing} \|", text_of("docs/architecture.md"), re.MULTILINE)


@pytest.mark.parametrize("kind", sorted(kinds_of_mail()))
def test_the_architecture_names_every_kind_of_mail(kind: str) -> None:
    table = text_of("docs/architecture.md").partition("## Kinds of mail")[2].partition("## ")[0]
    assert f"`{kind}`" in table


def test_the_architecture_lists_every_table_of_the_database() -> None:
    table = text_of("docs/architecture.md").partition("## What is stored")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(metadata.tables)


def test_the_security_page_states_every_limit_with_its_default() -> None:
    table = text_of("docs/security.md").partition("## Limits")[2]
    told = {name: int(figure.replace(",", "")) for name, figure in re.findall(r"\| `(\w+)` \| ([\d,]+) \|", table)}
    assert told == {name: getattr(Limits(), name) for name in Limits.__dataclass_fields__}


def test_the_readme_lists_exactly_the_commands_there_are() -> None:
    table = text_of("README.md").partition("## Commands")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE)) == commands()


def test_operations_explains_every_finding_of_a_checkup_and_no_other() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted((PACKAGE / "checkup").glob("*.py")))
    written = set(re.findall(r'"((?:config|templates|zones|storage|alarm|imap|smtp|trip)\.[a-z_]+)"', source))
    written |= (
        {"templates", "zones", "config.access"}
        | {f"{server}.tls" for server in ("imap", "smtp")}
        | {"imap.junk", "imap.archive"}
    )
    table = text_of("docs/operations.md").partition("## Check")[2].partition("## ")[0]
    told = {key for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for key in re.findall(r"`([\w.]+)`", row)}
    assert told == written - {"templates.folder", "storage.path"}


def test_commands_in_the_documents_exist() -> None:
    named = [
        (name, found) for name, line in shell_lines() for found in re.findall(r"(?:^|bin/)ranmailbot ([a-z]+)\b", line)
    ]
    named += [
        (path.name, found)
        for path in DOCUMENTS
        for found in re.findall(r"`ranmailbot ([a-z]+)", path.read_text(encoding="utf-8"))
    ]
    assert named
    assert [(name, found) for name, found in named if found not in commands()] == []


def test_make_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = [(name, line.split()[1]) for name, line in shell_lines() if line.startswith("make ")]
    named += [(p.name, t) for p in DOCUMENTS for t in re.findall(r"`make ([a-z]+)", p.read_text(encoding="utf-8"))]
    assert {"rehearse", "run", "test"} <= {target for _, target in named}
    assert [(name, target) for name, target in named if target not in targets] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_the_documents_lead_somewhere(path: Path) -> None:
    for link in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_no_machine_and_leave_nothing_open(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"(?<![\w.:/*`<>-])/(\w+)/", text)) - PLACES == set()
    assert [word for word in UNFINISHED if word in text] == []


def test_pictures_are_small_enough_to_load_on_a_train() -> None:
    pictures = sorted((ROOT / "docs" / "images").iterdir())
    assert pictures
    assert [path.name for path in pictures if path.stat().st_size > 200_000] == []


def test_the_example_of_read_is_what_read_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:

    fences = [block for _, _, block in FENCE.findall(text_of("docs/read.md"))]
    letter = next(block for block in fences if block.startswith("From: "))
    told = json.loads(next(block for block in fences if block.startswith("{")))
    (tmp_path / "reply.eml").write_text(letter, encoding="utf-8")
    assert main(["read", str(tmp_path / "reply.eml"), "--config", str(ROOT / "config.toml"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed.pop("file").endswith(told.pop("file"))
    assert printed["reply"]["text"].startswith(told["reply"].pop("text").removesuffix("...").rstrip())
    del printed["reply"]["text"]
    assert printed == told


def test_the_page_on_read_names_every_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:

    (tmp_path / "empty.eml").write_bytes(b"")
    assert main(["read", str(tmp_path / "empty.eml"), "--config", str(ROOT / "config.toml"), "--json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    fields = set(printed) | {f"answers[].{name}" for name in printed["answers"][0]}
    assert set(re.findall(r"^\| `([\w.\[\]]+)` \|", text_of("docs/read.md"), re.MULTILINE)) == fields
