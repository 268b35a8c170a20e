"""Which hours of a period hold sends that must be looked at one by one: the roll-ups tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Tally, count
from wabawatch.domain.rollups import TIERS, Tier
from wabawatch.domain.standing import TemplateUse

Hours: TypeAlias = Sequence[tuple[Millis, Millis]]
"""Stretches of time, each from its start up to but not including its end; the newest first"""

NEAR = 20_000
"""Stretches with no more messages between them are looked through in one go: that is quicker than asking twice"""
MOST = 40
"""So many stretches are looked through, the newest"""


def hours_with(series: Mapping[Millis, Tally], use: TemplateUse, tier: Tier) -> Hours:
    """The newest `MOST` stretches that hold sends that stand so to the template rule, the newest first."""
    width = TIERS[tier].width_ms
    found: list[tuple[Millis, Millis]] = []
    between = 0
    for at in sorted(series):
        if not count(series[at], lambda s: s.template_use is use):
            between += sum(series[at].values())
            continue
        if found and between <= NEAR:
            found[-1] = found[-1][0], at + width
        else:
            found.append((at, at + width))
        between = 0
    return found[: -MOST - 1 : -1]
