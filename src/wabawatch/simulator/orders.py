"""What can be commanded of a simulation while it runs, and how it obeys. A field that is not given changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from wabawatch.domain.facts import Millis
from wabawatch.simulator import tidings
from wabawatch.simulator.application import Json
from wabawatch.simulator.incidents import Incident, IncidentKind
from wabawatch.simulator.ordering import BadOrder, Order, given
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.standing import APP_ID, VERSION, NumberState, Restriction, WabaState
from wabawatch.simulator.template_orders import SetTemplate, set_template

_SECOND = 1_000


class SetUsage(Order):
    """How much of the calls that Meta allows is used up."""

    app: float | None = None
    """Per cent that the app has used, before its calls are counted."""
    app_limit: int | None = None
    """Calls an hour of the app."""
    waba: str = ""
    """The account that the rest is about; without it all of them."""
    percent: float | None = None
    limit: int | None = None
    code: Literal[80007, 80008] | None = None
    """With which error an account throttles."""


class SetThrottle(Order):
    """Limits on sends; 0 lifts one."""

    number: str = ""
    """The number concerned; without it all of them."""
    mps: int | None = None
    pair_every_s: float | None = None
    """One message to a person in that time."""
    pair_burst: int | None = None


class SetToken(Order):
    """The access token."""

    revoked: bool | None = None
    expires_in_s: int | None = None
    """From now; 0: never; below 0: it has expired."""
    data_access_expires_in_s: int | None = None
    scopes: list[str] | None = None
    targets: list[str] | None = None
    """The accounts it may reach."""


class SetSubscription(Order):
    """The app's subscription; of an account or number, its own callback."""

    fields: list[str] | None = None
    version: str | None = None
    """Of the fields' webhooks."""
    callback_url: str | None = None
    active: bool | None = None
    waba: str = ""
    subscribed: bool | None = None
    """Whether the app is subscribed to that account."""
    number: str = ""
    override: str | None = None
    """Where that number's or account's webhooks go instead; "" removes it."""


class HealthError(msgspec.Struct):
    """What blocks an entity."""

    error_code: int
    error_description: str
    possible_solution: str = ""


class SetHealth(Order):
    """What `health_status` says of one entity. Sends go on: block them by the status of number or account."""

    id: str
    """Of a number, account, portfolio, template or app."""
    can_send_message: Literal["AVAILABLE", "LIMITED", "BLOCKED", ""] = ""
    """"" returns to what follows from how things stand."""
    errors: tuple[HealthError, ...] = ()
    additional_info: tuple[str, ...] = ()


class SetNumber(Order):
    """A number. Meta tells by webhook of limit, throughput and name, and never of quality and status."""

    number: str
    quality: Literal["GREEN", "YELLOW", "RED", "NA", "UNKNOWN"] | None = None
    status: str | None = None
    limit: str | None = None
    """Of its whole portfolio, such as TIER_10K."""
    throughput: Literal["STANDARD", "HIGH"] | None = None
    name_status: Literal["APPROVED", "DECLINED", "EXPIRED", "PENDING_REVIEW", "NONE"] | None = None
    verified_name: str | None = None


class SetWaba(Order):
    """An account. Meta tells of a ban and of a review by webhook."""

    waba: str
    status: Literal["ACTIVE", "DISABLED", "BANNED"] | None = None
    review: Literal["APPROVED", "REJECTED", "PENDING", "DEFERRED"] | None = None
    violation: str | None = None
    """A warning for breaking that policy, such as SCAM: told, without any effect."""


class Restrict(Order):
    """Forbid an account something for a while; without kinds all is allowed again, which is told too."""

    waba: str
    kinds: tuple[str, ...] = ()
    """Such as RESTRICTED_BIZ_INITIATED_MESSAGING: no templates can be sent."""
    duration_s: float = 86_400.0


