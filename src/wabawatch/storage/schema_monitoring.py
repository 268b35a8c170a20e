"""The tables of monitoring itself: when it ran, and how the processes are doing. They belong to `schema`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Table, Text

from wabawatch.storage.metadata import BIG_ID, metadata

monitoring_runs = Table(
    "monitoring_runs",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("began_at", BigInteger, nullable=False),
    Column("alive_at", BigInteger, nullable=False, comment="The last sign of life"),
    Column("ended", Text, nullable=False, server_default="", comment="stopped | restarted | lost; empty: not known to"),
    Column("actor", Text, nullable=False, server_default="", comment="Who ended it"),
    Index("monitoring_runs_alive", "alive_at"),
    comment="When monitoring ran; what lies between is unknown",
)
process_pulses = Table(
    "process_pulses",
    metadata,
    Column("process", Text, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("is_leading", SmallInteger, nullable=False),
    Column("troubles", Text, nullable=False, comment="JSON: the loops that are not well"),
    comment="What each process says of its loops",
)
