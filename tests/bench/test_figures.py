"""The figures to reach."""

from __future__ import annotations

import pytest
from bench.figures import FIGURES, Figure, at_least, at_most


@pytest.mark.parametrize(
    ("figure", "value", "verdict"),
    [
        (at_least("x", "rate", 4_000, "/s"), 4_000, "met"),
        (at_least("x", "rate", 4_000, "/s"), 3_000, "missed by 25%"),
        (at_most("x", "age", 1, "s"), 1.0, "met"),
        (at_most("x", "age", 1, "s"), 3.4, "missed by 240%"),
        (at_most("x", "lost", 0), 0, "met"),
        (at_most("x", "lost", 0), 2, "missed by 2"),
        (Figure("x", "shown"), 7, ""),
    ],
)
def test_a_figure_is_met_or_missed_by_so_much(figure: Figure, value: float, verdict: str) -> None:
    assert figure.verdict(value) == verdict


def test_no_figure_stands_twice() -> None:
    assert len({figure.key for figure in FIGURES}) == len(FIGURES)
