"""What is shown of people to who may not see whole numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.masking import HIDDEN, masked_id, masked_name, masked_wamid


@pytest.mark.parametrize(
    ("value", "shown"),
    [("15551230001", "•••001"), ("+1 555 123 0001", "•••0001"), ("US.13491208655302", "•••5302"), ("abcdef", "•••ef")],
)
def test_the_last_characters_of_an_id_are_shown(value: str, shown: str) -> None:
    assert masked_id(value) == shown


@pytest.mark.parametrize("value", ["", "1", "12"])
def test_nothing_is_shown_of_a_short_one(value: str) -> None:
    assert masked_id(value) == HIDDEN


@given(st.text(min_size=3, max_size=40))
def test_at_most_a_third_of_an_id_is_shown(value: str) -> None:
    shown = masked_id(value).removeprefix(HIDDEN)

    assert value.endswith(shown)
    assert 0 < len(shown) <= min(4, len(value) / 3)


@pytest.mark.parametrize(("name", "shown"), [("Ann Lee", "A••• L•••"), ("李", "李•••"), ("", ""), ("  ", "")])
def test_of_a_name_the_first_letters_are_shown(name: str, shown: str) -> None:
    assert masked_name(name) == shown


def test_nothing_of_a_wamid_is_shown() -> None:
    assert masked_wamid("wamid.HBgLMTU1NTEyMzAwMDEVAgASGBQz") == "wamid.•••"
    assert masked_wamid("") == ""
