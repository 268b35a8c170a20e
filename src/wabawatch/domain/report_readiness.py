"""What Meta asks of a Tech Partner, as far as it can be counted (META.md 9.2). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wabawatch.domain.compliance_report import Readiness
from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.metrics import Rate, Tally, message_counts
from wabawatch.domain.report_lines import share

WEEK_MS, MONTH_MS = 7 * DAY_MS, 30 * DAY_MS
DAILY_MESSAGES, CUSTOMERS = 2_500, 10
"""Average daily messages over 7 days, and customers with a message in 30"""


def windows(end: Millis) -> tuple[tuple[Millis, Millis], tuple[Millis, Millis]]:
    """The 7 and the 30 days that count, of a period that ends at *end*."""
    return (end - WEEK_MS, end), (end - MONTH_MS, end)


def readiness(
    week: Iterable[Tally], month: Mapping[str, Tally], places: Mapping[str, str], ratings: Iterable[str]
) -> Readiness:
    """*week* and *month* are the messages of each number; *places* says whose a number is."""
    active = {places.get(number, "") for number, tally in month.items() if _messages(tally)}
    known = [rating for rating in ratings if rating in ("GREEN", "YELLOW", "RED")]
    return Readiness(
        daily_messages=round(sum(_messages(tally) for tally in week) / 7, 1),
        daily_needed=DAILY_MESSAGES,
        customers=len(active - {""}),
        customers_needed=CUSTOMERS,
        numbers_not_red=share(Rate(sum(rating != "RED" for rating in known), len(known))),
    )


def _messages(tally: Tally) -> int:
    counts = message_counts(tally)
    return counts.accepted + counts.inbound
