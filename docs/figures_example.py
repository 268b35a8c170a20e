"""The worked example of docs/figures.md: messages as facts, counted and judged by the product's own code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, reduce

from wabawatch.domain.compliance import Thresholds, WebhookTimes
from wabawatch.domain.facts import (
    ErrorSeen,
    MessageFact,
    MessageReceived,
    SendOutcome,
    SendRecorded,
    Source,
    Status,
    StatusChanged,
    TemplateRef,
    When,
)
from wabawatch.domain.histograms import index_of
from wabawatch.domain.messages import Message, fold
from wabawatch.domain.metrics import Tally, Weights
from wabawatch.domain.report import Assessment, Evidence, Requirement, assess
from wabawatch.domain.standing import HOUR_MS, MINUTE_MS, Role, Standing, standing
from wabawatch.domain.templates import TemplateEvent, judge

NOON = 1_790_000_000_000 - 1_790_000_000_000 % HOUR_MS
APPROVED = (TemplateEvent(NOON - 100 * HOUR_MS, NOON - 100 * HOUR_MS, "status", "APPROVED"),)
PAUSED = (*APPROVED, TemplateEvent(NOON - HOUR_MS, NOON - HOUR_MS, "status", "PAUSED"))
SLOW, QUICK = 100, 5_300


@dataclass(frozen=True, slots=True)
class Kind:
    """Messages to which the same happened."""

    what: str
    n: int
    facts: tuple[MessageFact, ...]
    history: tuple[TemplateEvent, ...] = APPROVED
    is_young: bool = False
    """Whether it was sent within the grace time"""

    @property
    def standing(self) -> Standing:
        """What each of them counts as."""
        message = reduce(fold, self.facts, Message())
        return standing(message, judge(message, self.history, ()), swept_until=0)


def _at(minutes: int) -> When:
    return When(NOON + minutes * MINUTE_MS, NOON + minutes * MINUTE_MS)


def _sent(outcome: SendOutcome, code: int = 0, type: str = "template") -> SendRecorded:
    wamid = "wamid.1" if outcome is SendOutcome.ACCEPTED else ""
    errors = (ErrorSeen(code),) if code else ()
    template = TemplateRef("hello", "en") if type == "template" else None
    local_id = "01920000-0000-7000-8000-000000000001"
    return SendRecorded(
        _at(0), Source.API, local_id, wamid, outcome=outcome, type=type, template=template, errors=errors
    )


def _told(status: Status, minutes: int, code: int = 0) -> StatusChanged:
    errors = (ErrorSeen(code),) if code else ()
    return StatusChanged(_at(minutes), Source.WEBHOOK, status, "wamid.1", errors=errors)


RECORD = _sent(SendOutcome.ACCEPTED)
SENT, DELIVERED, READ = _told(Status.SENT, 1), _told(Status.DELIVERED, 2), _told(Status.READ, 9)
FAILED = _told(Status.FAILED, 3, 131026)

KINDS = (
    Kind("a template, recorded; sent, delivered, read", 1_400, (RECORD, SENT, DELIVERED, READ)),
    Kind("the same, but never read", 452, (RECORD, SENT, DELIVERED)),
    Kind("sent, and nothing since", 28, (RECORD, SENT)),
    Kind("sent less than 15 minutes ago", 20, (RECORD, SENT), is_young=True),
    Kind("failed with 131026 (recipient)", 55, (RECORD, SENT, FAILED)),
    Kind("failed on one device, delivered to another", 3, (RECORD, SENT, FAILED, DELIVERED)),
    Kind("refused at once with 130429 (rate limit)", 12, (_sent(SendOutcome.REJECTED, 130429),)),
    Kind("no answer from Meta, no webhook", 6, (_sent(SendOutcome.UNKNOWN),)),
    Kind("a reaction; sent (Meta tells no more)", 10, (_sent(SendOutcome.ACCEPTED, type="reaction"), SENT)),
    Kind("delivered, on a template that was paused an hour before", 2, (RECORD, SENT, DELIVERED), PAUSED),
    Kind("not recorded: sent and delivered, by webhooks alone", 60, (SENT, DELIVERED)),
    Kind("not recorded: a lone `delivered`", 4, (DELIVERED,)),
    Kind("inbound", 300, (MessageReceived(_at(5), Source.WEBHOOK, "wamid.2"),)),
)


@cache
def judged() -> Assessment:
    """The example, judged."""
    times = WebhookTimes({index_of(15): QUICK, index_of(300): SLOW}, distinct=QUICK + SLOW)
    evidence = Evidence(_tally(KINDS), _tally(kind for kind in KINDS if not kind.is_young), times)
    return assess(evidence, Thresholds(), Weights())


def _tally(kinds: Iterator[Kind] | tuple[Kind, ...]) -> Tally:
    counted: Counter[Standing] = Counter()
    for kind in kinds:
        counted[kind.standing] += kind.n
    return counted


def messages_table() -> str:
    """What happened, and what each message counts as."""
    head = "what happened | messages | counts as | accepted | in delivery rate | in failure rate | template rule"
    return _table(head, (_row(kind) for kind in KINDS))


def _row(kind: Kind) -> str:
    s = kind.standing
    name = s.status if s.role is Role.ATTEMPTED else s.role
    delivery = "too young" if kind.is_young and s.in_delivery else _yes(s.in_delivery)
    cells = (kind.what, f"{kind.n:,}", name, _yes(s.is_accepted), delivery, _yes(s.in_failure), s.template_use or "-")
    return " | ".join(cells)


def _yes(value: bool) -> str:
    return "yes" if value else "-"


def counts_table() -> str:
    """The counts of the window."""
    m = judged().messages
    six = f"{m.read:,} read + {m.delivered:,} delivered + {m.sent:,} sent + {m.failed:,} failed + {m.expired:,} expired"
    return (
        f"{m.attempted:,} attempted = {six} + {m.pending:,} pending. Apart from that: {m.accepted:,} accepted, "
        f"{m.rejected:,} rejected, {m.unlinked:,} unlinked; {m.orphan:,} orphan, {m.inbound:,} inbound."
    )


def figures_table() -> str:
    """The five requirements, each as it is computed."""
    found = judged()

    def rows() -> Iterator[str]:
        yield _requirement("delivery rate", "(delivered + read) ÷ accepted", found.delivery_rate)
        yield _requirement("failure rate", "failed ÷ (attempted - unlinked)", found.failure_rate)
        parts = " + ".join(f"{p.value:.4f} x {p.weight:.2f} ({name})" for name, p in found.quality.parts.items())
        total = sum(part.weight for part in found.quality.parts.values())
        yield _requirement("quality score", f"({parts}) ÷ {total:.2f}", found.quality_score, is_count=False)
        yield _requirement("template use", "not violating ÷ template sends", found.template_usage)
        response = found.webhook_response
        said = f"{SLOW:,} of {response.n:,} bodies above 250 ms, none above 1 s"
        p99 = f"p99 {(response.value or 0) * 1000:.0f} ms"
        yield f"webhook response | {said} | {p99} | | {response.verdict}"
        covered = found.coverage
        low, high = covered.interval or (0.0, 1.0)
        said = f"recorded ÷ accepted = {covered.hits:,} ÷ {covered.n:,}"
        seen = "refusals are seen" if found.refusals_seen else "refusals are not seen"
        yield f"coverage | {said} | {covered.value:.2%} | {low:.2%} - {high:.2%} | {seen}"

    return _table("figure | computed | value | 95 % interval | verdict", rows())


def _requirement(name: str, formula: str, found: Requirement, *, is_count: bool = True) -> str:
    assert found.value is not None
    assert found.interval is not None
    low, high = found.interval
    counted = f" = {round(found.value * found.n):,} ÷ {found.n:,}" if is_count else ""
    return f"{name} | {formula}{counted} | {found.value:.2%} | {low:.2%} - {high:.2%} | {found.verdict}"


def overall_line() -> str:
    """The verdict on the whole."""
    found = judged()
    return f"Overall: **{found.verdict}**, because of {found.template_violations} sends."


def _table(heading: str, rows: Iterator[str]) -> str:
    columns = heading.count("|") + 1
    return "\n".join([f"| {heading} |", f"|{' --- |' * columns}", *(f"| {row} |" for row in rows)])
