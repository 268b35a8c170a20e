"""Updates packed into webhook bodies, byte for byte as Meta writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import Json
from wabawatch.simulator.ledger import Effect
from wabawatch.simulator.world import Number


@dataclass(frozen=True, slots=True)
class Item:
    """Something to tell by webhook: one or more objects of a list, or a whole value."""

    waba: str
    field: str
    slot: str
    """The list in the value, such as ``statuses``; with a dot: nested. ``""``: the payload is the value."""
    payloads: tuple[Json, ...]
    number: Number | None = None
    contacts: tuple[Json, ...] = ()
    effects: tuple[Effect, ...] = ()
    """What an observer knows once this was told."""
    at: Millis | None = None
    """When it happened, where that is told in the envelope; None: just before it is brought."""

    @property
    def size(self) -> int:
        """How many updates it is."""
        return len(self.payloads)


def pack(items: Sequence[Item], at: Millis) -> bytes:
    """One body that tells all *items*: an entry per account, a change per number and kind."""
    entries: dict[tuple[str, bool, Millis | None], list[Item]] = {}
    for item in items:
        entries.setdefault((item.waba, item.slot == "", item.at), []).append(item)
    body: Json = {
        "object": "whatsapp_business_account",
        "entry": [
            _entry(waba, is_timed, own, at if happened is None else happened)
            for (waba, is_timed, happened), own in entries.items()
        ],
    }
    return encode(body)


def encode(body: Json) -> bytes:
    """JSON in Meta's dialect: no blanks, non-ASCII as lowercase escapes, slashes escaped."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def _entry(waba: str, is_timed: bool, items: Sequence[Item], at: Millis) -> Json:
    entry: Json = {"id": waba}
    if is_timed:
        entry["time"] = at // 1_000
    return entry | {"changes": list(_changes(items))}


def _changes(items: Sequence[Item]) -> Iterator[Json]:
    lists: dict[tuple[str, str, str], list[Item]] = {}
    for item in items:
        if item.slot and item.number is not None:
            lists.setdefault((item.field, item.slot, item.number.id), []).append(item)
        else:
            yield from (_change(item.field, value) for value in item.payloads)
    for (field, slot, _), own in lists.items():
        yield _change(field, _value(slot, own))


def _change(field: str, value: Json) -> Json:
    return {"value": value, "field": field}


def _value(slot: str, items: Sequence[Item]) -> Json:
    value = address(items[0].number)
    outer, _, inner = slot.partition(".")
    content: Json = {}
    contacts = _distinct(contact for item in items for contact in item.contacts)
    if contacts:
        content["contacts"] = contacts
    content[inner or outer] = [payload for item in items for payload in item.payloads]
    return value | ({outer: content} if inner else content)


def address(number: Number | None) -> Json:
    """The beginning of every value that concerns a number."""
    value: Json = {"messaging_product": "whatsapp"}
    if number is not None:
        value["metadata"] = {"display_phone_number": number.phone, "phone_number_id": number.id}
    return value


def _distinct(contacts: Iterable[Json]) -> list[Json]:
    found: dict[str, Json] = {}
    for contact in contacts:
        found.setdefault(json.dumps(contact), contact)
    return list(found.values())
