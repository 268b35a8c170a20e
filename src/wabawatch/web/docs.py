"""`/openapi.json`, and `/docs`: the same document as a page of our own that asks no other host for anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.web.openapi import Json
from wabawatch.wire import write

SAFE = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Docs:
    """The routes of the document. They need no token: it says nothing about anybody."""

    document: Callable[[], Json]
    """Makes it, in a tenth of a second: when it is first asked for, and not at each start"""
    _cached: dict[str, bytes] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """The three routes."""
        return [
            Route("/openapi.json", self.openapi, methods=["GET"]),
            Route("/docs", self.page, methods=["GET"]),
            Route("/docs/docs.css", self.style, methods=["GET"]),
        ]

    async def openapi(self, _request: Request) -> Response:
        """The document."""
        if "document" not in self._cached:
            self._cached["document"] = write(self.document())
        return Response(self._cached["document"], headers=SAFE, media_type="application/json")

    async def page(self, _request: Request) -> Response:
        """The document for people."""
        if "page" not in self._cached:
            self._cached["page"] = page_of(self.document()).encode()
        return Response(self._cached["page"], headers=SAFE, media_type="text/html")

    async def style(self, _request: Request) -> Response:
        """How the page looks."""
        if "style" not in self._cached:
            self._cached["style"] = files("wabawatch.web").joinpath("static/docs.css").read_bytes()
        return Response(self._cached["style"], headers=SAFE, media_type="text/css")


def page_of(document: Json) -> str:
    """*document* as HTML, without any script."""
    about = document["info"]
    operations = [
        (path, method, told) for path, methods in document["paths"].items() for method, told in methods.items()
    ]
    links = "".join(
        f'<li><a href="#{_text(told["operationId"])}"><code>{method.upper()} {_text(path)}</code></a></li>'
        for path, method, told in operations
    )
    body = "".join(_operation(*each) for each in operations)
    schemas = "".join(
        f'<h3 id="schema-{_text(name)}">{_text(name)}</h3><pre>{_json(schema)}</pre>'
        for name, schema in document["components"]["schemas"].items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>wabawatch API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/docs/docs.css"></head><body>'
        f"<h1>wabawatch API</h1><p>{_text(about['version'])} · <a href='/openapi.json'>OpenAPI 3.1</a></p>"
        f"<p>{_marked(about['description'])}</p><nav><ul>{links}</ul></nav>{body}<h2>Types</h2>{schemas}</body></html>"
    )


def _operation(path: str, method: str, told: Json) -> str:
    pieces = [
        f'<h2 id="{_text(told["operationId"])}"><span class="method">{method.upper()}</span> '
        f"<code>/api/v1{_text(path)}</code></h2>"
        f"<p><strong>{_text(told['summary'])}.</strong> {_marked(told['description'])}</p>"
    ]
    if parameters := told["parameters"]:
        pieces.append(_table(("parameter (*: must be given)", "in", "values", "meaning"), map(_parameter, parameters)))
    if "requestBody" in told:
        pieces.append(f"<p>Body: {_type(told['requestBody']['content']['application/json']['schema'])}</p>")
    pieces.append(_table(("answer", "meaning", "type"), _answers(told["responses"])))
    return "".join(pieces)


def _parameter(told: Json) -> tuple[str, ...]:
    name = f"<code>{_text(told['name'])}</code>" + (" *" if told["required"] else "")
    return name, told["in"], _type(told["schema"]), _marked(told.get("description", ""))


def _answers(responses: Json) -> Iterator[tuple[str, ...]]:
    for status, response in responses.items():
        for kind, told in response.get("content", {}).items():
            named = "" if kind == "application/json" else f" ({_text(kind)})"
            yield status, _text(response["description"]), _type(told["schema"]) + named
    problems = ", ".join(status for status, response in responses.items() if "$ref" in response)
    yield problems, "Problem details", _type({"$ref": "#/components/schemas/Problem"})


def _table(headings: tuple[str, ...], rows: Any) -> str:
    head = "".join(f"<th>{each}</th>" for each in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = _text(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"<code>{_text(str(each))}</code>" for each in schema["enum"])
    if "items" in schema and isinstance(schema["items"], dict):
        return f"list of {_type(schema['items'])}"
    limits = [f"{word} {schema[name]}" for name, word in _LIMITS.items() if name in schema]
    if schema.get("default") not in (None, [], ""):
        limits.append(f"default {schema['default']}")
    return _text(" ".join([str(schema.get("format", schema.get("type", "anything"))), *limits]))


_LIMITS = {"minimum": "from", "maximum": "to", "minLength": "from length", "maxLength": "to length"}


def _json(schema: Json) -> str:
    return _text(json.dumps(schema, indent=1, ensure_ascii=False))


def _text(words: str) -> str:
    return escape(words)


def _marked(words: str) -> str:
    """Plain words with `code` in back quotes."""
    parts = escape(words).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
