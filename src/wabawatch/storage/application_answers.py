"""How the application answered the webhooks that it got itself, on disk: counted by the minute of receipt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from wabawatch.domain.facts import WebhookAnswered
from wabawatch.domain.histograms import index_of
from wabawatch.domain.rollups import Floors
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.storage import counts

UNANSWERED = "application_unanswered"
"""The counter of distinct bodies that the application did not answer with 2xx."""


def note(connection: Connection, answered: Sequence[WebhookAnswered], floors: Floors) -> None:
    """Count answers: those with 2xx in the histogram of `application`, the others as unanswered."""
    if not answered:
        return
    good = [f for f in answered if 200 <= f.status < 300]
    slots = Counter((_minute(f), 0, index_of(f.ms)) for f in good)
    counts.add_histogram(connection, "application", slots, floors)
    bad = Counter((_minute(f), UNANSWERED) for f in answered if not 200 <= f.status < 300)
    counts.add_counters(connection, bad, floors)


def _minute(fact: WebhookAnswered) -> int:
    return fact.when.at - fact.when.at % MINUTE_MS
