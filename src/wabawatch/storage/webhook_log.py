"""The processing log of webhook bodies for those who look: `webhook_ports.WebhookLog` on one `Database`.

A body costs no byte more for it: pages walk the log backwards by number, and the hours in which bodies were kept
(`kept_hours`) lead to where a time range begins and ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, update

from wabawatch.domain.errors import SealBroken
from wabawatch.domain.facts import Millis
from wabawatch.domain.rollups import TIERS, Floors, Scope, Span, Tier
from wabawatch.domain.standing import HOUR_MS
from wabawatch.domain.webhook_bodies import Refused, Result
from wabawatch.ports import Body, BodyId, BodyKind, BodyResult, BodySource, Deed, Window
from wabawatch.storage import audit
from wabawatch.storage.bodies import decode_block
from wabawatch.storage.body_log import PARKED, PROCESSED, code_of, meaning_of
from wabawatch.storage.books import read_floors
from wabawatch.storage.counts import read_counters
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.figures import REFUSED, REFUSED_BY, spans_of
from wabawatch.storage.message_rows import LabelKind
from wabawatch.storage.premises_traffic import last_webhooks
from wabawatch.storage.schema import bodies, counters, kept_hours, parked
from wabawatch.storage.sealed import Keyring
from wabawatch.webhook_ports import Copies, LineFilter, Lines, LogLine, SetAside

STEP, EXAMINED = 5_000, 50_000
"""So many lines one statement looks at, and so many a page."""
MOST_COPIES = 20

_RESULTS: Mapping[Result, BodyResult] = {
    Result.PROCESSED: BodyResult.PROCESSED,
    Result.PARTLY: BodyResult.PROCESSED,
    Result.DUPLICATE: BodyResult.DUPLICATE,
    Result.RETRYING: BodyResult.RETRYING,
    Result.PARKED: BodyResult.PARKED,
}


class SqlWebhookLog:
    """`webhook_ports.WebhookLog`."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def lines(self, wanted: LineFilter, before: BodyId | None, limit: int) -> Lines:
        with self._database.reading() as connection:
            where = _conditions(connection, wanted)
            if where is None:
                return Lines([], None)
            low, end = _numbers(connection, wanted)
            end = end if before is None else before if end is None else min(before, end)
            rows, following = _walk(connection, where, low, end, limit)
            return Lines(_lines(connection, rows), following)

    def line(self, id: BodyId) -> LogLine | None:
        with self._database.reading() as connection:
            rows = connection.execute(select(bodies).where(bodies.c.id == id)).all()
            found = _lines(connection, [row for row in rows if meaning_of(row.code)[0] is BodyKind.WEBHOOK])
        return found[0] if found else None

    def set_aside(self, ids: Collection[BodyId]) -> Mapping[BodyId, SetAside]:
        c = parked.c
        found: dict[BodyId, SetAside] = {}
        with self._database.reading() as connection:
            for some in chunks(ids):
                query = select(c.body_id, c.tries, c.next_try_at, c.error).where(c.body_id.in_(some))
                for row in connection.execute(query):
                    found[row.body_id] = SetAside(row.tries, row.next_try_at, row.error)
        return found

    def kept_aside(self, ids: Collection[BodyId]) -> Mapping[BodyId, Body]:
        found: dict[BodyId, Body] = {}
        with self._database.reading() as connection:
            for some in chunks(ids):
                query = select(parked.c.body_id, parked.c.body).where(parked.c.body_id.in_(some))
                for row in connection.execute(query):
                    with suppress(SealBroken):
                        found[row.body_id] = decode_block(bytes(row.body), self._keyring, context=PARKED)[0]
        return found

    def copies(self, id: BodyId) -> Copies:
        c = bodies.c
        with self._database.reading() as connection:
            print_ = connection.execute(select(c.fingerprint).where(c.id == id)).scalar()
            if print_ is None:
                return Copies(None, [])
            same = select(c.id).where(c.fingerprint == print_)
            first = connection.execute(same.where(c.code.in_(PROCESSED)).order_by(c.id).limit(1)).scalar()
            others = same.where(c.id != id).order_by(c.id.desc()).limit(MOST_COPIES)
            return Copies(first, list(connection.execute(others).scalars()))

    def newest_at(self) -> Millis | None:
        with self._database.reading() as connection:
            return max(last_webhooks(connection).values(), default=None)

    def refused(self, window: Window, limit: int) -> list[Refused]:
        c = counters.c
        is_refusal = or_(c.name.startswith(REFUSED, autoescape=True), c.name.startswith(REFUSED_BY, autoescape=True))
        found: list[Refused] = []
        with self._database.reading() as connection:
            for span in _finest(window, read_floors(connection)):
                inside = (c.tier == int(span.tier), c.bucket >= span.first, c.bucket < span.end)
                query = select(c.bucket, c.name, c.n).where(*inside, is_refusal)
                width = TIERS[span.tier].width_ms
                rows = connection.execute(query.order_by(c.bucket.desc(), c.name).limit(limit))
                found += [_refused(bucket * width, width, name, n) for bucket, name, n in rows]
        return found[:limit]

    def refused_by(self, window: Window) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        with self._database.reading() as connection:
            for name, n in read_counters(connection, spans_of(connection, window, Scope.ALL)).items():
                if name.startswith((REFUSED, REFUSED_BY)):
                    found[_refused(0, 0, name, n).why] += n
        return found

    def try_now(self, id: BodyId, now: Millis, done: Deed) -> bool:
        with self._database.writing() as connection:
            again = update(parked).where(parked.c.body_id == id).values(next_try_at=now)
            if connection.execute(again).rowcount == 0:
                return False
            audit.append(connection, now, done.actor, done.action, done.subject)
        return True


