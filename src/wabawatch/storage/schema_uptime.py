"""The tables of uptime; they belong to `schema`, which names them all. What is kept for ever is small."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, Table, Text

from wabawatch.storage.metadata import BIG_ID, metadata

checks = Table(
    "checks",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False, comment="When it is looked at next; whoever moves it looks"),
    Column("state", Text, nullable=False, comment="domain.checks.CheckState as JSON"),
)
check_spans = Table(
    "check_spans",
    metadata,
    Column("check_id", BigInteger, primary_key=True),
    Column("start_at", BigInteger, primary_key=True),
    Column("end_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="When a check was watched without a gap, kept for ever",
)
check_results = Table(
    "check_results",
    metadata,
    Column("check_id", BigInteger, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("code", SmallInteger, nullable=False, comment="storage.check_rows.code_of"),
    Column("latency_ms", Integer),
    Column("words", Text, nullable=False),
    sqlite_with_rowid=False,
    comment="Single looks, kept for a few days",
)
check_rollups = Table(
    "check_rollups",
    metadata,
    Column("check_id", BigInteger, primary_key=True),
    Column("tier", SmallInteger, primary_key=True, comment="2 hour, 3 day"),
    Column("bucket", Integer, primary_key=True, comment="time / width"),
    Column("n", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("latency", Text, nullable=False, comment="domain.histograms as JSON"),
    sqlite_with_rowid=False,
    comment="Counts of looks; those of days are kept for ever",
)
incidents = Table(
    "incidents",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("check_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("is_essential", SmallInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("noted_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("cause", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Index("incidents_opened", "opened_at"),
    comment="Stretches of time in which a check failed, kept for ever",
)
