"""Channels over HTTP: how they are doing, a test of one, and runbooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.domain.errors import NotFound
from wabawatch.flows.channel_desk import ChannelDesk, Standing, Tried
from wabawatch.notifiers import runbooks
from wabawatch.web.answers import Strict, Time
from wabawatch.web.operations import Call, Operation
from wabawatch.wire import iso


class OneChannel(msgspec.Struct, forbid_unknown_fields=True):
    """A channel."""

    name: Annotated[str, msgspec.Meta(max_length=64, description="The channel, as in `[channels.NAME]`.")]


class OneRunbook(msgspec.Struct, forbid_unknown_fields=True):
    """A type of alert."""

    type: Annotated[str, msgspec.Meta(max_length=64, description="Such as `DELIVERY_RATE_LOW`.")]


class ChannelAnswer(Strict):
    """A channel. `failures`: in a row; `waiting`: notices that are still to be delivered, `dead` given up in a day."""

    channel: str
    kind: str
    place: str
    failures: int
    failing_since: Time | None
    sent_at: Time | None
    trouble: str
    waiting: int
    dead: int


class TestAnswer(Strict):
    """How a channel took a test. `outcome`: sent, retry (it may work later) or refused (change something)."""

    channel: str
    kind: str
    key: str
    outcome: str
    detail: str


class RunbookAnswer(Strict):
    """What an alert means and what to do about it."""

    type: str
    title: str
    means: str
    decided: str
    steps: list[str]
    fixes: list[str]
    facts: list[str]


@dataclass(frozen=True, slots=True)
class ChannelsApi:
    """Where notices go."""

    desk: ChannelDesk

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        tries = "The answer tells how it went, at the latest after half a minute. Who tried is in the audit trail."
        return [
            Operation(
                "GET", "/alerts/channels", Scope.READ, self.list_channels, "List channels", list[ChannelAnswer],
            ),
            Operation(
                "POST", "/alerts/channels/{name}/test", Scope.ADMIN, self.test_channel, "Send a test to a channel",
                TestAnswer, parameters=OneChannel, description=tries, problems=(404,),
            ),
            Operation(
                "GET", "/alerts/runbooks/{type}", Scope.READ, self.read_runbook, "Read the runbook of a type of alert",
                RunbookAnswer, parameters=OneRunbook, problems=(404,),
            ),
        ]  # fmt: skip

    def list_channels(self, call: Call) -> list[ChannelAnswer]:
        """Every channel, and how it is doing."""
        return [channel_answer(each) for each in self.desk.standings()]

    def test_channel(self, call: Call) -> TestAnswer:
        """Send a test."""
        asked: OneChannel = call.parameters
        return tried_answer(self.desk.test(asked.name, call.caller.name))

    def read_runbook(self, call: Call) -> RunbookAnswer:
        """What an alert means and what to do about it."""
        return runbook_answer(call.parameters.type)


def channel_answer(each: Standing) -> ChannelAnswer:
    """A channel as it is told."""
    state = each.state
    return ChannelAnswer(
        channel=each.name,
        kind=each.kind,
        place=each.place,
        failures=state.failures,
        failing_since=iso(state.failing_since),
        sent_at=iso(state.sent_at),
        trouble=state.trouble,
        waiting=state.waiting,
        dead=state.dead,
    )


def tried_answer(tried: Tried) -> TestAnswer:
    """A test as it is told."""
    delivered = tried.delivered
    return TestAnswer(tried.name, tried.kind, tried.key, delivered.outcome.value, delivered.detail)


def runbook_answer(type_: str) -> RunbookAnswer:
    """The runbook of a type of alert. Raises NotFound."""
    page = runbooks.load(type_)
    if page is None:
        raise NotFound(f"there is no runbook of {type_[:64]!r}; there are {', '.join(runbooks.names()).upper()}")
    lists: Any = [list(each) for each in (page.steps, page.fixes, page.facts)]
    return RunbookAnswer(page.rule, page.title, page.means, page.decided, *lists)
