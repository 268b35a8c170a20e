"""What wabawatch tells of itself: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.polls import Usage
from wabawatch.domain.report import Assessment
from wabawatch.domain.uptime import CheckView
from wabawatch.flows.ingest import Acks
from wabawatch.flows.status import StatusFlow
from wabawatch.loops import LoopHealth
from wabawatch.ports import DIGESTED, BodyId, Clock, Figures, Inbox, Window
from wabawatch.web.health import Answer, liveness, readiness
from wabawatch.web.metrics import CONTENT_TYPE, Build, Figure, MetricsSnapshot, render
from wabawatch.web.metrics_alerts import AlertLook
from wabawatch.web.metrics_forward import TargetFigures
from wabawatch.web.metrics_gateway import GatewayFigures
from wabawatch.web.metrics_uptime import UptimeLook
from wabawatch.wire import write

WINDOW_H = 24
FRESH_S = 10.0
"""The figures in `/metrics` are computed at most this often, however often it is asked for."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Which step of the schema the database is at, and which this release needs."""

    at: int | None
    needed: int


@dataclass(slots=True)
class Own:
    """The routes that need no token: nothing in them says anything about anybody."""

    status: StatusFlow
    figures: Figures
    inbox: Inbox
    acks: Acks
    clock: Clock
    loops: Callable[[], Sequence[LoopHealth]]
    schema: Callable[[], Schema]
    writing_trouble: Callable[[], str]
    """Why nothing can be written to the database, in a sentence; "" when all is well"""
    build: Build
    spool: Callable[[], tuple[int, int]] = lambda: (0, 0)
    """How many bytes of records wait on disk, and how many records were lost"""
    targets: Callable[[], Sequence[TargetFigures]] = tuple
    """Where webhooks are forwarded to, if anywhere"""
    usages: Callable[[], Sequence[Usage]] = tuple
    """How much of the limits on calls to Meta is used"""
    monitoring_trouble: Callable[[], str] = str
    """Why monitoring does not run although it is wanted, in a sentence; "" when all is well"""
    heartbeat_trouble: Callable[[], str] = str
    """Why the outside service does not hear of us; "" when it does, or there is none"""
    checks: Callable[[], Sequence[CheckView]] = tuple
    """How each check of uptime stands"""
    alerts: Callable[[], AlertLook] = AlertLook
    """What fires, and what became of notices"""
    _rendered: bytes = b""
    _rendered_at: float = -FRESH_S

    def routes(self) -> list[Route]:
        """The three routes."""
        return [
            Route("/healthz", self.healthz, methods=["GET"]),
            Route("/readyz", self.readyz, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    async def healthz(self, _request: Request) -> Response:
        """Whether the process does its work; 503 names what does not."""
        return _answer(await run_in_threadpool(self.liveness))

    async def readyz(self, _request: Request) -> Response:
        """Whether webhooks may be sent here; 503 says why not."""
        return _answer(await run_in_threadpool(self._readiness))

    async def metrics(self, _request: Request) -> Response:
        """Prometheus' text format."""
        return Response(await run_in_threadpool(self._metrics), headers={"content-type": CONTENT_TYPE})

    def liveness(self) -> Answer:
        """Whether the process does its work, check by check."""
        oldest_s, looked = None, False
        inbox_trouble, database_trouble, monitoring_trouble = self.inbox.trouble(), "", ""
        try:
            digested = self.figures.mark(DIGESTED)
            monitoring_trouble = self.monitoring_trouble()
        except StoreUnavailable as error:
            database_trouble = str(error)
        else:
            try:
                oldest_s, looked = self._waiting_s(digested), True
            except StoreUnavailable as error:
                inbox_trouble = str(error)
        return liveness(
            self.loops(),
            oldest_s,
            looked=looked,
            inbox_trouble=inbox_trouble,
            database_trouble=database_trouble,
            writing_trouble=self.writing_trouble(),
            monitoring_trouble=monitoring_trouble,
            heartbeat_trouble=self.heartbeat_trouble(),
            polling=None if database_trouble else self.status.polling(),
        )

    def _readiness(self) -> Answer:
        try:
            schema, database_trouble = self.schema(), ""
        except StoreUnavailable as error:
            schema, database_trouble = Schema(None, 0), str(error)
        return readiness(
            database_trouble=database_trouble,
            inbox_trouble=self.inbox.trouble(),
            schema=schema.at,
            schema_needed=schema.needed,
        )

    def _metrics(self) -> bytes:
        if time.monotonic() - self._rendered_at >= FRESH_S:
            self._rendered = render(self._snapshot())
            self._rendered_at = time.monotonic()
        return self._rendered

    def _snapshot(self) -> MetricsSnapshot:
        status = self.status.status(WINDOW_H)
        recent = status.assessment
        return MetricsSnapshot(
            window_s=WINDOW_H * 3600.0,
            messages=recent.messages,
            rates=_rates(recent),
            verdict=recent.verdict,
            limit_hits=status.limit_hits,
            webhooks=self.figures.bodies(Window(None, None)),
            acks=self.acks.totals(),
            oldest_waiting_s=self._waiting_s(self.figures.mark(DIGESTED)) or 0.0,
            loops=self.loops(),
            build=self.build,
            gateway=GatewayFigures(self.figures.calls(Window(None, None)), *self.spool(), self.usages()),
            targets=self.targets(),
            uptime=UptimeLook(status.uptime, self.checks()),
            alerts=self.alerts(),
        )

    def _waiting_s(self, digested: BodyId) -> float | None:
        """The age of the oldest body that is not digested."""
        oldest_at = self.inbox.oldest_waiting_at(digested)
        return None if oldest_at is None else max(0, self.clock.now() - oldest_at) / 1000


def _rates(assessment: Assessment) -> dict[str, Figure]:
    judged = {
        "delivery_rate": assessment.delivery_rate,
        "failure_rate": assessment.failure_rate,
        "quality_score": assessment.quality_score,
        "template_usage": assessment.template_usage,
    }
    rates = {name: Figure(r.value, r.n, r.interval, r.threshold) for name, r in judged.items()}
    covered = assessment.coverage
    return {**rates, "coverage": Figure(covered.value, covered.n, covered.interval)}


def _answer(answer: Answer) -> Response:
    code, body = answer
    return Response(write(body), int(code), media_type="application/json")