class Break(Order):
    """Trouble for a while; see `Incident`."""

    kind: IncidentKind
    duration_s: float
    share: float = 1.0
    code: int = 131026
    number: str = ""
    waba: str = ""
    country: str = ""
    template: str = ""
    late_s: float = 0.0


ORDERS: Mapping[str, type[Order]] = {
    "incident": Break,
    "usage": SetUsage,
    "throttle": SetThrottle,
    "token": SetToken,
    "subscription": SetSubscription,
    "health": SetHealth,
    "number": SetNumber,
    "waba": SetWaba,
    "restriction": Restrict,
    "template": SetTemplate,
}
"""By the name that stands in ``POST /control/NAME``."""


def read_order(name: str, body: object) -> Order:
    """The command of that *name*. Raises `BadOrder`."""
    if name not in ORDERS:
        raise BadOrder(f"there is no command {name!r}; there are: {', '.join(ORDERS)}")
    try:
        return msgspec.convert(body, ORDERS[name])
    except msgspec.ValidationError as error:
        raise BadOrder(str(error)) from None


def obey(simulation: Simulation, order: Order, at: Millis) -> Json:
    """Change how things stand as *order* says, from *at* on, and tell by webhook what Meta tells. Raises `BadOrder`."""
    said = _OBEYING[type(order)](simulation, order, at) or {}
    name = next(name for name, kind in ORDERS.items() if kind is type(order))
    simulation.standing.remember(at)
    simulation.standing.orders.append({"at": at, "command": name, **msgspec.to_builtins(order)})
    return said


def _usage(simulation: Simulation, order: SetUsage, at: Millis) -> None:
    usage = simulation.standing.usage
    if order.waba:
        _account(simulation, order.waba)
    if any(limit is not None and limit < 1 for limit in (order.limit, order.app_limit)):
        raise BadOrder("a limit is at least 1")
    usage.app.base = given(order.app, usage.app.base)
    usage.app.limit = given(order.app_limit, usage.app.limit)
    usage.waba_code = given(order.code, usage.waba_code)
    for waba in (order.waba,) if order.waba else simulation.standing.wabas:
        own = usage.of(waba)
        own.base, own.limit = given(order.percent, own.base), given(order.limit, own.limit)


def _throttle(simulation: Simulation, order: SetThrottle, at: Millis) -> None:
    throttles = simulation.standing.throttles
    if order.number:
        _number(simulation, order.number)
    for number in (order.number,) if order.number else simulation.standing.numbers:
        if order.mps:
            throttles.mps[number] = order.mps
        elif order.mps == 0:
            throttles.mps.pop(number, None)
    if order.pair_every_s is not None:
        throttles.pair_every_ms = round(order.pair_every_s * _SECOND)
    throttles.pair_burst = max(1, given(order.pair_burst, throttles.pair_burst))


def _token(simulation: Simulation, order: SetToken, at: Millis) -> None:
    token = simulation.standing.token
    token.is_revoked = given(order.revoked, token.is_revoked)
    token.scopes = given(order.scopes, token.scopes)
    token.targets = given(order.targets, token.targets)
    if order.expires_in_s is not None:
        token.expires_at = _second(at, order.expires_in_s)
    if order.data_access_expires_in_s is not None:
        token.data_access_expires_at = _second(at, order.data_access_expires_in_s)


def _second(at: Millis, later_s: int) -> int:
    return at // _SECOND + later_s if later_s else 0


def _subscription(simulation: Simulation, order: SetSubscription, at: Millis) -> None:
    app = simulation.standing.app
    fields = list(app.fields) if order.fields is None else order.fields
    app.fields = {name: given(order.version, app.fields.get(name, VERSION)) for name in fields}
    app.callback = given(order.callback_url, app.callback)
    app.is_active = given(order.active, app.is_active)
    if order.override is not None and not (order.waba or order.number):
        raise BadOrder("override: name the waba or the number whose webhooks it is about")
    if order.number:
        state = _number(simulation, order.number)
        state.callback = given(order.override, state.callback)
    if order.waba:
        apps = _account(simulation, order.waba).apps
        if order.subscribed is False:
            apps.pop(APP_ID, None)
        elif order.subscribed or APP_ID in apps:
            apps[APP_ID] = given(None if order.number else order.override, apps.get(APP_ID, ""))


