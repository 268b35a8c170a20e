"""wabawatch inside a process: what is logged is in the figures, and survives."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wabawatch import Wabawatch
from wabawatch.domain.errors import BadRequest

WAMID = "wamid.HBgLMTU1NTAwMDAwMDEVAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA"


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'books.db'}"


def test_a_logged_send_is_attempted_and_unlinked_until_a_wamid_is_known(tmp_path: Path) -> None:
    with Wabawatch.embedded(url(tmp_path)) as ww:
        mid = ww.log_outbound_message("+1234567890", "hello_world", "en", "user-123", "lead-456")
        before = ww.get_system_status()["messages"]
        ww.update_delivery_status(mid, "delivered", wamid=WAMID)
        after = ww.get_system_status()["messages"]

    assert (before["attempted"], before["unlinked"], before["pending"]) == (1, 1, 1)
    assert (after["attempted"], after["unlinked"], after["delivered"]) == (1, 0, 1)


def test_what_was_logged_is_there_after_a_restart(tmp_path: Path) -> None:
    with Wabawatch.embedded(url(tmp_path)) as ww:
        ww.log_outbound_message("+1234567890", message_id=WAMID)
    with Wabawatch.embedded(url(tmp_path)) as ww:
        assert ww.get_system_status()["messages"]["accepted"] == 1


def test_a_status_by_wamid_and_one_by_our_id_are_of_one_message(tmp_path: Path) -> None:
    with Wabawatch.embedded(url(tmp_path)) as ww:
        mid = ww.log_outbound_message("+1234567890", message_id=WAMID)
        ww.update_delivery_status(WAMID, "sent")
        ww.update_delivery_status(mid, "read")
        counted = ww.get_system_status()["messages"]

    assert (counted["attempted"], counted["read"]) == (1, 1)


def test_monitoring_is_started_and_stopped_by_hand(tmp_path: Path) -> None:
    with Wabawatch.embedded(url(tmp_path)) as ww:
        assert ww.start_monitoring() is True
        assert ww.stop_monitoring() is False
        assert ww.get_system_status()["monitoring"]["running"] is False


def test_few_messages_are_insufficient_data(tmp_path: Path) -> None:
    with Wabawatch.embedded(url(tmp_path)) as ww:
        empty = ww.get_system_status(0)
        for i in range(10):
            ww.log_outbound_message("+1234567890", message_id=f"wamid.{i}", at="2026-01-01T00:00:00Z")
            ww.update_delivery_status(f"wamid.{i}", "delivered", at="2026-01-01T00:00:01Z")
        ten = ww.get_system_status(0)

    assert empty["overall_status"] == ten["overall_status"] == "insufficient_data"
    assert ten["requirements"]["delivery_rate"]["n"] == 10
    assert ten["requirements"]["delivery_rate"]["verdict"] == "insufficient_data"


@pytest.mark.parametrize("number", ["", "not a number", "12", "+" + "1" * 40])
def test_a_recipient_that_is_no_number_is_refused(tmp_path: Path, number: str) -> None:
    with Wabawatch.embedded(url(tmp_path), strict=True) as ww, pytest.raises(BadRequest, match="phone_number"):
        ww.log_outbound_message(number)


def test_a_status_of_an_id_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    with Wabawatch.embedded(url(tmp_path), strict=True) as ww, pytest.raises(BadRequest, match="id"):
        ww.update_delivery_status("wamid.\ud800", "sent")


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_id": 7},
        {"lead_id": "a\0b"},
        {"lead_id": "\u20ac" * 400},
        {"error": 2**63},
        {"error": {"code": 1, "title": "\ud800"}},
        {"error": {"code": 1, "title": object}},
        {"message_id": "\ud800"},
    ],
    ids=ascii,
)
def test_what_could_not_be_read_back_is_refused_at_once(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with Wabawatch.embedded(url(tmp_path), strict=True) as ww:
        with pytest.raises(BadRequest, match=next(iter(wrong))):
            ww.log_outbound_message("+1234567890", **wrong)

        assert ww.get_system_status(0)["messages"]["attempted"] == 0


def test_what_cannot_be_kept_raises_only_if_that_was_asked_for(tmp_path: Path) -> None:
    with Wabawatch.embedded(url(tmp_path)) as ww:
        assert ww.log_outbound_message("not a number")
        ww.update_delivery_status("wamid.1", "gone")

        assert (ww.health_check()["status"], ww.health_check()["lost"]) == ("degraded", 2)
        assert ww.get_system_status(0)["messages"]["attempted"] == 0


def test_what_an_agent_did_is_in_the_log_of_agents(tmp_path: Path) -> None:
    with Wabawatch.embedded(url(tmp_path)) as ww:
        ww.log_inbound_message("+1 234 567 890", WAMID, phone_number_id="1001")
        did = ww.log_agent_interaction("agent-7", "replied", "+1 234 567 890", phone_number_id="1001", lead_id="lead-1")
        ww.get_system_status()
        with sqlite3.connect(tmp_path / "books.db") as books:
            acted = books.execute("SELECT interaction_id, agent_id, action FROM agent_interaction_logs").fetchall()
            talks = books.execute("SELECT phone_number, lead_id, agent_id, is_open FROM conversations").fetchall()
        books.close()

    assert acted == [(did, "agent-7", "replied")]
    assert talks == [("1234567890", "lead-1", "agent-7", 1)]


@pytest.mark.parametrize(
    "wrong", [{"agent_id": ""}, {"action": "a\0b"}, {"duration_ms": -1}, {"local_id": "7"}], ids=ascii
)
def test_an_action_that_cannot_be_kept_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with (
        Wabawatch.embedded(url(tmp_path), strict=True) as ww,
        pytest.raises(BadRequest, match=next(iter(wrong))),
    ):
        ww.log_agent_interaction(**({"agent_id": "agent-7", "action": "replied"} | wrong))


def test_a_compliance_report_holds_what_was_just_logged_and_is_signed(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    with Wabawatch.embedded(url(tmp_path)) as ww:
        ww.log_outbound_message("+1234567890", message_id=WAMID)
        told = ww.generate_compliance_report(today - timedelta(days=1))
        with pytest.raises(BadRequest, match="without a time zone"):
            ww.generate_compliance_report(datetime(2026, 1, 1))  # on purpose
        with pytest.raises(BadRequest, match="scope: "):
            ww.generate_compliance_report("2026-01", scope="everything")

    assert told["report"]["messages"]["accepted"] == 1
    assert told["signature"]["algorithm"] == "Ed25519"
