"""Errors over HTTP: RFC 9457 problem details, the same for every route."""

from __future__ import annotations

import re
from collections.abc import Collection
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
NOWHERE = "there is nothing at this path; /docs shows every operation of the API"


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


_AT_FRONT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*(?:\[[0-9]+\]|\.[A-Za-z0-9_]+)*): ")
"""As our sentences begin: the field, a colon."""


def fields_of(message: str, parameters: Collection[str] | None = None) -> list[FieldProblem]:
    """The fields that the sentence of a BadRequest is about. What is none of *parameters* is in the body; None: there
    is no body."""
    found = _AT_FRONT.match(message)
    if found is None:
        return []
    steps = re.findall(r"[A-Za-z0-9_]+", found[1])
    is_in_body = parameters is not None and steps[0] not in parameters
    return [FieldProblem(".".join(steps), message, "".join(f"/{step}" for step in steps) if is_in_body else "")]


def problem(
    status: int,
    code: str,
    detail: str,
    headers: dict[str, str] | None = None,
    errors: list[FieldProblem] | None = None,
) -> Response:
    """A problem document: what is wrong, in a stable *code* and a sentence."""
    body = Problem("about:blank", TITLES.get(status, "Error"), status, code, detail, errors or [])
    safe = {"x-content-type-options": "nosniff", **(headers or {})}
    return Response(write(body), status, safe, media_type=MEDIA_TYPE)


def problem_of(error: Exception, parameters: Collection[str] | None = None) -> Response:
    """The answer to a request that was not done: the caller can mend it, or nothing was kept and it may try again.

    *parameters* as in `fields_of`. What is neither is raised: a bug.
    """
    if isinstance(error, Trouble):
        return problem(503, "unavailable", str(error), {"retry-after": "10"})
    if isinstance(error, HTTPException):
        headers = dict(error.headers) if error.headers else None
        detail = NOWHERE if error.status_code == 404 else error.detail
        return problem(error.status_code, CODES.get(error.status_code, "not_found"), detail, headers)
    if not isinstance(error, Refusal):
        raise error
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
    headers = {}
    if status in (401, 403):
        headers["www-authenticate"] = "Bearer" if status == 401 else 'Bearer error="insufficient_scope"'
    if isinstance(error, TooMany):
        headers["retry-after"] = str(error.retry_after_s)
    errors = fields_of(error.message, parameters) if status == 422 else None
    return problem(status, error.code, error.message, headers, errors)


async def not_done(_request: Request, error: Exception) -> Response:
    """As `problem_of`, for what has no operation."""
    return problem_of(error)


async def unheard(_request: Request, error: Exception) -> Response:
    """Nobody waits for this answer: the client went away in the middle of its request."""
    if not isinstance(error, ClientDisconnect):
        raise error
    return Response(status_code=400)
