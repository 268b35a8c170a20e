"""`/alerts` and `/alerts/KEY`: where links of notices lead. It says how to see the alert, and nothing about it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from wabawatch.web.docs import SAFE

_ONE = """\
To see this alert:     wabawatch alerts show {key}
Who was told, and why: wabawatch alerts why {key}
To acknowledge it:     wabawatch alerts ack {key}

Or with an API token:  GET /api/v1/alerts/{key}
                       GET /api/v1/alerts/{key}/why
                       POST /api/v1/alerts/{key}/ack
"""
_ALL = """\
To see all alerts:     wabawatch alerts list
Or with an API token:  GET /api/v1/alerts
"""


def routes() -> list[Route]:
    """The routes. They need no token, for they tell nothing that the link did not."""
    return [Route("/alerts", _all, methods=["GET"]), Route("/alerts/{key}", _one, methods=["GET"])]


async def _all(_request: Request) -> Response:
    return PlainTextResponse(_ALL, headers=SAFE)


async def _one(request: Request) -> Response:
    key = request.path_params["key"]
    if not (key.isascii() and key.isalnum()):
        return PlainTextResponse("There is no such alert.\n", 404, headers=SAFE)
    return PlainTextResponse(_ONE.format(key=key), headers=SAFE)
