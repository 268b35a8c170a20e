"""What is wrong with JSON, in words that need no knowledge of types: each sentence begins with where it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum
from typing import Any, get_origin

import msgspec

_THINGS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "object": "an object",
    "array": "a list",
    "datetime": "a time with its offset, such as 2026-11-22T10:00:00Z",
    "bytes": "Base64",
    "null": "null",
}
_SAID = {
    "Integer value out of range": "the number is too large",
    "Number out of range": "the number is too large",
    "Invalid base64 encoded string": "it is not Base64",
    "Invalid RFC3339 encoded datetime": f"give {_THINGS['datetime']}",
    "Expected `datetime` with a timezone component": f"give {_THINGS['datetime']}",
}
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def not_json(error: Exception) -> str:
    """Why a body cannot be read at all."""
    if isinstance(error, UnicodeDecodeError):
        return "the body is not UTF-8 text; JSON must be"
    said = str(error)
    found = re.fullmatch(r"JSON is malformed: (.*) \(byte (\d+)\)", said)
    if found:
        return f"the body is not JSON: {found[1]} at byte {found[2]}"
    return "the body is not JSON: it ends too early" if said == "Input data was truncated" else f"the body: {said}"


def plain(kind: Any, message: str) -> str:
    """What msgspec says of a value that is not of *kind*, the place in front: `error.code: give a whole number`."""
    said, _, place = message.partition(" - at `")
    steps = [name or index for name, index in _STEP.findall(place.rstrip("`").removeprefix("key in ").lstrip("$"))]
    types = _at(kind, steps)
    if found := re.fullmatch(r"Object missing required field `(.*)`", said, re.DOTALL):
        return f"{spelled([*steps, found[1]])}: missing"
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", said, re.DOTALL):
        return f"{spelled([*steps, found[1][:60]])}: there is no such member{nearest(found[1], _members(types))}"
    if found := re.fullmatch(r"Invalid (?:enum )?value '(.*)'", said, re.DOTALL):
        values = _values(types) or _tags(_at(kind, steps[:-1]))
        return _placed(steps, f"{found[1][:40]!r} is not one of its values{nearest(found[1], values)}")
    return _placed(steps, _in_words(said))


def nearest(name: str, known: Iterable[str]) -> str:
    """Which of *known* may be meant, or all of them: the end of a sentence."""
    some = list(known)
    near = get_close_matches(name, some, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(some)}" if some else ""


def spelled(steps: Iterable[str]) -> str:
    """A place in JSON, as it is written in code: `records[0].message`."""
    path = "".join(f"[{step}]" if step.isdigit() or step == "..." else f".{step}" for step in steps)
    return path.removeprefix(".")


def parts_of(kind: Any) -> list[Any]:
    """The types that *kind* is one of, without what is noted about them."""
    if hasattr(kind, "__metadata__"):
        return parts_of(kind.__origin__)
    if hasattr(kind, "__value__"):
        return parts_of(kind.__value__)
    args = getattr(kind, "__args__", ())
    if args and get_origin(kind) not in (list, dict):
        return [part for each in args for part in parts_of(each)]
    return [kind]


def _placed(steps: list[str], sentence: str) -> str:
    return f"{spelled(steps)}: {sentence}" if steps else sentence


def _in_words(said: str) -> str:
    if said in _SAID:
        return _SAID[said]
    if said.startswith("Expected `str") and " matching regex " in said:
        return "it holds a character that no text has, such as NUL"
    found = re.fullmatch(r"Expected `([\w |]+)`(?: (of length )?(>=|<=) (\S+))?(?:, got `(\w+)`)?", said)
    if found is None:
        return f"{said[:1].lower()}{said[1:]}"
    names = [name for name in found[1].split(" | ") if name != "null"] or ["null"]
    if found[2]:
        return _of_length(names[0], found[3], int(found[4]))
    wanted = " or ".join(dict.fromkeys(_THINGS.get(name, name) for name in names))
    limit = "" if found[3] is None else f" from {found[4]} up" if found[3] == ">=" else f" up to {found[4]}"
    got = "" if found[5] is None else f", not {_THINGS.get(found[5], found[5])}"
    return f"give {wanted}{limit}{got}"


def _of_length(name: str, sign: str, length: int) -> str:
    if sign == ">=" and length == 1:
        return "it is empty"
    of = {"str": "characters", "bytes": "bytes"}.get(name, "of them")
    return f"give {'at least' if sign == '>=' else 'at most'} {length} {of}"


def _at(kind: Any, steps: list[str]) -> list[Any]:
    """The types that may stand at a place."""
    types = parts_of(kind)
    for step in steps:
        inner: list[Any] = []
        for each in types:
            if get_origin(each) in (list, dict):
                inner += parts_of(each.__args__[-1])
            elif isinstance(each, type) and issubclass(each, msgspec.Struct):
                fields = msgspec.structs.fields(each)
                inner += [part for field in fields if field.encode_name == step for part in parts_of(field.type)]
        types = inner
    return types


def _structs(types: Iterable[Any]) -> list[type[msgspec.Struct]]:
    return [each for each in types if isinstance(each, type) and issubclass(each, msgspec.Struct)]


def _members(types: Iterable[Any]) -> list[str]:
    return [field.encode_name for each in _structs(types) for field in msgspec.structs.fields(each)]


def _values(types: Iterable[Any]) -> list[str]:
    return [str(value.value) for each in types if isinstance(each, type) and issubclass(each, Enum) for value in each]


def _tags(types: Iterable[Any]) -> list[str]:
    return [str(tag) for each in _structs(types) if (tag := each.__struct_config__.tag) is not None]
