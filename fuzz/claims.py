"""What must hold, whatever arrives. Each claim raises AssertionError, or whatever the code should not have raised."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final

from wabawatch.domain.facts import Fact, Unrecognised
from wabawatch.meta.envelope import Receipt
from wabawatch.meta.reading import RAW_LIMIT, TEXT_LIMIT, WORDS_LIMIT
from wabawatch.meta.webhooks import parse, parse_with_care

RECEIVED_AT: Final = 1_795_176_000_000

_IDS: Final = {"wamid"}
"""They go through a codec of their own, which takes every character."""
_LONG: Final = {
    **dict.fromkeys(("detail", "raw"), RAW_LIMIT * 4),
    "path": 4 * TEXT_LIMIT,
}
"""Bytes of the texts that stand in no index."""


def parsing_is_sound(content: bytes) -> tuple[Fact, ...]:
    """The facts in *content*, all fit to be stored, each refusal with its reason."""
    parsed = parse(content, received_at=RECEIVED_AT)
    assert parsed == parse_with_care(content, Receipt(RECEIVED_AT)), "the quick reader says something else"
    must_be_storable(parsed.fields)
    for fact in set(parsed.facts) - _SOUND:
        must_be_storable(fact)
        if isinstance(fact, Unrecognised):
            assert fact.reason
            assert not fact.reason.startswith("the reader failed"), fact
        if len(_SOUND) < 100_000:
            _SOUND.add(fact)
    return parsed.facts


_SOUND: Final[set[Fact]] = set()
"""Facts that were looked at: one changed body gives nearly the same as the next."""


def must_be_storable(told: object, words: int = WORDS_LIMIT) -> None:
    """Every text is short and free of what a database refuses, every number has at most 64 bits.

    *words* is how many bytes the words of an error may have; they stand in no index.
    """
    long = {**_LONG, **dict.fromkeys(("title", "message", "details", "href"), words)}
    for name, value in _values(told):
        if isinstance(value, str) and not isinstance(value, Enum):
            size = len(value.encode("utf-8", "surrogatepass"))
            assert size <= long.get(name, TEXT_LIMIT), (name, size)
            if name not in _IDS:
                value.encode()
                assert "\x00" not in value, (name, value)
        elif isinstance(value, int):
            assert -(2**63) <= value < 2**63, (name, value)
        else:
            assert value is None or isinstance(value, Enum), (name, value)


def _values(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value in a tree of facts, with the name of its field."""
    if members := _members(value):
        for member in members:
            yield from _values(getattr(value, member), member)
    elif isinstance(value, tuple):
        for item in value:
            yield from _values(item, name)
    else:
        yield name, value


def _members(value: Any) -> list[str]:
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value)]
    return list(getattr(value, "_fields", ()))


def understood(facts: Iterable[Fact]) -> list[Fact]:
    """Those of *facts* that tell something."""
    return [fact for fact in facts if not isinstance(fact, Unrecognised)]


def bare(facts: Iterable[Fact]) -> Counter[str]:
    """What *facts* tell, counted, without the JSON that some keep of their item."""
    return Counter(_bare(fact) for fact in understood(facts))


def _bare(fact: Fact) -> str:
    told = {field: getattr(fact, field) for field in _members(fact) if field != "detail"}
    if told.get("aspect") == "settings":
        del told["reason"]  # it lists the keys
    return f"{type(fact).__name__} {told}"


def _items(facts: Iterable[Fact]) -> int:
    """How many items are told of: facts that keep the JSON of one value are of one."""
    return len({getattr(fact, "detail", "") or repr(fact) for fact in understood(facts)})


def siblings_are_kept(before: Counter[Fact], after: Iterable[Fact]) -> None:
    """The facts of all that stands beside a broken item are there, unchanged."""
    missing = before - Counter(understood(after))
    assert not missing, f"lost beside it: {missing}"


def nothing_vanishes(before: tuple[Fact, ...], after: tuple[Fact, ...]) -> None:
    """Where fewer items give facts than before, something new was not understood, and is shown."""
    if _items(after) < _items(before):
        known = set(before)
        shown = [fact for fact in after if isinstance(fact, Unrecognised) and fact not in known]
        assert shown, f"silently gone: {bare(before) - bare(after)}"
