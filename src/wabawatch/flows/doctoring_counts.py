"""Doctoring, of what Meta counted beside what we counted: whether webhooks were lost."""

from __future__ import annotations

from collections.abc import Sequence

from wabawatch.domain.findings import Finding, ok, warning
from wabawatch.domain.reconciliation import Agreement, Comparison, DayCounts, compare, date_of

SHOWN = 3


def counted(days: Sequence[DayCounts]) -> Finding:
    """Whether Meta counted on the newest day what we counted; *days*: the newest first."""
    check = "Meta's counts"
    if not days:
        return ok(check, "not compared yet: the first day that is watched whole comes first")
    newest = days[0].meta.day
    found = [compare(each) for each in days if each.meta.day == newest]
    lacking = [each for each in found if each.agreement is Agreement.WE_KNOW_LESS]
    day = date_of(newest)
    if lacking:
        said = "; ".join(map(_said, lacking[:SHOWN]))
        more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
        fix = "see the checks of fields, subscribed apps and override here, then `wabawatch reconcile`"
        return warning(check, f"{day}: we know less than Meta. {said}{more}", fix)
    if any(each.agreement is Agreement.WE_KNOW_MORE for each in found):
        return ok(check, f"{day}: we know more than Meta; `wabawatch reconcile` shows it")
    if all(each.agreement is Agreement.TOO_FEW for each in found):
        return ok(check, f"{day}: too few messages to compare")
    return ok(check, f"{day}: in line with ours")


def _said(each: Comparison) -> str:
    own, meta = each.counts.own, each.counts.meta
    whose = f"number {each.counts.number}" if each.counts.number else f"account {each.counts.waba}"
    return f"{whose}: {own.sent} of {meta.sent} sent, {own.delivered} of {meta.delivered} delivered; {each.cause}"
