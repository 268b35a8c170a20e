"""Which hours of a period hold sends that must be looked at one by one: the roll-ups tell. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Tally, count
from wabawatch.domain.rollups import TIERS, Tier
from wabawatch.domain.standing import TemplateUse

Hours: TypeAlias = Sequence[tuple[Millis, Millis]]
"""Stretches of time, each from its start up to but not including its end; the newest first"""

NEAR = 20_000
"""Hours with no more messages in and between them are looked through in one go: that is quicker than asking twice"""
MOST = 40
"""So many stretches are looked through, the newest"""


def sends_by_hour(series: Mapping[Millis, Tally], use: TemplateUse) -> Counter[Millis]:
    """How many sends of each hour (or day) stand so to the template rule."""
    return Counter({at: n for at, tally in series.items() if (n := count(tally, lambda s: s.template_use is use))})


def stretches(series: Mapping[Millis, Tally], wanted: Mapping[Millis, int], tier: Tier) -> tuple[Hours, bool]:
    """The newest `MOST` stretches with hours of which some sends are *wanted* still, and whether these are all."""
    width = TIERS[tier].width_ms
    found: list[tuple[Millis, Millis]] = []
    held = 0
    for at in sorted(series, reverse=True):
        held += (here := sum(series[at].values()))
        if wanted.get(at, 0) <= 0:
            continue
        if found and held <= NEAR:
            found[-1] = at, found[-1][1]
        elif len(found) == MOST:
            return found, False
        else:
            found.append((at, at + width))
            held = here
    return found, True
