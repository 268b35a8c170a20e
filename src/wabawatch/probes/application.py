"""The application's webhook, as forwarding knows it: nothing is sent for this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wabawatch.domain.checks import Failure, Plan, Seen
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.forwarding import TargetState
from wabawatch.ports import Clock
from wabawatch.probes.verdicts import failing, unknown, well

LATE_S = 300.0
"""A target whose oldest body has waited so long does not keep up."""


@dataclass(frozen=True, slots=True)
class ApplicationCheck:
    """Looks into the books of forwarding."""

    target: str
    states: Callable[[], list[TargetState]]
    clock: Clock

    def __call__(self, plan: Plan) -> Seen:
        """Look once. The value is the age of the oldest body that waits, in seconds."""
        try:
            state = next((each for each in self.states() if each.name == self.target), None)
        except StoreUnavailable as error:
            return unknown(plan, self.clock, str(error))
        if state is None:
            return unknown(plan, self.clock, "nothing has been forwarded to it yet")
        if state.is_paused:
            return unknown(plan, self.clock, "it was paused by hand")
        now = self.clock.now()
        age_s = 0.0 if state.oldest_waiting_at is None else max(0, now - state.oldest_waiting_at) / 1000
        if state.open_since is not None:
            words = f"too many attempts failed in a row: {state.trouble or 'no reason given'}"
            return failing(plan, self.clock, Failure.ANSWER, words, value=age_s)
        if age_s > LATE_S:
            words = f"the oldest webhook has waited for {age_s:.0f} s to be taken: {state.trouble or 'it is slow'}"
            return failing(plan, self.clock, Failure.SLOW, words, value=age_s)
        return well(plan, self.clock, value=age_s)