def _conditions(connection: Connection, wanted: LineFilter) -> list[ColumnElement[bool]] | None:
    """What a line must fulfil; None: none can."""
    c = bodies.c
    if wanted.result is Result.WAITING:
        return None
    results = tuple(BodyResult) if wanted.result is None else (_RESULTS[wanted.result],)
    codes = [code_of(BodyKind.WEBHOOK, source, result) for source, result in product(sorted(wanted.sources), results)]
    where: list[ColumnElement[bool]] = [c.code.in_(codes), c.received_at >= wanted.since, c.received_at < wanted.until]
    is_partly = (c.unparsed > 0) | (c.unknown > 0)
    if wanted.result is Result.PARTLY:
        where.append(is_partly)
    elif wanted.result is Result.PROCESSED:
        where.append(~is_partly)
    if wanted.app is not None:
        app_id = _app_id(connection, wanted.app)
        if app_id is None:
            return None
        where.append(c.app_id == app_id)
    return where


def _app_id(connection: Connection, app: str) -> int | None:
    """The number of an app's name; None: nothing ever came for it."""
    label = (LabelKind.APP, app)
    return Dictionary(lambda _: "").labels.known(connection, [label]).get(label) if app else 0


def _numbers(connection: Connection, wanted: LineFilter) -> tuple[BodyId, BodyId | None]:
    """Above which number, and below which (None: any), all bodies are that may be wanted."""
    k = kept_hours.c
    low = connection.execute(select(func.max(k.newest)).where(k.hour < wanted.since // HOUR_MS)).scalar()
    if BodySource.IMPORT in wanted.sources:  # it may have been kept long after it was received
        return low or 0, None
    last = connection.execute(select(func.min(k.newest)).where(k.hour > wanted.until // HOUR_MS)).scalar()
    return low or 0, None if last is None else last + 1


def _walk(
    connection: Connection, where: list[ColumnElement[bool]], low: BodyId, end: BodyId | None, limit: int
) -> tuple[list[Any], BodyId | None]:
    """Rows below *end* and above *low*, the newest first, and below which number to go on."""
    c = bodies.c
    rows: list[Any] = []
    for _ in range(EXAMINED // STEP):
        inside = [c.id > low] if end is None else [c.id > low, c.id < end]
        edge = connection.execute(select(c.id).where(*inside).order_by(c.id.desc()).offset(STEP - 1).limit(1)).scalar()
        above = low if edge is None else edge - 1
        query: Select[Any] = select(bodies).where(*inside, c.id > above, *where)
        rows += connection.execute(query.order_by(c.id.desc()).limit(limit + 1 - len(rows))).all()
        if len(rows) > limit:
            return rows[:limit], rows[limit - 1].id
        if edge is None:
            return rows, None
        end = edge
    return rows, end


def _lines(connection: Connection, rows: list[Any]) -> list[LogLine]:
    names = Dictionary(lambda _: "").labels.words(connection, {row.app_id for row in rows if row.app_id})
    return list(_each(rows, {app_id: name for app_id, (_, name) in names.items()}))


def _each(rows: list[Any], names: Mapping[int, str]) -> Iterator[LogLine]:
    for row in rows:
        _, source, result = meaning_of(row.code)
        became = Result(result.value)
        if became is Result.PROCESSED and (row.unparsed or row.unknown):
            became = Result.PARTLY
        app = names[row.app_id] if row.app_id else ""
        yield LogLine(row.id, row.received_at, app, source, became, row.facts, row.unparsed, row.unknown)


def _finest(window: Window, floors: Floors) -> Iterator[Span]:
    """The narrowest buckets that are still kept of *window*, whose ends are known; none overlaps another."""
    end = window.end or 0
    for tier, coarser in zip(Tier, [*list(Tier)[1:], Tier.DAY], strict=True):
        width, step = TIERS[tier].width_ms, TIERS[coarser].width_ms
        kept = -(-floors.get(tier, 0) * width // step) * step
        start = max(window.start or 0, kept)
        if start < end:
            yield Span(tier, start // width, -(-end // width))
            end = start


def _refused(start: Millis, width: Millis, name: str, n: int) -> Refused:
    if name.startswith(REFUSED):
        return Refused(start, start + width, name.removeprefix(REFUSED), "bad_signature", int(n))
    why, _, app = name.removeprefix(REFUSED_BY).partition(":")
    return Refused(start, start + width, app, why, int(n))
