"""XML as a row of events, without entities: a document type declaration is refused before it can declare anything.

Fear: billion laughs, external entities, a million nested elements. expat keeps no tree, and nesting is capped here.
Names are local names: a writer may bind any prefix to a namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.parsers import expat

from ranmailbot.mail.unread import Unread

Attributes = Mapping[str, str]
"""By local name; the first of two with the same one."""
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
Characters = Callable[[str], None]

_DEEPEST = 1_000


def walk(data: bytes, start: Start, end: End, characters: Characters) -> None:
    """Tell every element and text of this XML, in order. Raises Unread for what is no plain XML."""
    parser = expat.ParserCreate()
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise Unread("it is nested too deeply")
        start(_local(name), {_local(key): value for key, value in reversed(attributes.items())})

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(_local(name))

    parser.StartDoctypeDeclHandler = _refused
    parser.EntityDeclHandler = _refused
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = characters
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as fault:
        raise Unread("it is damaged") from fault


def _refused(*_: object) -> None:
    raise Unread("it declares a document type")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
