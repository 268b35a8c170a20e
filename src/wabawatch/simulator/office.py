"""What all counters of the simulated Graph API share: who may ask, how to read requests, how to write refusals."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from wabawatch.simulator.application import Json
from wabawatch.simulator.clock import Clock
from wabawatch.simulator.failures import MetaError
from wabawatch.simulator.ids import stream
from wabawatch.simulator.outgoing import refused
from wabawatch.simulator.simulation import Simulation

APP_ID = "1234500000000001"
NO_NODE = MetaError(100, "Unsupported request: the object does not exist", "No such object.", 400, subcode=33)
BAD_BODY = MetaError(100, "Invalid parameter", "The body is not a JSON object.", 400)
_NO_TOKEN = MetaError(104, "Missing access token", "An access token is required to request this resource.", 401)
_BAD_TOKEN = MetaError(190, "Invalid OAuth access token", "The access token could not be read.", 401)

Handler = Callable[[Request], Awaitable[Response]]


class Office:
    """A simulation behind a door that opens to one Bearer *token*."""

    def __init__(self, simulation: Simulation, clock: Clock, token: str) -> None:
        self.simulation = simulation
        self.clock = clock
        self.token = token
        self._traces = stream(0, "traces")

    def guarded(self, handler: Handler) -> Handler:
        """Answer *handler*'s way, but only to the bearer of the token."""

        async def answer(request: Request) -> Response:
            shown = request.headers.get("authorization", "")
            if not shown:
                return self.refuse(_NO_TOKEN)
            return await handler(request) if shown == f"Bearer {self.token}" else self.refuse(_BAD_TOKEN)

        return answer

    def refuse(self, error: MetaError) -> Response:
        """An answer that says *error*."""
        return JSONResponse(refused(error, self._traces), error.http)


def wanted_fields(request: Request) -> list[str]:
    """What the query's `fields` names."""
    return [field for field in request.query_params.get("fields", "").split(",") if field]


async def json_of(request: Request) -> Json | None:
    """The body, if it is a JSON object."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
