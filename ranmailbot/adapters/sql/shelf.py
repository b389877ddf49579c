"""What every room of the store is handed: the connection of this transaction, the call, the seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Insert, Row, Select, Table, Update, bindparam, select
from sqlalchemy.sql.dml import ReturningInsert

from ranmailbot.adapters.sql import owners
from ranmailbot.adapters.sql.packing import pack, unpack
from ranmailbot.call.call import Call
from ranmailbot.ports import Seal


@dataclass(frozen=True, slots=True)
class Shelf:
    """One transaction on one call. `config` is the digest of the configuration that is in force."""

    connection: Connection
    call: Call
    seal: Seal
    config: str

    def of(self, table: Table) -> Select[Any]:
        """All columns of this call's rows."""
        return select(table).where(table.c.call == self.call.key)

    def one(self, table: Table, **equal: object) -> Row[Any] | None:
        """One row of this call in which these columns have these values, or None."""
        return self.connection.execute(_find(table, tuple(equal)), {"call": self.call.key, **equal}).first()

    def all(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """All rows of a query."""
        return self.connection.execute(query).all()

    def insert(self, table: Table, **values: object) -> None:
        """One row of this call."""
        self.connection.execute(_insert(table), {"call": self.call.key, **values})

    def number(self, table: Table, **values: object) -> int:
        """Insert one row of this call and return its id."""
        return int(self.connection.execute(_numbered(table), {"call": self.call.key, **values}).scalar_one())

    def change(self, table: Table, equal: Mapping[str, object], **values: object) -> None:
        """Change this call's rows in which these columns have these values."""
        where = {f"is_{name}": value for name, value in equal.items()}
        to = {f"to_{name}": value for name, value in values.items()}
        self.connection.execute(_change(table, tuple(equal), tuple(values)), {"is_call": self.call.key, **where, **to})

    def close(self, owner: str, facts: dict[str, object]) -> bytes:
        """Facts, sealed for their owner."""
        return self.seal.seal(owner, pack(facts))

    def open(self, owner: str, sealed: bytes) -> dict[str, Any]:
        """Facts, unsealed. Raises KeyGone."""
        return unpack(self.seal.unseal(owner, sealed))

    def applicant(self, number: int) -> str:
        """The owner of everything about this application."""
        return owners.applicant(self.call.key, number)

    def owner(self, application: int | None, email: str, at: datetime) -> str:
        """The owner of a letter or mail: the applicant, else the organisers of that day, else this person's month."""
        if application is not None:
            return self.applicant(application)
        if self.call.organiser(email) is not None:
            return owners.organisers(self.call.key, at)
        return owners.person(self.call.key, self.seal.lookup(email), at) if email else owners.others(self.call.key, at)


# Statements are built once for each shape: building one costs more than running it.


@lru_cache(maxsize=256)
def _find(table: Table, names: tuple[str, ...]) -> Select[Any]:
    equal = (table.c[name] == bindparam(name) for name in ("call", *names))
    return select(table).where(*equal)


@lru_cache(maxsize=64)
def _insert(table: Table) -> Insert:
    return table.insert()


@lru_cache(maxsize=64)
def _numbered(table: Table) -> ReturningInsert[Any]:
    return table.insert().returning(table.c.id)


@lru_cache(maxsize=256)
def _change(table: Table, where: tuple[str, ...], names: tuple[str, ...]) -> Update:
    equal = (table.c[name] == bindparam(f"is_{name}") for name in ("call", *where))
    return table.update().where(*equal).values({name: bindparam(f"to_{name}") for name in names})
