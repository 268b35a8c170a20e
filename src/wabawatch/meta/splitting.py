"""What of a webhook body belongs to some WABAs or numbers, cut out without changing a byte of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from wabawatch.meta.decoding import decode
from wabawatch.meta.reading import items, mapping, text

_Members = dict[str, msgspec.Raw]
_members = msgspec.json.Decoder(_Members)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_value: msgspec.json.Decoder[Any] = msgspec.json.Decoder()

_OF_ENTRY = ("id", "time")
"""What of an entry goes along with the changes of one number of it."""


def part_of(content: bytes, wabas: Collection[str], numbers: Collection[str]) -> bytes | None:
    """What of the body *content* is about these WABAs, or about these numbers (phone_number_id), in its order.

    Gives *content* itself when nothing else is inside, and None when nothing is theirs. A change belongs to the number
    that its metadata names; what names none (templates, the account) belongs to its WABA only. What cannot be read
    belongs to nobody. Does not raise.
    """
    try:
        return _cut(content, wabas, numbers)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _cut_patiently(content, wabas, numbers)


def _cut(content: bytes, wabas: Collection[str], numbers: Collection[str]) -> bytes | None:
    body = _members.decode(content)
    entries = [bytes(raw) for raw in _list.decode(body["entry"])] if "entry" in body else []
    kept: list[bytes] = []
    is_whole = True
    for raw in entries:
        part = _of_entry(raw, wabas, numbers)
        is_whole &= part == raw
        kept += [] if part is None else [part]
    if not kept:
        return None
    if is_whole and not _hides_something(content, len(entries)):
        return content
    about = bytes(body["object"]) if "object" in body else b'"whatsapp_business_account"'
    return b'{"object":%b,"entry":[%b]}' % (about, b",".join(kept))


def _hides_something(content: bytes, entries: int) -> bool:
    """Whether a key may stand in an object twice: then the first one was not looked at."""
    if content.count(b'"entry"') == 1 and content.count(b'"changes"') <= entries:
        return False
    # Mostly somebody wrote one of these words in a message.
    try:
        json.loads(content, object_pairs_hook=_each_once)
    except ValueError:
        return True
    return False


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _of_entry(raw: bytes, wabas: Collection[str], numbers: Collection[str]) -> bytes | None:
    if not raw.startswith(b"{"):
        return None
    entry = _members.decode(raw)
    if "id" in entry and text(_value.decode(entry["id"])) in wabas:
        return raw
    if not numbers or "changes" not in entry:
        return None
    changes = [bytes(each) for each in _list.decode(entry["changes"])]
    theirs = [each for each in changes if _number_of(each) in numbers]
    if len(theirs) == len(changes) and set(entry) <= {*_OF_ENTRY, "changes"}:
        return raw if theirs else None
    if not theirs:
        return None
    heads = [b'"%b":%b' % (name.encode(), bytes(entry[name])) for name in _OF_ENTRY if name in entry]
    return b"{%b}" % b",".join([*heads, b'"changes":[%b]' % b",".join(theirs)])


def _number_of(raw: bytes) -> str:
    """The number that a change is about, "" for none."""
    if not raw.startswith(b"{"):
        return ""
    change = _members.decode(raw)
    return _number_in(_value.decode(change["value"])) if "value" in change else ""


def _number_in(value: object) -> str:
    held = mapping(value)
    for holder in (held.get("metadata"), held, held.get("phone_number_settings")):
        if number := text(mapping(holder).get("phone_number_id")):
            return number
    return ""


def _cut_patiently(content: bytes, wabas: Collection[str], numbers: Collection[str]) -> bytes | None:
    """As `_cut`, for what is no JSON by the letter: what is cut out of it is written anew."""
    try:
        body = decode(content)
    except (ValueError, RecursionError):
        return None
    entries = list(items(mapping(body).get("entry")))
    parts = [_of_loose_entry(entry, wabas, numbers) for entry in entries]
    kept = [part for part in parts if part is not None]
    if not kept:
        return None
    return json.dumps({"object": mapping(body).get("object"), "entry": kept}, separators=(",", ":")).encode()


def _of_loose_entry(entry: object, wabas: Collection[str], numbers: Collection[str]) -> object:
    held = mapping(entry)
    if text(held.get("id")) in wabas and held:
        return entry
    theirs = [each for each in _changes(held) if _number_in(mapping(each).get("value")) in numbers]
    return {**{name: held[name] for name in _OF_ENTRY if name in held}, "changes": theirs} if theirs else None


def _changes(entry: dict[str, Any]) -> Iterable[object]:
    return items(entry.get("changes"))
