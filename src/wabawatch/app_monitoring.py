"""The composition of monitoring's own watch: who leads, how every process is doing, the heartbeat to outside; and the
rules by which windows are judged."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from wabawatch.domain.compliance import Thresholds
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.metrics import Weights
from wabawatch.domain.oversight import LoopAtWork
from wabawatch.domain.watchman import PULSE_S, LoopTrouble
from wabawatch.flows.assessing import Rules
from wabawatch.flows.heartbeat import RHYTHM_S as HEARTBEAT_S
from wabawatch.flows.heartbeat import Heartbeat
from wabawatch.flows.leading import RHYTHM_S as LEADING_S
from wabawatch.flows.leading import Leading
from wabawatch.flows.pulsing import Pulsing
from wabawatch.kinds import Secret
from wabawatch.loops import Group, Loop, LoopState, Supervisor
from wabawatch.monitoring_ports import Seat
from wabawatch.net import Guard, guard_of
from wabawatch.ports import Clock, Figures
from wabawatch.settings import Settings
from wabawatch.storage.database import Database
from wabawatch.storage.pulses import SqlPulses
from wabawatch.storage.runs import SqlRuns
from wabawatch.storage.seat import FileSeat, PostgresSeat
from wabawatch.wire import uuid7


class Watchman:
    """Leads monitoring in this process when nobody else does, and is watched itself.

    A loop of `Group.MONITORING` runs in one process at a time, and only while monitoring is wanted: it need not ask.
    """

    def __init__(
        self, settings: Settings, database: Database, figures: Figures, clock: Clock, lock_file: Path | None
    ) -> None:
        self.runs = SqlRuns(database)
        self.seat: Seat = PostgresSeat(database) if lock_file is None else FileSeat(lock_file)
        self.started_at = clock.now()
        self._supervisor: Supervisor | None = None
        self._rhythms: Mapping[str, float] = {}
        self.leading = Leading(figures, self.seat, self._begin, self._rest)
        self.pulsing = Pulsing(
            figures,
            self.runs,
            SqlPulses(database),
            clock,
            time.monotonic,
            uuid7(),
            self._troubles,
            lambda: self.leading.is_leading,
        )
        self.heartbeat: Heartbeat | None = None
        asked = settings.monitoring
        if asked.heartbeat_url is not None:
            guard = guard_of(settings.network.allow_private_urls)
            send = partial(_send, asked.heartbeat_url, asked.heartbeat_method, guard)
            self.heartbeat = Heartbeat(figures, clock, send)

    def loops(self) -> list[Loop]:
        """What keeps monitoring led and watched."""
        beats = [Loop("heartbeat", self.heartbeat.step, HEARTBEAT_S, group=Group.MONITORING)] if self.heartbeat else []
        return [Loop("leading", self.leading.step, LEADING_S), Loop("pulse", self.pulsing.step, PULSE_S), *beats]

    def supervise(self, loops: Sequence[Loop]) -> Supervisor:
        """A supervisor that runs those of *loops* that belong to monitoring only while this process leads."""
        supervisor = self._supervisor = Supervisor(loops)
        self._rhythms = {loop.name: loop.rhythm_s for loop in loops}
        supervisor.stop_group(Group.MONITORING)
        return supervisor

    def at_work(self) -> list[LoopAtWork]:
        """How each loop of this process is doing."""
        health = self._supervisor.health() if self._supervisor is not None else []
        return [
            LoopAtWork(
                name=each.name,
                is_monitoring=each.group is Group.MONITORING,
                state=each.state.value,
                quiet_s=None if each.last_ok_at is None else each.quiet_s,
                rhythm_s=self._rhythms[each.name],
                failures=each.failures,
                failures_in_a_row=each.failures_in_a_row,
                error=each.last_error,
            )
            for each in health
        ]

    def trouble(self) -> str:
        """Why monitoring does not run although it is wanted, in a sentence; "" when all is well."""
        return self.pulsing.monitoring_trouble()

    def heartbeat_trouble(self) -> str:
        """Why the outside service does not hear of us, in a sentence; "" when it does, or there is none."""
        return f"it was not taken: {self.heartbeat.trouble}" if self.heartbeat and self.heartbeat.trouble else ""

    def close(self) -> None:
        """Let another process take over, and be forgotten: call it when the loops have ended. Repeatable."""
        self.seat.leave()
        self.leading.is_leading = False
        if self._supervisor is None:
            return
        self._supervisor = None
        with suppress(StoreUnavailable):  # then the others see it fall silent
            self.pulsing.end()

    def _begin(self) -> None:
        if self._supervisor is not None:
            self._supervisor.start_group(Group.MONITORING)

    def _rest(self) -> None:
        if self._supervisor is not None:
            self._supervisor.stop_group(Group.MONITORING)

    def _troubles(self) -> list[LoopTrouble]:
        health = self._supervisor.health() if self._supervisor is not None else []
        return [
            LoopTrouble(
                each.name,
                each.state is LoopState.STALLED,
                int(each.quiet_s * 1000),
                each.failures_in_a_row,
                each.last_error,
            )
            for each in health
            if each.state in (LoopState.STALLED, LoopState.FAILING)
        ]


def _send(url: Secret, method: str, guard: Guard) -> str:
    from wabawatch.probes.heartbeat import beat  # with its HTTP library, which an installation without needs not

    return beat(url, method, guard)


def rules_of(settings: Settings) -> Rules:
    """What windows are judged by, from the settings."""
    given, weights = settings.thresholds, settings.quality_weights
    return Rules(
        thresholds=Thresholds(given.delivery_rate, given.failure_rate, given.quality_score, given.min_sample),
        weights=Weights(weights.delivery, weights.failure, weights.number, weights.template, weights.webhook),
        grace_ms=given.delivery_grace_s * 1000,
        interval_ms=settings.monitoring.interval_ms,
        has_application=any(each.enabled for each in settings.forward.values()),
    )
