"""The Graph endpoints that a sender and a watchman need, as an ASGI app in front of a simulation."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wabawatch.simulator import nodes
from wabawatch.simulator.application import Json
from wabawatch.simulator.clock import Clock
from wabawatch.simulator.failures import ERRORS, MetaError
from wabawatch.simulator.ids import stream
from wabawatch.simulator.incidents import Incident, IncidentKind
from wabawatch.simulator.outgoing import accepted, refused
from wabawatch.simulator.requests import Refused, is_send, read_send, turned_away
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.world import Number

APP_ID = "1234500000000001"
_NO_TOKEN = MetaError(104, "Missing access token", "An access token is required to request this resource.", 401)
_BAD_TOKEN = MetaError(190, "Invalid OAuth access token", "The access token could not be read.", 401)
_NO_NODE = MetaError(100, "Unsupported request: the object does not exist", "No such object.", 400, subcode=33)
_BAD_BODY = MetaError(100, "Invalid parameter", "The body is not a JSON object.", 400)

Handler = Callable[[Request], Awaitable[Response]]


def build_graph(simulation: Simulation, clock: Clock, token: str, *, is_recorded: bool = True) -> Starlette:
    """The ASGI app. *token*: the one Bearer token it takes; *is_recorded*: sends reach it through a recorder."""
    graph = _Graph(simulation, clock, token, is_recorded)
    guarded = graph.guarded
    return Starlette(
        routes=[
            Route("/truth", graph.truth),
            Route("/control/incident", graph.incident, methods=["POST"]),
            Route("/{version}/debug_token", guarded(graph.debug_token)),
            Route("/{version}/{number}/messages", guarded(graph.messages), methods=["POST"]),
            Route("/{version}/{number}/marketing_messages", guarded(graph.marketing_messages), methods=["POST"]),
            Route("/{version}/{waba}/phone_numbers", guarded(graph.phone_numbers)),
            Route("/{version}/{waba}/message_templates", guarded(graph.message_templates)),
            Route("/{version}/{waba}/subscribed_apps", guarded(graph.subscribed_apps)),
            Route("/{version}/{node}", guarded(graph.node)),
        ]
    )


class _Graph:
    def __init__(self, simulation: Simulation, clock: Clock, token: str, is_recorded: bool) -> None:
        self._simulation = simulation
        self._clock = clock
        self._token = token
        self._is_recorded = is_recorded
        self._keys = count()
        self._traces = stream(0, "traces")

    def guarded(self, handler: Handler) -> Handler:
        """Answer *handler*'s way, but only to the bearer of the token."""

        async def answer(request: Request) -> Response:
            shown = request.headers.get("authorization", "")
            if not shown:
                return self._refuse(_NO_TOKEN)
            return await handler(request) if shown == f"Bearer {self._token}" else self._refuse(_BAD_TOKEN)

        return answer

    async def messages(self, request: Request) -> Response:
        return await self._send(request, marketing=False)

    async def marketing_messages(self, request: Request) -> Response:
        return await self._send(request, marketing=True)

    async def node(self, request: Request) -> Response:
        found = nodes.node(self._simulation.world, request.path_params["node"], _fields(request))
        return JSONResponse(found) if found is not None else self._refuse(_NO_NODE)

    async def phone_numbers(self, request: Request) -> Response:
        fields, waba = _fields(request), request.path_params["waba"]
        own = [nodes.phone(one, fields) for one in self._simulation.world.numbers if one.waba.id == waba]
        return self._page(request, own)

    async def message_templates(self, request: Request) -> Response:
        fields, waba = _fields(request), request.path_params["waba"]
        return self._page(request, [nodes.template(one, fields) for one in self._simulation.world.templates_of(waba)])

    async def subscribed_apps(self, request: Request) -> Response:
        if not self._knows_waba(request):
            return self._refuse(_NO_NODE)
        return JSONResponse(nodes.subscriptions(APP_ID))

    async def debug_token(self, request: Request) -> Response:
        is_valid = request.query_params.get("input_token") == self._token
        return JSONResponse(nodes.token(self._simulation.world, APP_ID, is_valid=is_valid))

    async def truth(self, request: Request) -> Response:
        return JSONResponse(self._simulation.published(self._clock.now()))

    async def incident(self, request: Request) -> Response:
        body = await _json(request)
        try:
            incident = _incident(body or {}, self._clock.now())
        except (KeyError, ValueError, TypeError) as error:
            return JSONResponse({"error": f"not an incident: {error}"}, 400)
        self._simulation.command(incident)
        return JSONResponse({"success": True, "ends_at": incident.ends_at})

    async def _send(self, request: Request, *, marketing: bool) -> Response:
        number = self._simulation.world.number(request.path_params["number"])
        if number is None:
            return self._refuse(_NO_NODE)
        body = await _json(request)
        if body is None:
            return self._refuse(_BAD_BODY)
        if not is_send(body):
            return JSONResponse({"success": True})
        return self._answer(body, number, marketing=marketing)

    def _answer(self, body: Json, number: Number, *, marketing: bool) -> Response:
        key, now = f"graph-{next(self._keys)}", self._clock.now()
        try:
            send = read_send(body, self._simulation.world, number, key, now, marketing=marketing)
        except Refused as refusal:
            entry = turned_away(body, number, now)
            if entry is not None and self._is_recorded:
                self._simulation.turn_away(entry)
            return self._refuse(refusal.error)
        sent = self._simulation.take(send, is_recorded=self._is_recorded)
        if sent.fate.refusal is not None:
            return self._refuse(sent.fate.refusal)
        return JSONResponse(accepted(send, sent.entry.wamid, sent.fate))

    def _knows_waba(self, request: Request) -> bool:
        return any(waba.id == request.path_params["waba"] for waba in self._simulation.world.wabas)

    def _page(self, request: Request, items: Sequence[Json]) -> Response:
        if not self._knows_waba(request):
            return self._refuse(_NO_NODE)
        query = request.query_params
        return JSONResponse(nodes.page(items, query.get("limit", ""), query.get("after", "")))

    def _refuse(self, error: MetaError) -> Response:
        return JSONResponse(refused(error, self._traces), error.http)


def _fields(request: Request) -> list[str]:
    return [field for field in request.query_params.get("fields", "").split(",") if field]


async def _json(request: Request) -> Json | None:
    """The body, if it is a JSON object."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _incident(body: Json, now: int) -> Incident:
    code = int(str(body.get("code", 131026)))
    if code not in ERRORS:
        raise ValueError(f"no such code here: {code}")
    return Incident(
        kind=IncidentKind(str(body["kind"])),
        at=now,
        duration_ms=int(float(str(body["duration_s"])) * 1_000),
        share=float(str(body.get("share", 1.0))),
        code=code,
        number=str(body.get("number", "")),
    )
