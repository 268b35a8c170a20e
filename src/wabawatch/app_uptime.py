"""The composition of uptime: what is checked by the settings, who looks, and the loop."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.checks import ESSENTIAL, CheckKind, Plan
from wabawatch.domain.forwarding import TargetState
from wabawatch.domain.synthetic import PURPOSE, is_event
from wabawatch.domain.webhook_fields import CALLBACK_PATH, callback_of
from wabawatch.flows.digest import fingerprint
from wabawatch.flows.probing import RHYTHM_S, Marks, Probing
from wabawatch.flows.uptime import UptimeDesk
from wabawatch.loops import Group, Loop
from wabawatch.meta.signature import sign
from wabawatch.net import guard_of
from wabawatch.polling_ports import Boards, Graph
from wabawatch.ports import Body, BodyKind, Clock, Inbox, StoredBody
from wabawatch.probes.application import ApplicationCheck
from wabawatch.probes.asking import Request
from wabawatch.probes.callback import Handshake, Pipeline
from wabawatch.probes.certificate import Certificate
from wabawatch.probes.crew import Look, ThreadCrew
from wabawatch.probes.meta_status import MetaStatus
from wabawatch.probes.stores import DatabaseCheck, DiskCheck, QueueCheck
from wabawatch.probes.web_address import Assertion, WebAddress
from wabawatch.settings import App, Settings
from wabawatch.settings_checks import Check
from wabawatch.storage.arrivals import SqlArrivals
from wabawatch.storage.checks import SqlChecks
from wabawatch.storage.database import Database
from wabawatch.storage.sealed import Keyring
from wabawatch.uptime_ports import Maintenance, no_maintenance

TOKEN_EVERY_S, CERTIFICATE_EVERY_S, FEED_EVERY_S, PIPELINE_TIMES = 300, 21_600, 120, 2
HOUR_S = 3_600
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where a server that listens everywhere is asked."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the checks look at besides the settings."""

    database: Database
    keyring: Keyring
    inbox: Inbox
    marks: Marks
    clock: Clock
    graph: Graph | None
    tokens: AccessTokens
    boards: Boards
    targets: Callable[[], list[TargetState]]


