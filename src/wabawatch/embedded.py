"""wabawatch inside a Python process: the same books, loops and figures as the server, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from wabawatch.app import System
from wabawatch.app_places import unsealing
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.report_formats import ReportFormat
from wabawatch.domain.report_periods import period, slice_of
from wabawatch.flows.cycle import Wanted
from wabawatch.flows.recording import body_of, record_item
from wabawatch.loops import Handle, run_in_thread
from wabawatch.records import Item, WebhookItem
from wabawatch.settings import load_process
from wabawatch.wire import metrics_json, status_json


class InProcess:
    """One installation, opened in this process: the backend of `Wabawatch.embedded`."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._supervisor = system.supervisor(is_server=False)
        system.start_by_itself("embedded")
        self._loops: Handle = run_in_thread(self._supervisor)

    @classmethod
    def open(cls, database_url: str | None, config: Mapping[str, object] | None, toml: Path | None) -> Self:
        """Open the installation at *database_url*, made if missing. Raises SettingsError, StoreUnavailable."""
        given = {**(config or {}), **({"DATABASE_URL": database_url} if database_url else {})}
        return cls(System(load_process(toml, given, unsealing)))

    def keep(self, item: Item) -> None:
        """Keep *item*: it is durable when the call returns. Raises BadRequest, StoreUnavailable."""
        if isinstance(item, WebhookItem):
            raise BadRequest("copies of webhooks go to a server: use Wabawatch(url, token)")
        now = self._system.clock.now()
        self._system.inbox.append_all([body_of(record_item(item, now), now)])

    def status(self, hours: int) -> dict[str, Any]:
        """The state of the last *hours*. Holds all that was logged."""
        self._system.drain()
        return status_json(self._system.status.status(hours))

    def recent(self, hours: int) -> list[dict[str, Any]]:
        """The figures of the closed buckets of the last *hours*."""
        self._system.drain()
        return metrics_json(self._system.status.recent(hours))

    def report(self, start: str, end: str | None, scope: str) -> dict[str, Any]:
        """The compliance report of a period. Holds all that was logged. Raises BadRequest, NotFound."""
        self._system.drain()
        reports, now = self._system.reports, self._system.clock.now()
        kept = reports.reporting.make(*period(start, end, now), slice_of(scope), "embedded")
        found: dict[str, Any] = msgspec.json.decode(reports.file(kept, ReportFormat.JSON).content)
        return found

    def control(self, wanted: str) -> bool:
        """Start, stop or restart monitoring. Gives whether it is wanted now."""
        return self._system.cycle.control(Wanted(wanted), "embedded")

    def health(self) -> dict[str, Any]:
        """How the loops are doing: `{"status": "ok" | "failing", "loops": {name: state}}`."""
        loops = {loop.name: loop.state.value for loop in self._supervisor.health()}
        is_well = all(state in ("running", "paused") for state in loops.values())
        return {"status": "ok" if is_well else "failing", "loops": loops}

    def flush(self, timeout_s: float) -> bool:
        """True: what was logged is durable already."""
        return True

    def close(self, timeout_s: float) -> None:
        """End the loops and give everything back. Repeatable. What was logged is kept."""
        self._loops.stop()
        self._system.close()
