"""Who watches the watchman: which loops of which process do no work any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wabawatch.domain.facts import Millis
from wabawatch.domain.runs import SILENCE_MS
from wabawatch.domain.standing import MINUTE_MS

PULSE_S = 30.0
"""How often a process says how its loops are doing."""
LIVES_MS = 3 * MINUTE_MS
"""What a process said longer ago than this says nothing about now."""
FORGOTTEN_MS = 24 * 60 * MINUTE_MS
OVERSLEPT = 3
"""A pulse that comes so many times later than it should: the process was paused, and its loops with it."""
MONITORING_LOOP = "monitoring"
"""Stands for all loops of monitoring when no process runs them."""


@dataclass(frozen=True, slots=True)
class LoopTrouble:
    """A loop that is not well."""

    name: str
    is_stalled: bool
    """No good step for three rhythms; else the last one raised"""
    quiet_ms: Millis
    """Since the last good step"""
    failures_in_a_row: int = 0
    error: str = ""
    """Of the last step that raised, without anybody's data"""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a process says of itself."""

    process: str
    started_at: Millis
    at: Millis
    is_leading: bool
    """Whether it is the one that runs monitoring"""
    troubles: tuple[LoopTrouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Stalled:
    """A loop that does no work: the reading of MONITORING_STALLED."""

    loop: str
    since: Millis
    words: str
    """What is wrong, in a sentence"""


def stalled(
    pulses: Sequence[Pulse], now: Millis, *, is_wanted: bool, alive_at: Millis | None, started_at: Millis
) -> list[Stalled]:
    """Every loop that does no work, each once: of processes that are alive, and of monitoring where none runs it.

    *alive_at* is monitoring's last sign of life (None: none since it was started), *started_at* when whoever asks
    began: a process that has just started has not had the time to take over.
    """
    found: dict[str, Stalled] = {}
    for pulse in pulses:
        if abs(now - pulse.at) > LIVES_MS:
            continue
        for trouble in pulse.troubles:
            since = pulse.at - trouble.quiet_ms
            if trouble.is_stalled and (trouble.name not in found or since < found[trouble.name].since):
                found[trouble.name] = Stalled(trouble.name, since, _words(trouble))
    last = max(started_at, alive_at or 0)
    if is_wanted and now - last > SILENCE_MS:
        words = "Monitoring is wanted, but no process runs it: nothing has been judged since."
        found[MONITORING_LOOP] = Stalled(MONITORING_LOOP, alive_at or started_at, words)
    return list(found.values())


def is_overslept(waited_s: float) -> bool:
    """Whether a process that did not come to its pulse for *waited_s* was paused, rather than its loops stuck."""
    return waited_s > OVERSLEPT * PULSE_S


def _words(trouble: LoopTrouble) -> str:
    because = f" Its last error: {trouble.error}." if trouble.error else ""
    return f"The loop {trouble.name} has ended no step well for {trouble.quiet_ms // 1000} s.{because}"
