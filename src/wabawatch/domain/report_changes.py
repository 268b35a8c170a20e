"""What is otherwise in one revision of a report than in the one before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from wabawatch.domain.compliance_report import ComplianceReport, ReportChange

OF_THE_REVISION = frozenset({"revision", "as_of", "made_with", "changes", "template_use.listed_by"})
"""What every revision has its own of"""
MOST_CHANGES = 500
NOTHING = "–"


def changes(before: ComplianceReport, after: ComplianceReport) -> tuple[ReportChange, ...]:
    """Every figure that changed, by where it stands; the last line counts those beyond `MOST_CHANGES`."""
    was, now = dict(_leaves(before)), dict(_leaves(after))
    paths = [path for path in dict.fromkeys([*now, *was]) if was.get(path, NOTHING) != now.get(path, NOTHING)]
    found = [ReportChange(path, was.get(path, NOTHING), now.get(path, NOTHING)) for path in paths]
    if len(found) > MOST_CHANGES:
        rest = ReportChange("…", NOTHING, f"{len(found) - MOST_CHANGES} more changes")
        return (*found[:MOST_CHANGES], rest)
    return tuple(found)


def _leaves(report: ComplianceReport) -> Iterator[tuple[str, str]]:
    for field in fields(report):
        yield from _walk(field.name, getattr(report, field.name))


def _walk(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """The plain values below *path*. Any: whatever a report is made of.

    Lines of a table are told apart by their key, so that one that comes or goes moves no other.
    """
    if path in OF_THE_REVISION:
        return
    if is_dataclass(value):
        for field in fields(value):
            if field.name != "key":
                yield from _walk(f"{path}.{field.name}", getattr(value, field.name))
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _walk(f"{path}.{name}", each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for position, each in enumerate(value):
            yield from _walk(f"{path}[{getattr(each, 'key', position)}]", each)
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    return NOTHING if value is None else str(value)
