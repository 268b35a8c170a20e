"""Errors over HTTP: RFC 9457 problem details, the same for every route."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from wabawatch.domain.errors import BadRequest, Conflict, Forbidden, NotAllowed, NotFound, Refusal, TooMany, Trouble
from wabawatch.wire import write

STATUS: dict[type[Refusal], int] = {
    BadRequest: 422,
    NotAllowed: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooMany: 429,
}
TITLES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    503: "Unavailable",
}
CODES = {405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}
MEDIA_TYPE = "application/problem+json"


class FieldProblem(msgspec.Struct, omit_defaults=True):
    """What is wrong with one field."""

    field: Annotated[str, msgspec.Meta(description="The parameter, or the member of the body with dots: `error.code`.")]
    detail: str
    pointer: Annotated[str, msgspec.Meta(description="JSON pointer into the body; missing for a parameter.")] = ""


class Problem(msgspec.Struct):
    """Why a request was not answered (RFC 9457)."""

    type: str
    title: str
    status: int
    code: Annotated[str, msgspec.Meta(description="Stable: programs may rely on it.")]
    detail: Annotated[str, msgspec.Meta(description="What is wrong and what to do, for a person.")]
    errors: Annotated[list[FieldProblem], msgspec.Meta(description="The fields that are wrong, where it is a field.")]


_IN_BODY = re.compile(r"^(?P<detail>.*?)(?: `(?P<named>\w+)`)?(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?$", re.DOTALL)
"""As msgspec says it: "Expected `int`, got `str` - at `$.error.code`", "Object missing required field `status`"."""
_AT_FRONT = re.compile(r"^([a-z_]+(?:\.[a-z_]+)*): ")
"""As our own sentences begin: the field, a colon."""


def fields_of(message: str) -> list[FieldProblem]:
    """The fields that the sentence of a BadRequest is about."""
    if found := _AT_FRONT.match(message):
        return [FieldProblem(found[1], message)]
    found = _IN_BODY.match(message)
    if found is None:
        return []
    steps = re.findall(r"\w+|\[(?:\.\.\.|\d+)\]", found["path"] or "")
    if found["named"] and message.startswith("Object "):
        steps.append(found["named"])
    steps = [step.strip("[]") for step in steps]
    return [FieldProblem(".".join(steps), message, "".join(f"/{step}" for step in steps))] if steps else []


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem document: what is wrong, in a stable *code* and a sentence."""
    errors = fields_of(detail) if status == 422 else []
    body = Problem("about:blank", TITLES.get(status, "Error"), status, code, detail, errors)
    return Response(write(body), status, headers, media_type=MEDIA_TYPE)


async def refused(_request: Request, error: Exception) -> Response:
    """The answer to a request that the caller can mend."""
    if not isinstance(error, Refusal):
        raise error
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
    headers = {}
    if status in (401, 403):
        headers["www-authenticate"] = "Bearer" if status == 401 else 'Bearer error="insufficient_scope"'
    if isinstance(error, TooMany):
        headers["retry-after"] = str(error.retry_after_s)
    return problem(status, error.code, error.message, headers)


async def unavailable(_request: Request, error: Exception) -> Response:
    """The answer when the world is at fault: nothing was kept, try again."""
    if not isinstance(error, Trouble):
        raise error
    return problem(503, "unavailable", str(error), {"retry-after": "10"})


async def unroutable(_request: Request, error: Exception) -> Response:
    """The answer where there is nothing, or nothing for this method or kind of body."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, CODES.get(error.status_code, "not_found"), error.detail, headers)


async def unheard(_request: Request, error: Exception) -> Response:
    """Nobody waits for this answer: the client went away in the middle of its request."""
    if not isinstance(error, ClientDisconnect):
        raise error
    return Response(status_code=400)
