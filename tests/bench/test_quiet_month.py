"""Quiet days on which no rule may alarm, and days on which one must: `make quiet-days` is the same for months."""

from __future__ import annotations

from dataclasses import replace

from bench.quiet_books import watch
from bench.quiet_world import World

from wabawatch.domain.standing import Outcome

FRIDAY = 4 * 24 * 60


def test_a_working_day_a_night_and_a_saturday_raise_no_alert() -> None:
    world = World(5, 25)
    world.turn_to(FRIDAY)

    fired = [*watch(world, 2)][-1]

    assert [f"{each.rule} {each.scope}: {each.reading.words}" for each in fired] == []


def test_the_same_world_with_something_wrong_alarms() -> None:
    """Else the silence above would prove nothing."""
    world = World(5, 4)
    world.senders = [replace(world.senders[0], fails=0.3, per_hour=600, works_at_night=True), *world.senders[1:]]

    fired = [*watch(world, 1)][-1]

    assert {"FAILURE_RATE_HIGH", "DELIVERY_RATE_LOW"} <= {each.rule for each in fired}
    assert {each.scope.id for each in fired if each.rule == "FAILURE_RATE_HIGH"} == {world.senders[0].id}


def test_a_world_is_as_good_as_it_says_and_is_drawn_again_from_its_seed() -> None:
    world, again = World(3, 20), World(3, 20)
    for each in (world, again):
        each.turn_to(2 * 24 * 60)
    assert world.hours == again.hours

    counted: dict[Outcome, int] = {}
    for book in world.hours.values():
        for row in book.values():
            for outcome, n in zip((*[Outcome.DELIVERED] * 3, Outcome.SENT, Outcome.PENDING), row, strict=False):
                counted[outcome] = counted.get(outcome, 0) + n
    assert sum(sum(row) for book in world.hours.values() for row in book.values()) == world.sent
    assert 0.95 < counted[Outcome.DELIVERED] / world.sent < 0.99
    assert counted[Outcome.PENDING] < 0.01 * world.sent
