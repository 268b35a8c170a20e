"""Messages added up, the newest first, as far as there is time for: `flows.log_summing.MessageSums`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from wabawatch.domain.facts import Millis
from wabawatch.domain.log_sums import Facet, Matches
from wabawatch.domain.messages import ContactKey, Evidence
from wabawatch.domain.metrics import Tally
from wabawatch.domain.rollups import Scope
from wabawatch.domain.search import Direction, MessageFilter, State
from wabawatch.domain.standing import Role
from wabawatch.ports import Window
from wabawatch.storage import messages as message_rows
from wabawatch.storage import packed_counts, schema
from wabawatch.storage.counts import CATEGORIES, category_ref
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.figures import spans_of
from wabawatch.storage.message_filter import Conditions, Sought, seek
from wabawatch.storage.message_rows import OUTCOME_SHIFT, OUTCOMES, ROLE_SHIFT, ROLES
from wabawatch.storage.message_search import INSIDE, LIMITS, Batch, Limits, batches_of, path_of, where_of

SUMMING = Limits(examined=200_000, at_once=10_000, few=LIMITS.few, contacts=LIMITS.contacts)
"""How much is looked at to add up: more than for a page, for nothing is shown of the messages themselves"""
_INBOUND = ROLES.index(Role.INBOUND)
_COLUMNS = "m.cohort_at, m.state, m.number_id, m.profile_id, m.error_code, c.country"
_FROM = "LEFT JOIN contacts AS c ON c.id = m.contact_id"


class _Row(NamedTuple):
    """What is added up of a message."""

    at: Millis
    state: int
    number_id: int
    profile_id: int
    error_code: int | None
    country: str | None


class SqlMessageSums:
    """Sums on one `Database`. Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database, country_of: Callable[[ContactKey], str], limits: Limits = SUMMING) -> None:
        self._database = database
        self._country_of = country_of
        self._limits = limits

    def matches(self, wanted: MessageFilter, width_ms: int, most: int) -> Matches:
        """The newest *most* messages that are *wanted*, in bars of *width_ms*."""
        words = Dictionary(self._country_of)
        with self._database.reading() as connection:
            sought = seek(connection, words, wanted)
            rows, back_to = _look(connection, words, sought, most, self._limits)
            if len(rows) > most:
                rows, back_to = rows[:most], rows[most - 1].at
            facets = _facets(connection, words, rows)
        buckets: defaultdict[Millis, Counter[str]] = defaultdict(Counter)
        for (bucket, state), n in Counter((row.at // width_ms, row.state) for row in rows).items():
            buckets[bucket * width_ms][_state_of(state)] += n
        return Matches(len(rows), back_to is not None, back_to, dict(sorted(buckets.items())), facets)

    def categories(self, window: Window) -> Mapping[str, Tally]:
        """How many messages there are of each category that Meta names, from roll-ups: by whole hours."""
        names = {category_ref(name): name for name in CATEGORIES}
        r, p = schema.rollups.c, schema.packed_counts.c
        counted: defaultdict[str, Counter[int]] = defaultdict(Counter)
        with self._database.reading() as connection:
            for span in spans_of(connection, window, Scope.CATEGORY):
                buckets = list(span.buckets())
                query = (
                    select(r.ref, r.standing_id, func.sum(r.n))
                    .where(r.tier == int(span.tier), r.bucket.in_(buckets), r.scope == int(Scope.CATEGORY))
                    .group_by(r.ref, r.standing_id)
                )
                for ref, standing_id, n in connection.execute(query):
                    counted[names.get(ref, "")][standing_id] += int(n)
                of_scope = p.scope == int(Scope.CATEGORY)
                for each in packed_counts.read_buckets(connection, int(span.tier), buckets, of_scope):
                    counted[names.get(each.ref, "")][each.standing_id] += each.n
            ids = {standing_id for tally in counted.values() for standing_id in tally}
            words = Dictionary(self._country_of).standings.words(connection, ids)
        return {name: {words[i]: n for i, n in tally.items() if n} for name, tally in counted.items()}


def _look(
    connection: Connection, words: Dictionary, sought: Sought, most: int, limits: Limits
) -> tuple[list[_Row], Millis | None]:
    """The newest rows, some more than *most* at least where there are more; and since when all are among them."""
    wanted = sought.wanted
    where = where_of(sought, None, (wanted.since, wanted.until))
    if where is None:
        return [], None
    if wanted.wamids:
        held, _ = message_rows.find(connection, words, wanted.wamids, [])
        where.among("m.id", [each.id for each in held])
        return ([] if where.is_impossible else _rows(connection, "messages AS m", where, most + 1)), None
    if (path := path_of(connection, sought, limits)) is not None:
        where.add(path)
        return _rows(connection, "messages AS m", where, most + 1), None
    batches = batches_of(connection, words, sought, None, limits.at_once)
    return _scan(connection, where, batches, most, limits.examined)


def _scan(
    connection: Connection, where: Conditions, batches: Iterable[Batch], most: int, examined_most: int
) -> tuple[list[_Row], Millis | None]:
    rows: list[_Row] = []
    examined = 0
    for batch in batches:
        if examined and examined + batch.volume > examined_most:
            return rows, batch.reaches[0].end
        spans = ", ".join(f"({reach.number}, {reach.start}, {reach.end})" for reach in batch.reaches)
        source = f"(VALUES {spans}) AS reach CROSS JOIN messages AS m"
        inside = Conditions([INSIDE, *where.texts], where.parameters)
        rows += _rows(connection, source, inside, most + 1 - len(rows))
        examined += batch.volume
        if len(rows) > most:
            break
    return rows, None


def _rows(connection: Connection, source: str, where: Conditions, limit: int) -> list[_Row]:
    conditions = f" WHERE {' AND '.join(where.texts)}" if where.texts else ""
    order = "ORDER BY m.cohort_at DESC, m.id DESC"
    statement = text(f"SELECT {_COLUMNS} FROM {source} {_FROM}{conditions} {order} LIMIT {limit}")
    return [_Row._make(row) for row in connection.execute(statement, where.parameters)]


def _is_outbound(state: int) -> bool:
    return bool(state & Evidence.OUTBOUND) and (state >> ROLE_SHIFT) & 3 != _INBOUND


def _state_of(state: int) -> str:
    """As `domain.search.state`, of the bits that a row keeps of it."""
    return State(OUTCOMES[(state >> OUTCOME_SHIFT) & 7]) if _is_outbound(state) else State.RECEIVED


def _facets(connection: Connection, words: Dictionary, rows: Sequence[_Row]) -> dict[Facet, Mapping[str, int]]:
    states = Counter(row.state for row in rows)
    by_number = Counter(row.number_id for row in rows)
    by_profile = Counter(row.profile_id for row in rows)
    numbers = words.numbers.words(connection, {i for i in by_number if i})
    profiles = words.profiles.words(connection, set(by_profile))
    templates = words.templates.words(connection, {p.template_id for p in profiles.values() if p.template_id})
    found: dict[Facet, Counter[str]] = {facet: Counter() for facet in Facet}
    for state, n in states.items():
        found[Facet.STATUS][_state_of(state)] += n
        found[Facet.DIRECTION][Direction.OUTBOUND if _is_outbound(state) else Direction.INBOUND] += n
    for number_id, n in by_number.items():
        found[Facet.NUMBER][numbers.get(number_id, "")] += n
    for profile_id, n in by_profile.items():
        profile = profiles[profile_id]
        found[Facet.TYPE][profile.type] += n
        found[Facet.CATEGORY][profile.category] += n
        found[Facet.TEMPLATE][templates[profile.template_id].name if profile.template_id else ""] += n
    found[Facet.ERROR].update(str(row.error_code) for row in rows if row.error_code is not None)
    found[Facet.COUNTRY].update(row.country for row in rows if row.country)
    return {facet: {name: n for name, n in some.items() if name} for facet, some in found.items()}
