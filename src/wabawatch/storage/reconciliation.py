"""What Meta counted of days, beside what we had counted of them: kept for ever, a row for each day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.reconciliation import DayCounts, MetaDay, OwnDay, own_day
from wabawatch.domain.rollups import Scope, Span, Tier
from wabawatch.storage import counts
from wabawatch.storage.counts import Place
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.schema_platform import meta_days

_OWN = tuple(f"own_{name}" for name in OwnDay._fields)


class SqlDays:
    """`reconciliation_ports.Days`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def days(self, first: int, most: int) -> list[DayCounts]:
        with self._database.reading() as connection:
            return read_days(connection, first, most)


def read_days(connection: Connection, first: int, most: int) -> list[DayCounts]:
    """The days that were compared, from *first* on, the newest first, at most so many."""
    c = meta_days.c
    query = select(meta_days).where(c.day >= first, c.meta_sent.is_not(None))
    rows = connection.execute(query.order_by(c.day.desc(), c.waba_id, c.number).limit(most))
    return [
        DayCounts(
            row.waba_id,
            row.number,
            MetaDay(row.day, row.meta_sent, row.meta_delivered),
            OwnDay(*(getattr(row, name) for name in _OWN)),
            row.asked_at,
        )
        for row in rows
    ]


def note_days(
    connection: Connection, words: Dictionary, subject: tuple[str, str], days: Sequence[MetaDay], asked_at: Millis
) -> None:
    """`reconciliation_ports.DaysLedger.note_days`, of the WABA and number that *subject* names."""
    c = meta_days.c
    key = {"waba_id": subject[0], "number": subject[1]}
    began = connection.execute(select(func.min(c.day)).where(*(c[name] == each for name, each in key.items()))).scalar()
    place = _place(connection, words, *subject)
    rows: list[dict[str, Any]] = [
        _row(day, own_day(counts.tally(connection, words, place, [Span(Tier.DAY, day.day, day.day + 1)])))
        for day in days
        if began is not None and day.day > began
    ]
    if began is None:
        rows = [_row(MetaDay(asked_at // DAY_MS, 0, 0), OwnDay()) | {"meta_sent": None, "meta_delivered": None}]
    if rows:
        new = insert(connection, meta_days)
        told = {name: new.excluded[name] for name in ("asked_at", "meta_sent", "meta_delivered", *_OWN)}
        newest = new.on_conflict_do_update(index_elements=list(meta_days.primary_key), set_=told)
        connection.execute(newest, [row | key | {"asked_at": asked_at} for row in rows])


def _row(meta: MetaDay, own: OwnDay) -> dict[str, Any]:
    ours = dict(zip(_OWN, own, strict=True))
    return {"day": meta.day, "meta_sent": meta.sent, "meta_delivered": meta.delivered} | ours


def _place(connection: Connection, words: Dictionary, waba: str, number: str) -> Place:
    """The slice of the roll-ups that counts it; one that counts nothing where no message came of it yet."""
    if number:
        return Place(Scope.NUMBER, words.numbers.known(connection, [number]).get(number, -1))
    return Place(Scope.WABA, 0, words.wabas.known(connection, [waba]).get(waba, -1))
