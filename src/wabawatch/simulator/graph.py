"""The Graph endpoints that a sender and a watchman need, as an ASGI app in front of a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wabawatch.simulator import nodes
from wabawatch.simulator.application import Json
from wabawatch.simulator.clock import Clock
from wabawatch.simulator.failures import ERRORS
from wabawatch.simulator.graph_media import MediaCounter
from wabawatch.simulator.incidents import Incident, IncidentKind
from wabawatch.simulator.office import APP_ID, BAD_BODY, NO_NODE, Office, json_of, wanted_fields
from wabawatch.simulator.outgoing import accepted
from wabawatch.simulator.requests import Refused, is_send, read_send, turned_away
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.world import Number

__all__ = ["APP_ID", "build_graph"]


def build_graph(simulation: Simulation, clock: Clock, token: str, *, is_recorded: bool = True) -> Starlette:
    """The ASGI app. *token*: the one Bearer token it takes; *is_recorded*: sends reach it through a recorder."""
    office = Office(simulation, clock, token)
    media = MediaCounter(office)
    graph = _Graph(office, media, is_recorded)
    guarded = office.guarded
    return Starlette(
        routes=[
            Route("/truth", graph.truth),
            Route("/control/incident", graph.incident, methods=["POST"]),
            *media.routes(),
            Route("/{version}/debug_token", guarded(graph.debug_token)),
            Route("/{version}/{number}/messages", guarded(graph.messages), methods=["POST"]),
            Route("/{version}/{number}/marketing_messages", guarded(graph.marketing_messages), methods=["POST"]),
            Route("/{version}/{waba}/phone_numbers", guarded(graph.phone_numbers)),
            Route("/{version}/{waba}/message_templates", guarded(graph.message_templates)),
            Route("/{version}/{waba}/subscribed_apps", guarded(graph.subscribed_apps)),
            Route("/{version}/{node}", guarded(graph.node), methods=["GET", "DELETE"]),
        ]
    )


class _Graph:
    def __init__(self, office: Office, media: MediaCounter, is_recorded: bool) -> None:
        self._office = office
        self._media = media
        self._simulation = office.simulation
        self._clock = office.clock
        self._is_recorded = is_recorded
        self._keys = count()

    async def messages(self, request: Request) -> Response:
        return await self._send(request, marketing=False)

    async def marketing_messages(self, request: Request) -> Response:
        return await self._send(request, marketing=True)

    async def node(self, request: Request) -> Response:
        node_id = request.path_params["node"]
        medium = self._simulation.media.find(node_id)
        if medium is not None:
            return await self._media.look(request, medium)
        if request.method == "DELETE":
            return self._office.refuse(NO_NODE)
        found = nodes.node(self._simulation.world, node_id, wanted_fields(request))
        return JSONResponse(found) if found is not None else self._office.refuse(NO_NODE)

    async def phone_numbers(self, request: Request) -> Response:
        fields, waba = wanted_fields(request), request.path_params["waba"]
        own = [nodes.phone(one, fields) for one in self._simulation.world.numbers if one.waba.id == waba]
        return self._page(request, own)

    async def message_templates(self, request: Request) -> Response:
        fields, waba = wanted_fields(request), request.path_params["waba"]
        return self._page(request, [nodes.template(one, fields) for one in self._simulation.world.templates_of(waba)])

    async def subscribed_apps(self, request: Request) -> Response:
        if not self._knows_waba(request):
            return self._office.refuse(NO_NODE)
        return JSONResponse(nodes.subscriptions(APP_ID))

    async def debug_token(self, request: Request) -> Response:
        is_valid = request.query_params.get("input_token") == self._office.token
        return JSONResponse(nodes.token(self._simulation.world, APP_ID, is_valid=is_valid))

    async def truth(self, request: Request) -> Response:
        return JSONResponse(self._simulation.published(self._clock.now()))

    async def incident(self, request: Request) -> Response:
        body = await json_of(request)
        try:
            incident = _incident(body or {}, self._clock.now())
        except (KeyError, ValueError, TypeError) as error:
            return JSONResponse({"error": f"not an incident: {error}"}, 400)
        self._simulation.command(incident)
        return JSONResponse({"success": True, "ends_at": incident.ends_at})

    async def _send(self, request: Request, *, marketing: bool) -> Response:
        number = self._simulation.world.number(request.path_params["number"])
        if number is None:
            return self._office.refuse(NO_NODE)
        body = await json_of(request)
        if body is None:
            return self._office.refuse(BAD_BODY)
        if not is_send(body):
            return JSONResponse({"success": True})
        return self._answer(body, number, marketing=marketing)

    def _answer(self, body: Json, number: Number, *, marketing: bool) -> Response:
        key, now = f"graph-{next(self._keys)}", self._clock.now()
        try:
            send = read_send(
                body, self._simulation.world, number, key, now, marketing=marketing, media=self._simulation.media
            )
        except Refused as refusal:
            entry = turned_away(body, number, now)
            if entry is not None and self._is_recorded:
                self._simulation.turn_away(entry)
            return self._office.refuse(refusal.error)
        sent = self._simulation.take(send, is_recorded=self._is_recorded)
        if sent.fate.refusal is not None:
            return self._office.refuse(sent.fate.refusal)
        return JSONResponse(accepted(send, sent.entry.wamid, sent.fate))

    def _knows_waba(self, request: Request) -> bool:
        return any(waba.id == request.path_params["waba"] for waba in self._simulation.world.wabas)

    def _page(self, request: Request, items: Sequence[Json]) -> Response:
        if not self._knows_waba(request):
            return self._office.refuse(NO_NODE)
        query = request.query_params
        return JSONResponse(nodes.page(items, query.get("limit", ""), query.get("after", "")))


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
