"""Who stays signed in for how long: the section `access`."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.kinds import whole
from wabawatch.sources import setting


@dataclass(frozen=True, slots=True)
class Access:
    """How people sign in."""

    session_idle_s: int = setting(
        "WABAWATCH_SESSION_IDLE",
        whole(60, unit="seconds"),
        12 * 3600,
        "So long after the last look somebody must sign in again.",
    )
    session_lifetime_s: int = setting(
        "WABAWATCH_SESSION_LIFETIME",
        whole(300, unit="seconds"),
        7 * 24 * 3600,
        "So long after signing in somebody must sign in again, however much they looked.",
    )
