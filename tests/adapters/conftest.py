"""One built-in server for all adapter tests; each test uses addresses of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ranmailbot.adapters.embedded import EmbeddedServer, start_embedded
from tests.adapters.servers import ARCHIVE, AUTHSERV, BOT, PASSWORD


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    running = start_embedded(tmp_path_factory.mktemp("mail") / "spool", BOT, PASSWORD, AUTHSERV, ARCHIVE)
    yield running
    running.stop()
