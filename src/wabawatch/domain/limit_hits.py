"""Limits of Meta's that were hit: which, whose, and how often (META.md 5.2).

A message counts once, under the code that it failed with, however often and by whomever that is told: by the answer to
the request, by a webhook, or by both. What belongs to no message (a call that sent nothing, `value.errors`) counts by
itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wabawatch.domain.error_codes import ErrorCode, RateScope, lookup
from wabawatch.domain.facts import Millis


class HitCount(NamedTuple):
    """How often one limit was hit."""

    code: int
    number: str
    """phone_number_id; "" where none was named"""
    waba: str
    """Of the number now; "" unknown"""
    n: int


class LimitHit(NamedTuple):
    """One time that a limit was hit: the evidence."""

    at: Millis
    code: int
    number: str
    waba: str
    message_id: int
    """Our id of the message, as in `whatsapp_logs`; 0: it belongs to none"""
    details: str
    """In Meta's words; "" where these are not to be shown"""


class LimitHits(NamedTuple):
    """The hits of a window."""

    start: Millis
    """The beginning of the hour in which the window begins: hits are counted by the hour"""
    end: Millis
    counts: tuple[HitCount, ...]
    """The most frequent first"""
    newest: tuple[LimitHit, ...]

    @property
    def hits(self) -> int:
        """How many in all."""
        return sum(each.n for each in self.counts)

    @property
    def by_code(self) -> Mapping[int, int]:
        """How many of each code, the most frequent first."""
        return by_code(self.counts)


def by_code(counts: Iterable[HitCount]) -> dict[int, int]:
    """How many of each code, the most frequent first."""
    found: dict[int, int] = {}
    for each in counts:
        found[each.code] = found.get(each.code, 0) + each.n
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def explained(code: int) -> ErrorCode:
    """What the code of a limit means. Call with one of `LIMIT_HIT_CODES`."""
    known = lookup(code)
    assert known is not None, f"{code} is in no catalogue"
    return known


def scope_of(code: int) -> RateScope:
    """What the limit is counted on, or held against."""
    scope = explained(code).scope
    assert scope is not None, f"{code} is no limit"
    return scope
