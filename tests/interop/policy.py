"""What Postfix asks before it takes a mail (its policy protocol), answered in this process: the played troubles.

Troubles by the recipient's domain, as on the built-in server and beyond: `refused.example` and `greylisted.example` at
RCPT, `closing.example` hangs up there, `later.example` and `unwanted.example` answer the end of the content. At the
border the answer is the stamp of a server that checks DMARC: senders from unproven.example do not pass.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Mapping

Facts = Mapping[str, str]

AT_RCPT = {
    "refused.example": "550 5.1.1 no such mailbox here",
    "closing.example": "421 4.7.0 too many connections",
}
AT_THE_END = {
    "later.example": "451 4.3.0 come again later",
    "unwanted.example": "554 5.7.1 not this content",
}


class Policy:
    """A policy server on a free port, on threads of its own."""

    def __init__(self, answer: Callable[[Facts], str]) -> None:
        """`answer` gives the action for the facts of one question."""

        class Connection(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                facts: dict[str, str] = {}
                for line in self.rfile:
                    name, _, value = line.decode("utf-8", "replace").rstrip("\n").partition("=")
                    if name:
                        facts[name] = value
                        continue
                    self.wfile.write(f"action={answer(facts)}\n\n".encode())
                    facts = {}

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def submission_policy() -> Policy:
    """The troubles."""
    seen: set[tuple[str, str]] = set()

    def answer(facts: Facts) -> str:
        domain = facts["recipient"].rpartition("@")[2]
        if facts["protocol_state"] == "END-OF-MESSAGE":
            return AT_THE_END.get(domain, "DUNNO")
        pair = facts["sender"], facts["recipient"]
        if domain == "greylisted.example" and pair not in seen:
            seen.add(pair)
            return "450 4.7.1 come again later"
        return AT_RCPT.get(domain, "DUNNO")

    return Policy(answer)


def border_policy(authserv_id: str) -> Policy:
    """The stamp. Known limit: it goes by the envelope sender."""

    def answer(facts: Facts) -> str:
        domain = facts["sender"].rpartition("@")[2]
        verdict = "none" if domain == "unproven.example" else "pass"
        return f"PREPEND Authentication-Results: {authserv_id}; dmarc={verdict} header.from={domain}"

    return Policy(answer)
