"""Step 26 of the schema: compliance reports."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, Table, Text

_new = MetaData()
Table(
    "reports",
    _new,
    Column("id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("scope", Text, nullable=False),
    Column("start_at", BigInteger, nullable=False),
    Column("end_at", BigInteger, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("reports_as_of", "as_of"),
)


def add_reports(connection: Connection) -> None:
    """Make the table."""
    _new.create_all(connection)
