"""Numbers and accounts, as they are asked for: all of them, and one with its history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wabawatch.alerting_ports import AlertBook, AlertFigures
from wabawatch.domain.alert_records import Alert, worst
from wabawatch.domain.alerts import Phase, ScopeKind
from wabawatch.domain.campaigns import Restriction
from wabawatch.domain.connection import Judged
from wabawatch.domain.costs import Charge, Costs, PriceList, costs
from wabawatch.domain.errors import NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.headroom import MessagingLimit, Pace, Throughput, placed, throughput
from wabawatch.domain.metrics import Tally, count
from wabawatch.domain.number_stands import UNKNOWN, NumberState, firing_by_number
from wabawatch.domain.overview import EVERYTHING, Cause, Point, Slice, SliceKind, causes, points, tier_for, touching
from wabawatch.domain.periods import ended
from wabawatch.domain.platform import Kind, Known, RatingEvent, States, Subject, of_kind, value
from wabawatch.domain.rollups import Tier
from wabawatch.domain.standing import DAY_MS, MINUTE_MS, Role, Standing
from wabawatch.domain.told import Told
from wabawatch.domain.uptime import UptimeFigures
from wabawatch.flows.assessing import Rules, closed_minute
from wabawatch.limits_ports import Charges
from wabawatch.overview_ports import SlicedFigures
from wabawatch.polling_ports import Platform
from wabawatch.ports import Clock, Window
from wabawatch.ports_numbers import Heard, NumberBooks, Seen

MOST_LINES = 300
"""So many lines of history are shown, the newest"""
FEW = 10
"""So many numbers are asked for one by one"""
BARS = 60
"""Pieces of a check's row"""
PACE_MS = DAY_MS
"""So far back the busiest minute is looked for: by the minute messages are counted for two days"""


@dataclass(frozen=True, slots=True)
class Access:
    """What stands between Meta and us, beside numbers and accounts themselves."""

    token: Mapping[str, Known]
    apps: Mapping[str, Mapping[str, Known]]
    """By Meta's id"""
    own_apps: Mapping[str, str]
    """Meta's id of each app by its name in our settings"""
    callback_url: str | None
    version: str
    """Of the Graph API that we call; "" none is called"""
    versions: Mapping[str, int]
    """Calls through the gateway to each version, today and yesterday"""


@dataclass(frozen=True, slots=True)
class NumberSeen:
    """One number, with all that is known of it."""

    state: NumberState
    account: Mapping[str, Known]
    heard: Heard
    pace: Throughput
    tier: Tier
    points: tuple[Point, ...]
    before: tuple[Point, ...]
    """Of the period of the same length before"""
    causes: tuple[Cause, ...]
    ratings: Sequence[RatingEvent]
    """Every rating there ever was, the newest first"""
    history: Sequence[Told]
    """The newest first"""
    limits: Sequence[Told]
    """What was told of the messaging limit of its account"""
    alerts: Sequence[Alert]
    access: Access
    uptime: UptimeFigures


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """One account, with all that is known of it."""

    waba: str
    aspects: Mapping[str, Known]
    numbers: Sequence[NumberState]
    tally: Tally
    templates: Mapping[str, int]
    """How many there are of each status"""
    qualities: Mapping[str, int]
    history: Sequence[Told]
    restrictions: Sequence[Restriction]
    """In force"""
    alerts: Sequence[Alert]
    causes: tuple[Cause, ...]
    costs: Costs
    access: Access


@dataclass(frozen=True, slots=True)
class Wished:
    """How the way from Meta to us should be, by the settings."""

    callback_url: str | None
    apps: Mapping[str, str]
    version: str


