"""What can be commanded of a template: status, rating and category, told at once, late or never."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from wabawatch.domain.facts import Millis
from wabawatch.simulator import template_tidings as tidings
from wabawatch.simulator.envelope import Item
from wabawatch.simulator.ordering import BadOrder, Order, given
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.templates import TemplateState
from wabawatch.simulator.world import Template


class SetTemplate(Order):
    """A template, by its id or by account, name and language."""

    id: str = ""
    waba: str = ""
    name: str = ""
    language: str = ""
    status: Literal["APPROVED", "REJECTED", "PENDING", "PAUSED", "DISABLED", "FLAGGED", "ARCHIVED"] | None = None
    reason: str | None = None
    """Of a rejection, such as SCAM."""
    quality: Literal["GREEN", "YELLOW", "RED", "UNKNOWN"] | None = None
    category: Literal["AUTHENTICATION", "MARKETING", "UTILITY"] | None = None
    """It is that from now on."""
    correct_category: Literal["AUTHENTICATION", "MARKETING", "UTILITY"] | None = None
    """It will be that in 24 hours; until then Meta only says so."""
    told: bool = True
    """False: no webhook, so that only those who ask come to know."""
    late_s: float = 0.0
    """So many seconds later the webhook comes, with the time of the change in it."""


def set_template(simulation: Simulation, order: SetTemplate, at: Millis) -> None:
    """Obey. Raises `BadOrder`."""
    state = _found(simulation, order)
    before, told_at = state.template, at + round(order.late_s * 1_000) if order.told else None
    if order.status == "PAUSED" and before.status != "PAUSED":
        state.pauses += 1
    if order.status == "REJECTED":
        state.reason = order.reason or "INVALID_FORMAT"
    elif order.status == "APPROVED":
        state.reason = "NONE"
    state.change(
        at,
        told_at,
        status=given(order.status, before.status),
        quality=given(order.quality, before.quality),
        category=given(order.category, before.category.upper()).lower(),
    )
    state.previous_category = before.category.upper() if order.category else state.previous_category
    state.correct_category = "" if order.category else given(order.correct_category, state.correct_category)
    for item in _tidings(state, before, order, at) if told_at is not None else ():
        simulation.engine.tell(item, told_at or at)


def _tidings(state: TemplateState, before: Template, order: SetTemplate, at: Millis) -> Iterator[Item]:
    """What Meta tells of it."""
    if order.status not in (None, before.status):
        yield tidings.status_changed(state, before.status, at)
    if order.quality not in (None, before.quality):
        yield tidings.quality_changed(state, before.quality, at)
    if order.category not in (None, before.category.upper()):
        yield tidings.category_changed(state, before.category, at)
    if order.correct_category and not order.category:
        yield tidings.category_noticed(state, at)


def _found(simulation: Simulation, order: SetTemplate) -> TemplateState:
    templates = simulation.standing.templates
    found = templates.get(order.id)
    if found is None and order.name:
        own = templates.named(order.waba, order.name, order.language)
        found = own[0] if len(own) == 1 else None
    if found is None:
        raise BadOrder("there is no one such template: give its id, or its waba, name and language")
    return found
