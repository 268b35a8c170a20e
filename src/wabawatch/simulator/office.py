"""What all counters of the simulated Graph API share: who may ask, how to read requests, how to write refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from wabawatch.simulator.application import Json
from wabawatch.simulator.clock import Clock
from wabawatch.simulator.failures import ERRORS, MetaError
from wabawatch.simulator.ids import stream
from wabawatch.simulator.incidents import IncidentKind
from wabawatch.simulator.nodes import NoField
from wabawatch.simulator.outgoing import refused
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.standing import MANAGEMENT, MESSAGING, WabaState

NO_NODE = MetaError(100, "Unsupported request: the object does not exist", "No such object.", 400, subcode=33)
BAD_BODY = MetaError(100, "Invalid parameter", "The body is not a JSON object.", 400)
_NO_TOKEN = MetaError(104, "Missing access token", "An access token is required to request this resource.", 401)
_BAD_TOKEN = MetaError(190, "Invalid OAuth access token", "The access token could not be read.", 401)

SLOW_S = 3.0
"""So much later a slow API answers, in real time."""

_PAGE = 25
_LARGEST_PAGE = 100

Handler = Callable[[Request], Awaitable[Response]]


class Denied(Exception):
    """The call is refused."""

    def __init__(self, error: MetaError) -> None:
        super().__init__(error.details)
        self.error = error


class Office:
    """A simulation behind a door that opens to one Bearer *token*, and to the app's own where that is asked for."""

    def __init__(self, simulation: Simulation, clock: Clock, token: str) -> None:
        self.simulation = simulation
        self.clock = clock
        self.token = token
        self._traces = stream(0, "traces")

    def messaging(self, handler: Handler, turned_away: Handler | None = None) -> Handler:
        """*handler* for those who may send. Not counted as a call to the management API.

        *turned_away* sees the requests of those who may not, before they are told so.
        """
        return self._guarded(handler, MESSAGING, turned_away)

    def management(self, handler: Handler) -> Handler:
        """*handler* for those who may manage, as long as they do not ask too often."""
        return self._guarded(handler, MANAGEMENT)

    def app_only(self, handler: Handler) -> Handler:
        """*handler* for the bearer of the app's own token."""
        return self._guarded(handler, "")

    def _guarded(self, handler: Handler, scope: str, turned_away: Handler | None = None) -> Handler:
        async def answer(request: Request) -> Response:
            standing, now, waba = self.simulation.standing, self.clock.now(), self._waba_of(request)
            try:
                self._admit(_bearer(request), scope, waba)
                if scope != MESSAGING:
                    self._count(waba)
                    self._check_is_up(request)
                    await self._be_slow()
            except Denied as refusal:
                if turned_away is not None:
                    await turned_away(request)
                said, code = self.refusal(refusal.error), str(refusal.error.code)
            else:
                said, code = await self._outcome(handler, request)
                if scope == MANAGEMENT and request.method != "GET":
                    standing.remember(now)
            said.headers.update(standing.usage.headers(now, waba, is_send=scope == MESSAGING))
            standing.calls[f"{request.method} {_kind(request)}", code] += 1
            return said

        return answer

    async def _outcome(self, handler: Handler, request: Request) -> tuple[Response, str]:
        try:
            said = await handler(request)
        except (Denied, NoField) as refusal:
            return self.refusal(refusal.error), str(refusal.error.code)
        return said, str(said.status_code)

    def _admit(self, shown: str, scope: str, waba: str) -> None:
        """Raises `Denied` to whoever shows no token, a wrong or dead one, or one that may not do this."""
        token = self.simulation.standing.token
        if not shown:
            raise Denied(_NO_TOKEN)
        if shown == self.simulation.app_token:
            if scope in ("", MANAGEMENT) and not waba:
                return
            raise Denied(ERRORS[200])
        if shown != self.token:
            raise Denied(_BAD_TOKEN)
        dead = token.error(self.clock.now())
        if dead is not None:
            raise Denied(dead)
        if not scope:
            raise Denied(ERRORS[15])
        if scope not in token.scopes:
            raise Denied(ERRORS[10])
        if waba and waba not in token.targets:
            raise Denied(ERRORS[200])

    def _count(self, waba: str) -> None:
        error = self.simulation.standing.usage.count(self.clock.now(), waba)
        if error is not None:
            raise Denied(error)

    def _check_is_up(self, request: Request) -> None:
        """Sends find out by themselves, so that each is in the truth."""
        if self.simulation.engine.is_down(self.clock.now(), request.path_params.get("node", "")):
            raise Denied(ERRORS[2])

    async def _be_slow(self) -> None:
        if self.simulation.engine.incidents(IncidentKind.API_SLOW, self.clock.now()):
            await asyncio.sleep(SLOW_S)

    def _waba_of(self, request: Request) -> str:
        """The account that a call is about; "" where it is about none that is known."""
        node = request.path_params.get("node", "")
        standing = self.simulation.standing
        if node in standing.wabas:
            return str(node)
        if node in standing.numbers:
            return standing.numbers[node].number.waba.id
        template = standing.templates.get(node)
        return template.template.waba if template is not None else ""

    def refusal(self, error: MetaError) -> Response:
        """An answer that says *error*."""
        return JSONResponse(refused(error, self._traces), error.http)

    def account(self, request: Request) -> WabaState:
        """The account that a call names. Raises `Denied`."""
        try:
            return self.simulation.standing.wabas[request.path_params["node"]]
        except KeyError:
            raise Denied(NO_NODE) from None

    def page(self, request: Request, items: list[Json]) -> Json:
        """The page of *items* that is asked for. Cursors are positions; one that is not of ours begins anew."""
        query = request.query_params
        limit, start = query.get("limit", ""), query.get("after", "")
        size = max(1, min(_LARGEST_PAGE, int(limit) if limit.isdecimal() else _PAGE))
        if query.get("before", "").isdecimal():
            start = str(max(0, int(query["before"]) - size))
        first = int(start) if start.isdecimal() else 0
        last = min(first + size, len(items))
        answer: Json = {"data": items[first:last]}
        if items:
            paging: Json = {"cursors": {"before": str(first), "after": str(last)}}
            if last < len(items):
                paging["next"] = str(request.url.remove_query_params("before").include_query_params(after=last))
            answer["paging"] = paging
        return answer


