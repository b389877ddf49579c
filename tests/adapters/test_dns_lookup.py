"""Questions to the DNS, over a real socket, to a server of our own on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from ranmailbot.adapters import dns_lookup

KEY = "v=DKIM1; k=rsa; p=" + "A" * 600


def answer(question: dns.message.Message) -> dns.message.Message:
    """By the first label of the name: a key in three strings, two records, no such name, or a server in trouble."""
    reply, name = dns.message.make_response(question), question.question[0].name
    kind = str(name).partition(".")[0]
    pieces = " ".join(f'"{KEY[start : start + 255]}"' for start in range(0, len(KEY), 255))
    texts = {"key": [pieces], "two": ['"one"', '"two"']}.get(kind, [])
    if texts:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *texts))
    reply.set_rcode({"none": dns.rcode.NXDOMAIN, "trouble": dns.rcode.SERVFAIL}.get(kind, dns.rcode.NOERROR))
    return reply


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as post:
        post.bind(("127.0.0.1", 0))
        port = post.getsockname()[1]

        def serve() -> None:
            while (came := post.recvfrom(4096))[0] != b"end":
                post.sendto(answer(dns.message.from_wire(came[0])).to_wire(), came[1])

        def resolver() -> dns.resolver.Resolver:
            one = dns.resolver.Resolver(configure=False)
            one.nameservers, one.port = ["127.0.0.1"], port
            return one

        monkeypatch.setattr(dns_lookup, "Resolver", resolver)
        thread = threading.Thread(target=serve)
        thread.start()
        yield
        post.sendto(b"end", ("127.0.0.1", port))
        thread.join()


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("key.ministry.example", (KEY,)),
        ("two.ministry.example", ("one", "two")),
        ("none.ministry.example", ()),
        ("empty.ministry.example", ()),
        ("trouble.ministry.example", None),
        ("a..b", None),
    ],
)
def test_a_name_is_answered_with_its_texts_none_or_silence(name: str, texts: tuple[str, ...] | None) -> None:
    found = dns_lookup.ask(name)
    assert found == texts if texts is None else sorted(found or ()) == sorted(texts)
    assert (found is None) == (texts is None)


def test_a_machine_without_any_resolver_hears_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> dns.resolver.Resolver:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns_lookup, "Resolver", none)
    assert dns_lookup.ask("key.ministry.example") is None
