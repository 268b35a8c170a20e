"""Charged messages by day, number, category and country: `limits_ports.Charges` on the roll-ups."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import ColumnElement, Connection, Table, func, select

from wabawatch.domain.billing import UNCATEGORISED
from wabawatch.domain.costs import Charge
from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.rollups import Scope, Tier
from wabawatch.storage import packed_counts
from wabawatch.storage.counts import CATEGORIES, category_of_charge, charge_ref, country_of_charge
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.schema import packed_counts as packed
from wabawatch.storage.schema import profiles, rollups


class SqlCharges:
    """`limits_ports.Charges`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def charges(self, start: Millis | None, end: Millis | None) -> tuple[list[Charge], Millis | None, Millis | None]:
        with self._database.reading() as connection:
            days = _days(connection)
            if days is None:
                return [], None, None
            first = days[0] if start is None else start // DAY_MS
            last = days[1] + 1 if end is None else -(-end // DAY_MS)
            counted = _count(connection, first, last)
            return _in_words(connection, counted), first * DAY_MS, last * DAY_MS


def _of(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.tier == int(Tier.DAY), table.c.scope == int(Scope.CHARGE)


def _days(connection: Connection) -> tuple[int, int] | None:
    """The first and the last day on which anything was charged."""
    edges: list[int] = []
    for table in (rollups, packed):
        query = select(func.min(table.c.bucket), func.max(table.c.bucket)).where(*_of(table))
        edges += [edge for edge in connection.execute(query).one() if edge is not None]
    return (min(edges), max(edges)) if edges else None


def _count(connection: Connection, first: int, end: int) -> Counter[tuple[int, int]]:
    """How many messages were charged on the days *first* up to *end*, by number id and `charge_ref`."""
    c, counted = rollups.c, Counter[tuple[int, int]]()
    query = select(c.number_id, c.ref, func.sum(c.n)).where(*_of(rollups), c.bucket >= first, c.bucket < end)
    for number_id, ref, n in connection.execute(query.group_by(c.number_id, c.ref)).all():
        counted[number_id, ref] += int(n)
    counted.update(packed_counts.totals(connection, *_of(packed), packed.c.bucket >= first, packed.c.bucket < end))
    return counted


def _in_words(connection: Connection, counted: Counter[tuple[int, int]]) -> list[Charge]:
    words = Dictionary(lambda _: "")
    numbers = words.numbers.words(connection, {number for number, _ in counted if number})
    categories = {ref: category_of_charge(ref) for ref in {ref for _, ref in counted}}
    countries = {ref: country_of_charge(ref) for ref in categories}
    names = {category_of_charge(charge_ref(name, "")): name for name in (*CATEGORIES, UNCATEGORISED)}
    if set(categories.values()) - names.keys():  # categories that nobody told us about
        for column in (profiles.c.pricing_category, profiles.c.category):
            for name in connection.execute(select(column).distinct()).scalars():
                names.setdefault(category_of_charge(charge_ref(name, "")), name)
    return [
        Charge(names.get(categories[ref], UNCATEGORISED), countries[ref], numbers.get(number, ""), n)
        for (number, ref), n in counted.items()
        if n
    ]
