"""Step 22 of the schema: what people do about alerts, how far each has read their list, and rules that they change."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, Table, Text

_new = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")
Table(
    "alert_deeds",
    _new,
    Column("id", _ID, primary_key=True),
    Column("at", BigInteger, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("actor", "kind", "alert")),
    Column("silence", BigInteger),
    Column("words", Text, nullable=False),
    Index("alert_deeds_alert", "alert"),
)
Table(
    "alert_looks",
    _new,
    Column("user_id", _ID, primary_key=True, autoincrement=False),
    Column("seen", BigInteger, nullable=False),
)
Table(
    "rule_edits",
    _new,
    *(Column(name, Text, primary_key=True) for name in ("rule", "place", "place_id")),
    Column("said", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
)


def add_deeds(connection: Connection) -> None:
    """Make the tables."""
    _new.create_all(connection)
