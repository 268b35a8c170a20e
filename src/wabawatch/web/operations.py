"""The table of `/api/v1`: one value per operation. The routes and the OpenAPI document are both made of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, get_origin

import msgspec
from starlette.datastructures import QueryParams

from wabawatch.domain.access import Caller, Scope
from wabawatch.domain.errors import BadRequest
from wabawatch.wording import nearest, parts_of, plain

MAX_BODY_BYTES = 1 << 20

NO_MORE = 4096
"""The longest text that a parameter is read from."""


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read and found to be of the types that its operation takes."""

    parameters: Any
    """An `Operation.parameters`. Any, as `body`: the table says which, a handler notes it in the first line."""
    body: Any
    """An `Operation.body`; None where it takes none"""
    caller: Caller


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path below `/api/v1`."""

    method: str
    path: str
    """Such as `/messages/{id}/status`; a member in braces is one of *parameters* and may hold slashes"""
    scope: Scope
    handle: Callable[[Call], Any]
    """Does it. A coroutine function, or a function that is called in a worker thread"""
    summary: str
    answer: Any
    """The type of what *handle* gives; what does not fit it is a bug, not an answer"""
    parameters: type[msgspec.Struct] = Nothing
    """The members of the path, and the query parameters beside them"""
    body: type[msgspec.Struct] | None = None
    status: int = 200
    most_bytes: int = MAX_BODY_BYTES
    """The largest body it takes"""
    description: str = ""
    media_types: tuple[str, ...] = ()
    """Of what it gives that is no JSON: then *handle* gives a whole Response, and *answer* is not looked at"""
    problems: tuple[int, ...] = ()
    """The statuses of the problems it has beside those that any operation may have"""

    @property
    def takes_key(self) -> bool:
        """Whether an `Idempotency-Key` keeps it from being done twice."""
        return self.method == "POST" and self.scope is not Scope.READ

    @property
    def in_path(self) -> tuple[str, ...]:
        """The parameters that are members of the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def named_outside(self) -> frozenset[str]:
        """The names that are no members of its body: its parameters."""
        return frozenset(field.encode_name for field in msgspec.structs.fields(self.parameters))

    @property
    def id(self) -> str:
        """Its name in the document: that of its handler."""
        return str(getattr(self.handle, "__name__", self.path))

    def every_problem(self) -> list[int]:
        """The statuses of all problems it may have."""
        usual = {401, 403, 422, 429, 503}
        with_body = {409, 413, 415} if self.method == "POST" else set[int]()
        return sorted({*usual, *with_body, *self.problems})


class Subject(Protocol):
    """Some operations that belong together: what a module `web/api_*.py` has."""

    def operations(self) -> list[Operation]:
        """Its part of the table."""


def read_parameters(kind: type[msgspec.Struct], path: dict[str, str], query: QueryParams) -> Any:
    """The parameters of a request as *kind*. Raises BadRequest that names the parameter."""
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    given: dict[str, Any] = dict(path)
    for name in dict.fromkeys(query):
        if name not in known or name in path:
            raise BadRequest(f"{_plain(name)}: there is no such parameter{nearest(name, known)}")
        texts = query.getlist(name)
        if any(len(text) > NO_MORE for text in texts):
            raise BadRequest(f"{name}: longer than {NO_MORE} characters")
        if _is_list(known[name].type):
            given[name] = texts
        elif len(texts) > 1:
            raise BadRequest(f"{name}: given {len(texts)} times; it takes one value")
        else:
            given[name] = texts[0]
    for name, value in given.items():
        # A lenient reader takes the word for "not given".
        if isinstance(value, str) and value.lower() == "null" and not _takes_text(known[name].type):
            raise BadRequest(f"{name}: 'null' is no value; leave the parameter out")
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest(_of_parameter(kind, str(error))) from error


def _of_parameter(kind: type[msgspec.Struct], message: str) -> str:
    """A sentence of msgspec's, about a parameter: everything that came is text, which need not be said."""
    said = plain(kind, re.sub(r", got `\w+`", "", message))
    return re.sub(r"^(\w+)(?:\[(?:\d+|\.\.\.)\])+: ", r"\1: ", said)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z_]", "_", name.lower())[:40] or "_"


def _is_list(kind: Any) -> bool:
    return any(get_origin(part) is list for part in parts_of(kind))


def _takes_text(kind: Any) -> bool:
    return any(part is str for part in parts_of(kind))
