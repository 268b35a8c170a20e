"""Texts as long and as odd as they come, in every key of every body: each database takes what is read of them."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest
from fuzz.mutants import at, places, written
from fuzz.seeds import OURS, documents

from tests.support.places import ON_EACH, Place
from tests.support.system import Bench
from wabawatch.flows.rebuilding import differences
from wabawatch.flows.recording import body_of, record_message
from wabawatch.meta.countries import country_of
from wabawatch.ports import Body, BodyKind
from wabawatch.storage.recounting import recounting
from wabawatch.wire import MessageIn
from wabawatch.wire_errors import ErrorIn

pytestmark = ON_EACH

NOW = 1_795_176_000_000
CHOSEN_BY = {"object", "field"}
"""With another word here a body is not read at all."""


def long_text(chance: Random) -> str:
    """A text of 4,400 bytes that no database can make shorter."""
    return "".join(map(chr, chance.choices(range(0x10000, 0x10FFFF), k=1_100)))


def odd_text(chance: Random) -> str:
    """A text with what no database takes."""
    return f"\x00{chance.random()}\ud800"


def bodies_with(make: Any) -> list[Body]:
    """Every body of the corpus, once for each of its keys, with other texts in this key; and with others in all."""
    chance, made = Random(7), []
    for document in documents(OURS).values():
        texts = [place for place in places(document) if isinstance(at(document, place), str)]
        keys = {place[-1] for place in texts} - CHOSEN_BY
        for some in [*({key} for key in sorted(keys, key=str)), keys, keys - {"event", "type", "status"}]:
            other = copy.deepcopy(document)
            for place in texts:
                if place[-1] in some:
                    at(other, place[:-1])[place[-1]] = make(chance)
            made.append(Body(BodyKind.WEBHOOK, NOW, written(other)))
    return made


@pytest.mark.parametrize("make", [long_text, odd_text])
def test_whatever_the_texts_of_a_body_are_it_is_digested(place: Place, make: Any) -> None:
    bench = Bench(place, NOW)
    bodies = bodies_with(make)

    bench.accept(bodies)
    bench.drain()

    counted = bench.status().bodies
    with recounting(bench.shelf.database, country_of) as books:
        wrong = differences(books, lambda done, total: None)
    bench.close()
    assert (counted.processed, counted.backlog, counted.parked) == (len(bodies), 0, 0)
    assert wrong == {}


def test_the_longest_words_that_are_told_are_digested(place: Place) -> None:
    bench, chance = Bench(place, NOW), Random(7)
    word = long_text(chance)[:250]
    names = "template_name template_language user_id lead_id conversation_id message_id phone_number_id bsuid category"
    error = ErrorIn(131026, fbtrace_id=word, title=word * 100, details=word * 100)

    words: dict[str, Any] = dict.fromkeys(names.split(), word)
    bench.accept([body_of(record_message(MessageIn(**words, error=error), NOW), NOW)])
    bench.drain()

    counted = bench.status()
    bench.close()
    assert (counted.assessment.messages.attempted, counted.bodies.parked) == (1, 0)
