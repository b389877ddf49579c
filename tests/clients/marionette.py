"""Marionette, the remote control of Thunderbird and Firefox: `LENGTH:[0, ID, COMMAND, FACTS]` over TCP."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any


class Refused(Exception):
    """What the client said was wrong."""


@dataclass
class Marionette:
    """One session, in the client's own windows (chrome context)."""

    line: socket.socket
    numbers: count[int] = field(default_factory=lambda: count(1))

    def run(self, script: str, *facts: object) -> Any:
        """Run JavaScript in the client's current window and wait for its promise; what it returned."""
        whole = f"return (async function () {{\n{script}\n}}).apply(window, arguments)"
        facts_of_it = {"script": whole, "args": list(facts), "sandbox": "system"}
        return self._call("WebDriver:ExecuteScript", facts_of_it)["value"]

    def begin(self) -> None:
        """Open the session."""
        self._answer()
        self._call("WebDriver:NewSession", {"capabilities": {}})
        self._call("Marionette:SetContext", {"value": "chrome"})
        self._call("WebDriver:SetTimeouts", {"script": 60_000})

    def _call(self, command: str, facts: dict[str, Any]) -> Any:
        said = json.dumps([0, next(self.numbers), command, facts]).encode()
        self.line.sendall(str(len(said)).encode() + b":" + said)
        _, _, fault, result = self._answer()
        if fault:
            raise Refused(f"{fault['error']}: {fault['message']}")
        return result

    def _answer(self) -> Any:
        size = b""
        while (one := self._bytes(1)) != b":":
            size += one
        return json.loads(self._bytes(int(size)))

    def _bytes(self, wanted: int) -> bytes:
        found = b""
        while len(found) < wanted:
            more = self.line.recv(wanted - len(found))
            if not more:
                raise Refused("the client has hung up")
            found += more
        return found


def connect(port: int, seconds: float = 60) -> Marionette:
    """A session with the client at this port, which may still be starting. Raises Refused."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            line = socket.create_connection(("127.0.0.1", port), 90)
        except OSError:
            time.sleep(0.3)
            continue
        session = Marionette(line)
        session.begin()
        return session
    raise Refused(f"nothing answers at port {port} after {seconds:.0f} seconds")
