"""What goes on around the application's sends: people write, humans and agents answer, Meta has news."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import TypeAlias

from wabawatch.domain.facts import Feed, Millis
from wabawatch.simulator import incoming
from wabawatch.simulator.application import PlannedSend, mark_as_read
from wabawatch.simulator.envelope import Item
from wabawatch.simulator.ledger import Ledger
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.notices import notice
from wabawatch.simulator.steps import CallGraph
from wabawatch.simulator.world import Contact, World

_SECOND = 1_000
Happening: TypeAlias = tuple[Millis, Item | CallGraph]


def around(send: PlannedSend, world: World, mix: Mix, rng: Random, ledger: Ledger) -> Iterator[Happening]:
    """What happens in the minute after a send, with or without it."""
    person = rng.choice(world.contacts)
    at = send.at + rng.randrange(60 * _SECOND)
    if rng.random() < mix.inbound:
        yield from _conversation(person, at, mix, rng, ledger)
    if rng.random() < mix.system and person.phone:
        yield at, incoming.system(person, at, rng)
    if rng.random() < mix.echo:
        yield from _echo(person, at, rng, ledger)
    if rng.random() < mix.standby:
        yield from _standby(person, at, rng, ledger)
    if rng.random() < mix.orphan:
        yield at, incoming.orphan(person, at, rng, ledger)
    if rng.random() < mix.notice:
        yield at, notice(world, person, at, rng)
    if rng.random() < mix.history:
        yield at, incoming.history(person, at, rng, ledger)


def _conversation(person: Contact, at: Millis, mix: Mix, rng: Random, ledger: Ledger) -> Iterator[Happening]:
    item = incoming.inbound(person, at, rng, ledger)
    yield at + rng.randrange(100, 900), item
    if rng.random() < mix.marked_read:
        path, payload = mark_as_read(person.number, str(item.payloads[0]["id"]))
        read_at = at + 5 * _SECOND
        yield read_at, CallGraph(read_at, path, payload)


def _echo(person: Contact, at: Millis, rng: Random, ledger: Ledger) -> Iterator[Happening]:
    item, entry = incoming.echo(person, at, rng, ledger)
    yield at + rng.randrange(100, 900), item
    if rng.random() < 0.3:
        later = at + 4 * _SECOND
        yield later, incoming.foreign_status(person, entry, "delivered", later, Feed.MESSAGES)


def _standby(person: Contact, at: Millis, rng: Random, ledger: Ledger) -> Iterator[Happening]:
    yield at, incoming.inbound(person, at, rng, ledger, Feed.STANDBY)
    item, entry = incoming.agent_echo(person, at + 2 * _SECOND, rng, ledger)
    yield at + 2 * _SECOND, item
    for status, after in (("sent", 3), ("delivered", 4), ("read", 30)):
        then = at + after * _SECOND
        yield then, incoming.foreign_status(person, entry, status, then, Feed.STANDBY)
