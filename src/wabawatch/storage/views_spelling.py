"""Pieces of SQL text that the views have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def quoted(word: str) -> str:
    """A text as SQL."""
    return "'" + word.replace("'", "''") + "'"


def choose(value: str, words: Sequence[str] | Mapping[int, str] | Mapping[int, int]) -> str:
    """The word or number that stands for a number; NULL for a number without one."""
    numbered = words.items() if isinstance(words, Mapping) else enumerate(words)
    cases = " ".join(f"WHEN {number} THEN {quoted(w) if isinstance(w, str) else w}" for number, w in numbered)
    return f"CASE {value} {cases} END"


def known(text: str) -> str:
    """A text that is NULL where it is empty: unknown."""
    return f"NULLIF({text}, '')"


def any_of(values: Iterable[int | str]) -> str:
    """A list for IN."""
    return "(" + ", ".join(quoted(v) if isinstance(v, str) else str(v) for v in sorted(values, key=str)) + ")"


def listed(columns: Mapping[str, str]) -> str:
    """What a SELECT selects: the name of each column and what it is."""
    return ",\n  ".join(f"{value} AS {name}" for name, value in columns.items())


def rows_of(words: Iterable[str]) -> str:
    """A table of one column, `column1` on every database, with a row for each word."""
    return "(VALUES " + ", ".join(f"({quoted(word)})" for word in words) + ")"
