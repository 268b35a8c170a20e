"""Whatever arrives: nothing is raised, everything can be stored, and a broken item costs no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.meta import corpus

from wabawatch.domain.facts import Fact, Unrecognised, Why
from wabawatch.meta.reading import RAW_LIMIT
from wabawatch.meta.webhooks import FIELDS, OBJECT, parse

"""Some seconds each; `make fuzz` looks for minutes."""

BODIES = [json.loads(path.read_bytes()) for path in corpus.bodies()]


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


def _words(value: Any) -> set[str]:
    if isinstance(value, dict | list):
        return set().union(*map(_words, value.values() if isinstance(value, dict) else value))
    return {value} if isinstance(value, str) else set()


KEYS = st.sampled_from(sorted(_keys(BODIES))) | st.text(max_size=5)
WILD = st.text(st.characters(), max_size=20) | st.text(st.characters(categories=["Cs", "Cc", "Lu"]), max_size=5)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**18, max_value=10**40)
    | st.floats()
    | st.sampled_from(sorted(_words(BODIES)))
    | WILD
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)
FIELD_NAMES = st.sampled_from(sorted(FIELDS)) | st.text(max_size=5)


def facts_of(content: bytes) -> tuple[Fact, ...]:
    return parse(content, received_at=corpus.RECEIVED_AT).facts


def written(document: object) -> bytes:
    return json.dumps(document).encode()


def enveloped(*entries: object) -> bytes:
    return written({"object": OBJECT, "entry": list(entries)})


def assert_sound(content: bytes) -> None:
    """Parsing gives storable facts with a reason for all that was not understood, and the same ones every time."""
    facts = facts_of(content)
    assert facts == facts_of(content)
    assert all(corpus.storable(fact) for fact in facts)
    for fact in facts:
        if isinstance(fact, Unrecognised):
            assert fact.reason
            assert len(fact.raw) <= RAW_LIMIT


@given(st.binary())
def test_any_bytes(content: bytes) -> None:
    assert_sound(content)


@given(JSON)
def test_any_document(document: object) -> None:
    assert_sound(written(document))


@given(JSON)
def test_any_entries(entries: object) -> None:
    assert_sound(written({"object": OBJECT, "entry": entries}))


@given(FIELD_NAMES, JSON, JSON)
def test_any_value_of_any_field(field: str, value: object, time: object) -> None:
    assert_sound(enveloped({"id": "1", "time": time, "changes": [{"field": field, "value": value}]}))


@given(FIELD_NAMES, st.dictionaries(KEYS, st.lists(st.dictionaries(KEYS, JSON, max_size=8), max_size=3), max_size=6))
def test_any_items_of_any_field(field: str, value: object) -> None:
    assert_sound(enveloped({"id": "1", "changes": [{"field": field, "value": value}]}))


class Twice(dict[str, Any]):
    """An object that is written with every key twice; the second value is the wrapped first one."""

    def items(self) -> Any:
        return [*super().items(), *((key, [value]) for key, value in super().items())]


def _places(value: Any) -> list[tuple[Any, Any]]:
    here = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in here for place in ((value, key), *_places(value[key]))]


def _drop(holder: Any, key: Any, odd: object, name: str) -> None:
    del holder[key]


def _retype(holder: Any, key: Any, odd: object, name: str) -> None:
    holder[key] = odd


def _rename(holder: Any, key: Any, odd: object, name: str) -> None:
    if isinstance(holder, dict):
        holder[name] = holder.pop(key)


def _nest(holder: Any, key: Any, odd: object, name: str) -> None:
    holder[key] = {name: holder[key]} if isinstance(odd, dict) else [holder[key], odd]


def _repeat(holder: Any, key: Any, odd: object, name: str) -> None:
    if isinstance(holder, list):
        holder.insert(key, holder[key])
    else:
        holder[key] = Twice(holder[key]) if isinstance(holder[key], dict) else holder[key]


MUTATIONS: list[Callable[[Any, Any, object, str], None]] = [_drop, _retype, _rename, _nest, _repeat]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A body of the corpus in which one to three things are dropped, retyped, renamed, nested or repeated."""
    document = copy.deepcopy(draw(st.sampled_from(BODIES)))
    for _ in range(draw(st.integers(1, 3))):
        if places := _places(document):
            holder, key = draw(st.sampled_from(places))
            draw(st.sampled_from(MUTATIONS))(holder, key, draw(JSON), draw(KEYS))
    return written(document)


@given(mutated())
def test_any_change_of_a_good_body(content: bytes) -> None:
    assert_sound(content)


KNOWN_KEYS = _keys(BODIES)
NO_KEY = WILD.filter(lambda key: key not in KNOWN_KEYS)
BROKEN = (
    st.none() | st.booleans() | st.integers() | WILD | st.lists(LEAVES, max_size=3) | st.dictionaries(NO_KEY, LEAVES)
)
"""Things that are no item of anything: not one key that an item has (`{"id": 0}` is a message, if a poor one)."""


def understood(facts: tuple[Fact, ...]) -> list[Fact]:
    return [fact for fact in facts if not isinstance(fact, Unrecognised)]


def refused(facts: tuple[Fact, ...]) -> int:
    return sum(isinstance(fact, Unrecognised) and fact.why is Why.UNPARSED for fact in facts)


WITH_LISTS = [
    (body, name)
    for body in BODIES
    if body.get("object") == OBJECT and isinstance(body.get("entry"), list)
    for name in (
        "statuses",
        "messages",
        "message_echoes",
        "calls",
        "groups",
        "history",
        "user_preferences",
        "state_sync",
    )
    for entry in body["entry"][:1]
    if isinstance(entry, dict) and isinstance(entry["changes"][0]["value"], dict)
    if isinstance(entry["changes"][0]["value"].get(name), list)
]


@given(st.sampled_from(WITH_LISTS), BROKEN, st.integers(0, 20))
def test_a_broken_item_costs_no_other_item(case: tuple[Any, str], broken: object, index: int) -> None:
    body, name = copy.deepcopy(case)
    before = facts_of(written(body))

    body["entry"][0]["changes"][0]["value"][name].insert(index, broken)
    after = facts_of(written(body))

    assert understood(after) == understood(before)
    assert refused(after) == refused(before) + 1


@given(st.sampled_from([body for body, _ in WITH_LISTS]), BROKEN, st.integers(0, 20))
def test_a_broken_change_costs_no_other_change(case: Any, broken: object, index: int) -> None:
    body = copy.deepcopy(case)
    before = facts_of(written(body))

    body["entry"][0]["changes"].insert(index, broken)
    after = facts_of(written(body))

    assert understood(after) == understood(before)
    assert refused(after) == refused(before) + 1


@given(st.sampled_from([body for body, _ in WITH_LISTS]), BROKEN, st.integers(0, 20))
def test_a_broken_entry_costs_no_other_entry(case: Any, broken: object, index: int) -> None:
    body = copy.deepcopy(case)
    before = facts_of(written(body))

    body["entry"].insert(index, broken)
    after = facts_of(written(body))

    assert understood(after) == understood(before)
    assert refused(after) == refused(before) + 1
