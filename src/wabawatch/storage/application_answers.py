"""How the application answered webhooks, on disk: those that it got itself, and those that were forwarded to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from wabawatch.domain.facts import Millis, WebhookAnswered
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
    add(connection, [(f.when.at, index_of(f.ms) if 200 <= f.status < 300 else None) for f in answered], floors)


def add(
    connection: Connection, answers: Sequence[tuple[Millis, int | None]], floors: Floors, target_id: int = 0
) -> None:
    """Count answers to distinct bodies: (receipt, slot of the answer time, or None for one that was no 2xx).

    *target_id*: the forward target that gave them; 0: none.
    """
    slots = Counter((_minute(at), target_id, slot) for at, slot in answers if slot is not None)
    counts.add_histogram(connection, "application", slots, floors)
    counts.add_counters(connection, Counter((_minute(at), UNANSWERED) for at, slot in answers if slot is None), floors)


def _minute(at: Millis) -> Millis:
    return at - at % MINUTE_MS
