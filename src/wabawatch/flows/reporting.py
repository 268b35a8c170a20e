"""Compliance reports: a period is gathered from the books, judged, signed and kept as a revision (SPEC.md 5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from wabawatch import signed_reports
from wabawatch.alerting_ports import AlertFigures
from wabawatch.domain.audit_trail import Plain
from wabawatch.domain.compliance_report import ComplianceReport, Readiness, millis
from wabawatch.domain.errors import Conflict, NotFound
from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.metrics import Tally
from wabawatch.domain.overview import EVERYTHING, Overview, Slice, SliceKind, touching
from wabawatch.domain.platform import Kind, Known, of_kind
from wabawatch.domain.report import Assessment
from wabawatch.domain.report_composing import Gathered, Sends, compose, report_id, revised, whole_hours
from wabawatch.domain.report_duties import Handling
from wabawatch.domain.report_lines import TemplateSeen
from wabawatch.domain.report_readiness import readiness, windows
from wabawatch.domain.report_restrictions import restricted
from wabawatch.domain.rollups import Tier
from wabawatch.domain.standing import DAY_MS, Standing
from wabawatch.domain.template_stands import ripe_hour
from wabawatch.flows.assessing import Rules
from wabawatch.limits_ports import Hits
from wabawatch.overview_ports import SlicedFigures
from wabawatch.ports import Clock, Deed, Window
from wabawatch.ports_templates import TemplateBooks
from wabawatch.report_ports import MADE, SUBJECT, Kept, ReportBook, ReportReads, Revision
from wabawatch.signatures import Signature

MOST_EVENTS = 1_000
SHOWN = 500
TRIES = 5
HANDED_OVER = ("handed_over", "handover", "escalated", "transferred")
"""What agents are logged to do when they hand a conversation to somebody"""
LONG_MS = 5 * DAY_MS

Whose = tuple[str, TemplateRef]
"""The account, and the template"""


def report_tier(length_ms: Millis) -> Tier:
    """How wide the steps of a report's trend are: such as are kept for over a year."""
    return Tier.HOUR if length_ms <= LONG_MS else Tier.DAY


