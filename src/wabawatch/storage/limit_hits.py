"""Limits that were hit, read from what is there: roll-ups by error code, messages with errors, and error events.

Nothing is written down a second time for it, so nothing can be counted twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from sqlalchemy import Connection, func, select

from wabawatch.domain.error_codes import LIMIT_HIT_CODES
from wabawatch.domain.facts import Millis
from wabawatch.domain.limit_hits import HitCount, LimitHit, LimitHits
from wabawatch.domain.rollups import PACKED_TIERS, Scope, Span
from wabawatch.domain.standing import HOUR_MS
from wabawatch.ports import Window
from wabawatch.storage import packed_counts
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks
from wabawatch.storage.figures import spans_of
from wabawatch.storage.number_places import NumberPlaces
from wabawatch.storage.schema import error_texts, events, message_errors, messages, rollups
from wabawatch.storage.schema import packed_counts as packed

CODES = sorted(LIMIT_HIT_CODES)


class SqlLimitHits:
    """`limits_ports.Hits`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hits(self, start: Millis | None, end: Millis, most: int) -> LimitHits:
        first, last = (start or 0) // HOUR_MS * HOUR_MS, -(-end // HOUR_MS) * HOUR_MS
        with self._database.reading() as connection:
            places = NumberPlaces(connection)
            counted = _of_messages(connection, spans_of(connection, Window(first, last), Scope.ERROR), places)
            told = list(_of_events(connection, first, last, places))
            counted.update((hit.number, hit.waba, hit.code) for hit in told)
            newest = (
                sorted([*told, *_messages(connection, first, last, most, places)], reverse=True)[:most] if most else ()
            )
        counts = (HitCount(code, number, waba, n) for (number, waba, code), n in counted.items() if n)
        return LimitHits(first, last, tuple(sorted(counts, key=_by_weight)), tuple(newest))


def _by_weight(count: HitCount) -> tuple[int, HitCount]:
    return -count.n, count


def _of_messages(connection: Connection, spans: list[Span], places: NumberPlaces) -> Counter[tuple[str, str, int]]:
    """How many messages failed at a limit, by number, WABA and code."""
    counted: Counter[tuple[str, str, int]] = Counter()
    for (number_id, code), n in failures(connection, spans, LIMIT_HIT_CODES).items():
        counted[*places.of(number_id), code] += n
    return counted


def failures(connection: Connection, spans: list[Span], codes: Collection[int]) -> Counter[tuple[int, int]]:
    """How many messages failed with one of *codes*, by number id and code."""
    found: Counter[tuple[int, int]] = Counter()
    for span in spans:
        r, p = rollups.c, packed.c
        where = (r.tier == int(span.tier), r.bucket >= span.first, r.bucket < span.end, r.scope == int(Scope.ERROR))
        query = select(r.number_id, r.ref, func.sum(r.n)).where(*where, r.ref.in_(sorted(codes)))
        for number_id, code, n in connection.execute(query.group_by(r.number_id, r.ref)):
            found[number_id, code] += int(n)
        if span.tier not in PACKED_TIERS:
            continue
        inside = (p.tier == int(span.tier), p.bucket >= span.first, p.bucket < span.end, p.scope == int(Scope.ERROR))
        for each in packed_counts.read(connection, *inside):
            if each.ref in codes:
                found[each.number_id, each.ref] += each.n
    return found


def _of_events(connection: Connection, start: Millis, end: Millis, places: NumberPlaces) -> Iterator[LimitHit]:
    """The hits that belong to no message: of calls that sent nothing, and of webhooks."""
    c = events.c
    query = select(c.number_id, c.waba_id, c.at, c.event).where(c.kind == "error", c.at >= start, c.at < end)
    for number_id, waba_id, at, listed in connection.execute(query):
        number, waba = places.of(number_id, waba_id)
        for word in listed.split(","):
            if word.isdigit() and int(word) in LIMIT_HIT_CODES:
                yield LimitHit(at, int(word), number, waba, 0, "")


def _messages(
    connection: Connection, start: Millis, end: Millis, most: int, places: NumberPlaces
) -> Iterator[LimitHit]:
    """The newest messages that failed at a limit."""
    m = messages.c
    query = select(m.id, m.cohort_at, m.error_code, m.number_id)
    query = query.where(m.error_code.in_(CODES), m.cohort_at >= start, m.cohort_at < end)
    rows = connection.execute(query.order_by(m.cohort_at.desc(), m.id.desc()).limit(most)).all()
    details = _details(connection, [row.id for row in rows])
    for row in rows:
        number, waba = places.of(row.number_id)
        yield LimitHit(row.cohort_at, row.error_code, number, waba, row.id, details.get((row.id, row.error_code), ""))


def _details(connection: Connection, ids: list[int]) -> dict[tuple[int, int], str]:
    """What Meta said with the errors of messages, by message and code."""
    found: dict[tuple[int, int], str] = {}
    joined = message_errors.join(error_texts, error_texts.c.id == message_errors.c.error_id)
    columns = (message_errors.c.message_id, error_texts.c.code, error_texts.c.details)
    for some in chunks(ids):
        query = select(*columns).select_from(joined).where(message_errors.c.message_id.in_(some))
        for message_id, code, details in connection.execute(query):
            found[message_id, code] = max(found.get((message_id, code), ""), details)
    return found
