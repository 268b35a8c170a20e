"""When Meta restricted an account, and what was sent meanwhile (META.md 9.1). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from wabawatch.domain.compliance_report import millis, utc
from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.metrics import Tally, count
from wabawatch.domain.platform import listed, terms_of
from wabawatch.domain.report_watched import AlertLine, RestrictionLine
from wabawatch.domain.standing import HOUR_MS, Role, TemplateUse

RESTRICTED, STATE = "ACCOUNT_RESTRICTION", "DISABLED_UPDATE"
DISABLED, REINSTATED = "DISABLE", "REINSTATE"
EVERY, TEMPLATES = "every", "templates"
BARRED = {
    DISABLED: EVERY,
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": EVERY,
    "RESTRICTED_BIZ_INITIATED_MESSAGING": TEMPLATES,
}
"""Which sends a restriction bars; the others bar none that can be told from the rest"""
LONGEST_MS = 30 * DAY_MS
"""No restriction that Meta documents lasts longer, but for a ban"""
ALERT = "ACCOUNT_RESTRICTED"


class Word(NamedTuple):
    """What Meta told of an account's standing."""

    waba: str
    event: str
    after: str
    """The restrictions, a comma list, or the state"""
    terms: str
    """The restrictions with their ends, as `facts.AccountChanged.terms`"""
    at: Millis


class Restricted(NamedTuple):
    """A time in which an account was restricted in one way."""

    waba: str
    kind: str
    """As Meta names it; DISABLE: the account was disabled"""
    start: Millis
    end: Millis | None
    """None: it is not known to have ended"""
    ended: str
    """term | lifted | replaced; "" it is not known to have ended"""

    @property
    def barred(self) -> str:
        """every | templates; "" none that can be told from the rest"""
        return BARRED.get(self.kind, "")


def restricted(words: Iterable[Word]) -> list[Restricted]:
    """The times in which accounts were restricted, by what Meta told of them, in the order in which they began."""
    found: list[Restricted] = []
    for word in sorted(words, key=lambda each: each.at):
        is_lifted = word.after == REINSTATED if word.event == STATE else not word.after
        kinds = () if word.event == STATE and word.after != DISABLED else listed(word.after)
        found = [_after(each, word, kinds, is_lifted=is_lifted) for each in found]
        terms = terms_of(word.terms)
        for kind in kinds:
            end = terms.get(kind)
            found.append(Restricted(word.waba, kind, word.at, end, "" if end is None else "term"))
    return found


def _after(each: Restricted, word: Word, kinds: Sequence[str], *, is_lifted: bool) -> Restricted:
    """*each*, ended by *word* if that lifts it, or tells anew of the same. A ban is ended by its own end only."""
    is_over = each.waba != word.waba or (each.end is not None and each.end <= word.at)
    if not is_over and is_lifted and (word.event == STATE or each.kind != DISABLED):
        return each._replace(end=word.at, ended="lifted")
    if not is_over and (each.kind in kinds or DISABLED in kinds):
        return each._replace(end=word.at, ended="replaced")
    return each


def restriction_lines(
    found: Sequence[Restricted],
    start: Millis,
    end: Millis,
    alerts: Sequence[AlertLine],
    tally: Callable[[str, Millis, Millis], Tally],
    *,
    sees_templates: bool,
) -> tuple[RestrictionLine, ...]:
    """Those of the period, the newest first. *tally*: the messages of an account from a whole hour to another.
    *sees_templates*: whether what is a template is known of nearly all sends."""
    lines = []
    for each in sorted(found, key=lambda one: (-one.start, one.waba, one.kind)):
        until = each.start + LONGEST_MS if each.end is None and each.kind != DISABLED else each.end
        if each.start >= end or (until is not None and until <= start):
            continue
        first = -(-max(each.start, start) // HOUR_MS) * HOUR_MS
        last = min(end if until is None else until, end) // HOUR_MS * HOUR_MS
        is_counted = first < last and (each.barred == EVERY or (each.barred == TEMPLATES and sees_templates))
        lines.append(
            RestrictionLine(
                key=f"{each.waba}/{each.kind}/{utc(each.start).isoformat()}",
                waba=each.waba,
                kind=each.kind,
                start=utc(each.start),
                end=utc(each.end) if each.end is not None else None,
                ended=each.ended,
                barred=each.barred,
                sends=_barred(tally(each.waba, first, last), each.barred) if is_counted else None,
                acknowledged_after_s=_acknowledged(each, alerts),
            )
        )
    return tuple(lines)


def _barred(tally: Tally, which: str) -> int:
    return count(
        tally,
        lambda s: s.role is Role.ATTEMPTED and (which == EVERY or s.template_use is not TemplateUse.NONE),
    )


def _acknowledged(each: Restricted, alerts: Sequence[AlertLine]) -> float | None:
    """How long after Meta's word somebody acknowledged the alert on it; None: nobody did, or no alert is known."""
    for alert in sorted(alerts, key=lambda one: one.fired_at):
        is_its = alert.rule == ALERT and alert.scope == f"waba:{each.waba}"
        fired_at = millis(alert.fired_at)
        if is_its and each.start <= fired_at and (each.end is None or fired_at < each.end):
            after = alert.acknowledged_after_s
            return None if after is None else (fired_at - each.start) / 1000 + after
    return None
