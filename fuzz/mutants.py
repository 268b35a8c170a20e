"""Webhook bodies with one thing wrong: systematically, each way at every place, or at random."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Final, TypeAlias

Place: TypeAlias = tuple[Any, ...]
"""The keys and indexes that lead to a value."""

JUNK: Final = "-junk-"
UNKNOWN: Final = "key_of_tomorrow"

ODD: Final[list[Any]] = [
    *(None, True, False, 0, -1, 1.5, -0.0, 1e308, 2**63, -(2**63) - 1, 10**30, [], {}, [[]], [{}], [None], {"": {}}),
    *("", " ", "x", "0", "-1", "NaN", "1e999", "\ud800", "\x00", "\u0390" * 1_100, "\U0001f600" * 1_100, "w" * 5_000),
    *({"x": 1}, {"id": "x", "type": "y"}, [1, "a", None], json.loads("[" * 60 + "]" * 60), {"id": {"id": {"id": []}}}),
]
"""What takes the place of any value."""

WRITTEN: Final = [
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"9" * 25,
    b"-" + b"9" * 5_000,
    b"[" * 300 + b"]" * 300,
    b'"\\ud800"',
    b'"\xff\xc0"',
]
"""What no writer of JSON would make of any value, as it stands in the text."""

EMPTY: Final[list[Any]] = [None, [], {}, ""]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A body in which one thing was changed."""

    way: str
    place: Place
    content: bytes
    empties: bool = False
    """What stood at the place was taken away or emptied: what it told may be gone without a word"""

    def __str__(self) -> str:
        return f"{self.way} at {'.'.join(map(str, self.place))}"


