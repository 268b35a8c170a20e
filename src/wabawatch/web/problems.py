"""Errors over HTTP: RFC 9457 problem details, the same for every route."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from wabawatch.domain.errors import BadRequest, Conflict, NotAllowed, NotFound, Refusal, Trouble
from wabawatch.wire import write

STATUS: dict[type[Refusal], int] = {BadRequest: 422, NotAllowed: 401, NotFound: 404, Conflict: 409}
TITLES = {
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    422: "Unprocessable Content",
    503: "Unavailable",
}


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem document: what is wrong, in a stable *code* and a sentence."""
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "code": code}
    content = write(body | {"detail": detail})
    return Response(content, status, headers, media_type="application/problem+json")


async def refused(_request: Request, error: Exception) -> Response:
    """The answer to a request that the caller can mend."""
    if not isinstance(error, Refusal):
        raise error
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return problem(status, error.code, error.message, headers)


async def unavailable(_request: Request, error: Exception) -> Response:
    """The answer when the world is at fault: nothing was kept, try again."""
    if not isinstance(error, Trouble):
        raise error
    return problem(503, "unavailable", str(error), {"retry-after": "10"})


async def unroutable(_request: Request, error: Exception) -> Response:
    """The answer where there is nothing, or nothing for this method."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers) if error.headers else None
    code = "method_not_allowed" if error.status_code == 405 else "not_found"
    return problem(error.status_code, code, error.detail, headers)


async def unheard(_request: Request, error: Exception) -> Response:
    """Nobody waits for this answer: the client went away in the middle of its request."""
    if not isinstance(error, ClientDisconnect):
        raise error
    return Response(status_code=400)
