"""The project's own webhook bodies, and facts in a form that people can read and write."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from wabawatch.domain.facts import Fact, MessageEchoed, MessageReceived, Source, StatusChanged, When

FOLDER = Path(__file__).resolve().parent.parent / "corpus"
RECEIVED_AT = 1_795_176_000_000  # 2026-11-20 12:00:00 UTC, a minute or so after what the bodies tell


def bodies() -> list[Path]:
    """All bodies of the corpus; beside each stand the facts it must give."""
    return sorted(path for path in FOLDER.rglob("*.json") if not path.name.endswith(".facts.json"))


def name(path: Path) -> str:
    """Field and case, for the report of a test."""
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def expected(path: Path) -> list[dict[str, Any]]:
    """The facts that the body at *path* must give."""
    facts: list[dict[str, Any]] = json.loads(path.with_suffix(".facts.json").read_text())
    return facts


def readable(fact: Fact) -> dict[str, Any]:
    """*fact* without what is as always: empty values, the webhook as its source, the time of receipt, and on messages
    the business number as people dial it, which is that of the body."""
    shown: dict[str, Any] = {"fact": type(fact).__name__}
    for name, usual in _members(fact):
        value = getattr(fact, name)
        if name == "display_number" and isinstance(fact, StatusChanged | MessageReceived | MessageEchoed):
            continue
        if isinstance(value, When):
            shown |= _times(value)
        elif value != usual and value is not Source.WEBHOOK:
            shown[name] = _plain(name, value)
    return shown


def _members(value: Any) -> list[tuple[str, Any]]:
    """The members of a value of ours, and what each is when nothing is said."""
    if dataclasses.is_dataclass(value):
        return [(part.name, part.default) for part in dataclasses.fields(value)]
    return [(name, value._field_defaults.get(name, dataclasses.MISSING)) for name in value._fields]


def _times(when: When) -> dict[str, Any]:
    assert when.seen_at == RECEIVED_AT
    at = datetime.fromtimestamp(when.at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if not when.is_exact:
        assert when.at == RECEIVED_AT
        at = "receipt"
    return {"at": at.replace(".000Z", "Z")} | ({} if when.is_live else {"live": False})


def _plain(field: str, value: Any) -> Any:
    if field == "detail":
        return json.loads(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return [_plain("", item) for item in value]
    if isinstance(value, tuple) or dataclasses.is_dataclass(value):
        return {name: found for name, usual in _members(value) if (found := getattr(value, name)) != usual}
    return value


def storable(fact: Fact) -> bool:
    """Whether every database takes all texts of *fact*. Ids of messages may hold anything: they go through a codec."""
    shown = {name: getattr(fact, name) for name, _ in _members(fact) if name != "wamid"}
    return all(map(_is_storable, _texts(shown)))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [found for item in value for found in _texts(item)]
    return [value] if isinstance(value, str) else []


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