@dataclass(frozen=True, slots=True)
class Reporting:
    """Makes, keeps and gives reports."""

    look: Callable[[Millis, Millis, Slice], Overview]
    figures: AlertFigures
    templates: TemplateBooks
    sends: Callable[[Window, Slice, Collection[str] | None, Assessment, Millis], Sends]
    """The sends of a window, a slice and its numbers that an assessment, as of a time, has counted"""
    slices: SlicedFigures
    limits: Hits
    reads: ReportReads
    kept: ReportBook
    sign: Callable[[bytes, bytes], Signature]
    rules: Rules
    body_days: int
    """So long whole webhooks are kept"""
    made_with: str
    clock: Clock

    def make(self, start: Millis, end: Millis, of: Slice, by: str) -> Kept:
        """The report on the whole hours that hold *start* to *end*: a new revision if anything is otherwise than in the
        newest, else that one.

        Raises BadRequest, NotFound when nothing is known of *of*, Conflict when others make revisions all the time.
        """
        now = self.clock.now()
        start, end = whole_hours(start, end)
        end = min(end, now)
        id = report_id(of, start, end)
        for _ in range(TRIES):
            newest = self.kept.newest(id)
            known = signed_reports.decode(newest.document) if newest else None
            report = revised(compose(self._gather(start, end, of), id, self.made_with, known), known)
            if newest is not None and report is known:
                return newest
            made = self._signed(report, by)
            if self.kept.keep(made, now, Deed(by, MADE, f"{SUBJECT}{id}")):
                return made
        raise Conflict("others are making revisions of this report; ask again", code="report_busy")

    def all(self) -> Sequence[Revision]:
        """The newest revisions, the newest first."""
        return self.kept.all(SHOWN)

    def one(self, id: str, revision: int | None = None) -> Kept:
        """A kept revision; None: the newest of that report. Raises NotFound."""
        found = self.kept.newest(id) if revision is None else self.kept.find(id, revision)
        if found is None:
            raise NotFound("id: there is no such report; `wabawatch report list` shows those that were made")
        return found

    def fetched(self, kept: Kept, format: str, by: str) -> None:
        """Note that somebody took a report away."""
        told: dict[str, Plain] = {"revision": kept.about.revision, "format": format}
        self.kept.note(self.clock.now(), Deed(by, "report_fetched", f"{SUBJECT}{kept.about.id}", told))

    def _signed(self, report: ComplianceReport, by: str) -> Kept:
        document = signed_reports.encode(report)
        sha256 = signed_reports.digest_of(document)
        signature = self.sign(signed_reports.PURPOSE, sha256.encode())
        start, end, as_of = millis(report.start), millis(report.end), millis(report.as_of)
        return Kept(
            Revision(
                report.id, report.revision, report.scope, start, end, as_of, report.verdict, by, sha256, signature
            ),
            document,
        )

    def _gather(self, start: Millis, end: Millis, of: Slice) -> Gathered:
        seen = self.look(start, end, of)
        mine = _numbers_of(of, seen.places)
        if mine is not None and not mine:
            which = of.id if of.kind is SliceKind.NUMBER else f"of {of.kind.value} {of.id}"
            raise NotFound(f"scope: no number {which} is known; `wabawatch limits` lists them")
        window, rules = Window(start, seen.end), self.rules
        alerts = touching(self.reads.alerts(start, seen.end), of, seen.places)
        wabas = None if mine is None else {seen.places[number] for number in mine}
        return Gathered(
            as_of=seen.as_of,
            start=start,
            end=seen.end,
            of=of,
            mine=mine,
            places=seen.places,
            thresholds=rules.thresholds,
            weights=rules.weights,
            grace_ms=rules.grace_ms,
            assessment=seen.assessment,
            before=seen.before,
            unit="hour" if seen.tier is Tier.HOUR else "day",
            points=seen.points,
            causes=seen.causes,
            numbers=seen.numbers,
            templates=self._templates(window, mine, seen.places),
            sends=self.sends(window, of, mine, seen.assessment, seen.as_of),
            opt_outs=self.reads.opt_outs(start, seen.end, wabas),
            bodies=seen.bodies,
            calls=seen.calls,
            limits=self.limits.hits(start, seen.end, 0).counts,
            uptime=seen.uptime,
            alerts=alerts,
            events=[
                each
                for each in self.reads.account_events(start, seen.end, MOST_EVENTS)
                if mine is None or (each.number in mine if each.number else each.waba in (wabas or ()))
            ],
            gaps=seen.gaps,
            handling=self._handling(start, seen.end),
            readiness=self._readiness(seen) if of == EVERYTHING else None,
            restricted=restricted(self.reads.restricting(seen.end, wabas)),
            barred=lambda waba, first, last: self.slices.tally(
                Window(first, last), of if of.kind is SliceKind.NUMBER else Slice(SliceKind.WABA, waba)
            ),
        )

    def _readiness(self, seen: Overview) -> Readiness:
        week, month = (self.figures.numbers(Window(*each)) for each in windows(seen.end))
        return readiness(week.values(), month, seen.places, self.slices.ratings(seen.end).values())

    def _handling(self, start: Millis, end: Millis) -> Handling:
        acted = self.reads.agent_actions(start, end)
        handed = sum(n for action, n in acted.items() if action.lower() in HANDED_OVER)
        return Handling(self.body_days, sum(acted.values()), handed)

    def _templates(self, window: Window, mine: Collection[str] | None, places: Mapping[str, str]) -> list[TemplateSeen]:
        """The templates that were sent in the period, by account."""
        start, end = window.start or 0, window.end or 0
        ripe = min(max(start, ripe_hour(end, self.rules.grace_ms)), end)
        old = self.templates.counts(Window(start, ripe), mine) if start < ripe else {}
        young = self.templates.counts(Window(ripe, end), mine) if ripe < end else {}
        matured, tallies = _gathered([old], places), _gathered([old, young], places)
        states: dict[Whose, Mapping[str, Known]] = {
            (subject.waba, _ref(subject.id)): aspects
            for subject, aspects in of_kind(self.templates.states(""), Kind.TEMPLATE)
        }
        histories = self.reads.histories(tallies.keys())
        return [
            TemplateSeen(*whose, tally, matured.get(whose, {}), states.get(whose, {}), histories.get(whose, ()))
            for whose, tally in tallies.items()
        ]


def _numbers_of(of: Slice, places: Mapping[str, str]) -> Collection[str] | None:
    """The numbers of a slice; None: all of them."""
    if of == EVERYTHING:
        return None
    if of.kind is SliceKind.WABA:
        return {number for number, waba in places.items() if waba == of.id}
    return {of.id} & places.keys()


def _gathered(
    some: Sequence[Mapping[tuple[str, TemplateRef], Tally]], places: Mapping[str, str]
) -> dict[Whose, Counter[Standing]]:
    """Counts by number as counts by account."""
    found: defaultdict[Whose, Counter[Standing]] = defaultdict(Counter)
    for counted in some:
        for (number, ref), tally in counted.items():
            found[places.get(number, ""), ref].update(tally)
    return found


def _ref(key: str) -> TemplateRef:
    name, _, language = key.rpartition("/")
    return TemplateRef(name, language)
