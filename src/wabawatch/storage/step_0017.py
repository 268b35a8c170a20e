"""Step 17 of the schema: the tables of telling people."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

_metadata = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")


alert_routes = Table(
    "alert_routes",
    _metadata,
    Column("alert", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("told_at", BigInteger),
    Column("told_severity", Text),
    Column("told_transition", BigInteger, nullable=False),
    Column("rose_at", BigInteger),
    Column("last_at", BigInteger),
    Column("reminders", Integer, nullable=False),
    Column("thread", Text, nullable=False),
    Column("waiting_since", BigInteger),
    Column("reason", Text),
    Column("detail", Text, nullable=False),
    Column("is_closed", SmallInteger, nullable=False),
)
_open = alert_routes.c.is_closed == 0
Index("alert_routes_open", alert_routes.c.alert, sqlite_where=_open, postgresql_where=_open)

alert_decisions = Table(
    "alert_decisions",
    _metadata,
    Column("id", _ID, primary_key=True),
    Column("alert", Text, nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("transition_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("until", BigInteger),
    Column("notice", Text, nullable=False),
)
_silenced = alert_decisions.c.reason == "silenced"
Index("alert_decisions_silenced", alert_decisions.c.detail, sqlite_where=_silenced, postgresql_where=_silenced)

notices = Table(
    "notices",
    _metadata,
    Column("id", _ID, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("total", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("service_thread", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", BigInteger),
    Column("holder", Text, nullable=False),
    Column("held_until", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("detail", Text, nullable=False),
    Index("notices_at", "at"),
    Index("notices_thread", "channel", "thread"),
)
_waiting = notices.c.state == "waiting"
Index("notices_waiting", notices.c.channel, notices.c.next_try_at, sqlite_where=_waiting, postgresql_where=_waiting)

notice_attempts = Table(
    "notice_attempts",
    _metadata,
    Column("notice_id", BigInteger, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("took_ms", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_with_rowid=False,
)
channel_states = Table(
    "channel_states",
    _metadata,
    Column("channel", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failing_since", BigInteger),
    Column("sent_at", BigInteger),
    Column("trouble", Text, nullable=False),
)
silences = Table(
    "silences",
    _metadata,
    Column("id", _ID, primary_key=True),
    Column("alert", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("waba_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True),
    Column("ended_by", Text, nullable=False),
)
maintenance = Table(
    "maintenance",
    _metadata,
    Column("id", _ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True),
    Column("ended_by", Text, nullable=False),
    Column("wabas", Text, nullable=False),
    Column("types", Text, nullable=False),
)


def add_notices(connection: Connection) -> None:
    """Make the tables."""
    _metadata.create_all(connection)
