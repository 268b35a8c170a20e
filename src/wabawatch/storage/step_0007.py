"""Step 7 of the schema: conversations, and what agents did in them. Windows open with the messages that come."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, Table

_metadata = MetaData()
_REF = BigInteger().with_variant(Integer, "postgresql")
_service_windows = Table(
    "service_windows",
    _metadata,
    Column("contact_id", _REF, primary_key=True),
    Column("number_id", _REF, primary_key=True),
    Column("opened_at", BigInteger, primary_key=True),
    Column("last_after", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
_agent_interactions = Table(
    "agent_interactions",
    _metadata,
    Column("number_id", _REF, primary_key=True),
    Column("local_id", LargeBinary, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("duration_ms", BigInteger),
    Column("contact_id", _REF),
    *(Column(name, _REF, nullable=False) for name in ("agent_id", "action_id")),
    *(Column(name, _REF) for name in ("outcome_id", "user_id", "lead_id", "conversation_id")),
    Column("wamid", LargeBinary),
    Index("agent_interactions_at", "at"),
    Index("agent_interactions_contact", "contact_id", "at"),
    sqlite_with_rowid=False,
)


def add_conversations(connection: Connection) -> None:
    """Make the tables."""
    _metadata.create_all(connection)
