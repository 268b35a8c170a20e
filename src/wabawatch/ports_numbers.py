"""What the pages about numbers and accounts need from the outside, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from wabawatch.domain.facts import Millis
from wabawatch.domain.headroom import NumberPlace
from wabawatch.domain.metrics import Tally
from wabawatch.domain.platform import RatingEvent
from wabawatch.domain.told import Told
from wabawatch.ports import Window


class Heard(NamedTuple):
    """When we last heard of a number."""

    inbound_at: Millis | None
    """The newest message that somebody wrote to it, among its newest messages"""
    status_at: Millis | None
    """The newest status of a message of its, among its newest messages"""


class Seen(NamedTuple):
    """A number as webhooks show it."""

    place: NumberPlace
    display: str
    """As people dial it; "" unknown"""
    last_at: Millis | None
    """When a webhook last told of a message of its"""


class NumberBooks(Protocol):
    """What the books hold of numbers and accounts. Each method raises StoreUnavailable."""

    def seen(self) -> Sequence[Seen]:
        """Every number that anything ever spoke of."""

    def heard(self, numbers: Collection[str]) -> Mapping[str, Heard]:
        """When each of *numbers* was heard of: of each, some hundred of its newest messages are looked at."""

    def history(self, number: str, most: int) -> Sequence[Told]:
        """What was told of a number, the newest *most*, the newest first."""

    def account_history(self, waba: str, most: int) -> Sequence[Told]:
        """What was told of an account, but of its numbers and templates, the newest *most*, the newest first."""

    def ratings(self, number: str) -> Sequence[RatingEvent]:
        """Every quality rating that was ever told of a number, in no order."""

    def minutes(self, number: str, window: Window) -> Mapping[Millis, Tally]:
        """How many messages of each standing a number has in each minute of *window*, at most 48 hours ago."""

    def versions(self, now: Millis) -> Mapping[str, int]:
        """How many calls the gateway passed on to each version of the Graph API, today and yesterday."""
