"""What stands around the demo on the same machine: the application that webhooks are forwarded to, and the desk that is
told of alerts. Nothing leaves the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import count

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.forwarding import DEFAULT_APP

BODY_HEADER = "x-wabawatch-body"
REFUSED_EVERY, REFUSED_TIMES = 400, 2
"""The last of so many bodies is refused so often: what is tried again is seen, too, and too seldom to be a violation"""
PRICES = {
    "marketing": {"DEFAULT": "0.0604", "DE": "0.1131", "IN": "0.0099", "BR": "0.0625"},
    "utility": {"DEFAULT": "0.0160", "DE": "0.0456", "IN": "0.0013"},
    "authentication": {"DEFAULT": "0.0300", "DE": "0.0636"},
    "service": {"DEFAULT": "0"},
}
"""About those of Meta's rate card for euros"""


def neighbours() -> Starlette:
    """The site of both."""
    refused: Counter[str] = Counter()
    numbers = count(1)

    async def take(request: Request) -> Response:
        body = request.headers.get(BODY_HEADER, "")
        if next(numbers) % REFUSED_EVERY == 0:
            refused[body] = REFUSED_TIMES
        if refused[body] > 0:
            refused[body] -= 1
            return Response("the shop is being restarted", 503)
        del refused[body]
        return Response("taken")

    async def note(_request: Request) -> Response:
        return Response("noted")

    return Starlette(
        routes=[Route("/webhooks", take, methods=["POST"]), Route("/alerts/{who}", note, methods=["POST"])]
    )


def settings_of(url: str, secret: str) -> Mapping[str, object]:
    """What tells wabawatch of the neighbours at *url*, and of prices."""
    told: dict[str, object] = {
        "WABAWATCH_FORWARD_SHOP_URL": f"{url}/webhooks",
        "WABAWATCH_FORWARD_SHOP_APP": DEFAULT_APP,
        "WABAWATCH_PRICES_CURRENCY": "EUR",
    }
    for name, severity in (("desk", "info"), ("oncall", "critical")):
        told |= {
            f"WABAWATCH_CHANNELS_{name.upper()}_KIND": "webhook",
            f"WABAWATCH_CHANNELS_{name.upper()}_URL": f"{url}/alerts/{name}",
            f"WABAWATCH_CHANNELS_{name.upper()}_SECRET": secret,
            f"WABAWATCH_CHANNELS_{name.upper()}_SEVERITY": severity,
        }
    for category, by_country in PRICES.items():
        told |= {f"WABAWATCH_PRICES_{category.upper()}_{country}": price for country, price in by_country.items()}
    return told
