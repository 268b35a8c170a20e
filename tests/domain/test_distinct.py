"""Counting different things in fixed memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.distinct import Distinct


@given(st.lists(st.text()))
def test_each_thing_is_counted_once(things: list[str]) -> None:
    seen = Distinct()

    for thing in things:
        seen.add(thing)

    assert seen.count == len(set(things))


def test_a_hundred_thousand_things_are_counted_exactly() -> None:
    seen = Distinct()

    for number in range(100_000):
        seen.add(str(number))

    assert seen.count == 100_000