@dataclass(frozen=True, slots=True)
class NumberDesk:
    """Reads what is known of numbers and accounts."""

    books: NumberBooks
    figures: AlertFigures
    slices: SlicedFigures
    platform: Platform
    alerts: AlertBook
    charges: Charges
    prices: PriceList
    connections: Callable[[States, Mapping[str, str], Millis], Mapping[str, Judged]]
    """How the way from Meta to each number stands, by what is known and whose the numbers are"""
    used: Callable[[States], Sequence[MessagingLimit]]
    """Every messaging limit with what is used of it, by what is known; counts nobody"""
    uptime: Callable[[Millis, Millis, int], UptimeFigures]
    wished: Wished
    rules: Rules
    clock: Clock

    def listed(self, start: Millis, end: Millis, of: Slice = EVERYTHING) -> list[NumberState]:
        """Every number that is known, or those of an account, in no order. Raises BadRequest."""
        return self._listed(Window(start, ended(start, end, self.clock.now())), of, self.figures.states())[0]

    def heard(self, numbers: Collection[str]) -> Mapping[str, Heard]:
        """When some numbers were heard of."""
        return self.books.heard(numbers)

    def _listed(self, window: Window, of: Slice, states: States) -> tuple[list[NumberState], list[Alert]]:
        seen, now = [each for each in _all(self.books.seen(), states) if _is_of(each, of)], self.clock.now()
        owners = {each.place.number: each.place.waba for each in seen}
        start, end = window.start or 0, window.end or 0
        ripe = min(max(start, closed_minute(end - self.rules.grace_ms)), end)
        old, young = self._tallies(Window(start, ripe), owners), self._tallies(Window(ripe, end), owners)
        limits = {number: limit for limit in self.used(states) for number in limit.numbers}
        connections = self.connections(states, owners, now)
        firing = [alert for alert in self.alerts.open() if alert.phase is Phase.FIRING]
        counted = firing_by_number(firing)
        found = [
            NumberState(
                each.place,
                states.get(Subject(Kind.NUMBER, number), {}),
                Counter(old.get(number, {})) + Counter(young.get(number, {})),
                old.get(number, {}),
                self.rules.thresholds,
                self.rules.weights,
                limits.get(number),
                connections.get(number, UNKNOWN),
                counted.get(number, {}),
                each.last_at,
                each.display,
            )
            for each in seen
            for number in [each.place.number]
        ]
        return found, firing

    def _tallies(self, window: Window, numbers: Collection[str]) -> Mapping[str, Tally]:
        """How many messages of each standing *numbers* have: asked one by one where they are few."""
        if window.start == window.end:
            return {}
        if len(numbers) > FEW:
            return self.figures.numbers(window)
        return {number: self.slices.tally(window, Slice(SliceKind.NUMBER, number)) for number in numbers}

    def number(self, number: str, start: Millis, end: Millis) -> NumberSeen:
        """One number. Raises NotFound, BadRequest."""
        window = Window(start, ended(start, end, self.clock.now()))
        states = self.figures.states()
        found, firing = self._listed(window, Slice(SliceKind.NUMBER, number), states)
        if not found:
            raise NotFound("number: nobody ever told of such a number; the list of numbers shows those known")
        state, now = found[0], self.clock.now()
        waba, tier, of = state.place.waba, tier_for((window.end or 0) - start), Slice(SliceKind.NUMBER, number)
        places = {number: waba}
        earlier = Window(start - ((window.end or 0) - start), start)
        return NumberSeen(
            state=state,
            account=states.get(Subject(Kind.WABA, waba), {}),
            heard=self.books.heard([number]).get(number, Heard(None, None)),
            pace=throughput(number, states, busiest(self.books.minutes(number, Window(now - PACE_MS, now)))),
            tier=tier,
            points=self._points(window, of, tier),
            before=self._points(earlier, of, tier),
            causes=self._causes(window, {number}),
            ratings=sorted(self.books.ratings(number), reverse=True),
            history=self.books.history(number, MOST_LINES),
            limits=[told for told in self._account_history(waba) if told.event == "BUSINESS_CAPABILITY"],
            alerts=[a for a in touching(worst(firing), of, places) if a.scope.kind is not ScopeKind.TEMPLATE],
            access=self._access(states, now),
            uptime=self.uptime(start, window.end or 0, BARS),
        )

    def account(self, waba: str, start: Millis, end: Millis) -> AccountSeen:
        """One account. Raises NotFound, BadRequest."""
        window = Window(start, ended(start, end, self.clock.now()))
        states, now = self.figures.states(), self.clock.now()
        of = Slice(SliceKind.WABA, waba)
        numbers, firing = self._listed(window, of, states)
        aspects = states.get(Subject(Kind.WABA, waba), {})
        templates = [each for _, each in of_kind(self.platform.templates(waba), Kind.TEMPLATE)]
        history = self._account_history(waba)
        if not (numbers or aspects or templates or history):
            raise NotFound("account: nobody ever told of such an account; the list of numbers shows those known")
        mine = {each.number: waba for each in numbers}
        tally: Counter[Standing] = sum((Counter(each.tally) for each in numbers), Counter())
        return AccountSeen(
            waba=waba,
            aspects=aspects,
            numbers=numbers,
            tally=tally,
            templates=Counter(value(each, "status") for each in templates),
            qualities=Counter(value(each, "quality") for each in templates),
            history=history,
            restrictions=self.figures.restrictions(now).get(waba, ()),
            alerts=touching(worst(firing), of, mine),
            causes=self._causes(window, mine),
            costs=self._costs(window, mine),
            access=self._access(states, now),
        )

    def _account_history(self, waba: str) -> Sequence[Told]:
        return self.books.account_history(waba, MOST_LINES) if waba else ()

    def _causes(self, window: Window, numbers: Collection[str]) -> tuple[Cause, ...]:
        failed: Counter[int] = Counter()
        for (number, code), n in self.figures.failures(window).items():
            if number in numbers:
                failed[code] += n
        return causes(failed)

    def _costs(self, window: Window, numbers: Collection[str]) -> Costs:
        found, start, end = self.charges.charges(window.start, window.end)
        mine: Iterable[Charge] = (each for each in found if each.number in numbers)
        return costs(mine, self.prices, start, end)

    def _points(self, window: Window, of: Slice, tier: Tier) -> tuple[Point, ...]:
        ripe = closed_minute((window.end or 0) - self.rules.grace_ms)
        return points(self.slices.series(window, of, tier), {}, tier, ripe, None, self.rules.weights)

    def _access(self, states: States, now: Millis) -> Access:
        return Access(
            token=states.get(Subject(Kind.TOKEN, ""), {}),
            apps={subject.id: aspects for subject, aspects in of_kind(states, Kind.APP)},
            own_apps=self.wished.apps,
            callback_url=self.wished.callback_url,
            version=self.wished.version,
            versions=self.books.versions(now),
        )


def _is_of(seen: Seen, of: Slice) -> bool:
    match of.kind:
        case SliceKind.ALL:
            return True
        case SliceKind.WABA:
            return seen.place.waba == of.id
        case SliceKind.NUMBER:
            return seen.place.number == of.id


def _all(seen: Sequence[Seen], states: States) -> list[Seen]:
    """Every number, with what polling knows of those that no webhook told of."""
    places = placed((each.place for each in seen), states)
    return [each._replace(place=place) for each, place in zip(seen, places, strict=True)]


def busiest(minutes: Mapping[Millis, Tally]) -> Pace:
    """The busiest minute of some, in and out. Its busiest second is not looked for."""
    moving = {
        at: count(tally, lambda s: s.role in (Role.ATTEMPTED, Role.INBOUND) and not s.is_rejected and not s.is_unlinked)
        for at, tally in minutes.items()
    }
    at = max(moving, key=lambda each: (moving[each], each), default=None)
    if at is None or moving[at] <= 0:
        return Pace(None, 0, 0)
    return Pace(at, moving[at], -(-moving[at] * 1_000 // MINUTE_MS))
