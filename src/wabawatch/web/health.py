"""What `/healthz` and `/readyz` answer: pure functions of what is known at the moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import TypeAlias, TypedDict

from wabawatch.domain.polls import Pace, Progress
from wabawatch.loops import LoopHealth, LoopState

OLDEST_BACKLOG_S = 60.0
"""A body that has waited longer than this is too old."""


class Condition(StrEnum):
    """How well something is, the best first."""

    OK = "ok"
    DEGRADED = "degraded"
    """It works, but somebody should look"""
    FAILING = "failing"


class Check(TypedDict):
    """One thing that was looked at."""

    name: str
    status: Condition
    detail: str


class HealthBody(TypedDict):
    """The JSON of the answer. `status` is the worst of the checks'."""

    status: Condition
    checks: list[Check]


Answer: TypeAlias = tuple[HTTPStatus, HealthBody]
"""200, or 503 when a check is failing."""


def liveness(
    loops: Sequence[LoopHealth],
    oldest_waiting_s: float | None = None,
    *,
    looked: bool = True,
    inbox_trouble: str = "",
    database_trouble: str = "",
    writing_trouble: str = "",
    monitoring_trouble: str = "",
    heartbeat_trouble: str = "",
    polling: Progress | None = None,
) -> Answer:
    """Whether the process does its work: inbox and database answer, no backlog is old, no loop stalled, and somewhere
    monitoring runs if it is wanted.

    *oldest_waiting_s* is the age of the oldest body that waits, None when none does, or when it could not be *looked*
    at. A trouble says what is wrong and what to do, "" when nothing is; it is shown to anybody who asks, as is the
    `last_error` of the loops.
    *writing_trouble* is of a database that can be read: what comes is kept in the inbox meanwhile. *polling* None: Meta
    is not asked.
    """
    database = _check("database", database_trouble)
    if writing_trouble and not database_trouble:
        database = {"name": "database", "status": Condition.DEGRADED, "detail": writing_trouble}
    own: list[Check] = [_check("monitoring", monitoring_trouble)]
    if heartbeat_trouble:  # an outside service that is away is no reason to end this process
        own.append({"name": "heartbeat", "status": Condition.DEGRADED, "detail": heartbeat_trouble})
    rest = [*own, *([] if polling is None else [_polling(polling)]), *map(_loop, loops)]
    return _answer([_check("inbox", inbox_trouble), database, _backlog(oldest_waiting_s, looked=looked), *rest])


def readiness(*, database_trouble: str = "", inbox_trouble: str = "", schema: int | None, schema_needed: int) -> Answer:
    """Whether webhooks may be sent here: the database is reached, the inbox can be written, the schema is up to date.

    A trouble is "" when there is none. *schema* is the last migration that the database has, None if it is not known.
    """
    return _answer(
        [_check("database", database_trouble), _check("inbox", inbox_trouble), _schema(schema, schema_needed)]
    )


def _answer(checks: list[Check]) -> Answer:
    status = _worst(check["status"] for check in checks)
    code = HTTPStatus.SERVICE_UNAVAILABLE if status is Condition.FAILING else HTTPStatus.OK
    return code, {"status": status, "checks": checks}


def _worst(conditions: Iterable[Condition]) -> Condition:
    order = list(Condition)
    return max(conditions, key=order.index, default=Condition.OK)


def _check(name: str, trouble: str) -> Check:
    return {"name": name, "status": Condition.FAILING if trouble else Condition.OK, "detail": trouble}


def _backlog(oldest_waiting_s: float | None, *, looked: bool) -> Check:
    if oldest_waiting_s is None:
        return {"name": "backlog", "status": Condition.OK, "detail": "nothing waits" if looked else ""}
    waited = f"the oldest body has waited for {oldest_waiting_s:.0f} s"
    if oldest_waiting_s > OLDEST_BACKLOG_S:
        return _check("backlog", f"{waited}: see the database and loop:digest")
    return {"name": "backlog", "status": Condition.OK, "detail": waited}


def _polling(polling: Progress) -> Check:
    """No account is named: anybody may ask."""
    if polling.pace is Pace.NORMAL:
        return _check("polling", "")
    until = (
        f" until {datetime.fromtimestamp(polling.resumes_at / 1000, UTC):%H:%M UTC}"
        if polling.resumes_at is not None
        else ""
    )
    detail = f"{polling.pace}{until}, near a limit of Meta's: `wabawatch doctor` says which"
    return {"name": "polling", "status": Condition.DEGRADED, "detail": detail}


def _loop(loop: LoopHealth) -> Check:
    name = f"loop:{loop.name}"
    match loop.state:
        case LoopState.RUNNING:
            return _check(name, "")
        case LoopState.PAUSED:
            return {"name": name, "status": Condition.OK, "detail": "paused"}
        case LoopState.FAILING:
            detail = f"failed {loop.failures_in_a_row} times in a row, last with {loop.last_error}"
            return {"name": name, "status": Condition.DEGRADED, "detail": detail}
        case LoopState.STALLED:
            because = f"; last error {loop.last_error}" if loop.last_error else ""
            return _check(name, f"stalled: no good step for {loop.quiet_s:.0f} s{because}")


def _schema(schema: int | None, needed: int) -> Check:
    if schema is None:
        return _check("schema", "not known")
    if schema < needed:
        return _check("schema", f"at {schema}, needs {needed}: run `wabawatch migrate`")
    # A newer release has migrated already: migrations are safe while this one still runs.
    detail = f"at {schema}, newer than the {needed} of this release" if schema > needed else ""
    return {"name": "schema", "status": Condition.OK, "detail": detail}
