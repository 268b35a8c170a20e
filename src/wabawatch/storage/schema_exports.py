"""The table of exports; it belongs to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, SmallInteger, Table, Text

from wabawatch.storage.metadata import metadata

exports = Table(
    "exports",
    metadata,
    Column("key", Text, primary_key=True),
    Column("owner", Text, nullable=False, comment="As in the audit trail"),
    Column("state", Text, nullable=False, comment="domain.exports.ExportState"),
    Column("format", Text, nullable=False),
    Column("columns", Text, nullable=False, comment="With spaces between them"),
    Column("is_masked", SmallInteger, nullable=False),
    Column("has_bom", SmallInteger, nullable=False),
    Column(
        "wanted", LargeBinary, nullable=False, comment="domain.search.MessageFilter as JSON, sealed: it names people"
    ),
    Column("made_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("expires_at", BigInteger, comment="When it is deleted with its file"),
    Column("holder", Text, nullable=False, comment="The process that makes it"),
    Column("held_until", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("share", Float, nullable=False, comment="How much of its time range is done, 0-1"),
    Column("at_most", BigInteger, nullable=False, comment="So many messages are in its time range, about"),
    Column("sheets", Integer, nullable=False),
    Column("bytes", BigInteger, comment="NULL: there is no file"),
    Column("sha256", Text, nullable=False),
    Column("why", Text, nullable=False, comment="Why it failed"),
    Index("exports_made", "made_at"),
    comment="Files made of searches in the background",
)
_under_way = exports.c.state.in_(("waiting", "running"))
Index("exports_under_way", exports.c.made_at, sqlite_where=_under_way, postgresql_where=_under_way)