def written(document: Any) -> bytes:
    """*document* as JSON text."""
    return json.dumps(document, separators=(",", ":")).encode()


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Every place in *value* but its root, down to where nobody reads."""
    if len(above) > 60:
        return
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*above, key)
        yield from places(value[key], (*above, key))


def at(document: Any, place: Place) -> Any:
    """What stands at *place*."""
    for key in place:
        document = document[key]
    return document


def mutants(document: Any, step: int = 1) -> Iterator[Mutant]:
    """Mutants of *document*: each way at each place, or each *step*-th of them all."""
    work = copy.deepcopy(document)
    number = 0
    for place in list(places(work)):
        holder, key = at(work, place[:-1]), place[-1]
        for way, content, empties in _ways(work, holder, key):
            number += 1
            if number % step == 0:
                yield Mutant(way, place, content(), empties)


Way: TypeAlias = tuple[str, Callable[[], bytes], bool]
"""What it is called, the body that it makes, and whether it empties the place."""


def _ways(work: Any, holder: Any, key: Any) -> Iterator[Way]:
    value = holder[key]
    for way, other, empties in replacements(value):
        yield way, partial(_replaced, work, holder, key, other), empties
    for text in WRITTEN:
        yield f"written {text[:12]!r}", partial(_as_written, work, holder, key, text), False
    if isinstance(holder, list):
        yield "dropped", partial(_refilled_list, work, holder, [*holder[:key], *holder[key + 1 :]]), True
        yield "repeated", partial(_refilled_list, work, holder, [*holder[: key + 1], *holder[key:]]), False
        return
    without = [pair for pair in holder.items() if pair[0] != key]
    renamed = [(f"{k}_x" if k == key else k, v) for k, v in holder.items()]
    yield "dropped", partial(_refilled, work, holder, without), True
    yield "renamed", partial(_refilled, work, holder, renamed), False
    for junk in (7, None, [{"id": 1}]):
        yield "repeated", partial(_with_key_twice, work, holder, key, junk), False


def replacements(value: Any) -> Iterator[tuple[str, Any, bool]]:
    """What may stand in the place of *value*, how that is called, and whether it empties the place."""
    for odd in ODD:
        yield f"retyped {repr(odd)[:24]}", odd, odd in EMPTY
    yield "nested in an object", {UNKNOWN: value}, False
    yield "nested in a list", [value], False
    yield "nested in two lists", [[value], value], False


def _replaced(work: Any, holder: Any, key: Any, other: Any) -> bytes:
    value, holder[key] = holder[key], other
    text = written(work)
    holder[key] = value
    return text


def _as_written(work: Any, holder: Any, key: Any, text: bytes) -> bytes:
    return _replaced(work, holder, key, JUNK).replace(f'"{JUNK}"'.encode(), text)


def _refilled_list(work: Any, holder: list[Any], items: list[Any]) -> bytes:
    kept, holder[:] = holder[:], items
    text = written(work)
    holder[:] = kept
    return text


def _refilled(work: Any, holder: dict[str, Any], items: list[tuple[str, Any]]) -> bytes:
    kept = dict(holder)
    _refill(holder, items)
    text = written(work)
    _refill(holder, kept.items())
    return text


def _refill(holder: dict[str, Any], items: Iterable[tuple[str, Any]]) -> None:
    holder.clear()
    holder.update(items)


def _with_key_twice(work: Any, holder: dict[str, Any], key: str, junk: Any) -> bytes:
    """The key stands twice in the text, first with *junk*; the last one counts."""
    text = _refilled(work, holder, [(JUNK, junk), *holder.items()])
    return text.replace(f'"{JUNK}"'.encode(), json.dumps(key).encode(), 1)


def with_unknown_keys(document: Any, step: int = 1) -> Iterator[Mutant]:
    """*document* with a key that nobody knows, in each of its objects and in all of them."""
    new: list[Any] = [1, "x", None, {"id": "x"}, [{"id": "x", "status": "sent"}], [], 1.5, True]
    for value in new[::step]:
        yield Mutant(f"everywhere a new key {value!r}", (), written(_with_key(document, value)))
    everywhere = [(), *places(document)]
    objects = [place for place in everywhere if isinstance(at(document, place), dict) and at(document, place)]
    for number, place in list(enumerate(objects))[::step]:
        holder, value = at(document, place), new[number % len(new)]
        yield Mutant("a new key", place, _refilled(document, holder, [*holder.items(), (UNKNOWN, value)]))


def _with_key(value: Any, new: Any) -> Any:
    if isinstance(value, dict):
        return {**({UNKNOWN: new} if value else {}), **{key: _with_key(item, new) for key, item in value.items()}}
    return [_with_key(item, new) for item in value] if isinstance(value, list) else value


def with_numbers_swapped(document: Any, step: int = 1) -> Iterator[Mutant]:
    """*document* with a number as text or a text of digits as number, at each place where there is one."""
    for place in list(places(document))[::step]:
        value = at(document, place)
        if not isinstance(value, bool) and isinstance(value, int | str) and str(_swapped(value)) == str(value):
            other = _swapped(value)
            content = _replaced(document, at(document, place[:-1]), place[-1], other)
            yield Mutant(f"{value!r} as {other!r}", place, content)


def _swapped(value: int | str) -> int | str | None:
    if isinstance(value, int):
        return str(value)
    return int(value) if value.isascii() and value.isdigit() else None


def mutated(document: Any, random: Random, others: tuple[Any, ...]) -> bytes:
    """*document* with one to four things changed at random, also by parts of *others*. It may be changed itself."""
    text_for: dict[str, bytes] = {}
    for number in range(random.choice((1, 1, 1, 2, 3, 4))):
        everywhere = list(places(document))
        if not everywhere:
            return written(random.choice(ODD))
        place = random.choice(everywhere)
        holder, key = at(document, place[:-1]), place[-1]
        match random.randrange(12):
            case 0 | 1 | 2:
                holder[key] = copy.deepcopy(random.choice([odd for _, odd, _ in replacements(holder[key])]))
            case 3 | 4:
                donor = random.choice(others)
                holder[key] = copy.deepcopy(at(donor, random.choice(list(places(donor)) or [()])))
            case 5 | 6:  # the same word in two places: ids that meet
                holder[key] = copy.deepcopy(at(document, random.choice(everywhere)))
            case 7:
                del holder[key]
            case 8 if isinstance(holder, dict):
                name = random.choice(everywhere)[-1]
                holder[name if isinstance(name, str) else UNKNOWN] = holder.pop(key)
            case 9 if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case 10:
                holder[key] = f"{JUNK}{number}"
                text_for[f'"{JUNK}{number}"'] = random.choice(WRITTEN)
            case _:
                _shift(holder, key, random)
    text = written(document)
    for junk, other in text_for.items():
        text = text.replace(junk.encode(), other)
    return text


def _shift(holder: Any, key: Any, random: Random) -> None:
    """Change a number, or a letter of a text, a little."""
    value = holder[key]
    if isinstance(value, str) and value:
        index = random.randrange(len(value))
        if value.isdigit():
            holder[key] = str(max(0, int(value[:300]) + random.choice((-86_400, -3_600, -1, 1, 3_600, 86_400))))
        else:
            holder[key] = value[:index] + random.choice('x\x00\ud800\u00e9\U0001f600 +-."\\') + value[index + 1 :]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        holder[key] = random.choice((value + 1, -value, value * 1000, value * 2**64, value % 97, str(value)[:300]))
