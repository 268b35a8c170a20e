"""What the rules look at, read from the books: every query is bounded by its window, however much history there is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from wabawatch.domain.alert_evidence import Answers, Happened, Minute, Misuse, Slices
from wabawatch.domain.campaigns import Restriction
from wabawatch.domain.facts import DAY_MS, Millis, Source
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.metrics import Tally
from wabawatch.domain.platform import Kind, States
from wabawatch.domain.rollups import Scope, Tier
from wabawatch.domain.standing import MINUTE_MS, Outcome, Role, Standing, TemplateUse
from wabawatch.ports import Window
from wabawatch.storage import counts
from wabawatch.storage.application_answers import UNANSWERED
from wabawatch.storage.books import read_mark
from wabawatch.storage.conditions import LIFTED, RESTRICTED_DAYS, RESTRICTING
from wabawatch.storage.counts import country_of_charge
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.evidence import ATTEMPTED, ROLE_BITS
from wabawatch.storage.figures import REFUSED
from wabawatch.storage.known_standings import KnownStandings
from wabawatch.storage.number_places import NumberPlaces
from wabawatch.storage.place_counts import Key, by_place, spans_in
from wabawatch.storage.platform import read_states, states_of, states_where
from wabawatch.storage.schema import cycles, events, messages, platform_states, profiles, rollups, wabas

MOST_MISUSES = 10_000
"""So many template sends against the rules are counted in one look."""


class SqlAlertFigures:
    """`alerting_ports.AlertFigures` on one `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places: NumberPlaces | None = None
        self._standings = KnownStandings()

    def _names(self, connection: Connection, ids: Iterable[int]) -> NumberPlaces:
        """Who is who, as `owners` read it last: it is read again only when an id is missing there."""
        if self._places is None or not self._places.knows(ids):
            self._places = NumberPlaces(connection)
        return self._places

    def mark(self, name: str) -> int:
        with self._database.reading() as connection:
            return read_mark(connection, name)

    def next_cycle(self, after: Millis, until: Millis) -> Millis | None:
        query = select(func.min(cycles.c.at)).where(cycles.c.at > after, cycles.c.at <= until)
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    def last_cycle(self, until: Millis) -> Millis | None:
        with self._database.reading() as connection:
            return connection.execute(select(func.max(cycles.c.at)).where(cycles.c.at <= until)).scalar()

    def numbers(self, window: Window) -> Mapping[str, Tally]:
        with self._database.reading() as connection:
            found = self._tallies(connection, window, Scope.NUMBER)
            names = self._names(connection, {number_id for number_id, _ in found})
        return {names.of(number_id)[0]: tally for (number_id, _), tally in found.items() if number_id}

    def _tallies(self, connection: Connection, window: Window, scope: Scope) -> dict[Key, dict[Standing, int]]:
        """How many messages of each standing, by number and what it is about."""
        counted = by_place(connection, spans_in(connection, window, scope), scope)
        words = self._standings.words(connection, {i for each in counted.values() for i in each})
        return {key: {words[i]: n for i, n in each.items() if n} for key, each in counted.items()}

    def countries(self, window: Window) -> Mapping[str, Tally]:
        with self._database.reading() as connection:
            found = self._tallies(connection, window, Scope.COUNTRY)
        return {country_of_charge(ref): tally for (_, ref), tally in found.items()}

    def owners(self) -> Mapping[str, str]:
        with self._database.reading() as connection:
            self._places = NumberPlaces(connection)
        return {place.number: place.waba for place in self._places.all()}

    def slices(self, window: Window) -> Slices:
        with self._database.reading() as connection:
            names = NumberPlaces(connection)
            of_templates = self._tallies(connection, window, Scope.TEMPLATE)
            errors = _errors(connection, window)
            countries = self._tallies(connection, window, Scope.COUNTRY)
            words = Dictionary(lambda _: "").templates.words(connection, {ref for _, ref in of_templates})
        return Slices(
            {
                (names.of(number_id)[0], f"{words[ref].name}/{words[ref].language}"): tally
                for (number_id, ref), tally in of_templates.items()
            },
            {(names.of(number_id)[0], code): n for (number_id, code), n in errors.items()},
            {country_of_charge(ref): tally for (_, ref), tally in countries.items()},
        )

    def failures(self, window: Window) -> Mapping[tuple[str, int], int]:
        with self._database.reading() as connection:
            found = _errors(connection, window)
            names = self._names(connection, {number_id for number_id, _ in found})
        return {(names.of(number_id)[0], code): n for (number_id, code), n in found.items()}

    def answers(self, window: Window) -> Answers:
        with self._database.reading() as connection:
            spans = spans_in(connection, window, Scope.WABA)
            times = counts.read_histogram(connection, "application", spans)
            unanswered = counts.read_counters(connection, spans).get(UNANSWERED, 0)
            if times or unanswered:
                return Answers(times, unanswered, True)
            return Answers(counts.read_histogram(connection, "ack", spans), 0, False)

    def misuses(self, window: Window) -> list[Misuse]:
        with self._database.reading() as connection:
            return _misuses(connection, window)

    def minutes(self, window: Window) -> Mapping[str, list[Minute]]:
        with self._database.reading() as connection:
            return _minutes(connection, window, self._names, self._standings)

    def delays(self, number_days: Window, hours: Sequence[Window]) -> tuple[Mapping[str, Histogram], Histogram]:
        with self._database.reading() as connection:
            names = NumberPlaces(connection)
            days = spans_in(connection, number_days, Scope.CHARGE)
            found = counts.read_histograms(connection, "meta_delay", days)
            of_numbers: dict[str, Histogram] = {
                number: found.get(number_id, {}) for number, number_id in names.ids().items()
            }
            whole: Counter[int] = Counter()
            for hour in hours:
                spans = spans_in(connection, hour, Scope.TEMPLATE)
                whole.update(counts.read_histogram(connection, "meta_delay", spans))
        return of_numbers, whole

    def refused_signatures(self, window: Window) -> Mapping[str, int]:
        with self._database.reading() as connection:
            counted = counts.read_counters(connection, spans_in(connection, window, Scope.ALL))
        return {name.removeprefix(REFUSED): n for name, n in counted.items() if name.startswith(REFUSED)}

    def states(self) -> States:
        with self._database.reading() as connection:
            return read_states(connection)

    def troubled_templates(self) -> States:
        c = platform_states.c
        is_paused = (c.aspect == "status") & (c.value == "PAUSED")
        is_low = (c.aspect == "quality") & c.value.in_(("RED", "YELLOW"))
        with self._database.reading() as connection:
            found = states_where(connection, (c.kind == str(Kind.TEMPLATE)) & (is_paused | is_low))
            return states_of(connection, found.keys())

    def restrictions(self, now: Millis) -> Mapping[str, list[Restriction]]:
        c = events.c
        query = (
            select(wabas.c.waba_id, c.event, c.after, c.at)
            .join(wabas, wabas.c.id == c.waba_id)
            .where(c.kind == "account", c.event.in_(RESTRICTING), c.is_live == 1)
            .order_by(c.at, c.id)
        )
        found: defaultdict[str, list[Restriction]] = defaultdict(list)
        with self._database.reading() as connection:
            for waba, event, after, at in connection.execute(query):
                _restrict(found[waba], Restriction(event, after, at), now)
        return {waba: some for waba, some in found.items() if some}

    def newest_event(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(select(func.max(events.c.id))).scalar() or 0)

    def events(self, after: int, limit: int) -> list[Happened]:
        c = events.c
        query = select(events).where(c.id > after).order_by(c.id).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            names = NumberPlaces(connection) if rows else None
        return [_happened(row, *names.of(row.number_id, row.waba_id)) for row in rows] if names else []


def _happened(row: Any, number: str, waba: str) -> Happened:
    return Happened(
        row.id, row.kind, row.event, row.subject, row.before, row.after, row.reason, number, waba, row.at, row.seen_at,
        Source(row.told_by), bool(row.is_live),
    )  # fmt: skip


def _restrict(found: list[Restriction], restriction: Restriction, now: Millis) -> None:
    """Add a restriction to those in force, or lift them. One that names none is a warning, or lifts one."""
    if restriction.event == "DISABLED_UPDATE" and restriction.kinds in LIFTED:
        found.clear()
    elif restriction.event == "ACCOUNT_RESTRICTION" and not restriction.kinds:
        found[:] = [each for each in found if each.event != "ACCOUNT_RESTRICTION"]
    elif restriction.event != "ACCOUNT_RESTRICTION" or restriction.at > now - RESTRICTED_DAYS * DAY_MS:
        found.append(restriction)


def _errors(connection: Connection, window: Window) -> dict[Key, int]:
    """How many messages failed, by number and code."""
    counted = by_place(connection, spans_in(connection, window, Scope.ERROR), Scope.ERROR)
    return {key: each.total() for key, each in counted.items()}


def _misuses(connection: Connection, window: Window) -> list[Misuse]:
    """The sends of the window that broke the template rule, counted by number, template and reason."""
    broken = {row.id: row for row in connection.execute(select(profiles).where(_broke()))}
    if not broken:
        return []
    names = NumberPlaces(connection)
    m = messages.c
    counted: Counter[tuple[int, int]] = Counter()
    for number_id in names.ids().values():
        inside = (m.number_id == number_id, m.cohort_at >= window.start, m.cohort_at < window.end)
        query = select(m.profile_id).where(*inside, m.profile_id.in_(sorted(broken)))
        query = query.where(m.state.op("&")(ROLE_BITS) == ATTEMPTED).limit(MOST_MISUSES)
        counted.update((number_id, profile_id) for profile_id in connection.execute(query).scalars())
    words = Dictionary(lambda _: "")
    templates = words.templates.words(connection, {row.template_id for row in broken.values() if row.template_id})
    found: Counter[tuple[str, str, str, str]] = Counter()
    for (number_id, profile_id), n in counted.items():
        number, waba = names.of(number_id, broken[profile_id].waba_id)
        ref = templates.get(broken[profile_id].template_id)
        found[waba, number, f"{ref.name}/{ref.language}" if ref else "", broken[profile_id].use_reason] += n
    return [Misuse(*key, n) for key, n in sorted(found.items())]


def _broke() -> ColumnElement[bool]:
    return profiles.c.template_use == TemplateUse.VIOLATION.value


def _minutes(
    connection: Connection,
    window: Window,
    names_of: Callable[[Connection, Iterable[int]], NumberPlaces],
    known: KnownStandings,
) -> dict[str, list[Minute]]:
    """The recorded and accepted sends of each number, minute by minute, and how many of them have no status."""
    r = rollups.c
    first, end = (window.start or 0) // MINUTE_MS, (window.end or 0) // MINUTE_MS
    query = select(r.bucket, r.number_id, r.standing_id, r.n).where(
        r.tier == int(Tier.MINUTE), r.bucket >= first, r.bucket < end, r.scope == int(Scope.NUMBER)
    )
    rows = connection.execute(query).all()
    standings = known.words(connection, {row.standing_id for row in rows})
    names = names_of(connection, {row.number_id for row in rows})
    found: defaultdict[int, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for bucket, number_id, standing_id, n in rows:
        standing = standings[standing_id]
        if standing.role is Role.ATTEMPTED and standing.is_recorded and standing.in_delivery:
            minute = found[number_id][bucket]
            minute[0] += n
            minute[1] += n if standing.status is Outcome.PENDING else 0
    return {
        names.of(number_id)[0]: [
            Minute(bucket * MINUTE_MS, sent, silent) for bucket, (sent, silent) in sorted(minutes.items()) if sent > 0
        ]
        for number_id, minutes in found.items()
    }
