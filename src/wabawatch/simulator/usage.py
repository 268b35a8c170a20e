"""How much of what Meta allows has been used: calls of the last hour, messages a second, messages to one person."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import PlannedSend
from wabawatch.simulator.failures import ERRORS, MetaError

_SECOND = 1_000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE


@dataclass(slots=True)
class Allowance:
    """Calls in a rolling hour: of the app as a whole, or of the app to one account."""

    limit: int
    base: float = 0.0
    """Per cent that count as used before any call."""
    calls: deque[Millis] = field(default_factory=deque)

    def used(self, now: Millis) -> float:
        """Per cent used; 100 and more throttle."""
        while self.calls and self.calls[0] <= now - _HOUR:
            self.calls.popleft()
        return self.base + 100 * len(self.calls) / self.limit

    def minutes_left(self, now: Millis) -> int:
        """Until calls are taken again: an hour where the base alone is too much."""
        if self.used(now) < 100:
            return 0
        if self.base >= 100 or not self.calls:
            return 60
        return max(1, -(-(self.calls[0] + _HOUR - now) // _MINUTE))


class Usage:
    """Calls to the management API, what of it is used up, and what Meta's usage headers say about it.

    A throttled call counts too: calling on while throttled makes it last longer.
    """

    def __init__(self) -> None:
        self.app = Allowance(200_000)
        self.wabas: dict[str, Allowance] = {}
        self.waba_limit = 5_000
        """Calls an hour to one account."""
        self.waba_code = 80008
        """With which error an account throttles: 80008 or 80007."""

    def of(self, waba: str) -> Allowance:
        """What is known of one account."""
        return self.wabas.setdefault(waba, Allowance(self.waba_limit))

    def count(self, now: Millis, waba: str) -> MetaError | None:
        """Count one management call, to *waba* if to any; why it is throttled, None where it is not."""
        error = self._refusal(now, waba)
        self.app.calls.append(now)
        if waba:
            self.of(waba).calls.append(now)
        return error

    def headers(self, now: Millis, waba: str, *, is_send: bool) -> dict[str, str]:
        """Meta's two usage headers."""
        found = {"X-App-Usage": json.dumps(_load(self.app.used(now)))}
        if waba:
            own = self.of(waba)
            kind = "whatsapp" if is_send else "whatsapp_business_management"
            regained = {"estimated_time_to_regain_access": own.minutes_left(now)}
            load: dict[str, object] = {"type": kind} | _load(own.used(now)) | regained
            found["X-Business-Use-Case-Usage"] = json.dumps({waba: [load]})
        return found

    def _refusal(self, now: Millis, waba: str) -> MetaError | None:
        if self.app.used(now) >= 100:
            return ERRORS[4]
        return ERRORS[self.waba_code] if waba and self.of(waba).used(now) >= 100 else None


def _load(percent: float) -> dict[str, object]:
    return {"call_count": int(percent), "total_cputime": int(percent / 2), "total_time": int(percent / 2)}


class Throttles:
    """Limits on sends: messages a second of a number, and messages to one person. Off until commanded."""

    def __init__(self) -> None:
        self.mps: dict[str, int] = {}
        """By phone_number_id: messages in a moving second."""
        self.pair_every_ms = 0
        """One message to a person in that time; 0: no limit."""
        self.pair_burst = 45
        """So many at once borrow from the time after."""
        self._sent: dict[str, deque[Millis]] = {}
        self._free_at: dict[tuple[str, str], Millis] = {}

    def refusal(self, send: PlannedSend) -> MetaError | None:
        """Why *send* is too much just now; one that is not is counted."""
        number = send.number.id
        if number in self.mps:
            recent = self._sent.setdefault(number, deque())
            while recent and recent[0] <= send.at - _SECOND:
                recent.popleft()
            if len(recent) >= self.mps[number]:
                return ERRORS[130429]
        if self.pair_every_ms and not self._is_free(send):
            return ERRORS[131056]
        if number in self.mps:
            self._sent[number].append(send.at)
        return None

    def _is_free(self, send: PlannedSend) -> bool:
        pair = (send.number.id, send.address)
        earliest = max(send.at, self._free_at.get(pair, 0))
        if earliest - send.at > (self.pair_burst - 1) * self.pair_every_ms:
            return False
        self._free_at[pair] = earliest + self.pair_every_ms
        return True
