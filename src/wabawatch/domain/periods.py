"""The period that somebody asks figures of. Pure."""

from __future__ import annotations

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import DAY_MS, Millis

LONGEST_MS = 400 * DAY_MS
"""So long figures by the hour are kept"""


def ended(start: Millis, end: Millis, now: Millis) -> Millis:
    """The end of the period from *start* to *end*, which is not to come. Raises BadRequest: it is to come, ends before
    it begins, or is longer than figures are kept."""
    if start >= now:
        raise BadRequest("from: the period is still to come; choose an earlier beginning")
    end = min(end, now)
    if start >= end:
        raise BadRequest("to: the period ends before it begins, or with its beginning; choose a later end")
    if end - start > LONGEST_MS:
        raise BadRequest("from: the period is longer than 400 days; choose a later beginning")
    return end
