"""How long to wait before something that failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a loop waits after steps that raised."""

    first_s: float = 1.0
    factor: float = 2.0
    longest_s: float = 60.0

    def delay_s(self, failures: int) -> float:
        """The wait after *failures* (at least 1) in a row."""
        # A power of thousands of failures would overflow, and one of 64 is beyond every longest wait.
        return min(self.longest_s, self.first_s * self.factor ** min(failures - 1, 64))
