"""systemd's notifications (sd_notify(3)): ready, how it goes, and a sign of life that systemd waits for.

A datagram to the socket that systemd names; without systemd nothing happens. Nobody answers, so nothing can hang.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

STATUS_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Systemd:
    """`address` is NOTIFY_SOCKET ("@" for the abstract namespace), empty without systemd; `pause` between two signs."""

    address: str
    pause: float

    def say(self, *lines: str) -> None:
        """Assignments such as "READY=1". A full or missing socket is no fault: systemd then acts by itself."""
        if not self.address:
            return
        place = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            channel.sendto("\n".join(lines).encode(), place)


def from_environment(environment: Mapping[str, str], process: int, rest: float) -> Systemd:
    """What systemd asks of this process. `rest` is the pause (seconds) where no watchdog is wanted."""
    micros, owner = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    ours = owner in ("", str(process))
    wanted = int(micros) / 2_000_000 if micros.isdecimal() and ours and int(micros) else rest
    return Systemd(environment.get("NOTIFY_SOCKET", ""), min(wanted, rest))


def status(text: str) -> str:
    """The assignment of a status line, cut to what `systemctl status` shows well."""
    return f"STATUS={' '.join(text.split())[:STATUS_CHARACTERS]}"
