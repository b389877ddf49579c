"""A screen that nobody sees (Xvfb), with a window manager, for clients that have windows."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep

_SIZE = "1280x1600x24"


@dataclass(frozen=True)
class Screen:
    """A running display. `environment` is what a client must be started with."""

    environment: dict[str, str]

    def tool(self, *words: str) -> str:
        """Run a program that looks at the screen or types on it (xdotool); what it printed."""
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def key(self, *keys: str) -> None:
        """Press keys, as xdotool names them."""
        for one in keys:
            self.tool("xdotool", "key", "--delay", "60", one)
            sleep(0.15)

    def window(self, title: str, seconds: float = 30) -> str:
        """The window with these words in its title, brought to the front; empty if none came in time."""
        for _ in range(int(seconds * 4)):
            found = self.tool("xdotool", "search", "--onlyvisible", "--name", title).split()
            if found:
                self.tool("xdotool", "windowactivate", "--sync", found[-1])
                return found[-1]
            sleep(0.25)
        return ""

    def picture(self, path: Path) -> None:
        """The screen as a PNG file."""
        self.tool("import", "-window", "root", str(path))


@contextmanager
def screen(home: Path) -> Iterator[Screen]:
    """A display of its own with this home folder, until the block ends."""
    reading, writing = os.pipe()
    with ExitStack() as held:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", _SIZE, "-nolisten", "tcp"],
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        held.callback(_end, server)
        os.close(writing)
        with os.fdopen(reading) as said:
            display = f":{said.readline().strip()}"
        kept = {name: os.environ[name] for name in ("PATH",)}
        environment = {**kept, "HOME": str(home), "DISPLAY": display, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
        environment["XDG_RUNTIME_DIR"] = str(home)
        manager = subprocess.Popen(["openbox"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        held.callback(_end, manager)
        yield Screen(environment)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def program(display: Screen, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A client on this screen, until the block ends."""
    with (Path(display.environment["HOME"]) / "said").open("ab") as said:
        process = subprocess.Popen(command, env=display.environment, stdout=said, stderr=said)
        try:
            yield process
        finally:
            _end(process)
