"""The guards of the house: types, lint, layout, import contracts. They are tests, so that pytest is the one command."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST_FUNCTION = 45
LONGEST_FILE = 450


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_every_type_is_right() -> None:
    done = run(tool("mypy"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lint_has_no_complaint() -> None:
    done = run(tool("ruff"), "check", ".")
    assert done.returncode == 0, done.stdout


def test_the_layout_is_the_formatters() -> None:
    done = run(tool("ruff"), "format", "--check", ".")
    assert done.returncode == 0, done.stdout


def test_imports_run_downwards_and_libraries_stay_at_home() -> None:
    done = run(tool("lint-imports"), "--no-cache")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sources("ranmailbot"), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_or_function_needs_scrolling(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    long = {n.name: n.end_lineno - n.lineno + 1 for n in functions if n.end_lineno}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", sources("ranmailbot"), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_room_has_a_sign_at_its_door(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text))


def test_only_the_service_looks_at_the_wall_clock() -> None:
    allowed = {"ranmailbot/service.py", "ranmailbot/cli/serve.py", "ranmailbot/adapters/embedded"}
    found = [
        str(path.relative_to(ROOT))
        for path in sources("ranmailbot")
        if any(call in path.read_text(encoding="utf-8") for call in ("datetime.now(", "time.time(", ".utcnow("))
    ]
    assert [path for path in found if not any(path.startswith(home) for home in allowed)] == []


def _switched_off(path: Path) -> list[str]:
    """Lines that switch a check off without saying why."""
    marked = [
        (number, line.partition(mark)[2])
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
        for mark in ("# noqa", "# type: ignore")
        if mark in line
    ]
    return [f"{path.relative_to(ROOT)}:{n}" for n, rest in marked if " - " not in rest and "#" not in rest]


def test_every_exception_to_a_check_carries_its_reason() -> None:
    assert [place for path in sources("ranmailbot") for place in _switched_off(path)] == []


def test_every_campaign_and_driver_beside_the_tests_can_be_imported() -> None:
    """Those that no test runs would rot in silence."""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / "tests").rglob("*.py")]
    wanted = sorted(name for name in names if not name.endswith("__init__") and ".test_" not in name)
    code = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    done = run(sys.executable, "-c", code, *wanted)
    assert done.returncode == 0, done.stderr
