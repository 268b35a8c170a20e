"""What costs, limits, evidence and preflight need to read, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from wabawatch.domain.campaigns import Restriction
from wabawatch.domain.costs import Charge
from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.headroom import NumberPlace, Pace
from wabawatch.domain.limit_hits import LimitHits
from wabawatch.domain.messages import ContactKey
from wabawatch.domain.metrics import Tally
from wabawatch.domain.standing import TemplateUse
from wabawatch.domain.templates import ConsentEvent, TemplateEvent
from wabawatch.domain.violations import OptOut
from wabawatch.ports import Held


class Charges(Protocol):
    """What Meta says is charged."""

    def charges(self, start: Millis | None, end: Millis | None) -> tuple[list[Charge], Millis | None, Millis | None]:
        """The charged messages of the whole UTC days that hold *start* up to *end* (None: from the first, to the last),
        and the beginning and end of these days; None: nothing was ever charged."""


class Hits(Protocol):
    """Limits that were hit."""

    def hits(self, start: Millis | None, end: Millis, most: int) -> LimitHits:
        """How often which limit was hit in the whole hours that hold *start* (None: the beginning) up to *end*, and
        the newest *most* of the hits."""


class Evidence(Protocol):
    """What template sends were judged by."""

    def judged(self, use: TemplateUse, start: Millis | None, end: Millis, most: int) -> list[Held]:
        """The newest *most* messages of *start* up to *end* that stand so to the template rule."""

    def template_histories(
        self, refs: Collection[TemplateRef]
    ) -> Mapping[TemplateRef, Mapping[str, list[TemplateEvent]]]:
        """As `ports.Ledger`."""

    def consents(self, contacts: Collection[ContactKey]) -> Mapping[ContactKey, Mapping[str, list[ConsentEvent]]]:
        """As `ports.Ledger`."""

    def opt_outs(self, start: Millis | None, end: Millis, most: int) -> list[OptOut]:
        """The newest *most* words of people in *start* up to *end* that they want no more marketing messages."""


class Reach(Protocol):
    """How much is sent, and to how many."""

    def places(self) -> list[NumberPlace]:
        """Every number that anything ever spoke of, with its account."""

    def paces(self, numbers: Sequence[str], start: Millis, end: Millis) -> Mapping[str, Pace]:
        """How fast each number was at its busiest in *start* up to *end*, at most 48 hours ago."""

    def people(self, numbers: Sequence[str], start: Millis, end: Millis) -> tuple[int, bool]:
        """How many people these numbers reached outside their service window in *start* up to *end*, and whether all
        messages were looked at."""

    def last_reached(self, numbers: Sequence[str], start: Millis, end: Millis) -> tuple[list[Millis], bool]:
        """When each of these people was reached last, in no order."""

    def accepted(self, start: Millis, end: Millis) -> Mapping[str, int]:
        """How many messages of each number Meta accepted in *start* up to *end*, in whole minutes, as `Figures` counts.
        Costs the same however many there are."""


class Conditions(Protocol):
    """What else preflight looks at."""

    def tally(self, numbers: Collection[str], template: TemplateRef | None, start: Millis, end: Millis) -> Tally:
        """How many messages of each standing these numbers have in *start* up to *end*; of one template, if given."""

    def failures(
        self, numbers: Collection[str], codes: Collection[int], start: Millis, end: Millis
    ) -> Mapping[int, int]:
        """How many messages of these numbers failed with each of *codes*, in whole hours."""

    def restrictions(self, waba: str, now: Millis) -> list[Restriction]:
        """What Meta told of an account that it restricted in the last 30 days, or disabled; not what it lifted."""

    def last_webhook_at(self) -> Millis | None:
        """When the last live webhook came; None: none ever did, or it is long ago."""

    def last_accepted_at(self) -> Millis | None:
        """The minute of the last send that was recorded and accepted; None: none in 48 hours."""
