"""Tables as values: what spreadsheets, pages and print are all made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Cell: TypeAlias = str | int | float | bool | datetime | None

NARROW = "\u202f"
"""The narrow space between a number and its unit, at which no line breaks"""


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    LONG = "long"
    """A text that takes twice the room of others"""
    WORD = "word"
    """One of few words, which may have a colour: a verdict, a severity"""
    WHOLE = "whole"
    SHARE = "share"
    SECONDS = "seconds"
    TIME = "time"
    DAY = "day"
    """A time of which only the day matters"""
    ID = "id"
    """A code or an id, which is no number to be counted with, and is not broken"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and what stands in it."""

    title: str
    kind: Kind = Kind.TEXT
    is_shown: bool = True
    """Whether it stands in pages and print, too, and not in files for machines alone"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a report."""

    name: str
    """Short, for sheets and files"""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "None."
    """What is said where there are no rows"""


def columns(*told: str | tuple[str, Kind]) -> tuple[Column, ...]:
    """Columns from their headings; a heading alone is one of text."""
    return tuple(Column(each) if isinstance(each, str) else Column(*each) for each in told)
