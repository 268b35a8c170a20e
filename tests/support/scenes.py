"""Incidents at the simulated Meta and in the application, each with every alert that it must raise, and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.day import FAST, HOUR, Days, Fired
from tests.support.evidence import (
    FIVE,
    GRACE,
    Evidence,
    at_once,
    failing,
    look,
    low_score,
    not_arriving,
    refused,
    silent,
    throttled,
    unusual,
    used,
)
from wabawatch.cli.turned import MINUTE
from wabawatch.domain.facts import Millis
from wabawatch.simulator.incidents import IncidentKind
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.ordering import Order
from wabawatch.simulator.orders import Break, HealthError, SetHealth, SetNumber, SetSubscription, SetToken
from wabawatch.simulator.pattern import Pattern
from wabawatch.simulator.template_orders import SetTemplate
from wabawatch.simulator.world import Template

BREAKS = int(datetime(2026, 3, 23, 7, tzinfo=UTC).timestamp() * 1000)
"""An incident of half an hour ends before anything of it is in the windows of the next hour: they begin a quarter of an
hour before that, and those of delivery look a quarter further back."""
BUSY = Pattern(hourly=(90,) * 24)
CALM = Mix(refused=0, failed=0.006, undelivered=0.001, delayed=0.004, free_form=0.1, inbound=0.1)
LASTS = 30 * MINUTE
CYCLES = 10 * MINUTE
"""Two cycles: within these an alert fires once its evidence exists."""
NUMBER, WABA, TEMPLATE = "number", "waba", "template"

Act = Callable[[Days], Sequence[Order]]


@dataclass(frozen=True, slots=True)
class Scene:
    """What breaks, and what must be said of it."""

    name: str
    breaks: Act
    must: Mapping[tuple[str, str], Evidence]
    """Every alert that it raises, by rule and kind of scope, with what the first of them can be known by"""
    untold: frozenset[str] = frozenset()
    """Rules of which nobody is told, for another one explains them: neither while it fires nor afterwards"""
    mends: Act = field(default=lambda _: ())
    is_over_within: int = 80 * MINUTE
    """How long after the incident the last of these alerts ends"""
    warm: int = 20 * MINUTE
    per_day: int = 12_000
    breaks_at: int = BREAKS


def first(found: Days) -> str:
    return found.simulation.world.wabas[0].id


def number(found: Days) -> str:
    return next(one.id for one in found.simulation.world.numbers if one.waba.id == first(found))


def template(found: Days) -> Template:
    return found.simulation.world.usable[first(found)][0]


def country(found: Days) -> str:
    """Where most people live."""
    return Counter(each.country for each in found.simulation.world.contacts).most_common(1)[0][0]


def trouble(kind: IncidentKind, **more: Any) -> Act:
    """An incident for as long as a scene's lasts."""

    def act(found: Days) -> Sequence[Order]:
        told = {name: each(found) if callable(each) else each for name, each in more.items()}
        return [Break(kind, LASTS / 1000, **told)]

    return act


def answers_in(ms: int) -> Act:
    """The application answers webhooks so slowly from now on."""

    def act(found: Days) -> Sequence[Order]:
        found.application_ms = ms
        return ()

    return act


def nobody_pays(found: Days) -> Sequence[Order]:
    unpaid = HealthError(131042, "The payment method of the account is not valid.")
    refused = trouble(IncidentKind.REFUSALS, code=131042, waba=first)(found)
    return [*refused, SetHealth(id=first(found), can_send_message="BLOCKED", errors=(unpaid,))]


