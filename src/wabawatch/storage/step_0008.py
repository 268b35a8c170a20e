"""Step 8 of the schema: by which category a message is charged, and who told of a template."""

from __future__ import annotations

from sqlalchemy import Connection

WEBHOOK = 3
"""As in `domain.facts.Source`: before this step nobody else told of templates."""


def add_sources(connection: Connection) -> None:
    """Add the two columns."""
    for table, column in (
        ("profiles", "pricing_category TEXT DEFAULT '' NOT NULL"),
        ("template_events", f"told_by SMALLINT DEFAULT '{WEBHOOK}' NOT NULL"),
    ):
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