def _bearer(request: Request) -> str:
    """The token that was shown: in the query, which comes first, or in the header."""
    shown = request.query_params.get("access_token") or request.headers.get("authorization", "")
    kind, _, token = shown.partition(" ")
    return token if kind.lower() == "bearer" else shown


def _kind(request: Request) -> str:
    """What was called, without its ids: the edge, or ``node``."""
    parts = request.url.path.strip("/").split("/")
    return parts[-1] if len(parts) > 2 or parts[-1] == "debug_token" else "node"


def wanted_fields(request: Request) -> list[str]:
    """What the query's `fields` names. Commas inside braces or parentheses separate nothing."""
    found, depth = [""], 0
    for letter in request.query_params.get("fields", ""):
        depth += (letter in "{(") - (letter in "})")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [field.strip() for field in found if field.strip()]


async def json_of(request: Request) -> Json | None:
    """The body, if it is a JSON object."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


async def sent_of(request: Request) -> Json | None:
    """The body of a send: a JSON object, or a form with such objects in it as text."""
    if not _is_form(request):
        return await json_of(request)
    async with request.form() as form:
        return {name: _inner(value) for name, value in form.items()}


def _inner(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) and value.startswith("{") else value
    except ValueError:
        return value


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(("application/x-www-form-urlencoded", "multipart/"))


async def params_of(request: Request) -> Json:
    """What a call gives: in its query, and in its body as JSON or as a form. Values of the body come first."""
    given: Json = dict(request.query_params)
    if _is_form(request):
        async with request.form() as form:
            return given | dict(form)
    if not await request.body():
        return given
    body = await json_of(request)
    if body is None:
        raise Denied(BAD_BODY)
    return given | body
