"""The tables of forwarding; they belong to `schema`, which names them all.

What is delivered at the first attempt leaves no row: a target has a cursor over the inbox, and rows only for what it
did not take.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text

from wabawatch.storage.metadata import BIG_ID, metadata

forward_targets = Table(
    "forward_targets",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column(
        "cursor", BigInteger, nullable=False, comment="Up to this body all was tried once, has a row, or is skipped"
    ),
    Column(
        "judged", BigInteger, nullable=False, comment="Up to this body its answers, or the lack of them, are counted"
    ),
    Column("skip_to", BigInteger, nullable=False, server_default="0", comment="Given up by hand up to this body"),
    Column("is_wanted", SmallInteger, nullable=False, comment="The settings name it, and it is enabled"),
    Column("is_paused", SmallInteger, nullable=False, server_default="0"),
    Column("holder", Text, nullable=False, server_default="", comment="The process that forwards to it"),
    Column("held_until", BigInteger, nullable=False, server_default="0"),
    Column("open_since", BigInteger, comment="When its breaker opened; NULL: it is closed"),
    Column("delivered_at", BigInteger),
    Column("trouble", Text, nullable=False, server_default="", comment="The last failure since"),
)
forward_deliveries = Table(
    "forward_deliveries",
    metadata,
    Column("target_id", BigInteger, primary_key=True),
    Column("body_id", BigInteger, primary_key=True),
    Column("received_at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False, comment="Tried until 7 days after this"),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", BigInteger, comment="NULL: a dead letter"),
    Column("dead_at", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("forward_deliveries_next", "target_id", "next_try_at"),
    sqlite_with_rowid=False,
    comment="What a target did not take at the first attempt",
)
forward_answers = Table(
    "forward_answers",
    metadata,
    Column("body_id", BIG_ID, primary_key=True, autoincrement=False),
    Column("received_at", BigInteger, nullable=False),
    Column("slot", SmallInteger, comment="domain.histograms.index_of; NULL: not answered with 2xx"),
    comment="The worst answer so far to a body that several targets get",
)
forward_bodies = Table(
    "forward_bodies",
    metadata,
    Column("body_id", BIG_ID, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False, comment="The body, sealed"),
    comment="Bodies that are not delivered yet and whose own time is over",
)
