"""Our own test event is recognised, and nothing else is, however much it looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.synthetic import FRESH_MS, LONGEST, is_event, make_event

NOW = 1_700_000_000_000
KEY = b"k" * 32
EVENT = make_event(KEY, "ab" * 16, NOW)


def test_an_event_is_known_by_any_key_of_the_installation() -> None:
    assert is_event([KEY], EVENT, NOW)
    assert is_event([b"new" * 11, KEY], EVENT, NOW)
    assert len(EVENT) <= LONGEST


def test_who_has_not_our_key_cannot_make_one() -> None:
    assert not is_event([b"x" * 32], EVENT, NOW)
    assert not is_event([], EVENT, NOW)


@pytest.mark.parametrize("late", [FRESH_MS + 1, -FRESH_MS - 1])
def test_an_old_one_is_none(late: int) -> None:
    assert not is_event([KEY], EVENT, NOW + late)


@given(st.integers(0, len(EVENT) - 1), st.integers(1, 255))
def test_one_changed_byte_and_it_is_none(place: int, change: int) -> None:
    changed = bytearray(EVENT)
    changed[place] ^= change

    assert not is_event([KEY], bytes(changed), NOW)


@pytest.mark.parametrize("more", [b" ", b"\n", b',"entry":[]'])
def test_nothing_can_hide_in_one(more: bytes) -> None:
    assert not is_event([KEY], EVENT + more, NOW)
    assert not is_event([KEY], EVENT[:-1] + more + b"}", NOW)
