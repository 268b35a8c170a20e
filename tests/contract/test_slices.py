"""Figures of one account and of one number, whole and bucket by bucket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.facts import T0
from tests.support.places import Place
from tests.support.system import Bench
from wabawatch.domain.facts import DAY_MS, Source, Status, StatusChanged, when
from wabawatch.domain.histograms import index_of
from wabawatch.domain.metrics import message_counts
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind
from wabawatch.domain.rollups import Tier
from wabawatch.ports import Window
from wabawatch.storage.slices import SqlSlices

MINUTE, HOUR = 60_000, 3_600_000
START = T0 - T0 % DAY_MS
ONE, OTHER = "100000000000001", "100000000000002"
DAY = Window(START, START + DAY_MS)


def told(wamid: str, at: int, number: str, waba: str, status: Status = Status.SENT) -> StatusChanged:
    return StatusChanged(when(at, at), Source.WEBHOOK, status, wamid=wamid, number=number, waba=waba)


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    found = Bench(place, START + DAY_MS)
    found.shelf.learn([told("a", START, ONE, "1"), told("a", START + 1, ONE, "1", Status.DELIVERED)])
    found.shelf.learn([told("b", START + 7 * MINUTE, OTHER, "1"), told("c", START + 2 * HOUR, "3", "2")])
    yield found
    found.close()


@pytest.fixture
def slices(bench: Bench) -> SqlSlices:
    return SqlSlices(bench.shelf.database)


@pytest.mark.parametrize(
    ("of", "attempted"),
    [
        (EVERYTHING, 3),
        (Slice(SliceKind.WABA, "1"), 2),
        (Slice(SliceKind.WABA, "2"), 1),
        (Slice(SliceKind.NUMBER, ONE), 1),
        (Slice(SliceKind.NUMBER, "never seen"), 0),
        (Slice(SliceKind.WABA, "never seen"), 0),
    ],
)
def test_a_slice_counts_its_own_messages(slices: SqlSlices, of: Slice, attempted: int) -> None:
    assert message_counts(slices.tally(DAY, of)).attempted == attempted
    assert sum(message_counts(each).attempted for each in slices.series(DAY, of, Tier.HOUR).values()) == attempted


def test_a_series_has_a_tally_for_each_bucket_that_holds_anything(slices: SqlSlices) -> None:
    found = slices.series(DAY, EVERYTHING, Tier.FIVE)

    assert {at - START: message_counts(tally).attempted for at, tally in found.items()} == {
        0: 1, 5 * MINUTE: 1, 2 * HOUR: 1
    }  # fmt: skip


def test_buckets_that_only_touch_the_window_are_in_it_whole(slices: SqlSlices) -> None:
    window = Window(START + 8 * MINUTE, START + 2 * HOUR)

    assert [at - START for at in slices.series(window, EVERYTHING, Tier.FIVE)] == [5 * MINUTE]
    assert [at - START for at in slices.series(window, EVERYTHING, Tier.DAY)] == [0]


def test_packed_buckets_are_read_as_others_are(bench: Bench, slices: SqlSlices) -> None:
    before = [slices.series(DAY, Slice(SliceKind.WABA, "1"), tier) for tier in (Tier.HOUR, Tier.DAY)]
    later = START + 10 * DAY_MS

    while bench.figures.pack_old({Tier.HOUR: later // HOUR, Tier.DAY: later // DAY_MS}):
        pass

    assert [slices.series(DAY, Slice(SliceKind.WABA, "1"), tier) for tier in (Tier.HOUR, Tier.DAY)] == before


def test_answers_come_by_bucket_and_not_those_of_the_application_with_ours(bench: Bench, slices: SqlSlices) -> None:
    bench.figures.keep_answers({(START, index_of(40)): 3, (START + 6 * MINUTE, index_of(40)): 2})

    found = slices.answers(DAY, Tier.FIVE, of_application=False)

    assert {at - START: sum(each.values()) for at, each in found.items()} == {0: 3, 5 * MINUTE: 2}
    assert not slices.answers(DAY, Tier.FIVE, of_application=True)
