"""Webhook bodies as somebody looks at them: what is in one, what became of it, who got it. Pure values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.facts import Fact, Millis
from wabawatch.domain.forwarding import Delivery, TargetState


class Result(StrEnum):
    """What became of a body."""

    PROCESSED = "processed"
    """All of it was understood"""
    PARTLY = "partly"
    """Some of it was not understood, or is new to this release: kept and shown; the rest was processed"""
    DUPLICATE = "duplicate"
    """Byte for byte a body that came before, so there was nothing new in it"""
    RETRYING = "retrying"
    """It could not be processed, and is tried again"""
    PARKED = "parked"
    """It could not be processed after several tries: set aside"""
    WAITING = "waiting"
    """It is kept, and not processed yet"""


@dataclass(frozen=True, slots=True)
class Outline:
    """What is in a body, found out without understanding it."""

    fields: Mapping[str, int] = field(default_factory=dict)
    """How many changes there are of each field"""
    messages: int = 0
    statuses: int = 0
    wabas: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    """phone_number_ids"""
    problem: str = ""
    """Why it is no webhook of Meta's, in a sentence"""

    def holds(self, field: str, waba: str, number: str) -> bool:
        """Whether all of these that are given stand in it."""
        return (
            (not field or field in self.fields)
            and (not waba or waba in self.wabas)
            and (not number or number in self.numbers)
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """One item of a body, and what it became."""

    place: str
    """Where it stands, such as ``entry[0].changes[1].value.statuses[3]``"""
    field: str
    content: object
    """The item as it was decoded"""
    facts: tuple[Fact, ...]


class Fate(StrEnum):
    """What became of a body at a forward target."""

    TAKEN = "taken"
    """No failure is on record: it was answered with 2xx, at once or later"""
    WAITING = "waiting"
    """It was not tried yet"""
    RETRYING = "retrying"
    DEAD = "dead"


class Forwarded(NamedTuple):
    """A body at one forward target."""

    target: str
    fate: Fate
    delivery: Delivery | None = None
    """What is on record of failures"""


def forwarded(body_id: int, state: TargetState, delivery: Delivery | None) -> Forwarded:
    """What became of a body that is for the target of *state*. *delivery*: its row, if it has one."""
    if delivery is not None:
        return Forwarded(state.name, Fate.DEAD if delivery.next_try_at is None else Fate.RETRYING, delivery)
    return Forwarded(state.name, Fate.WAITING if body_id > state.cursor else Fate.TAKEN)


class Refused(NamedTuple):
    """POSTs that were turned away within some time."""

    start: Millis
    end: Millis
    app: str
    why: str
    """A value of `flows.ingest.Admission`"""
    n: int


OutlineOf = Callable[[bytes], Outline]
Dissect = Callable[[bytes, Millis], list[Piece]]
