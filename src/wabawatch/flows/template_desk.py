"""Templates, as they are asked for: all of an account or of everybody, and one with its history and evidence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from wabawatch.domain.costs import Charge, Costs, PriceList, costs, priced
from wabawatch.domain.errors import NotFound
from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.metrics import Rate, Tally, count, delivery_rate, failure_rate, failures_by_fault, read_rate
from wabawatch.domain.overview import Cause, Slice, SliceKind, causes
from wabawatch.domain.periods import ended
from wabawatch.domain.platform import Kind, Known, Subject, of_kind
from wabawatch.domain.rollups import TIERS, Tier
from wabawatch.domain.standing import DAY_MS, Role, Standing, TemplateUse
from wabawatch.domain.template_stands import (
    MeanPrices,
    TemplateStands,
    TemplateText,
    about,
    charged,
    mean_prices,
    ripe_hour,
)
from wabawatch.domain.told import Told
from wabawatch.domain.violations import SendEvidence, evidence
from wabawatch.flows.assessing import Rules
from wabawatch.flows.judging import said_of
from wabawatch.limits_ports import Charges, Evidence
from wabawatch.ports import Clock, Window
from wabawatch.ports_templates import TemplateBooks

MOST_LINES = 200
"""So many lines of history are shown, the newest"""
EXAMINED = 200_000
"""So many messages are looked at for what no roll-up tells (SPEC.md 4)"""
MOST_SENDS = 50
HOURLY_MS = 5 * DAY_MS
"""Over so long a period a chart goes by the hour, over a longer one by the day"""

Whose = tuple[str, TemplateRef]
"""The account, and the template"""


class Point(NamedTuple):
    """One bucket of the period."""

    at: Millis
    """Its start"""
    attempted: int
    delivery: Rate
    """No case where its messages are too young to be judged"""
    read: Rate
    failure: Rate


@dataclass(frozen=True, slots=True)
class TemplateSeen:
    """One template, with all that is known of it."""

    stands: TemplateStands
    before: TemplateStands
    """In the period of the same length before"""
    tier: Tier
    points: tuple[Point, ...]
    points_before: tuple[Point, ...]
    """Of the period before"""
    faults: Mapping[str, int]
    """Failures by who can mend them"""
    history: Sequence[Told]
    """The newest first"""
    texts: tuple[TemplateText, ...]
    """What it says, where that was told"""
    languages: tuple[TemplateStands, ...]
    """The templates of the same name"""
    currency: str


@dataclass(frozen=True, slots=True)
class TemplateEvidence:
    """What single messages of a template tell."""

    causes: tuple[Cause, ...]
    costs: Costs
    """Of the messages that were looked at"""
    is_whole: bool
    """False: there are more than were looked at, which are the newest"""
    violating: tuple[SendEvidence, ...]
    unproven: tuple[SendEvidence, ...]


@dataclass(frozen=True, slots=True)
class TemplateDesk:
    """Reads what is known of templates."""

    books: TemplateBooks
    charges: Charges
    prices: PriceList
    judged: Evidence
    texts_of: Callable[[str], tuple[TemplateText, ...]]
    """What a template says, from how Meta told it"""
    rules: Rules
    clock: Clock

    def owners(self) -> Mapping[str, str]:
        """The account of every number, "" unknown."""
        return self.books.owners()

    def listed(self, start: Millis, end: Millis, of: Slice) -> list[TemplateStands]:
        """Every template that is known, with its sends of the whole hours that hold *start* to *end*, in no order.

        Of an account, its own; of a number, its account's, with what the number sent. Raises BadRequest.
        """
        end = ended(start, end, self.clock.now())
        owners = self.books.owners()
        waba, numbers = _mine(of, owners)
        states = self.books.states(waba)
        known: dict[Whose, Mapping[str, Known]] = {
            (subject.waba, _ref(subject)): aspects for subject, aspects in of_kind(states, Kind.TEMPLATE)
        }
        return list(self._stands(Window(start, end), numbers, known, owners))

    def show(self, waba: str, ref: TemplateRef, start: Millis, end: Millis) -> TemplateSeen:
        """One template of an account ("": of nobody known). Raises NotFound, BadRequest."""
        end = ended(start, end, self.clock.now())
        owners = self.books.owners()
        numbers = {number for number, owner in owners.items() if owner == waba}
        if not waba:
            numbers.add("")
        states = self.books.languages(waba, ref.name)
        known = {(waba, _ref(subject)): aspects for subject, aspects in of_kind(states, Kind.TEMPLATE)}
        mine, window = (waba, ref), Window(start, end)
        if mine not in known and not self.books.is_known(ref):
            raise NotFound("template: nobody ever told of such a template; the list of templates shows those known")
        family = {one.ref: one for one in self._stands(window, numbers, known, owners) if one.ref.name == ref.name}
        before = Window(start - (end - start), start)
        earlier = {one.ref: one for one in self._stands(before, numbers, known, owners)}
        nothing = TemplateStands(waba, ref, known.get(mine, {}), {}, {}, self.rules.thresholds)
        stands = family.pop(ref, nothing)
        tier = Tier.HOUR if end - start <= HOURLY_MS else Tier.DAY
        return TemplateSeen(
            stands=stands,
            before=earlier.get(ref, nothing),
            tier=tier,
            points=self._points(window, ref, numbers, tier, end),
            points_before=self._points(before, ref, numbers, tier, end),
            faults=failures_by_fault(stands.tally),
            history=self.books.history(waba, ref, MOST_LINES),
            texts=self.texts_of(self.books.content(waba, ref)),
            languages=tuple(sorted(family.values(), key=lambda one: one.ref.language)),
            currency=self.prices.currency,
        )

    def evidence(self, waba: str, ref: TemplateRef, start: Millis, end: Millis) -> TemplateEvidence:
        """What its single messages tell: of the newest `EXAMINED` of its account. Raises BadRequest."""
        window = Window(start, ended(start, end, self.clock.now()))
        numbers = {number for number, owner in self.books.owners().items() if owner == waba}
        parts, is_whole = self.books.parts(window, ref, numbers, EXAMINED)
        failed: Counter[int] = Counter()
        for part in parts:
            if part.error_code is not None:
                failed[part.error_code] += part.n
        paid = [Charge(part.category, part.country, part.number, part.n) for part in parts if part.category]
        return TemplateEvidence(
            causes(failed),
            costs(paid, self.prices, window.start, window.end),
            is_whole,
            *(self._sends(use, window, ref, numbers) for use in (TemplateUse.VIOLATION, TemplateUse.UNVERIFIED)),
        )

    def _sends(
        self, use: TemplateUse, window: Window, ref: TemplateRef, numbers: Collection[str]
    ) -> tuple[SendEvidence, ...]:
        days = self.books.series(window, ref, numbers, Tier.DAY).values()
        if not any(count(tally, lambda s: s.template_use is use) for tally in days):
            return ()  # else all messages of the period would be looked through for what is not there
        held = self.books.judged(use, window, ref, numbers, MOST_SENDS)
        said = said_of(self.judged, [each.message for each in held])
        return tuple(evidence(h.id, h.message, h.judgement, *theirs) for h, theirs in zip(held, said, strict=True))

    def _stands(
        self,
        window: Window,
        numbers: Collection[str] | None,
        known: Mapping[Whose, Mapping[str, Known]],
        owners: Mapping[str, str],
    ) -> Iterator[TemplateStands]:
        """How each template stands that is known, or that *numbers* sent."""
        start, end = window.start or 0, window.end or 0
        ripe = min(max(start, ripe_hour(end, self.rules.grace_ms)), end)
        old = self.books.counts(Window(start, ripe), numbers) if start < ripe else {}
        young = self.books.counts(Window(ripe, end), numbers) if ripe < end else {}
        matured, tallies = _gathered([old], owners), _gathered([old, young], owners)
        prices = self._prices(window)
        paid: defaultdict[Whose, Counter[str]] = defaultdict(Counter)
        for (number, ref), tally in (each for some in (old, young) for each in some.items()):
            paid[owners.get(number, ""), ref][number] += charged(tally)
        for whose in known.keys() | tallies.keys():
            aspects = known.get(whose, {})
            yield TemplateStands(
                *whose,
                aspects,
                tallies.get(whose, {}),
                matured.get(whose, {}),
                self.rules.thresholds,
                _cost(paid.get(whose, {}), aspects, prices),
            )

    def _prices(self, window: Window) -> MeanPrices:
        if not self.prices.prices:
            return {}
        return mean_prices(priced(self.charges.charges(window.start, window.end)[0], self.prices))

    def _points(
        self, window: Window, ref: TemplateRef, numbers: Collection[str], tier: Tier, end: Millis
    ) -> tuple[Point, ...]:
        width, ripe = TIERS[tier].width_ms, end - self.rules.grace_ms
        return tuple(
            Point(
                at,
                count(tally, lambda s: s.role is Role.ATTEMPTED),
                delivery_rate(tally) if at + width <= ripe else Rate(0, 0),
                read_rate(tally) if at + width <= ripe else Rate(0, 0),
                failure_rate(tally),
            )
            for at, tally in self.books.series(window, ref, numbers, tier).items()
        )


def _mine(of: Slice, owners: Mapping[str, str]) -> tuple[str, Collection[str] | None]:
    """The account that a slice is about, and the numbers (None: all)."""
    match of.kind:
        case SliceKind.ALL:
            return "", None
        case SliceKind.WABA:
            return of.id, {number for number, waba in owners.items() if waba == of.id}
        case SliceKind.NUMBER:
            return owners.get(of.id, ""), {of.id}


def _gathered(
    some: Sequence[Mapping[tuple[str, TemplateRef], Tally]], owners: Mapping[str, str]
) -> dict[Whose, Counter[Standing]]:
    """Counts by number as counts by account."""
    found: defaultdict[Whose, Counter[Standing]] = defaultdict(Counter)
    for (number, ref), tally in (each for counted in some for each in counted.items()):
        found[owners.get(number, ""), ref].update(tally)
    return found


def _cost(paid: Mapping[str, int], aspects: Mapping[str, Known], prices: MeanPrices) -> Decimal | None:
    category = aspects.get("category")
    return about(paid, category.value if category else "", prices)


def _ref(subject: Subject) -> TemplateRef:
    name, _, language = subject.id.rpartition("/")
    return TemplateRef(name, language)
