"""Meta's own description of its Graph endpoints (OpenAPI 3.1), and what an answer has that it does not allow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec

FILES = "business-messaging-api_v*.yaml"


class Problem(NamedTuple):
    """Something of an answer that the description does not allow."""

    member: str
    """Where: ``data[].status``"""
    what: str

    def __str__(self) -> str:
        return f"{self.member or 'the answer'}: {self.what}"


class Description:
    """The file. An operation is named as in it, without the version: ``GET /{Phone-Number-ID}/media``."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._components = {"schemas": document["components"]["schemas"]}

    def describes(self, operation: str) -> bool:
        """Whether the file knows that operation."""
        method, _, path = operation.partition(" ")
        return method.lower() in self._document["paths"].get("/{Version}" + path, {})

    def problems(self, operation: str, status: int, answer: object) -> list[Problem]:
        """What of *answer* the description does not allow, members that it does not name included.

        An error whose status the operation does not describe is held against the description of errors in general.
        """
        schema = self._schema(operation, status)
        if schema is None:
            return [Problem("", f"no JSON is described for {operation} with {status}")]
        checker = jsonschema_rs.validator_for({**schema, "components": self._components})
        found = [Problem(_member(error.instance_path), error.message) for error in checker.iter_errors(answer)]
        found += [Problem(member, "not described") for member in self._unnamed(answer, schema, "")]
        return sorted(set(found))

    def _schema(self, operation: str, status: int) -> dict[str, Any] | None:
        method, _, path = operation.partition(" ")
        answers = self._document["paths"]["/{Version}" + path][method.lower()]["responses"]
        described = answers.get(str(status))
        if described is None:
            return {"$ref": "#/components/schemas/GraphAPIError"} if status >= 400 else None
        if "$ref" in described:
            described = self._document["components"]["responses"][described["$ref"].rpartition("/")[2]]
        schema: dict[str, Any] | None = described.get("content", {}).get("application/json", {}).get("schema")
        return schema

    def _unnamed(self, value: object, schema: dict[str, Any], at: str) -> Iterator[str]:
        """The members of *value* that no part of *schema* names. An object without named members may have any."""
        parts = list(self._parts(schema))
        if isinstance(value, list):
            for item in value:
                for part in parts:
                    yield from self._unnamed(item, part.get("items", {}), f"{at}[]")
        if not isinstance(value, dict):
            return
        named = [part["properties"] for part in parts if part.get("properties")]
        for key, inner in value.items() if named else ():
            member = f"{at}.{key}".lstrip(".")
            within = [properties[key] for properties in named if key in properties]
            if within:
                yield from self._unnamed(inner, {"allOf": within}, member)
            else:
                yield member

    def _parts(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """*schema* and all that it is put together from."""
        if "$ref" in schema:
            yield from self._parts(self._components["schemas"][schema["$ref"].rpartition("/")[2]])
        yield schema
        for kind in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(kind, ()):
                yield from self._parts(part)


@cache
def description(folder: Path) -> Description:
    """The newest file of *folder*."""
    return Description(msgspec.yaml.decode(max(folder.glob(FILES)).read_bytes()))


def _member(path: list[str | int]) -> str:
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
