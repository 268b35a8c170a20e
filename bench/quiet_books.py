"""The books of a drawn world, as rules and the alerting flow read them, and the alerts that come of it, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.quiet_world import BIN, HOUR, START, World, added, thinned
from wabawatch.alerting_ports import StateKey
from wabawatch.domain.alert_evidence import NO_SLICES, Answers, Backlog, Happened, Minute, Slices
from wabawatch.domain.alert_records import Change
from wabawatch.domain.alerts import AlertState, OpenAlert, Phase, Transition
from wabawatch.domain.calls import CallCounts
from wabawatch.domain.connection import ENOUGH_SILENT
from wabawatch.domain.error_codes import LIMIT_HIT_CODES
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram, index_of
from wabawatch.domain.limit_hits import HitCount, LimitHits
from wabawatch.domain.metrics import Tally, Weights
from wabawatch.domain.platform import Kind, Known, States, Subject
from wabawatch.domain.rule_set import RuleSet
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.flows.alerting import Alerting, Memory
from wabawatch.flows.looking_own import OwnLooks
from wabawatch.flows.looking_rates import RateLooks, Usual
from wabawatch.flows.looking_states import Delays, StateLooks, Wanted
from wabawatch.ports import MONITORING, RUNNING, Window

CYCLE_MS = 5 * MINUTE_MS
APP, CALLBACK = "4242", "https://hooks.example.com/webhooks/whatsapp"
ANSWER, SLOW_ANSWER, LATE_ANSWER = index_of(30), index_of(600), index_of(1_800)


class Held:
    """`AlertBook`, as far as looking needs it."""

    def __init__(self) -> None:
        self.fired: list[Transition] = []
        self.marks = {MONITORING: RUNNING}
        self._states: dict[StateKey, AlertState] = {}

    def states(self, rules: Collection[str] | None = None) -> Mapping[StateKey, AlertState]:
        if rules is None:
            return dict(self._states)
        return {key: state for key, state in self._states.items() if key[0] in rules}

    def past_causes(self, now: Millis) -> Sequence[OpenAlert]:
        return ()  # nothing is wrong with that world, so nothing explains anything

    def save(self, changes: Sequence[Change], marks: Mapping[str, int]) -> list[Transition]:
        self.marks.update(marks)
        told = []
        for change in changes:
            self._states[change.rule, change.scope] = replace(change.after, version=change.before.version + 1)
            if change.transition is not None:
                told.append(change.transition)
        self.fired += [each for each in told if each.became is Phase.FIRING and each.was is not Phase.FIRING]
        return told


class Books:
    """`AlertFigures`, `OwnSigns`, `Hits`, `Figures.calls` and `Clock` of one world."""

    def __init__(self, world: World, marks: Mapping[str, int]) -> None:
        self.world = world
        self._marks = marks
        self._owners = {sender.id: sender.waba for sender in world.senders}
        self._platform = platform_of(world)
        self._answers: dict[int, tuple[Counter[int], int]] = {}
        self._sent = 0

    # ------------------------------------------------------------ what rules look at

    def now(self) -> Millis:
        return self.world.at()

    def mark(self, name: str) -> int:
        return self._marks.get(name, 0)

    def next_cycle(self, after: Millis, until: Millis) -> Millis | None:
        at = (after // CYCLE_MS + 1) * CYCLE_MS
        return at if at <= until else None

    def last_cycle(self, until: Millis) -> Millis | None:
        return until // CYCLE_MS * CYCLE_MS

    def numbers(self, window: Window) -> dict[str, Tally]:
        start, end = minutes_of(window)
        width = HOUR if (end - start) >= HOUR and start % HOUR == 0 == end % HOUR else BIN
        books = self.world.hours if width == HOUR else self.world.bins
        found: dict[str, Tally] = {}
        for number, book in books.items():
            rows = [row for i in range(start // width, -(-end // width)) if (row := book.get(i))]
            if rows:
                found[number] = added(iter(rows))
        return found

    def countries(self, window: Window) -> dict[str, Tally]:
        start, end = minutes_of(window)
        found: dict[str, Tally] = {}
        for country, book in self.world.lands.items():
            rows = [row for i in range(start // HOUR, -(-end // HOUR)) if (row := book.get(i))]
            if rows:
                found[country] = added(iter(rows))
        return found

    def owners(self) -> Mapping[str, str]:
        return self._owners

    def slices(self, window: Window) -> Slices:
        return NO_SLICES

    def failures(self, window: Window) -> Mapping[tuple[str, int], int]:
        start, end = minutes_of(window)
        found: Counter[tuple[str, int]] = Counter()
        for hour in range(start // HOUR, -(-end // HOUR)):
            found.update(self.world.codes.get(hour, {}))
        return found

    def hits(self, start: Millis | None, end: Millis, most: int) -> LimitHits:
        found = self.failures(Window(start, end))
        counts = tuple(
            HitCount(code, number, self._owners[number], n)
            for (number, code), n in found.items()
            if code in LIMIT_HIT_CODES
        )
        return LimitHits(start or 0, end, counts, ())

    def answers(self, window: Window) -> Answers:
        start, end = minutes_of(window)
        times, unanswered = Counter[int](), 0
        for i in range(start // BIN, -(-end // BIN)):
            some, none = self._answers.get(i, ({}, 0))
            times.update(some)
            unanswered += none
        return Answers(times, unanswered, is_application=True)

    def calls(self, window: Window) -> CallCounts:
        whole = sum(self.answers(window).times.values()) // 3
        failed = self.failures(window)
        return CallCounts(calls=max(whole, sum(failed.values()) // 10), errors=sum(failed.values()) // 10)

    def misuses(self, window: Window) -> Sequence[Any]:
        return ()

    def minutes(self, window: Window) -> dict[str, list[Minute]]:
        start, end = minutes_of(window)
        return {
            number: [
                Minute(START + at * MINUTE_MS, *book[at])
                for at in sorted(book)
                if start <= at < end and at < self.world.now
            ]
            for number, book in self.world.minutes.items()
        }  # fmt: skip

    def is_something_silent(self) -> bool:
        """Whether a number has whole minutes without a status, and enough sends in them to say anything."""
        every = self.world.minutes.values()
        return any(sum(n for n, silent in book.values() if n == silent) >= ENOUGH_SILENT for book in every)

    def delays(self, number_days: Window, hours: Sequence[Window]) -> tuple[Mapping[str, Histogram], Histogram]:
        start, end = minutes_of(number_days)
        of_numbers = {}
        for number, book in self.world.delays.items():
            of_numbers[number] = sum((book[at] for at in book if start <= at * HOUR < end), Counter[int]())
        wanted = {minutes_of(hour)[0] // HOUR for hour in hours}
        every = self.world.delays.values()
        return of_numbers, sum((book[at] for book in every for at in wanted if at in book), Counter[int]())

    def refused_signatures(self, window: Window) -> Mapping[str, int]:
        return {"": 2}  # there is always somebody who knocks

    def states(self) -> States:
        return self._platform

    def troubled_templates(self) -> States:
        return {}

    def restrictions(self, now: Millis) -> Mapping[str, Sequence[Any]]:
        return {}

    def newest_event(self) -> int:
        return 0

    def events(self, after: int, limit: int) -> Sequence[Happened]:
        return ()

    # ------------------------------------------------------------ ourselves

    def checks(self, now: Millis) -> Sequence[Any]:
        return ()

    def loops(self) -> Sequence[Any]:
        return ()

    def channels(self) -> Sequence[Any]:
        return ()

    def backlog(self) -> Backlog:
        return Backlog(None, 0)

    def note_answers(self) -> None:
        """How the application answered the webhooks of the bin that ends now: it is restarted once a day."""
        rng, bodies = self.world.rng, 3 * (self.world.sent - self._sent)
        self._sent = self.world.sent
        is_restart = self.world.now % (24 * HOUR) == 13 * HOUR
        none = thinned(rng, bodies, 0.1 if is_restart else 0.0005)
        late, slow = thinned(rng, bodies - none, 0.002), thinned(rng, bodies - none, 0.05)
        fast = max(0, bodies - none - late - slow)
        self._answers[self.world.now // BIN - 1] = Counter({ANSWER: fast, SLOW_ANSWER: slow, LATE_ANSWER: late}), none
        self._answers.pop(self.world.now // BIN - 50, None)


def platform_of(world: World) -> States:
    """Everything is as it should be."""
    found: dict[Subject, Mapping[str, Known]] = {
        Subject(Kind.APP, APP): {"callback": Known(CALLBACK), "active": Known("true")},
        Subject(Kind.TOKEN, ""): {"valid": Known("true")},
    }
    for sender in world.senders:
        known = {"quality": Known("GREEN"), "status": Known("CONNECTED"), "waba": Known(sender.waba)}
        found[Subject(Kind.NUMBER, sender.id)] = known
        found[Subject(Kind.WABA, sender.waba)] = {"apps": Known(APP)}
    return found


def minutes_of(window: Window) -> tuple[int, int]:
    """Beginning and end of *window*, both known, in minutes of the world."""
    return ((window.start or 0) - START) // MINUTE_MS, -(-((window.end or 0) - START) // MINUTE_MS)


def watch(world: World, days: int) -> Iterator[list[Transition]]:
    """Let all rules watch *world* for so many days from now on: after each hour, every alert that has fired so far."""
    held = Held()
    books: Any = Books(world, held.marks)
    rules = RuleSet()
    rates = RateLooks(books, books, rules, 15 * MINUTE_MS, Weights(), Usual())
    own = OwnLooks(books, books, books, lambda _start, _end: None, rules)
    states = StateLooks(books, books, books, lambda _: (), rules, Wanted(CALLBACK, {"": APP}, ""), Delays(), own)
    alerting = Alerting(held, books, rules, books, rates, states, books, CYCLE_MS, Memory())  # type: ignore[arg-type]
    books.note_answers()
    for minute in range(world.now + 1, world.now + days * 24 * HOUR + 1):
        world.turn_to(minute)
        if minute % BIN == 0:
            books.note_answers()
        if minute % BIN and not books.is_something_silent():
            continue  # nothing that is looked at has changed since the last look
        while alerting.step():
            pass
        if minute % HOUR == 0:
            yield held.fired
