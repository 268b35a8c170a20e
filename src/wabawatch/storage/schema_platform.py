"""The tables of what Meta tells when it is asked, and of the asking; they belong to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, SmallInteger, Table, Text

from wabawatch.storage.metadata import metadata

platform_states = Table(
    "platform_states",
    metadata,
    Column("kind", Text, primary_key=True, comment="number | waba | template | token | app"),
    Column("waba_id", Text, primary_key=True, comment="Of a template; else empty"),
    Column("subject", Text, primary_key=True, comment="phone_number_id, waba_id, name/language, app id"),
    Column("aspect", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("note", Text, nullable=False, comment="Why, or what to do about it"),
    Column("at", BigInteger, nullable=False, comment="Since when"),
    Column("told_at", BigInteger, nullable=False),
    Column("source", SmallInteger, nullable=False, comment="As in domain.facts.Source"),
    Column("is_live", SmallInteger, nullable=False, server_default="1", comment="0: imported or replayed"),
    comment="The newest that is known of each aspect; what was before is in `events`",
)
number_ratings = Table(
    "number_ratings",
    metadata,
    Column("number_id", BigInteger, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("told_at", BigInteger, nullable=False),
    comment="The history of the quality rating of numbers",
)
polls = Table(
    "polls",
    metadata,
    Column("ask", Text, primary_key=True),
    Column("subject", Text, primary_key=True, comment="waba_id or app id; empty for the token"),
    Column("due_at", BigInteger, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("ok_at", BigInteger, nullable=False),
    Column("failures", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    Column("error_code", BigInteger, nullable=False),
    comment="What Meta is asked, and how that goes",
)
meta_days = Table(
    "meta_days",
    metadata,
    Column("waba_id", Text, primary_key=True),
    Column("number", Text, primary_key=True, comment="phone_number_id; empty: all of the account together"),
    Column("day", BigInteger, primary_key=True, comment="UTC days since 1970"),
    Column("asked_at", BigInteger, nullable=False),
    Column("meta_sent", BigInteger, comment="NULL: the day on which asking began, which is never compared"),
    Column("meta_delivered", BigInteger),
    *(Column(f"own_{each}", BigInteger, nullable=False) for each in ("sent", "delivered", "failed", "waiting")),
    Index("meta_days_day", "day"),
    comment="What Meta counted of a day, and what we had counted of it when Meta was asked",
)
graph_usage = Table(
    "graph_usage",
    metadata,
    Column("scope", Text, primary_key=True, comment="waba_id; empty for the whole app"),
    Column("percent", Float, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False, comment="No call before this"),
    comment="How much of Meta's limits is used",
)
