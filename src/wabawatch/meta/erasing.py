"""What is about one person cut out of a JSON body: whole items, so that what others said and did stays as it was."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from wabawatch.meta.decoding import decode
from wabawatch.meta.traces import Traces

_HOLDERS: Final = frozenset({"entry", "changes", "history", "threads"})
"""Lists of things that hold items of several people. The items of any other list are one person's, or nobody's."""
_IDS: Final = ("wa_id", "user_id")
NOTHING_LEFT: Final = b"{}"
_DEEPEST: Final = 80


class Cut(NamedTuple):
    """A body without a person, and what was cut out of it."""

    content: bytes
    items: list[Any]


def cut(content: bytes, traces: Traces) -> Cut | None:
    """*content* without what is about the person of *traces*. None: there is nothing. Does not raise.

    What is no JSON and yet names the person goes as a whole.
    """
    if not traces.may_be_in(content):
        return None
    try:
        body = decode(content)
    except (ValueError, RecursionError):
        return Cut(NOTHING_LEFT, [content.decode("utf-8", "replace")])
    items: list[Any] = []
    left = _without(body, traces, items)
    if not items:
        return None
    return Cut(NOTHING_LEFT if left is _GONE else _written(left), items)


def blank(content: bytes, traces: Traces) -> bytes | None:
    """*content* with "" for each text in it that names the person. None: none does. Does not raise."""
    if not traces.may_be_in(content):
        return None
    try:
        body = decode(content)
    except (ValueError, RecursionError):
        return b"" if traces.are_in(content.decode("utf-8", "replace")) else None
    left = _blanked(body, traces)
    return None if left == body else _written(left)


class _Gone:
    """Stands for what was cut out."""


_GONE: Final = _Gone()


def _without(value: Any, traces: Traces, items: list[Any], depth: int = 0) -> Any:
    """*value* without the items that name the person; `_GONE` when it does so itself, or nothing is left in it."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        if not _names(value, traces):
            return value
        items.append(value)
        return _GONE
    lists = {name: each for name, each in value.items() if isinstance(each, list)}
    inner = {name: each for name, each in value.items() if name == "value" and isinstance(each, dict)}
    own = {name: each for name, each in value.items() if name not in lists and name not in inner}
    if _names(own, traces):
        items.append(value)
        return _GONE
    before = len(items)
    kept = {name: _part(name, each, traces, items, depth) for name, each in {**lists, **inner}.items()}
    if len(items) == before:
        return value
    if "contacts" in lists and kept["contacts"] is not _GONE:  # a name that stands beside what went is theirs
        kept["contacts"] = [each for each in kept["contacts"] if _has_id(each)] or _GONE
    if "entry" in lists and kept["entry"] is _GONE:
        kept["entry"] = []
    if all(each is _GONE for each in kept.values()):
        return _GONE
    return {name: kept.get(name, each) for name, each in value.items() if kept.get(name) is not _GONE}


def _part(name: str, value: Any, traces: Traces, items: list[Any], depth: int) -> Any:
    if isinstance(value, dict):
        return _without(value, traces, items, depth + 1)
    if name in _HOLDERS:
        kept = [each for each in (_without(each, traces, items, depth + 1) for each in value) if each is not _GONE]
    else:
        theirs = [_names(each, traces) for each in value]
        items += [each for each, is_theirs in zip(value, theirs, strict=True) if is_theirs]
        kept = [each for each, is_theirs in zip(value, theirs, strict=True) if not is_theirs]
    return kept if kept or not value else _GONE


def _has_id(contact: Any) -> bool:
    return isinstance(contact, dict) and any(contact.get(name) for name in _IDS)


def _names(value: Any, traces: Traces, depth: int = 0) -> bool:
    """Whether anything in *value* names the person."""
    if isinstance(value, str):
        return traces.are_in(value)
    if isinstance(value, dict):
        return depth > _DEEPEST or any(
            traces.are_in(name) or _names(each, traces, depth + 1) for name, each in value.items()
        )
    if isinstance(value, list):
        return depth > _DEEPEST or any(_names(each, traces, depth + 1) for each in value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and traces.are_in(str(value))


def _blanked(value: Any, traces: Traces, depth: int = 0) -> Any:
    if isinstance(value, dict) and depth <= _DEEPEST:
        return {name: _blanked(each, traces, depth + 1) for name, each in value.items() if not traces.are_in(name)}
    if isinstance(value, list) and depth <= _DEEPEST:
        return [_blanked(each, traces, depth + 1) for each in value]
    return "" if _names(value, traces) else value


def _written(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogateescape")
