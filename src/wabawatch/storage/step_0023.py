"""Step 23 of the schema: exports."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

_new = MetaData()
_exports = Table(
    "exports",
    _new,
    Column("key", Text, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("owner", "state", "format", "columns")),
    Column("is_masked", SmallInteger, nullable=False),
    Column("has_bom", SmallInteger, nullable=False),
    Column("wanted", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    *(Column(name, BigInteger) for name in ("started_at", "ended_at", "expires_at")),
    Column("holder", Text, nullable=False),
    Column("held_until", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("share", Float, nullable=False),
    Column("at_most", BigInteger, nullable=False),
    Column("sheets", Integer, nullable=False),
    Column("bytes", BigInteger),
    Column("sha256", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index("exports_made", "made_at"),
)
_under_way = _exports.c.state.in_(("waiting", "running"))
Index("exports_under_way", _exports.c.made_at, sqlite_where=_under_way, postgresql_where=_under_way)


def add_exports(connection: Connection) -> None:
    """Make the table."""
    _new.create_all(connection)
