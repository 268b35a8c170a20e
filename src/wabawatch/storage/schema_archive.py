"""The tables of the archive; they belong to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text

from wabawatch.storage.metadata import BIG_ID, metadata

archive_parts = Table(
    "archive_parts",
    metadata,
    Column("name", Text, primary_key=True, comment="Of its file"),
    Column("day", Integer, nullable=False, comment="Days since 1970"),
    Column("rows", BigInteger, nullable=False),
    Column("moved", BigInteger, nullable=False, comment="So many of its rows, from the first, were moved here"),
    Column("restored", BigInteger, nullable=False, comment="So many of them, from the first, are live again"),
    Column("left_out", LargeBinary, nullable=False, comment="Messages that stayed live, 8 bytes each"),
    Column("is_restoring", SmallInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Index("archive_parts_day", "day"),
    comment="Files that closed days of messages are in: domain.archives.Part",
)
archive_holds = Table(
    "archive_holds",
    metadata,
    Column("day", BIG_ID, primary_key=True, autoincrement=False, comment="Days since 1970"),
    Column("until", BigInteger, nullable=False),
    comment="Days that were restored, and until when they are not archived again",
)
message_days = Table(
    "message_days",
    metadata,
    Column("day", BIG_ID, primary_key=True, autoincrement=False, comment="Days since 1970"),
    Column("newest", BigInteger, nullable=False, comment="Messages up to this one were learnt until this day's end"),
    comment="When messages were learnt, by their numbers: an imported one may be much older",
)
