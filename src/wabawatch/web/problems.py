"""Errors over HTTP: RFC 9457 problem details, the same for every route."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from wabawatch.domain.errors import BadRequest, Conflict, NotAllowed, NotFound, Refusal, Trouble
from wabawatch.wire import write

STATUS: dict[type[Refusal], int] = {BadRequest: 422, NotAllowed: 401, NotFound: 404, Conflict: 409}
TITLES = {401: "Unauthorized", 404: "Not Found", 409: "Conflict", 422: "Unprocessable Content", 503: "Unavailable"}


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
