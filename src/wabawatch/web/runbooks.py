"""`/runbooks/NAME`: where the links in notices lead. Plain text, which any phone shows, about nobody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from wabawatch.notifiers import runbooks
from wabawatch.web.docs import SAFE


def routes() -> list[Route]:
    """The route of the pages. It needs no token: who is woken at night must not have to log in to read what to do."""
    return [Route("/runbooks/{name}", _page, methods=["GET"])]


async def _page(request: Request) -> Response:
    text = runbooks.text_of(request.path_params["name"])
    if text is None:
        return PlainTextResponse("There is no such runbook.\n", 404, headers=SAFE)
    return PlainTextResponse(text, headers=SAFE)