ONCE = Evidence(at_once)
FAILS = {("FAILURE_RATE_HIGH", NUMBER): Evidence(failing)}
ARRIVES_NOT = {("DELIVERY_RATE_LOW", NUMBER): Evidence(not_arriving)}
SCENES = [
    Scene(
        "api down", trouble(IncidentKind.API_DOWN),
        {("API_ENDPOINT_DOWN", "check"): ONCE, **FAILS}, frozenset({"FAILURE_RATE_HIGH"}),
    ),
    Scene(
        "webhook dead", trouble(IncidentKind.WEBHOOKS_SILENT),
        {("WEBHOOK_SILENT", NUMBER): Evidence(silent), **ARRIVES_NOT}, frozenset({"DELIVERY_RATE_LOW"}),
    ),
    Scene(
        "subscription dropped",
        lambda found: [SetSubscription(waba=first(found), subscribed=False)],
        {("WEBHOOK_SILENT", WABA): ONCE, **ARRIVES_NOT}, frozenset({"DELIVERY_RATE_LOW"}),
        lambda found: [SetSubscription(waba=first(found), subscribed=True)], 110 * MINUTE,
    ),
    Scene(
        "token revoked", lambda _: [SetToken(revoked=True)], {("TOKEN_INVALID", "all"): ONCE},
        mends=lambda _: [SetToken(revoked=False)], is_over_within=20 * MINUTE,
    ),
    Scene(
        "template paused",
        lambda found: [SetTemplate(id=template(found).id, status="PAUSED")],
        {("TEMPLATE_PAUSED", TEMPLATE): ONCE, ("UNAPPROVED_TEMPLATE_USED", TEMPLATE): Evidence(used(template))},
        frozenset({"UNAPPROVED_TEMPLATE_USED"}),
        lambda found: [SetTemplate(id=template(found).id, status="APPROVED")], 100 * MINUTE,
    ),
    Scene(
        "quality fallen",
        lambda found: [SetNumber(number=number(found), quality="RED")],
        {("PHONE_QUALITY_LOW", NUMBER): ONCE, ("QUALITY_SCORE_LOW", NUMBER): Evidence(low_score())},
        mends=lambda found: [SetNumber(number=number(found), quality="GREEN")],
    ),
    Scene(
        "throttling", trouble(IncidentKind.REFUSALS, share=0.5, code=130429, number=number),
        {("RATE_LIMIT_HIT", NUMBER): Evidence(throttled), **FAILS},
    ),
    Scene(
        "one country failing", trouble(IncidentKind.FAILURES, share=0.5, country=country),
        {("DELIVERY_ANOMALY", "country"): Evidence(unusual)},
        warm=140 * MINUTE, per_day=36_000, breaks_at=BREAKS - 7 * HOUR,  # what is usual is that of the days before
    ),
    Scene("slow application", answers_in(3_000), {("WEBHOOK_SLOW", "all"): ONCE}, mends=answers_in(100)),
    Scene(
        "payment blocked", nobody_pays,
        {
            ("PAYMENT_PROBLEM", WABA): Evidence(refused), **FAILS,
            ("QUALITY_SCORE_LOW", WABA): Evidence(low_score(whole=True), lasts=FIVE),
        },
        frozenset({"FAILURE_RATE_HIGH", "QUALITY_SCORE_LOW"}), lambda found: [SetHealth(id=first(found))],
    ),
]  # fmt: skip


def all_well(found: Days) -> None:
    """Nothing is wrong with templates and numbers when the day begins."""
    standing = found.simulation.standing
    for each in found.simulation.world.templates:
        state = standing.templates.get(each.id)
        assert state is not None
        state.change(found.now, None, status="APPROVED", quality="GREEN")
    for one in standing.numbers.values():
        one.quality = "GREEN"


def play(scene: Scene, found: Days) -> dict[tuple[str, str], Millis]:
    """Let *scene* happen, minute by minute at first, then fast. Gives since when each of its alerts can be known."""
    known: dict[tuple[str, str], Millis] = {}

    def watch() -> None:
        now = look(found, scene.breaks_at)
        for kind, evidence in scene.must.items():
            if kind not in known and evidence.sign(now):
                known[kind] = found.now

    for order in scene.breaks(found):
        found.order(order)
    watch()
    found.run(GRACE, each=watch)
    found.run(LASTS - GRACE, every_ms=FAST, each=watch)
    for order in scene.mends(found):
        found.order(order)
    found.run(scene.is_over_within, every_ms=FAST)
    return known


def kind_of(alert: Fired) -> tuple[str, str]:
    """Rule and kind of scope."""
    return alert.rule, alert.scope.partition(":")[0]
