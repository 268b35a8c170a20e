"""Figures of one account or one number, whole and bucket by bucket: `overview_ports.SlicedFigures`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.metrics import Tally
from wabawatch.domain.overview import Slice, SliceKind
from wabawatch.domain.platform import rating_at
from wabawatch.domain.rollups import TIERS, Scope, Tier
from wabawatch.ports import Window
from wabawatch.storage import counts, packed_counts
from wabawatch.storage.counts import Place
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.figures import spans_of
from wabawatch.storage.number_places import NumberPlaces
from wabawatch.storage.platform import all_ratings
from wabawatch.storage.schema import histograms, numbers, rollups, wabas
from wabawatch.storage.schema import packed_counts as packed


class SqlSlices:
    """`overview_ports.SlicedFigures` on one `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tally(self, window: Window, of: Slice) -> Tally:
        with self._database.reading() as connection:
            place = _place(connection, of)
            if place is None:
                return {}
            words = Dictionary(lambda _: "")
            return counts.tally(connection, words, place, spans_of(connection, window, place.scope))

    def series(self, window: Window, of: Slice, tier: Tier) -> Mapping[Millis, Tally]:
        width = TIERS[tier].width_ms
        counted: defaultdict[int, Counter[int]] = defaultdict(Counter)
        with self._database.reading() as connection:
            place = _place(connection, of)
            if place is None:
                return {}
            first, end = _buckets(window, width)
            r, p = rollups.c, packed.c
            inside = (r.tier == int(tier), r.bucket >= first, r.bucket < end)
            here = (r.scope == int(place.scope), r.number_id == place.number_id, r.ref == place.ref)
            for bucket, standing_id, n in connection.execute(
                select(r.bucket, r.standing_id, r.n).where(*inside, *here)
            ):
                counted[bucket][standing_id] += int(n)
            kept = (p.tier == int(tier), p.bucket >= first, p.bucket < end, p.scope == int(place.scope))
            for each in packed_counts.read(connection, *kept, p.number_id == place.number_id, p.ref <= place.ref):
                if each.ref == place.ref:
                    counted[each.bucket][each.standing_id] += each.n
            ids = {standing_id for tallied in counted.values() for standing_id in tallied}
            standings = Dictionary(lambda _: "").standings.words(connection, ids)
        found = {
            bucket * width: {standings[i]: n for i, n in tallied.items() if n} for bucket, tallied in counted.items()
        }
        return {at: tally for at, tally in found.items() if tally}

    def answers(self, window: Window, tier: Tier, *, of_application: bool) -> Mapping[Millis, Histogram]:
        width = TIERS[tier].width_ms
        kind = counts.HISTOGRAM_KINDS.index("application" if of_application else "ack")
        found: defaultdict[int, Counter[int]] = defaultdict(Counter)
        first, end = _buckets(window, width)
        h, p = histograms.c, packed.c
        inside = (h.tier == int(tier), h.bucket >= first, h.bucket < end, h.kind == kind, h.number_id == 0)
        kept = (p.tier == int(tier), p.bucket >= first, p.bucket < end, p.scope == packed_counts.HISTOGRAMS + kind)
        with self._database.reading() as connection:
            for bucket, slot, n in connection.execute(select(h.bucket, h.slot, h.n).where(*inside)):
                found[bucket * width][slot] += int(n)
            for each in packed_counts.read(connection, *kept, p.number_id == 0):
                found[each.bucket * width][each.ref] += each.n
        return dict(found)

    def ratings(self, at: Millis) -> Mapping[str, str]:
        with self._database.reading() as connection:
            found = {number_id: rating_at(some, at) for number_id, some in all_ratings(connection, at).items()}
            places = NumberPlaces(connection)
        return {places.of(number_id)[0]: rating for number_id, rating in found.items() if rating}


def _place(connection: Connection, of: Slice) -> Place | None:
    """Where the counts of a slice stand; None: nothing ever spoke of it."""
    match of.kind:
        case SliceKind.ALL:
            return Place(Scope.ALL)
        case SliceKind.WABA:
            found = connection.execute(select(wabas.c.id).where(wabas.c.waba_id == of.id)).scalar()
            return None if found is None else Place(Scope.WABA, ref=found)
        case SliceKind.NUMBER:
            found = connection.execute(select(numbers.c.id).where(numbers.c.phone_number_id == of.id)).scalar()
            return None if found is None else Place(Scope.NUMBER, found)


def _buckets(window: Window, width: Millis) -> tuple[int, int]:
    """The first bucket that touches *window*, and the one after the last."""
    return (window.start or 0) // width, -(-(window.end or 0) // width)
