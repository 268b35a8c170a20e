"""The HTTP API `/api/v1`: every operation of the table answered in one way, from the token to the problem."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from wabawatch.domain.access import Allowance, Caller
from wabawatch.domain.errors import Refusal, TooMany, Trouble, WabawatchError
from wabawatch.flows.access import Doorkeeper, Once, check
from wabawatch.web.operations import Call, Operation, Subject, read_parameters
from wabawatch.web.problems import problem, problem_of
from wabawatch.wire import read, write

PREFIX = "/api/v1"
Road = TypeVar("Road", Route, Mount)


@dataclass(frozen=True, slots=True)
class Api:
    """The operations of all *subjects*, behind *door*."""

    door: Doorkeeper
    once: Once
    subjects: Sequence[Subject]
    table: list[Operation] = field(init=False)

    def __post_init__(self) -> None:
        operations = [each for subject in self.subjects for each in subject.operations()]
        object.__setattr__(self, "table", sorted(operations, key=_most_special_first))

    def routes(self) -> list[Route]:
        """All routes, below `/api/v1`: one per path, so that another method is 405 and no other path is tried."""
        return [
            taking_anything(
                Route(
                    re.sub(r"{(\w+)}", r"{\1:path}", path), _Endpoint(self, {each.method: each for each in operations})
                )
            )
            for path, operations in groupby(self.table, lambda each: each.path)
        ]

    async def answer(self, operation: Operation, request: Request) -> Response:
        """Answer one request for *operation*."""
        token = _bearer(request)
        allowance = None
        try:
            caller = self.door.recall(token)
            if caller is None:
                caller = await run_in_threadpool(self.door.identify, token)
            allowance = self.door.count(token)
            check(caller, operation.scope)
            answer = await self._do(operation, request, caller)
        except (Refusal, Trouble, HTTPException) as error:
            answer = problem_of(error, operation.named_outside if operation.body else None)
            if isinstance(error, TooMany):
                allowance = self.door.left(token)
        if allowance is not None:
            answer.headers.update(_told(allowance, self.door))
        return answer

    async def _do(self, operation: Operation, request: Request, caller: Caller) -> Response:
        parameters = read_parameters(operation.parameters, request.path_params, request.query_params)
        content = await _body(request, operation.most_bytes) if operation.body else b""
        body = read(operation.body, content) if operation.body else None
        call = Call(parameters, body, caller)
        key = request.headers.get("idempotency-key")
        if key is None or not operation.takes_key:
            return await _done(operation, call)
        said = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + content
        return await self._do_once(operation, call, key, said)

    async def _do_once(self, operation: Operation, call: Call, key: str, said: bytes) -> Response:
        kept_as, known = await run_in_threadpool(self.once.begin, call.caller, key, said)
        if known is not None and known.status is not None:
            again = {"idempotency-replayed": "true"}
            return Response(known.content, known.status, again, media_type="application/json")
        try:
            answer = await _done(operation, call)
        except WabawatchError:  # nothing was done
            with suppress(Trouble):
                await run_in_threadpool(self.once.answers.release, kept_as)
            raise
        with suppress(Trouble):  # it is done, whether that can be remembered or not
            await run_in_threadpool(self.once.answers.keep, kept_as, answer.status_code, bytes(answer.body))
        return answer


def taking_anything(route: Road) -> Road:
    """*route*, with members of its path that may hold any character: Starlette's take no line breaks, and such a path
    would be 404 where the operation has an answer of its own."""
    route.path_regex = re.compile(route.path_regex.pattern.removesuffix("$") + r"\Z", re.DOTALL)
    return route


class _Endpoint:
    """All methods of one path, as an ASGI app: Starlette leaves the choice of the method to it."""

    def __init__(self, api: Api, operations: dict[str, Operation]) -> None:
        self._api = api
        self._operations = operations
        self._allowed = ", ".join(sorted(operations))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Shapes that ASGI gives, as in web.webhook.
        request = Request(scope, receive)
        operation = self._operations.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            detail = f"this path takes {self._allowed}, not {request.method[:20]}"
            answer = problem(405, "method_not_allowed", detail, {"allow": self._allowed})
        else:
            answer = await self._api.answer(operation, request)
        await answer(scope, receive, send)


async def _done(operation: Operation, call: Call) -> Response:
    if inspect.iscoroutinefunction(operation.handle):
        given = await operation.handle(call)
    else:
        given = await run_in_threadpool(operation.handle, call)
    if operation.media_types:
        assert isinstance(given, Response)
        return given
    content = write(msgspec.convert(given, operation.answer))
    return Response(content, operation.status, media_type="application/json")


def _most_special_first(operation: Operation) -> tuple[bool, int, str]:
    """A path with members, which may hold slashes, comes after all that it would hide."""
    return "{" in operation.path, -operation.path.count("/"), operation.path


def _bearer(request: Request) -> bytes:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    # As Starlette has decoded it: these are the bytes that were sent.
    return token.strip().encode("latin-1") if scheme.lower() == "bearer" else b""


async def _body(request: Request, most: int) -> bytes:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, f"the body must be JSON: send Content-Type: application/json, not {kind[:80]}")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise HTTPException(413, f"the body is larger than {most >> 20} MiB: send less at a time")
    return bytes(content)


def _told(allowance: Allowance, door: Doorkeeper) -> dict[str, str]:
    """What is left, in the headers of draft-ietf-httpapi-ratelimit-headers-10."""
    reset_s = max(0, -(-(allowance.full_at - door.clock.now()) // 1000))
    return {
        "ratelimit-policy": f'"token";q={door.per_minute};w=60',
        "ratelimit": f'"token";r={allowance.left};t={reset_s}',
    }
