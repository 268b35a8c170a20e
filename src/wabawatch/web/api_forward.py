"""Forward targets over HTTP: how they are doing, what they have not taken, and what is sent to them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.forwarding import Delivery, TargetState
from wabawatch.flows.forwarding import Forwarding, Pick, Resent
from wabawatch.web.answers import Strict, Time
from wabawatch.web.operations import Call, Operation
from wabawatch.wire import iso

Name = Annotated[str, msgspec.Meta(max_length=64, description="The target, as in `[forward.NAME]`.")]


class Wish(StrEnum):
    """What is wanted of a target."""

    PAUSE = "pause"
    RESUME = "resume"


class Part(StrEnum):
    """Which of the bodies that a target has not taken."""

    DEAD = "dead"
    RETRYING = "retrying"
    WAITING = "waiting"


class Control(msgspec.Struct, forbid_unknown_fields=True):
    """A target, and what is wanted of it."""

    name: Name
    wanted: Wish


class One(msgspec.Struct, forbid_unknown_fields=True):
    """A target."""

    name: Name


class Listed(msgspec.Struct, forbid_unknown_fields=True):
    """A target, and how much of it to list."""

    name: Name
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000, description="List so many, the oldest bodies.")] = 100


class ReplayIn(msgspec.Struct, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """Which bodies to send again: dead letters, unless it says otherwise."""

    body: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None
    """One body, by its number"""
    start: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """Only bodies received from then on: ISO 8601 with its offset"""
    end: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """Only bodies received before then"""
    all: bool = False
    """Also what was delivered, while it is still kept; needs `from`"""
    dry_run: bool = False
    """Only say what would be sent"""


class DropIn(msgspec.Struct, forbid_unknown_fields=True):
    """What to give up for good: bodies by their numbers, or all of a part."""

    part: Part = Part.DEAD
    """Dead letters, what is tried again, or all that came so far and was not tried yet"""
    bodies: (
        Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]], msgspec.Meta(min_length=1, max_length=1_000)]
        | None
    ) = None
    """Only these, by their numbers; not with `waiting`"""
    all: bool = False
    """The whole part: needed when no body is named"""


class TargetAnswer(Strict):
    """A target. `waiting`: webhooks not tried yet, of which some may not be for it."""

    target: str
    is_in_use: bool
    is_paused: bool
    waiting: int
    oldest_waiting_at: Time | None
    retrying: int
    dead: int
    left_alone_since: Time | None
    delivered_at: Time | None
    trouble: str


class DeliveryAnswer(Strict):
    """A body that a target has not taken."""

    body: int
    received_at: Time | None
    tries: int
    next_try_at: Time | None
    dead_at: Time | None
    outcome: str
    detail: str


class ResentAnswer(Strict):
    """A body that is sent again, or would be. `was`: dead, retrying or empty."""

    body: int
    received_at: Time | None
    app: str
    bytes: int
    is_split: bool
    was: str


class ReplayAnswer(Strict):
    """What is sent again, or would be."""

    target: str
    dry_run: bool
    count: int
    is_cut: Annotated[bool, msgspec.Meta(description="There are more than may be sent at once: ask again for the rest")]
    bodies: Annotated[list[ResentAnswer], msgspec.Meta(description="The first thousand")]


class DropAnswer(Strict):
    """What was given up. `dropped` is null for `waiting`, of which some may not have been for the target."""

    target: str
    part: str
    dropped: int | None


class ControlAnswer(Strict):
    """What a target is asked to do."""

    target: str
    is_paused: bool


@dataclass(frozen=True, slots=True)
class ForwardApi:
    """Where webhooks are forwarded to."""

    forwarding: Forwarding

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        dead, again = "What it did not take for 7 days; kept for 30.", "What it is tried with again."
        sent = "A running server sends them within seconds, and tries for up to 7 days."
        gone = "They are not sent any more, and nothing brings them back. Who did it is in the audit trail."
        return [
            Operation(
                "GET", "/forward-targets", Scope.READ, self.list_targets, "List forward targets", list[TargetAnswer],
            ),
            Operation(
                "GET", "/forward-targets/{name}/dead-letters", Scope.READ, self.list_dead, "List dead letters",
                list[DeliveryAnswer], parameters=Listed, description=dead, problems=(404,),
            ),
            Operation(
                "GET", "/forward-targets/{name}/retrying", Scope.READ, self.list_retrying, "List what is tried again",
                list[DeliveryAnswer], parameters=Listed, description=again, problems=(404,),
            ),
            Operation(
                "POST", "/forward-targets/{name}/replay", Scope.ADMIN, self.replay, "Send bodies again", ReplayAnswer,
                parameters=One, body=ReplayIn, description=sent, problems=(404,),
            ),
            Operation(
                "POST", "/forward-targets/{name}/drop", Scope.ADMIN, self.drop, "Give bodies up for good", DropAnswer,
                parameters=One, body=DropIn, description=gone, problems=(404,),
            ),
            Operation(
                "POST", "/forward-targets/{name}/control/{wanted}", Scope.ADMIN, self.control_target,
                "Pause or resume a target", ControlAnswer, parameters=Control, problems=(404,),
                description="For every process and beyond a restart. What comes meanwhile is kept for up to 7 days.",
            ),
        ]  # fmt: skip

    def list_targets(self, _call: Call) -> list[TargetAnswer]:
        """Every target that was ever known."""
        return [_target(state) for state in self.forwarding.states()]

    def list_dead(self, call: Call) -> list[DeliveryAnswer]:
        """The dead letters of a target."""
        return self._undelivered(call.parameters, is_dead=True)

    def list_retrying(self, call: Call) -> list[DeliveryAnswer]:
        """What a target did not take and is tried with again."""
        return self._undelivered(call.parameters, is_dead=False)

    def replay(self, call: Call) -> ReplayAnswer:
        """Send bodies again, or say which."""
        name, asked = call.parameters.name, call.body
        from_at, to_at = (None if at is None else round(at.timestamp() * 1000) for at in (asked.start, asked.end))
        pick = Pick(asked.body, from_at, to_at, only_dead=asked.body is None and not asked.all)
        found = self.forwarding.replay(name, pick, call.caller.name, dry_run=asked.dry_run)
        shown = [_resent(each) for each in found.bodies[:1_000]]
        return ReplayAnswer(name, asked.dry_run, len(found.bodies), found.is_cut, shown)

    def drop(self, call: Call) -> DropAnswer:
        """Give bodies up for good."""
        name, asked, actor = call.parameters.name, call.body, call.caller.name
        if asked.bodies is None and not asked.all:
            raise BadRequest('bodies: missing; name them, or say "all": true to give up the whole part')
        if asked.bodies is not None and (asked.all or asked.part is Part.WAITING):
            raise BadRequest("bodies: only for single dead letters, or bodies that are tried again")
        if asked.part is Part.WAITING:
            self.forwarding.skip_waiting(name, actor)
            return DropAnswer(name, asked.part, None)
        n = self.forwarding.drop(name, asked.bodies, actor, is_dead=asked.part is Part.DEAD)
        return DropAnswer(name, asked.part, n)

    def control_target(self, call: Call) -> ControlAnswer:
        """Pause or resume a target."""
        asked: Control = call.parameters
        is_paused = asked.wanted is Wish.PAUSE
        self.forwarding.pause(asked.name, is_paused, call.caller.name)
        return ControlAnswer(asked.name, is_paused)

    def _undelivered(self, asked: Listed, *, is_dead: bool) -> list[DeliveryAnswer]:
        return [_delivery(each) for each in self.forwarding.undelivered(asked.name, is_dead=is_dead, limit=asked.limit)]


def _target(state: TargetState) -> TargetAnswer:
    return TargetAnswer(
        target=state.name,
        is_in_use=state.is_wanted,
        is_paused=state.is_paused,
        waiting=state.waiting,
        oldest_waiting_at=iso(state.oldest_waiting_at),
        retrying=state.retrying,
        dead=state.dead,
        left_alone_since=iso(state.open_since),
        delivered_at=iso(state.delivered_at),
        trouble=state.trouble,
    )


def _delivery(each: Delivery) -> DeliveryAnswer:
    times = iso(each.next_try_at), iso(each.dead_at)
    return DeliveryAnswer(each.body_id, iso(each.received_at), each.tries, *times, each.outcome.value, each.detail)


def _resent(each: Resent) -> ResentAnswer:
    return ResentAnswer(each.body_id, iso(each.received_at), each.app, each.size, each.is_split, each.was)
