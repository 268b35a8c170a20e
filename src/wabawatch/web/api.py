"""The HTTP API `/api/v1`: logging messages and statuses, reading the status, starting and stopping monitoring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hmac import compare_digest

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.errors import BadRequest, NotAllowed
from wabawatch.flows.cycle import Cycle, Wanted
from wabawatch.flows.recording import body_of, record_message, record_status
from wabawatch.flows.status import StatusFlow
from wabawatch.ports import Clock, Inbox
from wabawatch.wire import MessageIn, StatusIn, metrics_json, read, status_json, write

MAX_HOURS = 24 * 366 * 10
MAX_BODY_BYTES = 1 << 20

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Api:
    """The routes of `/api/v1`. Every one needs one of *tokens* as bearer token."""

    inbox: Inbox
    clock: Clock
    status: StatusFlow
    cycle: Cycle
    tokens: Sequence[bytes]

    def routes(self) -> list[Route]:
        """All routes, below `/api/v1`."""
        return [
            Route("/messages", self._guarded(self.log_message), methods=["POST"]),
            Route("/messages/{id:path}/status", self._guarded(self.log_status), methods=["POST"]),
            Route("/status", self._guarded(self.get_status), methods=["GET"]),
            Route("/metrics", self._guarded(self.get_metrics), methods=["GET"]),
            Route("/monitoring/{wanted}", self._guarded(self.control), methods=["POST"]),
        ]

    async def log_message(self, request: Request) -> Response:
        """`POST messages`: log a message. 202 with its id once it is durably kept."""
        now = self.clock.now()
        record = record_message(read(MessageIn, await _body(request)), now)
        await self.inbox.append(body_of(record, now))
        return _json({"id": record.local_id}, 202)

    async def log_status(self, request: Request) -> Response:
        """`POST messages/{id}/status`: tell what became of a message, by our id or its wamid."""
        now = self.clock.now()
        record = record_status(request.path_params["id"], read(StatusIn, await _body(request)), now)
        await self.inbox.append(body_of(record, now))
        return _json({"id": record.id}, 202)

    async def get_status(self, request: Request) -> Response:
        """`GET status?hours=`: the state of the last hours (default 24; 0: everything)."""
        return _json(status_json(await run_in_threadpool(self.status.status, _hours(request))))

    async def get_metrics(self, request: Request) -> Response:
        """`GET metrics?hours=`: the figures of each closed bucket of the last hours (default 24; 0: everything)."""
        return _json(metrics_json(await run_in_threadpool(self.status.recent, _hours(request))))

    async def control(self, request: Request) -> Response:
        """`POST monitoring/{start|stop|restart}`."""
        try:
            wanted = Wanted(request.path_params["wanted"])
        except ValueError as error:
            raise BadRequest(
                f"monitoring: {request.path_params['wanted']!r} is none of start, stop, restart"
            ) from error
        return _json({"wanted": await run_in_threadpool(self.cycle.control, wanted, "api")})

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            self._admit(request.headers.get("authorization", ""))
            return await handler(request)

        return guarded

    def _admit(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        given = token.strip().encode("latin-1")  # as Starlette has decoded it: these are the bytes that were sent
        if not self.tokens:
            raise NotAllowed("the API is closed; set WABAWATCH_API_TOKEN to open it")
        # Every token is compared, so that the time taken does not tell which one was nearly right.
        is_known = [compare_digest(given, known) for known in self.tokens]
        if scheme.lower() != "bearer" or not any(is_known):
            raise NotAllowed("no valid bearer token; send the header Authorization: Bearer TOKEN")


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise BadRequest("the body is larger than 1 MiB")
    return bytes(content)


def _hours(request: Request) -> int:
    given = request.query_params.get("hours", "24")
    is_number = given.isascii() and given.isdigit() and len(given) <= len(str(MAX_HOURS))
    if not is_number or int(given) > MAX_HOURS:
        raise BadRequest(f"hours: {given[:20]!r} is no whole number from 0 (everything) to {MAX_HOURS}")
    return int(given)


def _json(value: object, status: int = 200) -> Response:
    return Response(write(value), status, media_type="application/json")
