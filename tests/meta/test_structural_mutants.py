"""Every body of the corpus with one thing wrong: siblings count, nothing vanishes silently, new keys change nothing.

`make fuzz` looks at every way at every place; here each way and each place has its turn, a part of all their pairs.
"""

from __future__ import annotations

import json

import pytest
from fuzz import claims, seeds
from fuzz.mutants import mutants, places, with_numbers_swapped, with_unknown_keys
from fuzz.structure import Body, accompanied, check_mutant, check_same, facts_of
from tests.support.thorough import IS_THOROUGH

DOCUMENTS = seeds.documents(seeds.OURS)
STEP = 13 if IS_THOROUGH else 29
"""So many ways share a place's turn; no divisor of how many there are, so that each comes about."""


@pytest.fixture(scope="module", params=sorted({name.partition("/")[0] for name in DOCUMENTS}))
def bodies(request: pytest.FixtureRequest) -> list[Body]:
    """The bodies of one field, with good ones beside everything."""
    return [Body(accompanied(document)) for name, document in DOCUMENTS.items() if name.startswith(request.param + "/")]


def test_one_thing_wrong_costs_no_sibling_and_nothing_vanishes_silently(bodies: list[Body]) -> None:
    for body in bodies:
        for mutant in mutants(body.document, STEP):
            check_mutant(body, mutant)


def test_a_key_nobody_knows_changes_no_fact(bodies: list[Body]) -> None:
    for body in bodies:
        for mutant in with_unknown_keys(body.document):
            check_same(body, mutant)


def test_a_number_says_the_same_as_text_and_the_other_way_round(bodies: list[Body]) -> None:
    for body in bodies:
        for mutant in with_numbers_swapped(body.document):
            check_same(body, mutant)


def test_mutants_are_made_at_every_place_and_leave_the_document_as_it_was() -> None:
    document = {"a": [1, {"b": "x"}], "c": None}
    before = json.dumps(document)

    made = list(mutants(document))

    assert {mutant.place for mutant in made} == set(places(document))
    assert {"dropped", "renamed", "repeated", "nested in a list"} <= {mutant.way for mutant in made}
    assert json.dumps(document) == before


def test_a_fact_that_vanished_would_be_noticed() -> None:
    body = Body(accompanied(DOCUMENTS["messages/status-played.json"]))

    with pytest.raises(AssertionError, match="silently gone"):
        claims.nothing_vanishes(body.facts, facts_of(b'{"object":"whatsapp_business_account","entry":[]}'))
    with pytest.raises(AssertionError, match="lost beside it"):
        claims.siblings_are_kept(body.beside(("entry", 0, "changes", 0)), [])
