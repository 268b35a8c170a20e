"""The Graph endpoints that a sender and a watchman need, as an ASGI app in front of a simulation."""

from __future__ import annotations

from itertools import count

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from wabawatch.simulator.application import Json
from wabawatch.simulator.clock import Clock
from wabawatch.simulator.graph_assets import AssetsCounter
from wabawatch.simulator.graph_media import MediaCounter
from wabawatch.simulator.graph_numbers import NumbersCounter
from wabawatch.simulator.graph_templates import TemplatesCounter
from wabawatch.simulator.incidents import IncidentKind
from wabawatch.simulator.office import BAD_BODY, NO_NODE, Denied, Office, json_of, sent_of
from wabawatch.simulator.ordering import BadOrder
from wabawatch.simulator.orders import obey, read_order
from wabawatch.simulator.outgoing import accepted
from wabawatch.simulator.requests import Refused, is_send, read_send, turned_away
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.standing import APP_ID
from wabawatch.simulator.status_feed import status_feed
from wabawatch.simulator.world import Number

__all__ = ["APP_ID", "build_graph"]


def build_graph(simulation: Simulation, clock: Clock, token: str, *, is_recorded: bool = True) -> Starlette:
    """The ASGI app. *token*: the one Bearer token it takes; *is_recorded*: sends reach it through a recorder."""
    office = Office(simulation, clock, token)
    graph = _Graph(office, is_recorded)
    turned_away = graph.turned_away if is_recorded else None
    return Starlette(
        routes=[
            Route("/truth", graph.truth),
            Route("/status.rss", graph.status_feed),
            Route("/control/{order}", graph.control, methods=["POST"]),
            *graph.media.routes(),
            *(
                Route(f"/{{version}}/{{node}}/{edge}", office.messaging(send, turned_away), methods=["POST"])
                for edge, send in (("messages", graph.messages), ("marketing_messages", graph.marketing_messages))
            ),
            *graph.assets.routes(),
            *graph.templates.routes(),
            *NumbersCounter(office).routes(),
            Route("/{version}/{node}", graph.node, methods=["GET", "POST", "DELETE"]),
        ],
        middleware=[Middleware(_Slashless)],
    )


class _Slashless:
    """A slash at the end of a path says nothing, as with Meta."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = dict(scope) | {"path": scope["path"].rstrip("/")}
        await self._app(scope, receive, send)


class _Graph:
    def __init__(self, office: Office, is_recorded: bool) -> None:
        self.media = MediaCounter(office)
        self.assets = AssetsCounter(office)
        self.templates = TemplatesCounter(office)
        self._office = office
        self._simulation = office.simulation
        self._is_recorded = is_recorded
        self._keys = count()

    async def messages(self, request: Request) -> Response:
        return await self._send(request, marketing=False)

    async def marketing_messages(self, request: Request) -> Response:
        return await self._send(request, marketing=True)

    async def turned_away(self, request: Request) -> Response:
        """A send by somebody who may not send is a send that was refused."""
        number, body = self._simulation.world.number(request.path_params["node"]), await sent_of(request)
        if number is not None and body is not None and is_send(body):
            self._remember_refused(body, number)
        return Response()

    async def node(self, request: Request) -> Response:
        """An upload, or whatever else has that id: they share one path."""
        medium = self._simulation.media.find(request.path_params["node"])
        if medium is not None:
            return await self._office.messaging(lambda asked: self.media.look(asked, medium))(request)
        return await self._office.management(self._asset)(request)

    async def truth(self, request: Request) -> Response:
        return JSONResponse(self._simulation.published(self._office.clock.now()))

    async def status_feed(self, _request: Request) -> Response:
        now = self._office.clock.now()
        feed = status_feed(self._simulation.engine.incidents(IncidentKind.OUTAGE_REPORTED, now))
        return Response(feed, media_type="application/rss+xml")

    async def control(self, request: Request) -> Response:
        try:
            order = read_order(request.path_params["order"], await json_of(request))
            said = obey(self._simulation, order, self._office.clock.now())
        except BadOrder as error:
            return JSONResponse({"error": f"not obeyed: {error}"}, 400)
        return JSONResponse({"success": True} | said)

    async def _asset(self, request: Request) -> Response:
        template = self._simulation.standing.templates.get(request.path_params["node"])
        if template is not None and request.method != "DELETE":
            return await self.templates.node(request, template)
        if request.method == "POST":
            return await self.assets.change(request)
        if request.method == "DELETE":
            raise Denied(NO_NODE)
        return self.assets.look(request)

    async def _send(self, request: Request, *, marketing: bool) -> Response:
        number = self._simulation.world.number(request.path_params["node"])
        if number is None:
            raise Denied(NO_NODE)
        body = await sent_of(request)
        if body is None:
            raise Denied(BAD_BODY)
        if not is_send(body):
            return JSONResponse({"success": True})
        return self._answer(body, number, marketing=marketing)

    def _answer(self, body: Json, number: Number, *, marketing: bool) -> Response:
        key, now = f"graph-{next(self._keys)}", self._office.clock.now()
        try:
            send = read_send(body, self._simulation, number, key, now, marketing=marketing)
        except Refused as refusal:
            self._remember_refused(body, number)
            raise Denied(refusal.error) from None
        sent = self._simulation.take(send, is_recorded=self._is_recorded)
        if sent.fate.refusal is not None:
            raise Denied(sent.fate.refusal)
        return JSONResponse(accepted(send, sent.entry.wamid, sent.fate))

    def _remember_refused(self, body: Json, number: Number) -> None:
        entry = turned_away(body, number, self._office.clock.now())
        if entry is not None and self._is_recorded:
            self._simulation.turn_away(entry)
