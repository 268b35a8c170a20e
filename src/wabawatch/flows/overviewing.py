"""The overview, as it is asked for: one period of everything, of one account or of one number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from wabawatch.alerting_ports import AlertBook, AlertFigures
from wabawatch.domain.alert_records import worst
from wabawatch.domain.alerts import Phase
from wabawatch.domain.compliance import Answerer
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Tally, count, number_quality
from wabawatch.domain.overview import MOST_NUMBERS, Overview, Slice, SliceKind, tier_for, touching, worst_first
from wabawatch.domain.overview import causes as causes_of
from wabawatch.domain.overview import points as points_of
from wabawatch.domain.periods import ended
from wabawatch.domain.platform import Kind, Known, of_kind, value
from wabawatch.domain.report import Assessment, Evidence, assess
from wabawatch.domain.rollups import Tier
from wabawatch.domain.runs import SILENCE_MS
from wabawatch.domain.uptime import UptimeFigures
from wabawatch.flows.assessing import Rules, assess_window, closed_minute, webhook_times
from wabawatch.monitoring_ports import Runs
from wabawatch.overview_ports import SlicedFigures
from wabawatch.ports import ALIVE, MONITORING, RUNNING, Clock, Figures, Window


@dataclass(frozen=True, slots=True)
class Overviewing:
    """Reads figures and alerts, and puts them together."""

    figures: Figures
    slices: SlicedFigures
    books: AlertFigures
    alerts: AlertBook
    runs: Runs
    uptime: Callable[[Millis, Millis], UptimeFigures]
    rules: Rules
    clock: Clock
    most_numbers: int = MOST_NUMBERS
    tier_for: Callable[[Millis], Tier] = tier_for

    def look(self, start: Millis, end: Millis, of: Slice) -> Overview:
        """The time from *start* to *end*. Webhooks, calls and uptime are of everything, whatever *of* says.

        Raises BadRequest.
        """
        now = self.clock.now()
        end = ended(start, end, now)
        window, ripe = Window(start, end), closed_minute(end - self.rules.grace_ms)
        earlier = Window(start - (end - start), start)
        tallies, matured = self.books.numbers(window), self.books.numbers(Window(start, max(start, ripe)))
        places, of_numbers = self.books.owners(), self._of_numbers()
        ratings = self.slices.ratings(end)
        mine = _numbers_of(of, places)
        assessment = self._assess(window, of, ratings, mine)
        ranked = worst_first(
            _of(tallies, mine), _of(matured, mine), places, ratings, self.rules.thresholds
        )  # fmt: skip
        bodies, tier = self.figures.bodies(window), self.tier_for(end - start)
        is_application = assessment.webhook_times.subject is Answerer.APPLICATION
        part = assessment.quality.parts.get("number")
        return Overview(
            as_of=now,
            start=start,
            end=end,
            of=of,
            tier=tier,
            assessment=assessment,
            before=self._assess(earlier, of, self.slices.ratings(start), mine),
            points=points_of(
                self.slices.series(window, of, tier),
                self.slices.answers(window, tier, of_application=is_application),
                tier,
                ripe,
                part.value if part else None,
                self.rules.weights,
            ),
            points_before=points_of(self.slices.series(earlier, of, tier), {}, tier, start, None, self.rules.weights),
            causes=causes_of(self._failed(window, mine)),
            numbers=tuple(ranked[: self.most_numbers]),
            numbers_in_all=len(ranked),
            places=places,
            names={each.number: value(of_numbers.get(each.number, {}), "verified_name") for each in ranked},
            alerts=tuple(touching(worst(a for a in self.alerts.open() if a.phase is Phase.FIRING), of, places)),
            uptime=self.uptime(start, end),
            bodies=bodies,
            calls=self.figures.calls(window),
            is_running=self._is_running(now),
            last_cycle_at=self.figures.last_cycle_at(),
            gaps=tuple(self.runs.gaps(start, end, now)),
        )

    def _assess(
        self, window: Window, of: Slice, ratings: Mapping[str, str], mine: Collection[str] | None
    ) -> Assessment:
        """As everybody judges a window; of a slice, with its own messages and the ratings of its own numbers."""
        end = self.clock.now() if window.end is None else window.end
        if of.kind is SliceKind.ALL or mine is None:
            return assess_window(self.figures, window, end, self.rules)
        accepted: Counter[str] = Counter()
        for number, tally in _of(self.books.numbers(window), mine).items():
            accepted[ratings.get(number, "")] += count(tally, lambda standing: standing.is_accepted)
        ripe = Window(window.start, max(window.start or 0, closed_minute(end - self.rules.grace_ms)))
        evidence = Evidence(
            tally=self.slices.tally(window, of),
            matured=self.slices.tally(ripe, of),
            webhook_times=webhook_times(self.figures, window, self.rules),
            number_quality=number_quality(accepted),
        )
        return assess(evidence, self.rules.thresholds, self.rules.weights)

    def _of_numbers(self) -> dict[str, Mapping[str, Known]]:
        return {subject.id: aspects for subject, aspects in of_kind(self.books.states(), Kind.NUMBER)}

    def _failed(self, window: Window, mine: Collection[str] | None) -> Mapping[int, int]:
        found: Counter[int] = Counter()
        for (number, code), n in self.books.failures(window).items():
            if mine is None or number in mine:
                found[code] += n
        return found

    def _is_running(self, now: Millis) -> bool:
        is_wanted = self.figures.mark(MONITORING) == RUNNING
        return is_wanted and abs(now - self.figures.mark(ALIVE)) < SILENCE_MS


def _numbers_of(of: Slice, places: Mapping[str, str]) -> set[str] | None:
    """The numbers of a slice; None: all of them."""
    match of.kind:
        case SliceKind.ALL:
            return None
        case SliceKind.WABA:
            return {number for number, waba in places.items() if waba == of.id}
        case SliceKind.NUMBER:
            return {of.id}


def _of(tallies: Mapping[str, Tally], mine: Collection[str] | None) -> dict[str, Tally]:
    return {number: tally for number, tally in tallies.items() if mine is None or number in mine}
