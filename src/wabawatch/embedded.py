"""wabawatch inside a Python process: the same books, loops and figures as the server, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from wabawatch.app import System
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import SendOutcome, Status
from wabawatch.flows.cycle import Wanted
from wabawatch.flows.recording import body_of, record_message, record_status
from wabawatch.loops import Handle, run_in_thread
from wabawatch.settings import load_process
from wabawatch.wire import Direction, ErrorIn, MessageIn, StatusIn, checked, metrics_json, read, status_json, write

Moment = datetime | str | int | None
"""A time: a datetime with an offset, ISO 8601 text, or milliseconds since 1970; None is now."""


class Wabawatch:
    """One installation, opened in this process. Every method may be called from any thread.

    What is logged is durable when the call returns. Use it as a context manager, or call `close`.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._supervisor = system.supervisor()
        system.start_by_itself("embedded")
        self._loops: Handle = run_in_thread(self._supervisor)

    @classmethod
    def embedded(
        cls, database_url: str | None = None, config: Mapping[str, object] | None = None, toml: Path | None = None
    ) -> Self:
        """Open the installation at *database_url* (default: SQLite files in the data folder), made if missing.

        *config* overrides settings by either of their names, such as ``{"DELIVERY_RATE_THRESHOLD": 0.97}``.
        Raises SettingsError with every mistake, StoreUnavailable when the database cannot be opened.
        """
        given = {**(config or {}), **({"DATABASE_URL": database_url} if database_url else {})}
        return cls(System(load_process(toml, given)))

    def log_outbound_message(
        self,
        phone_number: str | None,
        template_name: str | None = None,
        template_language: str | None = None,
        user_id: str | None = None,
        lead_id: str | None = None,
        message_id: str | None = None,
        *,
        bsuid: str | None = None,
        phone_number_id: str | None = None,
        type: str | None = None,
        category: str | None = None,
        conversation_id: str | None = None,
        outcome: SendOutcome | str | None = None,
        error: Mapping[str, object] | int | None = None,
        at: Moment = None,
        local_id: str | None = None,
    ) -> str:
        """Log a send and give its id, a UUIDv7. *message_id* is the wamid, if it is known already.

        Without a wamid the send stays `unlinked` until a status tells one. Raises BadRequest, StoreUnavailable.
        """
        return self._log(
            MessageIn(
                phone_number=phone_number,
                bsuid=bsuid,
                template_name=template_name,
                template_language=template_language,
                user_id=user_id,
                lead_id=lead_id,
                conversation_id=conversation_id,
                message_id=message_id,
                local_id=local_id,
                phone_number_id=phone_number_id,
                type=type,
                category=category,
                at=_moment(at),
                outcome=_chosen(SendOutcome, "outcome", outcome),
                error=_error(error),
            )
        )

    def log_inbound_message(
        self,
        phone_number: str | None,
        message_id: str,
        *,
        bsuid: str | None = None,
        phone_number_id: str | None = None,
        type: str | None = None,
        user_id: str | None = None,
        lead_id: str | None = None,
        conversation_id: str | None = None,
        at: Moment = None,
    ) -> str:
        """Log a message that a person wrote. Raises BadRequest, StoreUnavailable."""
        return self._log(
            MessageIn(
                phone_number=phone_number,
                bsuid=bsuid,
                message_id=message_id,
                phone_number_id=phone_number_id,
                type=type,
                user_id=user_id,
                lead_id=lead_id,
                conversation_id=conversation_id,
                direction=Direction.INBOUND,
                at=_moment(at),
            )
        )

    def update_delivery_status(
        self,
        message_id: str,
        status: Status | str,
        wamid: str | None = None,
        at: Moment = None,
        error: Mapping[str, object] | int | None = None,
    ) -> None:
        """Tell what became of a message. *message_id* is our id or the wamid; with *wamid* the two are linked.

        Raises BadRequest, StoreUnavailable.
        """
        now = self._system.clock.now()
        chosen = _chosen(Status, "status", status)
        if chosen is None:
            raise BadRequest("status: missing")
        told = checked(StatusIn(status=chosen, wamid=wamid, at=_moment(at), error=_error(error)))
        self._system.inbox.append_all([body_of(record_status(message_id, told, now), now)])

    def get_system_status(self, hours: int = 24) -> dict[str, Any]:
        """The state of the last *hours* (0: everything), as `status --json` prints it. Holds all that was logged."""
        self._system.drain()
        return status_json(self._system.status.status(hours))

    def get_recent_metrics(self, hours: int = 24) -> list[dict[str, Any]]:
        """The figures of the closed buckets of the last *hours* (0: everything), for everything, WABAs and numbers.

        `[{at, scope, metric, value, n, interval}]`: every five minutes for up to 6 hours, every hour for up to 31
        days, every day beyond.
        """
        self._system.drain()
        return metrics_json(self._system.status.recent(hours))

    def start_monitoring(self) -> bool:
        """Start monitoring, also for the time after a restart. Gives whether it is wanted now."""
        return self._system.cycle.control(Wanted.START, "embedded")

    def stop_monitoring(self) -> bool:
        """Stop monitoring until it is started again. Receiving and digesting go on."""
        return self._system.cycle.control(Wanted.STOP, "embedded")

    def restart_monitoring(self) -> bool:
        """Begin monitoring anew."""
        return self._system.cycle.control(Wanted.RESTART, "embedded")

    def health_check(self) -> dict[str, Any]:
        """How the loops are doing: `{"status": "ok" | "failing", "loops": {name: state}}`."""
        loops = {loop.name: loop.state.value for loop in self._supervisor.health()}
        is_well = all(state in ("running", "paused") for state in loops.values())
        return {"status": "ok" if is_well else "failing", "loops": loops}

    def close(self) -> None:
        """End the loops and give everything back. Repeatable. What was logged is kept."""
        self._loops.stop()
        self._system.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _log(self, message: MessageIn) -> str:
        now = self._system.clock.now()
        record = record_message(checked(message), now)
        self._system.inbox.append_all([body_of(record, now)])
        return record.local_id


def _moment(at: Moment) -> int | str | None:
    if not isinstance(at, datetime):
        return at
    if at.tzinfo is None:
        raise BadRequest("at: a datetime without a time zone; add one, such as datetime.UTC")
    return round(at.timestamp() * 1000)


def _error(error: Mapping[str, object] | int | None) -> ErrorIn | None:
    if error is None:
        return None
    if isinstance(error, int):
        return ErrorIn(code=error)
    try:
        written = write(error)
    except (TypeError, UnicodeEncodeError) as problem:
        raise BadRequest(f"error: {problem}") from problem
    return read(ErrorIn, written)


def _chosen(kind: Any, name: str, value: object) -> Any:
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError as error:
        raise BadRequest(f"{name}: {value!r} is none of {', '.join(kind)}") from error
