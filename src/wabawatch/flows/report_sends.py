"""The single sends in a compliance report: those that broke the template rule, and the newest that nobody can judge."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wabawatch.domain.errors import BadRequest, NotFound, Trouble
from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.metrics import Tally
from wabawatch.domain.overview import Slice
from wabawatch.domain.report import Assessment
from wabawatch.domain.report_composing import Sends, Unlisted
from wabawatch.domain.report_hours import sends_by_hour, stretches
from wabawatch.domain.rollups import TIERS, Tier
from wabawatch.domain.standing import TemplateUse, cohort_at
from wabawatch.domain.violations import SendEvidence, evidence
from wabawatch.flows.judging import said_of
from wabawatch.limits_ports import Evidence
from wabawatch.overview_ports import SlicedFigures
from wabawatch.ports import Window
from wabawatch.report_ports import ArchivedSends, JudgedSend, JudgedSends

LISTED = 200
"""So many violating sends stand in a report, the newest"""
UNPROVEN = 20
COUNTED = 10_000
"""Of so many violating sends the reasons are counted"""
HOURS_KEPT_MS = 400 * DAY_MS

log = logging.getLogger(__name__)


class Search(NamedTuple):
    """What is looked through."""

    inside: tuple[Millis, Millis]
    mine: Collection[str] | None
    """The numbers that count; None: all"""
    series: Mapping[Millis, Tally]
    tier: Tier


@dataclass(frozen=True, slots=True)
class ReportSends:
    """Finds them: by what leads to them, then in the hours that are known to hold more, then in the archive."""

    slices: SlicedFigures
    histories: Evidence
    live: JudgedSends
    archive: ArchivedSends

    def of(self, window: Window, of: Slice, mine: Collection[str] | None, judged: Assessment, as_of: Millis) -> Sends:
        """The sends of *window* that *judged* has counted."""
        if not judged.template_violations and not judged.template_unverified:
            return Sends({}, (), ())
        tier = Tier.HOUR if (window.start or 0) > as_of - HOURS_KEPT_MS else Tier.DAY
        search = Search((window.start or 0, window.end or 0), mine, self.slices.series(window, of, tier), tier)
        broken, why = self._found(search, TemplateUse.VIOLATION, COUNTED)
        unproven, _ = self._found(search, TemplateUse.UNVERIFIED, UNPROVEN)
        listed = self._lines(broken[:LISTED])
        if len(listed) >= judged.template_violations:
            why = None
        elif len(broken) > LISTED:
            why = Unlisted.NEWEST_ONLY
        return Sends(Counter(each.reason for each in broken), listed, self._lines(unproven), why)

    def _found(self, search: Search, use: TemplateUse, most: int) -> tuple[Sequence[JudgedSend], Unlisted | None]:
        """The newest *most* that stand so, the newest first; and why there may be more of them than were found."""
        inside, width = search.inside, TIERS[search.tier].width_ms
        lacking = sends_by_hour(search.series, use)
        found: dict[int, JudgedSend] = {}

        def take(some: Iterable[JudgedSend]) -> None:
            for each in some:
                if each.id not in found and (search.mine is None or each.number in search.mine):
                    found[each.id] = each
                    lacking[each.at // width * width] -= 1

        if use is TemplateUse.VIOLATION:
            take(self.live.nearest(*inside, most))
        hours, is_all = stretches(search.series, lacking, search.tier)
        for start, end in hours:
            if len(found) < most:
                take(self.live.between(use, max(start, inside[0]), min(end, inside[1]), most))
        why = Unlisted.NOT_KEPT if is_all else Unlisted.NOT_LOOKED_AT
        if len(found) < most and (days := _days(lacking)):
            try:
                day = max(days)
                for each in self.archive.of_days(use, days, inside, most):
                    if each is None or (len(found) >= most and each.at // DAY_MS < day):
                        why = Unlisted.NOT_LOOKED_AT
                        break
                    day = each.at // DAY_MS
                    take([each])
            except (NotFound, BadRequest, Trouble) as error:
                log.warning("the archive cannot be read: %s", error, extra={"action": "report.archive"})
                why = Unlisted.ARCHIVE_UNREADABLE
        newest = sorted(found.values(), key=lambda each: (each.at, each.id), reverse=True)
        return newest[:most], why

    def _lines(self, sends: Sequence[JudgedSend]) -> tuple[SendEvidence, ...]:
        held = [*self.live.whole([each for each in sends if each.archived is None])]
        if archived := [each for each in sends if each.archived is not None]:
            held += self.archive.whole(archived)
        held.sort(key=lambda each: (cohort_at(each.message), each.id), reverse=True)
        said = said_of(self.histories, [each.message for each in held])
        return tuple(evidence(h.id, h.message, h.judgement, *theirs) for h, theirs in zip(held, said, strict=True))


def _days(lacking: Mapping[Millis, int]) -> set[int]:
    """The days with hours of which more sends are known than were found."""
    return {at // DAY_MS for at, n in lacking.items() if n > 0}
