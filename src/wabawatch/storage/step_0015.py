"""Step 15 of the schema: the tables of alerts; who told of an event, and whether it was news when it came."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, SmallInteger, Table, Text

_new = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")
_SCOPE = ("scope", "scope_id", "waba_id")


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


Table(
    "alert_states",
    _new,
    *(Column(name, Text, primary_key=True) for name in ("rule", *_SCOPE)),
    *_texts("phase", "alert"),
    Column("version", BigInteger, nullable=False),
    *_texts("memory"),
)
_alerts = Table(
    "alerts",
    _new,
    Column("alert", Text, primary_key=True),
    *_texts("rule", "title", *_SCOPE, "severity", "phase"),
    Column("opened_at", BigInteger, nullable=False),
    Column("fired_at", BigInteger),
    Column("ended_at", BigInteger),
    *_texts("ended"),
    Column("is_flapping", SmallInteger, nullable=False),
    *_texts("first", "newest", "message"),
    Column("ack_at", BigInteger),
    *_texts("ack_by", "ack_note"),
)
_open = _alerts.c.ended_at.is_(None)
Index("alerts_open", _alerts.c.opened_at, sqlite_where=_open, postgresql_where=_open)
Index("alerts_fired", _alerts.c.fired_at)
_transitions = Table(
    "alert_transitions",
    _new,
    Column("id", _ID, primary_key=True),
    Column("alert", Text, nullable=False, index=True),
    *_texts("rule", *_SCOPE, "severity"),
    Column("at", BigInteger, nullable=False),
    *_texts("was", "became", "reason"),
    Column("is_flapping", SmallInteger, nullable=False),
    *_texts("reading"),
    Column("planned_at", BigInteger),
)
_unplanned = _transitions.c.planned_at.is_(None)
Index("alert_transitions_unplanned", _transitions.c.id, sqlite_where=_unplanned, postgresql_where=_unplanned)


def add_alerts(connection: Connection) -> None:
    """Make the tables and add the columns. What was there before is taken for live news of webhooks."""
    _new.create_all(connection)
    for table, column in (
        ("events", "told_by SMALLINT DEFAULT '3' NOT NULL"),
        ("events", "is_live SMALLINT DEFAULT '1' NOT NULL"),
        ("platform_states", "is_live SMALLINT DEFAULT '1' NOT NULL"),
    ):
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