class Uptimes:
    """Everything that uptime consists of."""

    def __init__(self, settings: Settings, around: Around, maintenance: Maintenance = no_maintenance) -> None:
        self._around = around
        self._checks = dict(_checks(settings, around)) if settings.uptime.enabled else {}
        plans = [plan for plan, _ in self._checks.values()]
        self.store = SqlChecks(around.database, plans)
        self.desk = UptimeDesk(self.store, around.clock, maintenance)
        self._crew = ThreadCrew({name: look for name, (_, look) in self._checks.items()}, around.clock)
        self.probing = Probing(
            plans,
            self._crew,
            self.store,
            around.marks,
            around.clock,
            jitter=lambda every: random.randrange(every // 10),
        )

    @property
    def calls_per_hour(self) -> int:
        """How often Meta is asked for these checks."""
        asked = [plan for plan, _ in self._checks.values() if plan.kind in (CheckKind.GRAPH, CheckKind.TOKEN)]
        return sum(HOUR_S * 1000 // plan.every_ms for plan in asked)

    def is_synthetic(self, body: bytes) -> bool:
        """Whether *body* is a test event of this installation."""
        return is_event(self._around.keyring.derived(PURPOSE), body, self._around.clock.now())

    def loops(self) -> list[Loop]:
        """The loop that looks, if anything is to be looked at."""
        if not self._checks:
            return []
        rhythm_s = min(RHYTHM_S, *(plan.every_ms / 1000 for plan, _ in self._checks.values()))
        return [Loop("probing", self.probing.step, rhythm_s, group=Group.MONITORING)]

    def close(self) -> None:
        """Let looks under way end by themselves. Repeatable."""
        self._crew.close()


Planned = tuple[str, tuple[Plan, Look]]


def _checks(settings: Settings, around: Around) -> Iterator[Planned]:
    make = partial(_plan, settings)
    yield from _of_meta(settings, around, make)
    yield from _of_ours(settings, around, make)
    yield from _ways_in(settings, around, make)
    for name, target in settings.forward.items():
        if target.enabled:
            plan = make(f"application:{name}", CheckKind.APPLICATION, unit="s")
            yield plan.name, (plan, ApplicationCheck(name, around.targets, around.clock))
    for name, given in settings.checks.items():
        yield name, _web_address(settings, around, name, given, make)
    yield from _certificates(settings, around, make)


def _plan(settings: Settings, name: str, kind: CheckKind, **more: Any) -> Plan:
    given = settings.uptime
    plan = Plan(
        name, kind, given.interval_s * 1000, given.timeout_s * 1000, given.failures, is_essential=kind in ESSENTIAL
    )
    return replace(plan, **more)


def _of_meta(settings: Settings, around: Around, make: Callable[..., Plan]) -> Iterator[Planned]:
    clock = around.clock
    if around.graph is not None:
        from wabawatch.probes.graph_api import GraphApi, TokenCheck  # with an HTTP library that others need not

        subject = partial(_subject, settings, around)
        plan = make("graph", CheckKind.GRAPH, is_outside=True)
        yield plan.name, (plan, GraphApi(settings.graph.url, around.tokens, subject, clock))
        plan = make("token", CheckKind.TOKEN, unit="days")
        plan = replace(plan, every_ms=max(plan.every_ms, TOKEN_EVERY_S * 1000), timeout_ms=20_000)
        yield plan.name, (plan, TokenCheck(around.graph, clock))
    if settings.uptime.status_feed:
        plan = make("meta_status", CheckKind.META_STATUS, failures=1, is_outside=True, unit="count")
        plan = replace(plan, every_ms=max(plan.every_ms, FEED_EVERY_S * 1000))
        guard = guard_of(settings.network.allow_private_urls)
        yield plan.name, (plan, MetaStatus(settings.uptime.status_feed_url, guard, clock))


def _subject(settings: Settings, around: Around) -> str:
    """Something that the token reaches."""
    if settings.polling.waba_ids:
        return settings.polling.waba_ids[0]
    return min(around.boards.board(around.clock.now()).targets, default="me")


def _of_ours(settings: Settings, around: Around, make: Callable[..., Plan]) -> Iterator[Planned]:
    clock, arrivals = around.clock, SqlArrivals(around.database)
    plan = make("database", CheckKind.DATABASE)
    yield plan.name, (plan, DatabaseCheck(arrivals.answers, around.database.trouble, clock))
    plan = make("queue", CheckKind.QUEUE, unit="s")
    yield plan.name, (plan, QueueCheck(around.inbox, around.marks.mark, clock))
    plan = make("disk", CheckKind.DISK, unit="bytes")
    yield plan.name, (plan, DiskCheck(settings.storage.data_dir, settings.storage.free_space_reserve, clock))


def _ways_in(settings: Settings, around: Around, make: Callable[..., Plan]) -> Iterator[Planned]:
    server, public = settings.server, settings.polling.callback_url
    host = _ANY.get(server.host, server.host)
    local = f"http://{f'[{host}]' if ':' in host else host}:{server.port}{CALLBACK_PATH}"
    apps = {name: app for name, app in settings.apps.items() if app.verify_token is not None}
    if server.port and apps:
        name, app = next(iter(apps.items()))
        plan = make("receiver", CheckKind.RECEIVER)
        yield plan.name, (plan, Handshake(callback_of(local, name), _token(app), None, around.clock))
    if public is None:
        return
    guard, arrivals = guard_of(settings.network.allow_private_urls), SqlArrivals(around.database)
    key = around.keyring.derived(PURPOSE)[0]
    for name, app in settings.apps.items():
        url = callback_of(public, name)
        if not url:
            continue
        if app.verify_token is not None:
            plan = make(_named("handshake", name), CheckKind.HANDSHAKE, is_outside=True, app=name)
            yield plan.name, (plan, Handshake(url, _token(app), guard, around.clock))
        if app.app_secret or (settings.webhook.allow_unsigned and not settings.is_production):
            plan = make(_named("pipeline", name), CheckKind.PIPELINE, app=name)
            plan = replace(plan, every_ms=PIPELINE_TIMES * plan.every_ms)
            has, headers = partial(_has_arrived, arrivals, name), partial(_signed, app)
            yield plan.name, (plan, Pipeline(url, key, headers, has, guard, around.clock))


def _token(app: App) -> str:
    return app.verify_token.reveal() if app.verify_token else ""


def _named(check: str, app: str) -> str:
    return f"{check}:{app}" if app else check


def _signed(app: App, body: bytes) -> Mapping[str, str]:
    return {"X-Hub-Signature-256": sign(body, app.app_secret[0].reveal().encode())} if app.app_secret else {}


def _has_arrived(arrivals: SqlArrivals, app: str, body: bytes) -> bool:
    return arrivals.has(fingerprint(StoredBody(0, Body(BodyKind.WEBHOOK, 0, body, app))))


def _web_address(
    settings: Settings, around: Around, name: str, given: Check, make: Callable[..., Plan]
) -> tuple[Plan, Look]:
    plan = make(name, CheckKind.HTTP, is_outside=given.outside, is_essential=given.essential)
    plan = replace(
        plan,
        every_ms=(given.interval_s or settings.uptime.interval_s) * 1000,
        timeout_ms=(given.timeout_s or settings.uptime.timeout_s) * 1000,
        failures=given.failures or settings.uptime.failures,
    )
    headers = dict(map(_header, (each.reveal() for each in given.headers)))
    request = Request(given.method, given.url.reveal() if given.url else "", headers)
    wanted = Assertion(given.status, given.contains, given.json_path, given.json_value, given.max_latency_ms)
    return plan, WebAddress(request, wanted, guard_of(settings.network.allow_private_urls), around.clock)


def _header(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name.strip(), value.strip()


def _certificates(settings: Settings, around: Around, make: Callable[..., Plan]) -> Iterator[Planned]:
    """Of every https address that others reach us or the application at, once for each host and port."""
    urls = [settings.polling.callback_url or ""]
    urls += [target.url.reveal() for target in settings.forward.values() if target.enabled and target.url]
    urls += [check.url.reveal() for check in settings.checks.values() if check.url]
    hosts = {(parts.hostname, parts.port or 443): parts for url in urls if (parts := urlsplit(url)).scheme == "https"}
    for (host, port), parts in hosts.items():
        plan = make(f"tls:{host}" + (f":{port}" if port != 443 else ""), CheckKind.TLS, unit="days")
        plan = replace(plan, every_ms=max(plan.every_ms, CERTIFICATE_EVERY_S * 1000))
        guard = guard_of(settings.network.allow_private_urls)
        url = f"https://{parts.hostname}:{port}" if ":" not in (host or "") else f"https://[{host}]:{port}"
        yield plan.name, (plan, Certificate(url, settings.uptime.certificate_days, guard, around.clock))
