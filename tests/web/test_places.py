"""The time range and the scope in the URL, and links that keep them."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind
from wabawatch.web.pages.places import Whereabouts, whereabouts

NOW = 1_800_000_000_000
HOUR = 3_600_000


def at(query: str) -> Whereabouts:
    return whereabouts(QueryParams(query), NOW)


def test_without_a_word_it_is_the_last_day_of_everything() -> None:
    found = at("")

    assert (found.start, found.end, found.slice, found.is_live) == (NOW - 24 * HOUR, NOW, EVERYTHING, True)
    assert found.link("/logs") == "/logs"


def test_a_number_is_narrower_than_its_client() -> None:
    assert at("client=12").slice == Slice(SliceKind.WABA, "12")
    assert at("client=12&number=34").slice == Slice(SliceKind.NUMBER, "34")


def test_every_link_keeps_where_one_is() -> None:
    found = at("range=6h&client=12&number=34")

    assert found.link("/logs") == "/logs?client=12&number=34&range=6h"
    assert found.link("/", number="") == "/?client=12&range=6h"
    assert found.link("/", range="7d", number="56") == "/?client=12&number=56&range=7d"


def test_a_period_from_a_moment_to_a_moment_does_not_move_on() -> None:
    found = at("from=2026-11-01T00:00Z&to=2026-11-02T00:00Z&client=12")

    assert (found.end - found.start, found.is_live) == (24 * HOUR, False)
    assert "from=2026-11-01T00%3A00%3A00.000Z" in found.link("/logs")
    assert at(found.link("/").partition("?")[2]) == found
    assert found.link("/", range="1h") == "/?client=12&range=1h"


def test_an_end_alone_has_a_day_before_it() -> None:
    assert at("to=2026-11-02T00:00Z").start == at("from=2026-11-01T00:00Z").start


@pytest.mark.parametrize("query", ["range=1y", "from=then", "to=2026-11-02", "number=1/2", "client=" + "1" * 41])
def test_what_makes_no_sense_is_refused(query: str) -> None:
    with pytest.raises(BadRequest, match=query.partition("=")[0]):
        at(query)
