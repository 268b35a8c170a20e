"""The tables of figures; they belong to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, SmallInteger, Table, Text

from wabawatch.storage.metadata import BIG_ID, metadata

standings = Table(
    "standings",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("is_accepted", SmallInteger, nullable=False),
    Column("is_rejected", SmallInteger, nullable=False),
    Column("is_unlinked", SmallInteger, nullable=False),
    Column("is_recorded", SmallInteger, nullable=False),
    Column("in_delivery", SmallInteger, nullable=False),
    Column("in_failure", SmallInteger, nullable=False),
    Column("pace", Text, nullable=False),
    Column("template_use", Text, nullable=False),
    Column("template_health", Text, nullable=False),
    Column("fault", Text, nullable=False),
    Column("is_billable", SmallInteger, nullable=False),
    Column("is_contradictory", SmallInteger, nullable=False),
    comment="What a message can count as; roll-ups count messages by standing",
)
rollups = Table(
    "rollups",
    metadata,
    Column("tier", SmallInteger, primary_key=True, comment="0 minute, 1 five minutes, 2 hour, 3 day"),
    Column("bucket", Integer, primary_key=True, comment="time / width"),
    Column("scope", SmallInteger, primary_key=True),
    Column("number_id", BigInteger, primary_key=True),
    Column("ref", BigInteger, primary_key=True, comment="the WABA, template, category, country or code"),
    Column("standing_id", BigInteger, primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (tier, bucket)",
)
counters = Table(
    "counters",
    metadata,
    Column("tier", SmallInteger, primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="Counts of bodies by receipt time",
)
histograms = Table(
    "histograms",
    metadata,
    Column("tier", SmallInteger, primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("kind", SmallInteger, primary_key=True, comment="storage.counts.HISTOGRAM_KINDS"),
    Column("number_id", BigInteger, primary_key=True),
    Column("slot", SmallInteger, primary_key=True, comment="domain.histograms.index_of"),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
packed_counts = Table(
    "packed_counts",
    metadata,
    Column("tier", SmallInteger, primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("scope", SmallInteger, primary_key=True, comment="As in `rollups`; from 100: kinds of histogram"),
    Column("number_id", BigInteger, primary_key=True),
    Column("ref", BigInteger, primary_key=True, comment="The smallest one in `entries`"),
    Column("entries", LargeBinary, nullable=False, comment="storage.packed_counts"),
    sqlite_with_rowid=False,
    comment="Rows of `rollups` and `histograms` that hardly change any more",
)
cycles = Table(
    "cycles",
    metadata,
    Column("at", BIG_ID, primary_key=True, autoincrement=False),
    Column("ran_at", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("detail", Text, nullable=False, comment="The status as it was known then, as JSON"),
)