def _health(simulation: Simulation, order: SetHealth, at: Millis) -> None:
    health = simulation.standing.health
    health.pop(order.id, None)
    if order.can_send_message:
        found: Json = {"can_send_message": order.can_send_message}
        if order.errors:
            found["errors"] = msgspec.to_builtins(order.errors)
        if order.additional_info:
            found["additional_info"] = list(order.additional_info)
        health[order.id] = found


def _set_number(simulation: Simulation, order: SetNumber, at: Millis) -> None:
    state = _number(simulation, order.number)
    before = state.limit
    state.quality = given(order.quality, state.quality)
    state.status = given(order.status, state.status)
    if order.limit not in (None, before):
        for own in simulation.standing.numbers.values():
            if own.number.waba.portfolio == state.number.waba.portfolio:
                own.limit = given(order.limit, own.limit)
        simulation.engine.tell(tidings.limit_changed(state), at)
    if order.throughput not in (None, state.throughput):
        state.throughput = given(order.throughput, state.throughput)
        if state.throughput == "HIGH":
            simulation.engine.tell(tidings.throughput_changed(state, before), at)
    if order.name_status or order.verified_name:
        state.name_status = given(order.name_status, state.name_status)
        simulation.engine.tell(tidings.name_decided(state, given(order.verified_name, state.verified_name)), at)
        if state.name_status == "APPROVED":
            state.verified_name = given(order.verified_name, state.verified_name)


def _set_waba(simulation: Simulation, order: SetWaba, at: Millis) -> None:
    state = _account(simulation, order.waba)
    if order.status not in (None, state.status):
        state.status = given(order.status, state.status)
        simulation.engine.tell(tidings.ban(state, at), at)
    if order.review is not None:
        state.review = order.review
        simulation.engine.tell(tidings.reviewed(state), at)
    if order.violation:
        simulation.engine.tell(tidings.violation(state, order.violation), at)


def _restrict(simulation: Simulation, order: Restrict, at: Millis) -> Json:
    state = _account(simulation, order.waba)
    until = at + round(order.duration_s * _SECOND)
    state.restrictions = [Restriction(kind, until) for kind in order.kinds]
    simulation.engine.tell(tidings.restricted(state), at)
    return {"expires_at": until // _SECOND} if order.kinds else {}


def _break(simulation: Simulation, order: Break, at: Millis) -> Json:
    try:
        concerned = (order.number, order.waba, order.country, order.template)
        late_ms = round(order.late_s * _SECOND)
        length_ms = int(order.duration_s * _SECOND)
        incident = Incident(order.kind, at, length_ms, order.share, order.code, *concerned, late_ms)
        simulation.command(incident)
    except ValueError as error:
        raise BadOrder(str(error)) from None
    return {"ends_at": incident.ends_at}


def _number(simulation: Simulation, number: str) -> NumberState:
    try:
        return simulation.standing.numbers[number]
    except KeyError:
        raise BadOrder(f"there is no number {number!r}; there are: {', '.join(simulation.standing.numbers)}") from None


def _account(simulation: Simulation, waba: str) -> WabaState:
    try:
        return simulation.standing.wabas[waba]
    except KeyError:
        raise BadOrder(f"there is no account {waba!r}; there are: {', '.join(simulation.standing.wabas)}") from None


_OBEYING: Mapping[type[Order], Callable[[Simulation, Any, Millis], Json | None]] = {
    Break: _break,
    SetUsage: _usage,
    SetThrottle: _throttle,
    SetToken: _token,
    SetSubscription: _subscription,
    SetHealth: _health,
    SetNumber: _set_number,
    SetWaba: _set_waba,
    Restrict: _restrict,
    SetTemplate: set_template,
}
