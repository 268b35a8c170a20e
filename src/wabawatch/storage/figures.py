"""The counts in the books for the flows that read: `ports.Figures` and the log of cycles on one `Database`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from wabawatch.domain.calls import CallCounts
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.metrics import Tally
from wabawatch.domain.platform import rating_at
from wabawatch.domain.report import BodyCounts, MetricPoint, metric_points
from wabawatch.domain.rollups import TIERS, Floors, Scope, Span, Tier, cover
from wabawatch.domain.runs import Ended
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.ports import ALIVE, CLOSED_UNTIL, DIGESTED, BodyId, Clock, Deed, Inbox, Window
from wabawatch.storage import audit, body_log, calls_log, counts, runs
from wabawatch.storage import packed_counts as packed
from wabawatch.storage.application_answers import UNANSWERED
from wabawatch.storage.books import read_floors, read_mark
from wabawatch.storage.counts import Place
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.marks import set_marks
from wabawatch.storage.platform import all_ratings
from wabawatch.storage.schema import counters, cycles, packed_counts, rollups

REFUSED = "refused_signature:"
"""Names of counters begin so that count bodies with a wrong signature; the app follows."""
REFUSED_BY = "refused:"
"""... and those that count what else was turned away: then come the reason, a colon, and the app."""

SHORT_MS = 40 * DAY_MS
"""So long a window is few buckets also where nothing was counted: its start is taken as it is."""

SHOWN = (Scope.ALL, Scope.WABA, Scope.NUMBER)
"""The scopes that figures over time are given for."""


class SqlFigures:
    """`ports.Figures` and `monitoring_ports.CycleLog`."""

    def __init__(self, database: Database, inbox: Inbox, clock: Clock) -> None:
        self._database = database
        self._inbox = inbox
        self._clock = clock

    def tally(self, window: Window) -> Tally:
        with self._database.reading() as connection:
            words = Dictionary(lambda _: "")
            return counts.tally(connection, words, Place(Scope.ALL), spans_of(connection, window, Scope.ALL))

    def bodies(self, window: Window) -> BodyCounts:
        with self._database.reading() as connection:
            counted = counts.read_counters(connection, spans_of(connection, window, Scope.ALL))
            retrying, parked = body_log.count_failing(connection, window.start or 0)
            done: BodyId = read_mark(connection, DIGESTED)
        return BodyCounts(
            processed=counted.get("processed", 0),
            backlog=self._inbox.webhooks_waiting(done) + retrying,
            parked=parked,
            duplicates=counted.get("duplicates", 0),
            unparsed_items=counted.get("unparsed", 0),
            unknown=counted.get("unknown", 0),
            distinct_live=counted.get("distinct_live", 0),
        )

    def answers(self, window: Window) -> Histogram:
        with self._database.reading() as connection:
            return counts.read_histogram(connection, "ack", spans_of(connection, window, Scope.WABA))

    def application_answers(self, window: Window) -> tuple[Histogram, int]:
        with self._database.reading() as connection:
            spans = spans_of(connection, window, Scope.WABA)
            counted = counts.read_counters(connection, spans)
            return counts.read_histogram(connection, "application", spans), counted.get(UNANSWERED, 0)

    def calls(self, window: Window) -> CallCounts:
        with self._database.reading() as connection:
            spans = (spans_of(connection, window, scope) for scope in (Scope.ALL, Scope.TEMPLATE))
            return calls_log.read(connection, *spans)

    def accepted_by_rating(self, window: Window) -> Mapping[str, int]:
        end = self._clock.now() if window.end is None else window.end
        found: Counter[str] = Counter()
        with self._database.reading() as connection:
            history = all_ratings(connection, end)
            if not history:
                return found
            spans = spans_of(connection, window, Scope.NUMBER)
            for number_id, n in counts.accepted_by_number(connection, spans).items():
                found[rating_at(history.get(number_id, ()), end)] += n
        return found

    def mark(self, name: str) -> int:
        with self._database.reading() as connection:
            return read_mark(connection, name)

    def recent(self, since: Millis) -> list[MetricPoint]:
        now = self._clock.now()
        span = now - since
        tier = Tier.FIVE if span <= 6 * HOUR_MS else Tier.HOUR if span <= 31 * DAY_MS else Tier.DAY
        width = TIERS[tier].width_ms
        words = Dictionary(lambda _: "")
        with self._database.reading() as connection:
            closed = read_mark(connection, CLOSED_UNTIL) // width
            found = counts.series(connection, words, Span(tier, max(0, since) // width, closed), SHOWN)
            names = counts.place_names(connection, words, {place for _, place in found})
        points = [point for (at, place), tally in found.items() for point in metric_points(at, names[place], tally)]
        return sorted(points, key=lambda point: (point.at, point.scope, point.metric))

    def last_cycle_at(self) -> Millis | None:
        with self._database.reading() as connection:
            return connection.execute(select(func.max(cycles.c.at))).scalar()

    def keep_cycle(self, at: Millis, ran_at: Millis, verdict: str, detail: str, marks: Mapping[str, int]) -> None:
        with self._database.writing() as connection:
            new = insert(connection, cycles).values(at=at, ran_at=ran_at, verdict=verdict, detail=detail)
            connection.execute(new.on_conflict_do_nothing())
            set_marks(connection, marks)
            runs.note_alive(connection, ran_at)

    def note_alive(self, now: Millis) -> None:
        with self._database.writing() as connection:
            set_marks(connection, {ALIVE: now})
            runs.note_alive(connection, now)

    def decide(self, now: Millis, marks: Mapping[str, int], done: Deed, ended: Ended | None) -> None:
        with self._database.writing() as connection:
            set_marks(connection, marks)
            if ended is not None:
                runs.end_run(connection, now, ended, done.actor)
            if ended is not Ended.STOPPED:
                runs.note_alive(connection, now)
            audit.write(connection, now, done)

    def keep_answers(self, answers: Mapping[tuple[Millis, int], int]) -> None:
        """Add the receiver's answer times: (time, histogram slot) -> how many."""
        with self._database.writing() as connection:
            added = {(at, 0, slot): n for (at, slot), n in answers.items()}
            counts.add_histogram(connection, "ack", added, read_floors(connection))

    def keep_refusals(self, refusals: Mapping[tuple[Millis, str, str], int]) -> None:
        """Add bodies that were turned away: (time, app, why as in `flows.ingest.Admission`) -> how many."""
        with self._database.writing() as connection:
            named = {
                (at, f"{REFUSED}{app}" if why == "bad_signature" else f"{REFUSED_BY}{why}:{app}"): n
                for (at, app, why), n in refusals.items()
            }
            counts.add_counters(connection, named, read_floors(connection))

    def keep_marks(self, marks: Mapping[str, int]) -> None:
        """Set cursors and watermarks by themselves."""
        with self._database.writing() as connection:
            set_marks(connection, marks)

    def drop_old(self, floors: Floors, bodies_up_to: BodyId) -> int:
        """Move the floors up to *floors* and delete some of what is below, and of the body log up to *bodies_up_to*.

        Gives how many rows went; 0: nothing is left to delete.
        """
        with self._database.writing() as connection:
            set_marks(connection, {f"floor_{tier.name.lower()}": first for tier, first in floors.items() if first})
            return counts.drop_before(connection, floors) + body_log.drop_up_to(connection, bodies_up_to)

    def pack_old(self, before: Floors) -> int:
        """Pack some of the counts in the buckets before *before*. Gives how many rows went; 0: nothing is left."""
        with self._database.writing() as connection:
            return packed.pack(connection, before)


def spans_of(connection: Connection, window: Window, scope: Scope) -> list[Span]:
    """The buckets that make up *window*; an open end reaches as far as anything was ever counted."""
    if window.start is not None and window.end is not None and window.end - window.start <= SHORT_MS:
        start = window.start - window.start % MINUTE_MS
    else:
        start = _edge(connection, is_last=False)
        start = start if window.start is None else max(start, window.start - window.start % MINUTE_MS)
    latest = _edge(connection, is_last=True) + DAY_MS if window.end is None else window.end
    end = -(-latest // MINUTE_MS) * MINUTE_MS
    return cover(start, end, scope, read_floors(connection))


def _edge(connection: Connection, *, is_last: bool) -> Millis:
    """The beginning of the first or last day in which anything is counted: one seek per table, however long it is."""
    days: list[int] = []
    for counted in (rollups, counters, packed_counts):
        order = counted.c.bucket.desc() if is_last else counted.c.bucket
        query = select(counted.c.bucket).where(counted.c.tier == int(Tier.DAY)).order_by(order).limit(1)
        days += connection.execute(query).scalars().all()
    return (max(days, default=0) if is_last else min(days, default=0)) * DAY_MS
