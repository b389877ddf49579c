"""What every room of the store is handed: the connection of this transaction, the call, the seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select

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

    def one(self, table: Table, *where: ColumnElement[bool]) -> Row[Any] | None:
        """One row of this call, or None."""
        return self.connection.execute(self.of(table).where(*where)).first()

    def all(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """All rows of a query."""
        return self.connection.execute(query).all()

    def insert(self, table: Table, **values: object) -> None:
        """One row of this call."""
        self.connection.execute(table.insert().values(call=self.call.key, **values))

    def number(self, table: Table, **values: object) -> int:
        """Insert one row of this call and return its id."""
        statement = table.insert().values(call=self.call.key, **values).returning(table.c.id)
        return int(self.connection.execute(statement).scalar_one())

    def change(self, table: Table, *where: ColumnElement[bool], **values: object) -> None:
        """Change this call's rows that fit."""
        self.connection.execute(table.update().where(table.c.call == self.call.key, *where).values(**values))

    def close(self, owner: str, facts: dict[str, object]) -> bytes:
        """Facts, sealed for their owner."""
        return self.seal.seal(owner, pack(facts))

    def open(self, owner: str, sealed: bytes) -> dict[str, Any]:
        """Facts, unsealed."""
        return unpack(self.seal.unseal(owner, sealed))


def owner_of(application: int | None, at: datetime) -> str:
    """Whose key seals something: the applicant's, or for everybody else one that can expire by month."""
    return f"application:{application}" if application is not None else f"others:{at:%Y-%m}"
