"""What all tables of the schema have in common."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData()

BIG_ID = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit id. SQLite only makes an `INTEGER PRIMARY KEY` the row's own number."""
