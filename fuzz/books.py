"""From bodies to books: learnt in any order, twice, they end the same, and the figures agree. `python -m fuzz.books`.

An input is a JSON list of bodies.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any, cast

from fuzz.running import instrumented, mutate_json, run
from fuzz.seeds import OURS, documents, theirs

with instrumented(include=["wabawatch"]):
    from tests.support.books import Shelf

    from fuzz.claims import RECEIVED_AT
    from wabawatch.domain.facts import Fact
    from wabawatch.flows.rebuilding import differences
    from wabawatch.meta.countries import country_of
    from wabawatch.meta.webhooks import parse
    from wabawatch.storage.recounting import recounting

MOST = 6
"""Bodies of an input that are looked at: more only take longer."""


@cache
def shelf() -> Shelf:
    """The books of this process."""
    return Shelf(Path(tempfile.mkdtemp()))


def told_by(content: bytes) -> list[tuple[Fact, ...]]:
    """The facts of each body in an input."""
    try:
        bodies = json.loads(content)
    except (ValueError, RecursionError):
        bodies = [content.decode("utf-8", "replace")]
    bodies = bodies if isinstance(bodies, list) else [bodies]
    return [
        parse(json.dumps(body).encode(), received_at=RECEIVED_AT + number * 1_000, is_live=number % 3 != 2).facts
        for number, body in enumerate(bodies[:MOST])
    ]


def agreeing(parcels: list[tuple[Fact, ...]]) -> list[tuple[Fact, ...]]:
    """*parcels* with one number for each message: what contradicts itself there has no order that is right."""
    number_of: dict[str, str] = {}
    return [tuple(_agreeing(fact, number_of) for fact in parcel) for parcel in parcels]


def _agreeing(fact: Any, number_of: dict[str, str]) -> Fact:
    wamid, number = getattr(fact, "wamid", ""), getattr(fact, "number", "")
    known = number_of.setdefault(wamid, number) if wamid and number else number
    if known == number:
        return cast(Fact, fact)
    changed: Any = fact._replace if hasattr(fact, "_replace") else partial(replace, fact)
    return cast(Fact, changed(number=known))


def kept(parcels: list[tuple[Fact, ...]]) -> dict[str, Any]:
    """What is in the books when *parcels* were learnt one after the other."""
    shelf().clear()
    for parcel in parcels:
        shelf().learn(parcel)
        shelf().settle(RECEIVED_AT)
    with recounting(shelf().database, country_of) as books:
        wrong = differences(books, lambda done, total: None)
    assert not wrong, f"the roll-ups are not what the messages say: {wrong}"
    picture = shelf().picture()
    picture["numbers"] = [line for line in picture["numbers"] if line[1]]  # a word that nobody uses may stay
    return picture


def books_are_sound(content: bytes) -> None:
    """The same facts in another order and twice give the same books, and rebuild finds nothing to mend."""
    told = agreeing(told_by(content))
    other = [fact for parcel in told for fact in parcel]
    Random(len(content)).shuffle(other)
    cut = len(other) // 2

    straight, crossed = kept(told), kept([tuple(other[cut:]), tuple(other[:cut]), tuple(other)])

    must_be_equal(straight, crossed)


def must_be_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two pictures of books show the same."""
    for name, found in one.items():
        first, second = Counter(map(repr, _lines(found))), Counter(map(repr, _lines(other[name])))
        assert first == second, f"{name}: {sorted(first - second)} became {sorted(second - first)}"


def _lines(found: Any) -> Any:
    return found.items() if isinstance(found, dict) else found if isinstance(found, list) else [found]


def seeds() -> list[bytes]:
    """Bodies in groups of those that stand in one folder, and all alone."""
    known = list(documents(OURS, theirs()).values())
    groups = [known[at : at + 3] for at in range(0, len(known), 3)]
    return [json.dumps(group).encode() for group in groups]


if __name__ == "__main__":
    run("books", books_are_sound, seeds(), mutate_json)
