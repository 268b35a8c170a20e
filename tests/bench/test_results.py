"""The table of figures: what is stored stays until it is measured again, and what changed is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.figures import Measured
from bench.results import Row, change, load, markdown, merged, row_of, store


def row(key: str = "webhooks.digested", value: float = 4_000.0, *, run: str = "bench", on: str = "2026-11-25") -> Row:
    return Row(key, "sqlite", run, value, on, "a CPU, 2 cores")


def test_a_row_that_was_not_measured_keeps_its_value_and_date() -> None:
    old, other = row(value=3_000.0, on="2026-11-01"), row("start.first", 0.9, on="2026-11-01")

    assert merged([old, other], [row(value=4_100.0)]) == [row(value=4_100.0), other]


def test_the_short_and_the_long_run_fill_different_rows() -> None:
    assert len(merged([row(run="bench-long")], [row(run="bench")])) == 2


def test_rows_stand_in_the_order_of_the_figures_sqlite_first() -> None:
    postgres = Row("webhooks.digested", "postgresql", "bench", 1.0, "2026-11-25", "a CPU")

    rows = merged([row("start.first"), postgres], [row("acceptance.to_bare"), row()])

    assert rows == [row(), postgres, row("acceptance.to_bare"), row("start.first")]


def test_a_row_of_a_figure_that_is_no_longer_measured_goes() -> None:
    assert merged([row("gone.long_ago")], []) == []


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [(None, 1.0, "new"), (2.0, 3.0, "+50.0%"), (2.0, 1.0, "-50.0%"), (2.0, 2.0, "="), (0.0, 2.0, "from 0.00 s")],
)
def test_a_change_is_told_against_the_stored_value(before: float | None, now: float, said: str) -> None:
    stored = None if before is None else row("start.first", before)

    assert change(stored, row("start.first", now)) == said


def test_the_page_shows_figure_value_verdict_and_day() -> None:
    page = markdown([row(value=3_000.0), row("start.first", 0.9)])

    assert "Machine: a CPU, 2 cores\n" in page
    assert "| ≥ 4,000 /s | 3,000 /s | missed by 25% |" in page
    assert "| ≤ 1.50 s | 0.90 s | met |" in page
    assert "| bench, 2026-11-25 |" in page


def test_rows_of_several_machines_say_which() -> None:
    page = markdown([row(), Row("start.first", "sqlite", "bench", 0.9, "2026-11-25", "another CPU")])

    assert "1. a CPU, 2 cores\n2. another CPU\n" in page
    assert "bench, 2026-11-25 (2) |" in page


def test_what_was_stored_is_loaded_again(tmp_path: Path) -> None:
    rows = [row_of(Measured("kill.lost", 0, note="60 kills"), "bench", "2026-11-25", "a CPU"), row("start.first", 0.9)]

    store(rows, tmp_path / "results.json", tmp_path / "RESULTS.md")

    assert load(tmp_path / "results.json") == rows
    assert "60 kills" in (tmp_path / "RESULTS.md").read_text("utf-8")


def test_without_a_file_nothing_is_stored(tmp_path: Path) -> None:
    assert load(tmp_path / "results.json") == []
