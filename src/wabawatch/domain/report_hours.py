"""Which hours of a period hold sends that must be looked at one by one: the roll-ups tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Tally, count
from wabawatch.domain.rollups import TIERS, Tier
from wabawatch.domain.standing import HOUR_MS, TemplateUse

Hours: TypeAlias = Sequence[tuple[Millis, Millis]]
"""Stretches of time, each from its start up to but not including its end; the newest first"""

NEAR_MS = 3 * HOUR_MS
"""What lies no further apart is looked through in one go"""


def hours_with(series: Mapping[Millis, Tally], use: TemplateUse, tier: Tier) -> Hours:
    """The stretches that hold sends that stand so to the template rule, the newest first."""
    width = TIERS[tier].width_ms
    found: list[tuple[Millis, Millis]] = []
    for at in sorted(at for at, tally in series.items() if count(tally, lambda s: s.template_use is use)):
        if found and at - found[-1][1] <= NEAR_MS:
            found[-1] = found[-1][0], at + width
        else:
            found.append((at, at + width))
    return found[::-1]
