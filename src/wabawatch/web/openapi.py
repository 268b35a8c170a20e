"""The OpenAPI 3.1 document of `/api/v1`, made of the table that the routes are made of."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.web.operations import Operation
from wabawatch.web.problems import MEDIA_TYPE, TITLES, Problem

Json: TypeAlias = dict[str, Any]

REF = "#/components/schemas/{name}"
ABOUT = (
    "Log messages, search them, read the figures. Every operation needs a bearer token with its scope"
    " (`wabawatch tokens create`). Errors are RFC 9457 problem details that name the field."
)


_FILE: Json = {"type": "string", "format": "binary"}
_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeated with the same key and body within 24 hours, the request is answered as before and done"
    " once. The same key with another request is 422; while the first is being answered, 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def document(table: Sequence[Operation], version: str) -> Json:
    """The document of *table*."""
    types = [
        Problem,
        *(each.body for each in table if each.body),
        *(each.answer for each in table if not each.media_types),
    ]
    schemas, components = msgspec.json.schema_components(types, ref_template=REF)
    refs = iter(schemas)
    problem = next(refs)
    bodies = {each.id: next(refs) for each in table if each.body}
    answers = {each.id: _FILE if each.media_types else next(refs) for each in table}
    paths: dict[str, Json] = {}
    for each in table:
        told = _operation(each, answers[each.id])
        if each.body:
            told["requestBody"] = {"required": True, "content": {"application/json": {"schema": bodies[each.id]}}}
        paths.setdefault(each.path, {})[each.method.lower()] = told
    return {
        "openapi": "3.1.0",
        "info": {"title": "wabawatch", "version": version, "description": ABOUT},
        "servers": [{"url": "/api/v1"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {str(status): _problem(status, problem) for status in TITLES},
        },
    }


def _operation(operation: Operation, answer: Json) -> Json:
    told: Json = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": f"{operation.description} Scope: `{operation.scope}`.".strip(),
        "security": [{"token": [operation.scope.value]}],
        "parameters": [*_parameters(operation), *([_KEY] if operation.takes_key else [])],
        "responses": {
            str(operation.status): {
                "description": HTTPStatus(operation.status).phrase,
                "content": {kind: {"schema": answer} for kind in operation.media_types or ("application/json",)},
            },
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in operation.every_problem()},
        },
    }
    if operation.scope is Scope.ADMIN:
        told["tags"] = ["administration"]
    return told


def _parameters(operation: Operation) -> list[Json]:
    _, components = msgspec.json.schema_components([operation.parameters], ref_template=REF)
    own = components.pop(operation.parameters.__name__)
    return [
        _parameter(name, _without_null(_inlined(schema, components)), operation, name in own.get("required", ()))
        for name, schema in own["properties"].items()
    ]


def _parameter(name: str, schema: Json, operation: Operation, is_required: bool) -> Json:
    in_path = name in operation.in_path
    told: Json = {"name": name, "in": "path" if in_path else "query", "required": in_path or is_required}
    if description := schema.pop("description", ""):
        told["description"] = description
    return {**told, "schema": schema}


def _inlined(schema: Json, components: Json) -> Json:
    """*schema* with what it refers to in its place: the words that a parameter takes stand beside it."""
    if "$ref" in schema:
        return dict(components[schema["$ref"].rpartition("/")[2]]) | {k: v for k, v in schema.items() if k != "$ref"}
    inlined = dict(schema)
    for name in ("anyOf", "allOf"):
        if name in inlined:
            inlined[name] = [_inlined(each, components) for each in inlined[name]]
    if isinstance(inlined.get("items"), dict):
        inlined["items"] = _inlined(inlined["items"], components)
    return inlined


def _without_null(schema: Json) -> Json:
    """A parameter that is not given is left out: there is no way to write null."""
    if "anyOf" in schema:
        kinds = [each for each in schema.pop("anyOf") if each != {"type": "null"}]
        schema |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    if schema.get("default", "") is None:
        del schema["default"]
    schema.pop("title", None)
    return schema


def _problem(status: int, schema: Json) -> Json:
    told: Json = {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}}
    if status in (429, 503):
        told["headers"] = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
    return told
