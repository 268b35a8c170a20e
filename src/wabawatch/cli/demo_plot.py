"""What goes wrong in the weeks before the demo begins, and what people did about it: enough that no page is empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS
from wabawatch.simulator.incidents import IncidentKind
from wabawatch.simulator.ordering import Order
from wabawatch.simulator.orders import Break, SetNumber, SetToken
from wabawatch.simulator.template_orders import SetTemplate
from wabawatch.simulator.world import Template, World

MINUTE_S = 60.0
HOUR_S = 60 * MINUTE_S
STILL_S = 12 * HOUR_S
"""So long goes on what is wrong when the demo begins"""


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that happens."""

    before_ms: Millis
    """How long before the end of the history"""
    order: Order


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody does about alerts of a rule, as soon as one fires."""

    rule: str
    who: str
    says: str


ANSWERS = (
    Answer("API_ENDPOINT_DOWN", "omar", "Meta's status page says it too: nothing to do here but wait."),
    Answer("TEMPLATE_PAUSED", "nadia", "Marketing has been told; the campaign is stopped until it is approved again."),
    Answer("RATE_LIMIT_HIT", "omar", "The night job sent everything at once. It is spread over an hour from now on."),
)
"""Who acknowledges, and with what note"""


def plot(world: World) -> list[Turn]:
    """Two weeks of an integration that is well most of the time, the latest last."""
    return sorted(_turns(world), key=lambda turn: -turn.before_ms)


def _turns(world: World) -> Iterator[Turn]:
    shop, clinic = (world.wabas[0].id, world.wabas[-1].id)
    lines = [number.id for number in world.numbers]
    of_clinic = [number.id for number in world.numbers if number.waba.id == clinic] or lines
    offer = _template(world, shop, lambda one: one.category == "marketing")
    notice = _template(world, shop, lambda one: one.category == "utility")
    other = _template(world, clinic, lambda one: one.category == "utility")
    country = Counter(each.country for each in world.contacts).most_common(1)[0][0]

    for template in world.templates:
        if template.status == "PAUSED":
            yield _ago(13.9, SetTemplate(id=template.id, status="APPROVED"))
    for number in lines:
        yield _ago(13.9, SetNumber(number=number, quality="GREEN"))
    yield _ago(12.2, SetNumber(number=lines[1 % len(lines)], quality="YELLOW"))
    yield _ago(10.4, SetNumber(number=lines[1 % len(lines)], quality="GREEN"))
    yield _ago(11.1, Break(IncidentKind.API_DOWN, 25 * MINUTE_S))
    yield _ago(9.3, SetTemplate(id=offer.id, quality="YELLOW"))
    yield _ago(8.45, SetTemplate(id=offer.id, quality="RED", status="PAUSED"))
    yield _ago(8.2, SetTemplate(id=offer.id, quality="GREEN", status="APPROVED"))
    yield _ago(7.0, Break(IncidentKind.FAILURES, 2 * HOUR_S, share=0.5, country=country))
    yield _ago(5.25, Break(IncidentKind.WEBHOOKS_SILENT, 45 * MINUTE_S))
    yield _ago(4.1, SetTemplate(id=notice.id, correct_category="MARKETING"))
    yield _ago(3.1, SetTemplate(id=notice.id, category="MARKETING"))
    yield _ago(3.4, SetNumber(number=lines[0], limit="TIER_UNLIMITED"))
    yield _ago(2.2, Break(IncidentKind.REFUSALS, HOUR_S, share=0.7, code=130429, number=lines[0]))
    yield _ago(1.2, SetTemplate(id=other.id, quality="YELLOW"))
    yield _ago(1.0, SetToken(expires_in_s=int(6 * 24 * HOUR_S)))
    # These three are not over yet.
    yield _ago(0.9, SetNumber(number=of_clinic[-1], quality="YELLOW"))
    yield _ago(0.12, SetNumber(number=of_clinic[-1], quality="RED"))
    yield _ago(0.11, Break(IncidentKind.FAILURES, STILL_S, share=0.35, code=131049, number=of_clinic[-1]))


def _ago(days: float, order: Order) -> Turn:
    return Turn(int(days * DAY_MS), order)


def _template(world: World, waba: str, fits: Callable[[Template], bool]) -> Template:
    """A template of that account that is used."""
    return next((one for one in world.usable[waba] if fits(one)), world.usable[waba][0])


def since(turns: list[Turn], end: Millis, start: Millis) -> list[tuple[Millis, Order]]:
    """When each of *turns* comes, without those before *start*."""
    return [(end - turn.before_ms, turn.order) for turn in turns if end - turn.before_ms >= start]
