"""A webhook body item by item: where each stands, and the facts that it alone became. Nothing is raised on content."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from wabawatch.domain.facts import Fact, Millis, Unrecognised
from wabawatch.domain.webhook_bodies import Piece
from wabawatch.meta.decoding import decode
from wabawatch.meta.envelope import BESIDE, change_path
from wabawatch.meta.messaging import FIELDS, LISTS
from wabawatch.meta.reading import Json, items, mapping, text
from wabawatch.meta.webhooks import OBJECT, parse

MOST_PIECES = 200
"""So many items are taken apart; what the others became is told by the log of the body."""


_FIRST = change_path(0, 0)


def dissect(content: bytes, received_at: Millis) -> list[Piece]:
    """The first `MOST_PIECES` items of the body *content*, in their order."""
    try:
        document = decode(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("object") != OBJECT or "entry" not in document:
        return [Piece("", "", content.decode("utf-8", "replace"), parse(content, received_at=received_at).facts)]
    return list(islice(_pieces(document, received_at), MOST_PIECES))


def _pieces(document: Json, received_at: Millis) -> Iterator[Piece]:
    for number, entry in enumerate(items(document["entry"])):
        if not isinstance(entry, dict) or "changes" not in entry:
            place = f"entry[{number}]"
            yield Piece(place, "", entry, tuple(_placed(_facts(entry, received_at), "entry[0]", place)))
            continue
        around = {key: some for key, some in entry.items() if key != "changes"}
        for index, change in enumerate(items(entry["changes"])):
            path = change_path(number, index)
            for piece in _of_change(change, partial(_alone, around, received_at)):
                facts = tuple(_placed(piece.facts, _FIRST, path))
                yield Piece(piece.place.replace(_FIRST, path, 1), piece.field, piece.content, facts)


def _of_change(change: object, facts_of: Callable[[object], tuple[Fact, ...]]) -> Iterator[Piece]:
    """The items of each list in a change, and the rest; the change as a whole where it has no list. As if it were the
    first."""
    name, value = text(mapping(change).get("field")), mapping(mapping(change).get("value"))
    lists = {key: some for key, some in value.items() if key in LISTS and isinstance(some, list)}
    path = f"{_FIRST}.value"
    if name not in FIELDS or not lists:
        yield Piece(path, name, mapping(change).get("value", change), facts_of(change))
        return
    beside = {key: some for key, some in value.items() if key in BESIDE}
    for key, some in lists.items():
        for index, item in enumerate(some):
            alone = facts_of({"field": name, "value": {**beside, key: [item]}})
            place = f"{path}.{key}[{index}]"
            yield Piece(place, name, item, tuple(_placed(alone, f"{path}.{key}[0]", place)))
    rest = {key: some for key, some in value.items() if key not in lists and key not in BESIDE}
    # An empty list keeps it from being read as if the value itself were an item.
    if rest and (alone := facts_of({"field": name, "value": {**beside, **rest, next(iter(lists)): []}})):
        yield Piece(path, name, rest, alone)


def _alone(around: Json, received_at: Millis, change: object) -> tuple[Fact, ...]:
    """What *change* becomes as the only one of an entry that is otherwise as *around*."""
    return _facts({**around, "changes": [change]}, received_at)


def _facts(entry: object, received_at: Millis) -> tuple[Fact, ...]:
    """What *entry* becomes as the only one of a body."""
    # Lone surrogates stand for bytes that are no UTF-8: written as escapes they come back as they are.
    alone = json.dumps({"object": OBJECT, "entry": [entry]})
    return parse(alone.encode(), received_at=received_at).facts


def _placed(facts: tuple[Fact, ...], alone: str, really: str) -> Iterator[Fact]:
    """*facts*; what was not understood stands where it stands in the whole body."""
    for fact in facts:
        if isinstance(fact, Unrecognised) and fact.path.startswith(alone):
            yield replace(fact, path=really + fact.path[len(alone) :])
        else:
            yield fact
