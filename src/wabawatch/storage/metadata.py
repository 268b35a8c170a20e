"""What all tables of the schema have in common."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData()

BIG_ID = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit id. SQLite only makes an `INTEGER PRIMARY KEY` the row's own number."""

REF = BigInteger().with_variant(Integer, "postgresql")
"""The number of a word, where it stands in rows that are many: 4 bytes on PostgreSQL, enough for 2 billion contacts.
SQLite takes as few as a number needs."""
