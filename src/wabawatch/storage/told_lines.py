"""Lines of the table `events` as they are shown: what changed, when, who told, and why."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select

from wabawatch.domain.facts import Source
from wabawatch.domain.told import Told
from wabawatch.storage.schema import events


def told_lines(connection: Connection, which: ColumnElement[bool], most: int) -> list[Told]:
    """The newest *most* events that *which* chooses, the newest first."""
    c = events.c
    columns = (c.event, c.before, c.after, c.reason, c.at, c.seen_at, c.told_by, c.is_live)
    query = select(*columns).where(which).order_by(c.at.desc(), c.id.desc()).limit(most)
    return [
        Told(row.event, row.before, row.after, row.reason, row.at, row.seen_at, Source(row.told_by), bool(row.is_live))
        for row in connection.execute(query)
    ]
