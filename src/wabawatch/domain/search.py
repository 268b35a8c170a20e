"""What a search for messages asks, and what a standing can say of it before any message is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import Evidence, Message, Stages
from wabawatch.domain.standing import (
    SELDOM,
    Judgement,
    Look,
    Origin,
    Outcome,
    Purpose,
    Role,
    Standing,
    TemplateUse,
    look,
    outcome,
)


class Direction(StrEnum):
    """Which way a message went."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class State(StrEnum):
    """What became of a message, as it is shown: the effective status of one that we sent, or that it was received."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"
    RECEIVED = "received"


class Compliance(StrEnum):
    """How a send stands to the rule "only approved templates"."""

    COMPLIANT = "compliant"
    VIOLATION = "violation"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """What is looked for: all that is given must hold, of several values of one kind any. Empty: anything."""

    since: Millis | None = None
    until: Millis | None = None
    """Cohort time from *since* up to but not including *until*; None: without an edge"""
    numbers: Sequence[str] = ()
    """By phone_number_id or as they are dialled"""
    wabas: Sequence[str] = ()
    states: Sequence[State] = ()
    direction: Direction | None = None
    templates: Sequence[str] = ()
    languages: Sequence[str] = ()
    categories: Sequence[str] = ()
    types: Sequence[str] = ()
    users: Sequence[str] = ()
    leads: Sequence[str] = ()
    conversations: Sequence[str] = ()
    wamids: Sequence[str] = ()
    contacts: Sequence[str] = ()
    """Phone numbers (digits), BSUIDs, usernames or groups; ids that were seen together mean one person"""
    countries: Sequence[str] = ()
    error_codes: Sequence[int] = ()
    origins: Sequence[Origin] = ()
    roles: Sequence[Role] = ()
    compliance: Sequence[Compliance] = ()
    purposes: Sequence[Purpose] = ()
    approvals: Sequence[str] = ()
    """`template_approval_status`"""
    ratings: Sequence[str] = ()
    """`quality_rating`"""
    partial_failure: bool | None = None

    def is_open(self) -> bool:
        """Whether it asks for nothing but a time range."""
        return all(not getattr(self, each.name) for each in fields(self) if each.name not in ("since", "until"))


class Place(NamedTuple):
    """A point in the order of a search, which is from the newest to the oldest."""

    at: Millis
    id: int


def is_outbound(message: Message, role: Role) -> bool:
    """Whether *message* is a send. One that a person wrote and that we marked as read is not."""
    return message.evidence & Evidence.OUTBOUND != 0 and role is not Role.INBOUND


def state(message: Message, swept_until: Millis, seen: Look | None = None) -> State:
    """What became of *message*."""
    seen = seen or look(message)
    if not is_outbound(message, seen.role):
        return State.RECEIVED
    return State(outcome(message, swept_until, seen))


def first_stages(message: Message) -> Stages:
    """When *message*, or the first participant of its group, reached each stage."""
    if not message.participants:
        return message.stages
    everybody = [message.stages, *(stages for _, stages in message.participants)]
    return Stages._make(
        min((at for at in stamps if at is not None), default=None) for stamps in zip(*everybody, strict=True)
    )


def compliance_of(judgement: Judgement) -> Compliance:
    """How a send stands to the rule, by what its histories say."""
    return _compliance(judgement.use)


def may_be_wanted(standing: Standing, wanted: MessageFilter) -> bool:
    """Whether a message that counts as *standing* can be among what is *wanted*. True when in doubt."""
    is_sent = standing.role in (Role.ATTEMPTED, Role.ORPHAN)
    if wanted.roles and standing.role not in wanted.roles:
        return False
    if wanted.direction is Direction.INBOUND and is_sent:
        return False
    if wanted.direction is Direction.OUTBOUND and standing.role is Role.INBOUND:
        return False
    if wanted.origins and not _origins_of(standing).intersection(wanted.origins):
        return False
    if wanted.states and is_sent and State(standing.status) not in wanted.states:
        return False
    if wanted.states and standing.role is Role.INBOUND and State.RECEIVED not in wanted.states:
        return False
    if standing.role is not Role.ATTEMPTED:
        return True
    if wanted.partial_failure is not None and standing.is_contradictory != wanted.partial_failure:
        return False
    return not wanted.compliance or standing.is_unlinked or _compliance(standing.template_use) in wanted.compliance


def _origins_of(standing: Standing) -> frozenset[Origin]:
    """The origins that a message may have which counts as *standing*."""
    match standing.role:
        case Role.ATTEMPTED:
            return _RECORDED if standing.is_recorded else _UNRECORDED
        case Role.APART:
            return SELDOM
        case _:
            return _ANY


_RECORDED, _UNRECORDED, _ANY = frozenset({Origin.API}), frozenset({Origin.UNKNOWN}), frozenset(Origin)


def _compliance(use: TemplateUse) -> Compliance:
    return Compliance(use) if use in (TemplateUse.VIOLATION, TemplateUse.UNVERIFIED) else Compliance.COMPLIANT


def outcomes(states: Iterable[State]) -> list[Outcome]:
    """Those of *states* that a send can have."""
    return [Outcome(each) for each in states if each is not State.RECEIVED]
