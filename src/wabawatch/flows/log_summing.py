"""A log added up: from roll-ups where only a period and a place are chosen, else from the newest messages that fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from wabawatch.alerting_ports import AlertFigures
from wabawatch.domain.log_sums import (
    MOST_MATCHES,
    Facet,
    FacetSums,
    LogSums,
    Matches,
    chosen,
    grain,
    joined,
    lanes,
    of_statuses,
    without,
)
from wabawatch.domain.metrics import Tally
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind
from wabawatch.domain.search import MessageFilter
from wabawatch.overview_ports import SlicedFigures
from wabawatch.ports import Clock, Window

MOST_LOOKS = 3
"""So many chosen facets are counted as if they were not chosen, to say what else there is; of more only what is left"""


class MessageSums(Protocol):
    """Messages added up. Each method raises StoreUnavailable."""

    def matches(self, wanted: MessageFilter, width_ms: int, most: int) -> Matches:
        """The newest *most* messages that are *wanted*, in bars of *width_ms*."""

    def categories(self, window: Window) -> Mapping[str, Tally]:
        """How many messages there are of each category, from roll-ups: by whole hours."""


@dataclass(frozen=True, slots=True)
class LogSumming:
    """Adds up what a log shows."""

    messages: MessageSums
    slices: SlicedFigures
    books: AlertFigures
    clock: Clock

    def look(self, wanted: MessageFilter, of: Slice = EVERYTHING) -> LogSums:
        """The messages that are *wanted*, added up. *of* is the account or number that the log is of.

        A facet of which values are chosen shows what there is of the others as well, as if none were chosen.
        *wanted* has both ends of a period.
        """
        sums = self._look(wanted, of)
        others = [facet for facet in Facet if chosen(wanted, facet) and not _is_of_place(facet, of)]
        for facet in others[:MOST_LOOKS]:
            sums = sums.with_facets({facet: self._look(without(wanted, facet), of).facets[facet]})
        return sums

    def _look(self, wanted: MessageFilter, of: Slice) -> LogSums:
        return self._counted(wanted, of) if _is_plain(wanted, of) else self._found(wanted, of)

    def _found(self, wanted: MessageFilter, of: Slice) -> LogSums:
        """By looking at messages."""
        start, end = wanted.since or 0, wanted.until or self.clock.now()
        _, width = grain(start, end, self.clock.now(), of.kind)
        found = self.messages.matches(wanted, width, MOST_MATCHES)
        facets = {facet: FacetSums(values, found.is_cut) for facet, values in found.facets.items()}
        return LogSums(start, end, width, found.n, found.is_cut, found.back_to, found.buckets, facets)

    def _counted(self, wanted: MessageFilter, of: Slice) -> LogSums:
        """By roll-ups; what they do not know (types; of an account or number, categories and countries), by looking."""
        window = Window(wanted.since or 0, wanted.until or self.clock.now())
        start, end = window.start or 0, window.end or 0
        tier, width = grain(start, end, self.clock.now(), of.kind)
        counted = lanes(self.slices.tally(window, of))
        looked = self.messages.matches(wanted, width, MOST_MATCHES)
        sums = LogSums(
            start,
            end,
            width,
            sum(counted.values()),
            False,
            None,
            joined(self.slices.series(window, of, tier), width),
            {facet: FacetSums(values, looked.is_cut) for facet, values in looked.facets.items()},
        )
        return sums.with_facets(of_statuses(counted)).with_facets(self._sliced(window, of))

    def _sliced(self, window: Window, of: Slice) -> dict[Facet, FacetSums]:
        """What roll-ups know of numbers, templates and errors; of everything also of categories and countries."""
        is_mine = self._is_of(of)
        numbers = {n: _count(tally) for n, tally in self.books.numbers(window).items() if is_mine(n)}
        templates: Counter[str] = Counter()
        errors: Counter[str] = Counter()
        slices = self.books.slices(window)
        for (number, ref), tally in slices.templates.items():
            if is_mine(number):
                templates[ref.rpartition("/")[0]] += _count(tally)
        for (number, code), n in slices.errors.items():
            if is_mine(number):
                errors[str(code)] += n
        found = {
            Facet.NUMBER: FacetSums(_some(numbers)),
            Facet.TEMPLATE: FacetSums(_some(templates), is_by_hours=True),
            Facet.ERROR: FacetSums(_some(errors), is_by_hours=True),
        }
        if of.kind is SliceKind.ALL:
            for facet, tallies in (
                (Facet.COUNTRY, slices.countries),
                (Facet.CATEGORY, self.messages.categories(window)),
            ):
                counts = {name: _count(tally) for name, tally in tallies.items()}
                found[facet] = FacetSums(_some(counts), is_by_hours=True)
        return found

    def _is_of(self, of: Slice) -> Callable[[str], bool]:
        if of.kind is SliceKind.ALL:
            return lambda _: True
        if of.kind is SliceKind.NUMBER:
            return lambda number: number == of.id
        mine = {number for number, waba in self.books.owners().items() if waba == of.id}
        return lambda number: number in mine


def _is_of_place(facet: Facet, of: Slice) -> bool:
    """Whether the place of the page decides on *facet*."""
    return facet is Facet.NUMBER and of.kind is SliceKind.NUMBER


def _is_plain(wanted: MessageFilter, of: Slice) -> bool:
    """Whether *wanted* asks for nothing but a period of *of*."""
    if replace(wanted, numbers=(), wabas=()) != MessageFilter(wanted.since, wanted.until):
        return False
    match of.kind:
        case SliceKind.ALL:
            return not wanted.numbers and not wanted.wabas
        case SliceKind.WABA:
            return not wanted.numbers and tuple(wanted.wabas) == (of.id,)
        case SliceKind.NUMBER:
            return tuple(wanted.numbers) == (of.id,)


def _count(tally: Tally) -> int:
    return sum(tally.values())


def _some(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: n for name, n in counts.items() if name and n > 0}
