"""What every test may ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop import bench as real_servers
from tests.interop.bench import Bench
from tests.world import World


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was left out, and why: one line for each reason."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple))
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{count} left out: {reason.removeprefix('Skipped: ')}")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path)
    yield one
    one.engine.dispose()


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """Dovecot and Postfix for all tests; each test uses addresses of its own. Where they are missing, it says so."""
    if reason := real_servers.missing():
        pytest.skip(reason)
    with real_servers.running() as running:
        yield running


@pytest.fixture(scope="session")
def token_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A bench of its own on which access tokens open mailboxes, with the endpoint that gives them (a TokenBench)."""
    if reason := real_servers.missing():
        pytest.skip(reason)
    from tests.interop.oauth2 import token_bench  # noqa: PLC0415 - wants the libraries of the providers

    with token_bench(tmp_path_factory.mktemp("tokens")) as running:
        yield running
