"""The tables of conversations; they belong to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table

from wabawatch.storage.metadata import REF, metadata

service_windows = Table(
    "service_windows",
    metadata,
    Column("contact_id", REF, primary_key=True),
    Column("number_id", REF, primary_key=True),
    Column("opened_at", BigInteger, primary_key=True),
    Column("last_after", BigInteger, nullable=False, comment="The last message of the person, in ms after the first"),
    sqlite_with_rowid=False,
    comment="domain.conversations.ServiceWindow",
)
agent_interactions = Table(
    "agent_interactions",
    metadata,
    Column("number_id", REF, primary_key=True),
    Column("local_id", LargeBinary, primary_key=True, comment="The UUID"),
    Column("at", BigInteger, nullable=False),
    Column("duration_ms", BigInteger),
    Column("contact_id", REF),
    Column("agent_id", REF, nullable=False, comment="A label, as the next five"),
    Column("action_id", REF, nullable=False),
    Column("outcome_id", REF),
    Column("user_id", REF),
    Column("lead_id", REF),
    Column("conversation_id", REF),
    Column("wamid", LargeBinary, comment="meta.wamid"),
    Index("agent_interactions_at", "at"),
    Index("agent_interactions_contact", "contact_id", "at"),
    sqlite_with_rowid=False,
)
