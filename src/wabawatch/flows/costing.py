"""What messages cost, by category, country and number."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.domain.costs import Costs, PriceList, costs
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.standing import HOUR_MS
from wabawatch.limits_ports import Charges
from wabawatch.ports import Clock, Window


@dataclass(frozen=True, slots=True)
class Costing:
    """Reads what is charged, and prices it."""

    charges: Charges
    prices: PriceList
    clock: Clock

    def costs(self, window: Window) -> Costs:
        """What the messages of *window* cost. It is widened to whole UTC days, which the answer names."""
        if window.start is not None and window.end is not None and window.start >= window.end:
            raise BadRequest("from: it is not before `to`")
        charges, start, end = self.charges.charges(window.start, window.end)
        return costs(charges, self.prices, start, end)

    def recent(self, hours: int) -> Costs:
        """What the messages of the last *hours* cost; 0: of everything there is."""
        now = self.clock.now()
        return self.costs(Window(now - hours * HOUR_MS, now) if hours else Window(None, None))
