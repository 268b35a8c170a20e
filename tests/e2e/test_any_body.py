"""Arbitrary JSON and torn webhooks by the thousand, from the inbox to the figures, in this process."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.e2e.test_bad_input import body, change, entry, status
from tests.meta.test_parser_properties import BODIES, JSON
from tests.support.system import Bench

from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.ports import Body, BodyKind
from wabawatch.storage.recounting import recounting
from wabawatch.storage.schema import parked

FEW = settings(max_examples=settings().max_examples // 2)

NOW = 1_795_176_000_000


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document: what holds it, and its key or index."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [place for key in keys for place in [(value, key), *places(value[key])]]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A body of the corpus in which some values were replaced, taken away or doubled."""
    document = json.loads(json.dumps(draw(st.sampled_from(BODIES))))
    for _ in range(draw(st.integers(1, 4))):
        everywhere = places(document)
        if not everywhere:
            break
        holder, key = draw(st.sampled_from(everywhere))
        match draw(st.sampled_from(("replace", "replace", "drop", "double"))):
            case "drop":
                del holder[key]
            case "double" if isinstance(holder, list):
                holder.append(holder[key])
            case _:
                holder[key] = draw(JSON)
    return document


@st.composite
def torn(draw: st.DrawFn) -> bytes:
    """A body of the corpus with bytes cut out and others put in."""
    content = json.dumps(draw(st.sampled_from(BODIES)), ensure_ascii=False).encode("utf-8", "surrogatepass")
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, min(len(content), start + 40)))
    return content[:start] + draw(st.binary(max_size=12)) + content[end:]


def written(document: Any) -> bytes:
    return json.dumps(document).encode()


alone = JSON.map(written) | mutated().map(written) | mutated().map(written) | torn()
"""Bodies in which nothing is promised to be good."""
strangers = st.fixed_dictionaries({"field": st.just("messages"), "value": JSON}) | JSON
"""Changes for a body in which another change is good."""


@FEW
@given(st.lists(alone, max_size=8), st.lists(strangers, max_size=6))
def test_no_body_is_ever_set_aside_and_every_good_neighbour_counts(bad: list[bytes], beside: list[Any]) -> None:
    near = {f"wamid.near{n}": stranger for n, stranger in enumerate(beside)}
    mixed = [body(entry(stranger, change(status(id=id)))) for id, stranger in near.items()]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), NOW)
        try:
            bench.accept([Body(BodyKind.WEBHOOK, NOW, content, "") for content in (*bad, *mixed)])
            bench.drain()
            must_be_sound(bench, len(bad) + len(mixed), near.keys())
        finally:
            bench.close()


def must_be_sound(bench: Bench, posted: int, near: Collection[str]) -> None:
    counted = bench.status()
    assert (counted.bodies.processed, counted.bodies.backlog, counted.bodies.parked) == (posted, 0, 0)
    assert counted.assessment.messages.attempted >= len(near)
    with bench.shelf.database.reading() as connection:
        assert connection.execute(parked.select()).all() == []
    with bench.shelf.books.writing() as ledger:
        assert {held.message.wamid for held in ledger.find(near, [])[0]} == set(near)
    with recounting(bench.shelf.database, country_of) as books:
        assert differences(books, lambda done, total: None) == {}
