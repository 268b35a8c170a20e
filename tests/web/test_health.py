"""What the health addresses answer."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from wabawatch.domain.polls import Pace, Progress
from wabawatch.loops import Group, LoopHealth, LoopState
from wabawatch.web.health import Answer, liveness, readiness

RUNNING = LoopHealth(
    name="digest",
    group=Group.CORE,
    state=LoopState.RUNNING,
    last_ok_at=5.0,
    quiet_s=0.5,
    failures=0,
    failures_in_a_row=0,
    last_error="",
)
STALLED = replace(RUNNING, state=LoopState.STALLED, quiet_s=95.4)
FAILING = replace(
    RUNNING, state=LoopState.FAILING, failures=7, failures_in_a_row=3, last_error="StoreUnavailable: the disk is full"
)
PAUSED = replace(RUNNING, name="cycle", group=Group.MONITORING, state=LoopState.PAUSED)


def named(answer: Answer, name: str) -> tuple[str, str]:
    """Status and detail of one check."""
    return next((check["status"], check["detail"]) for check in answer[1]["checks"] if check["name"] == name)


def test_all_well_is_200() -> None:
    status, body = liveness([RUNNING, PAUSED], oldest_waiting_s=None)

    assert status == 200
    assert json.loads(json.dumps(body)) == {
        "status": "ok",
        "checks": [
            {"name": "inbox", "status": "ok", "detail": ""},
            {"name": "database", "status": "ok", "detail": ""},
            {"name": "backlog", "status": "ok", "detail": "nothing waits"},
            {"name": "monitoring", "status": "ok", "detail": ""},
            {"name": "loop:digest", "status": "ok", "detail": ""},
            {"name": "loop:cycle", "status": "ok", "detail": "paused"},
        ],
    }


def test_monitoring_that_is_wanted_and_run_by_nobody_is_503() -> None:
    answer = liveness([RUNNING], monitoring_trouble="no process runs it")

    assert answer[0] == 503
    assert named(answer, "monitoring") == ("failing", "no process runs it")


def test_a_heartbeat_that_is_not_taken_is_shown_and_no_reason_to_restart() -> None:
    answer = liveness([RUNNING], heartbeat_trouble="no answer in time")

    assert (answer[0], named(answer, "heartbeat")) == (200, ("degraded", "no answer in time"))


def test_a_stalled_loop_is_503_and_named() -> None:
    answer = liveness([replace(RUNNING, name="expiry"), STALLED])

    assert (answer[0], answer[1]["status"]) == (503, "failing")
    assert named(answer, "loop:digest") == ("failing", "stalled: no good step for 95 s")
    assert named(answer, "loop:expiry") == ("ok", "")


def test_a_stalled_loop_says_why_it_failed() -> None:
    answer = liveness([replace(STALLED, last_error="KeyError")])

    assert named(answer, "loop:digest") == ("failing", "stalled: no good step for 95 s; last error KeyError")


def test_a_failing_loop_is_degraded_but_200() -> None:
    answer = liveness([FAILING])

    assert (answer[0], answer[1]["status"]) == (200, "degraded")
    expected = "failed 3 times in a row, last with StoreUnavailable: the disk is full"
    assert named(answer, "loop:digest") == ("degraded", expected)


@pytest.mark.parametrize(("age_s", "status"), [(0.0, 200), (60.0, 200), (60.1, 503)])
def test_a_backlog_older_than_a_minute_is_503(age_s: float, status: int) -> None:
    assert liveness([RUNNING], oldest_waiting_s=age_s)[0] == status


def test_an_old_backlog_tells_its_age() -> None:
    expected = "the oldest body has waited for 75 s: see the database and loop:digest"
    assert named(liveness([], oldest_waiting_s=75.2), "backlog") == ("failing", expected)


def test_a_backlog_says_what_is_known_of_it() -> None:
    assert named(liveness([]), "backlog") == ("ok", "nothing waits")
    assert named(liveness([], oldest_waiting_s=2.4), "backlog") == ("ok", "the oldest body has waited for 2 s")
    assert named(liveness([], looked=False), "backlog") == ("ok", "")


def test_an_inbox_or_a_database_that_does_not_answer_is_503() -> None:
    inbox = liveness([RUNNING], inbox_trouble="the disk is full")
    database = liveness([RUNNING], database_trouble="it is gone", writing_trouble="it was locked")

    assert (inbox[0], database[0]) == (503, 503)
    assert named(inbox, "inbox") == ("failing", "the disk is full")
    assert named(database, "database") == ("failing", "it is gone")


def test_a_database_that_takes_no_writes_is_degraded_for_the_inbox_keeps_what_comes() -> None:
    answer = liveness([RUNNING], writing_trouble="another process keeps it locked")

    assert (answer[0], answer[1]["status"]) == (200, "degraded")
    assert named(answer, "database") == ("degraded", "another process keeps it locked")


@pytest.mark.parametrize(
    ("pace", "resumes_at", "said"), [(Pace.SLOW, None, "slow,"), (Pace.STOPPED, 0, "until 00:00 UTC")]
)
def test_polling_near_a_limit_is_degraded(pace: Pace, resumes_at: int | None, said: str) -> None:
    answer = liveness([RUNNING], polling=Progress(pace, "account 5 at 96 %", 1, (), resumes_at))

    status, detail = named(answer, "polling")
    assert (answer[0], status) == (200, "degraded")
    assert said in detail
    assert "account" not in detail


def test_polling_that_goes_well_is_well_and_none_is_no_check() -> None:
    assert named(liveness([RUNNING], polling=Progress(Pace.NORMAL, "", 1, ())), "polling") == ("ok", "")
    assert "polling" not in {check["name"] for check in liveness([RUNNING])[1]["checks"]}


def test_the_worst_check_decides() -> None:
    assert liveness([FAILING, STALLED, RUNNING])[1]["status"] == "failing"
    assert liveness([RUNNING, FAILING, RUNNING])[1]["status"] == "degraded"


def test_an_installation_in_order_is_ready() -> None:
    status, body = readiness(schema=3, schema_needed=3)

    assert (status, body["status"]) == (200, "ok")
    assert [check["name"] for check in body["checks"]] == ["database", "inbox", "schema"]


def test_without_its_database_it_is_not_ready() -> None:
    answer = readiness(database_trouble="it does not answer", schema=None, schema_needed=3)

    assert answer[0] == 503
    assert named(answer, "database") == ("failing", "it does not answer")
    assert named(answer, "schema") == ("failing", "not known")


def test_without_its_inbox_it_is_not_ready() -> None:
    answer = readiness(inbox_trouble="only 3 MiB are free", schema=3, schema_needed=3)

    assert answer[0] == 503
    assert named(answer, "inbox") == ("failing", "only 3 MiB are free")


def test_an_older_schema_is_not_ready_and_says_what_to_do() -> None:
    answer = readiness(schema=2, schema_needed=3)

    assert answer[0] == 503
    assert named(answer, "schema") == ("failing", "at 2, needs 3: run `wabawatch migrate`")


def test_a_newer_schema_is_ready() -> None:
    answer = readiness(schema=4, schema_needed=3)

    assert answer[0] == 200
    assert named(answer, "schema") == ("ok", "at 4, newer than the 3 of this release")
