"""Everything that a nasty simulation promises really happens in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from tests.simulator.scenes import HOUR, START, bodies, nasty, statuses, values

from wabawatch.simulator.mix import Mix
from wabawatch.simulator.notices import UNKNOWN_FIELD
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import CallGraph, LogSend, LogStatus, PostWebhook
from wabawatch.simulator.truth import TruthMessage


@pytest.mark.parametrize(
    "is_such",
    [
        pytest.param(lambda row: row["rejected"] and row["status"] == "failed", id="refused at the API"),
        pytest.param(lambda row: row["status"] == "failed" and "sent" in row["stamps"], id="failed after sent"),
        pytest.param(lambda row: row["status"] == "failed" and "sent" not in row["stamps"], id="failed at once"),
        pytest.param(lambda row: row["status"] == "sent" and not row["reaction"], id="never delivered"),
        pytest.param(lambda row: row["status"] == "expired", id="expired"),
        pytest.param(lambda row: row["accepted"] and row["status"] == "pending" and not row["held"], id="no status"),
        pytest.param(lambda row: row["held"] and row["status"] == "pending", id="held for ever"),
        pytest.param(lambda row: row["held"] and row["status"] == "failed", id="held and dropped"),
        pytest.param(lambda row: row["held"] and row["status"] in ("delivered", "read"), id="held and released"),
        pytest.param(lambda row: row["partial_failure"] and row["status"] == "delivered", id="contradiction"),
        pytest.param(lambda row: row["status"] == "read" and "delivered" not in row["stamps"], id="delivered skipped"),
        pytest.param(lambda row: "played" in row["stamps"], id="played"),
        pytest.param(lambda row: row["reaction"] and row["status"] == "sent", id="reaction"),
        pytest.param(lambda row: row["group"] and row["status"] == "read", id="group"),
        pytest.param(lambda row: row["origin"] == "unknown" and row["accepted"], id="unrecorded sender"),
        pytest.param(lambda row: row["unlinked"] and row["status"] == "pending", id="unlinked"),
        pytest.param(lambda row: row["orphan"], id="orphan"),
        pytest.param(lambda row: row["origin"] == "business_app", id="echo"),
        pytest.param(lambda row: row["origin"] == "meta_agent" and row["direction"] == "outbound", id="agent"),
        pytest.param(lambda row: row["origin"] == "meta_agent" and row["direction"] == "inbound", id="agent's inbound"),
        pytest.param(lambda row: row["origin"] == "history", id="history"),
        pytest.param(lambda row: row["direction"] == "inbound" and row["origin"] == "unknown", id="inbound"),
    ],
)
def test_such_a_message_exists(is_such: Callable[[TruthMessage], bool]) -> None:
    made, _ = nasty()

    assert any(is_such(row) for row in made.truth())


def test_failures_come_in_either_order_with_deliveries() -> None:
    made, _ = nasty()
    both = [row["stamps"] for row in made.truth() if row["partial_failure"] and "delivered" in row["stamps"]]

    assert any(stamps["failed"] < stamps["delivered"] for stamps in both)
    assert any(stamps["failed"] > stamps["delivered"] for stamps in both)


def test_failures_have_many_codes() -> None:
    _, steps = nasty()

    codes = {error["code"] for status in statuses(steps) for error in status.get("errors", [])}

    assert {131026, 131049, 131047, 130472, 132015} <= codes


def test_refusals_have_many_codes() -> None:
    _, steps = nasty()

    errors = [step.payload["error"] for step in steps if isinstance(step, LogSend) and "error" in step.payload]
    codes = {error["code"] for error in errors if isinstance(error, dict)}

    assert {132001, 131047, 130429, 131026} <= codes


def test_bodies_are_repeated_byte_for_byte() -> None:
    made, _ = nasty()

    assert made.brought().duplicates > 0


def test_a_status_is_told_again_inside_another_body() -> None:
    _, steps = nasty()
    told = defaultdict(set)
    for number, body in enumerate(dict.fromkeys(step.body for step in steps if isinstance(step, PostWebhook))):
        for status in statuses((PostWebhook(0, body, "", ""),)):
            told[str(status)].add(number)

    assert any(len(places) > 1 for places in told.values())


def test_statuses_come_hours_late_and_out_of_order() -> None:
    _, steps = nasty()
    seen: dict[str, list[str]] = defaultdict(list)
    lateness = []
    for step in steps:
        for status in statuses((step,)):
            seen[status["id"]].append(status["status"])
            lateness.append(step.at - 1_000 * int(status["timestamp"]))

    assert max(lateness) > HOUR
    assert any(
        order.index("delivered") < order.index("sent") for order in seen.values() if {"delivered", "sent"} <= {*order}
    )


def test_bodies_hold_many_updates_of_several_accounts_and_kinds() -> None:
    _, steps = nasty()
    large = max(bodies(steps), key=lambda body: len(str(body)))

    assert len({entry["id"] for entry in large["entry"]}) > 1
    assert len({change["field"] for entry in large["entry"] for change in entry["changes"]}) > 1


def test_a_body_never_holds_more_than_1000_updates_and_reaches_that() -> None:
    crowd = Simulation(3, 4_000, START, 60_000, Mix(batched=1.0))

    sizes = [len(statuses((step,))) for step in crowd.steps() if isinstance(step, PostWebhook)]

    assert max(sizes) == 1_000


def test_statuses_overtake_the_record_of_their_send() -> None:
    _, steps = nasty()
    told: set[object] = set()
    overtaken = 0
    for step in steps:
        told.update(status["id"] for status in statuses((step,)))
        overtaken += isinstance(step, LogSend) and step.payload["message_id"] in told

    assert overtaken > 0


def test_sends_are_logged_twice_under_one_id_or_two() -> None:
    _, steps = nasty()
    ids = defaultdict(list)
    for step in steps:
        if isinstance(step, LogSend) and step.payload["message_id"]:
            ids[step.payload["message_id"]].append(step.payload["local_id"])

    twice = [own for own in ids.values() if len(own) == 2]

    assert {len(set(own)) for own in twice} == {1, 2}


def test_some_sends_are_linked_later_by_a_status_call() -> None:
    made, steps = nasty()
    links = {step.id: step.payload["wamid"] for step in steps if isinstance(step, LogStatus)}

    linked = {row["local_id"]: row["wamid"] for row in made.truth() if row["local_id"] in links}

    assert links
    assert linked == links


def test_a_send_whose_wamid_was_lost_is_two_messages() -> None:
    made, _ = nasty()
    lost = Counter((row["number"], row["recipient"]) for row in made.truth() if row["unlinked"])
    strays = Counter((row["number"], row["recipient"]) for row in made.truth() if row["origin"] == "unknown")

    assert any(strays[who] for who in lost)


def test_group_statuses_of_several_members_travel_together() -> None:
    _, steps = nasty()
    together = [
        Counter(status["id"] for status in value["statuses"] if status.get("recipient_type") == "group")
        for value in values(steps, "messages")
        if "statuses" in value
    ]

    assert any(count > 1 for found in together for count in found.values())


def test_some_people_are_known_by_bsuid_only() -> None:
    _, steps = nasty()

    assert any("recipient_id" not in status for status in statuses(steps))
    assert any("from" not in message for value in values(steps, "messages") for message in value.get("messages", []))


def test_inbound_messages_are_of_several_types() -> None:
    _, steps = nasty()
    types = {message["type"] for value in values(steps, "messages") for message in value.get("messages", [])}

    assert {"text", "image", "audio", "interactive", "reaction", "unsupported", "system"} <= types


def test_standby_carries_messages_echoes_and_statuses() -> None:
    _, steps = nasty()
    kinds = {kind for value in values(steps, "standby") for kind in value["standby"]}

    assert {"messages", "message_echoes", "statuses"} <= kinds


@pytest.mark.parametrize(
    "field",
    ["smb_message_echoes", "history", "message_template_status_update", "account_update", "security", UNKNOWN_FIELD],
)
def test_such_a_field_is_told(field: str) -> None:
    _, steps = nasty()

    assert values(steps, field)


def test_the_application_marks_messages_as_read() -> None:
    _, steps = nasty()

    assert any(isinstance(step, CallGraph) and step.payload["status"] == "read" for step in steps)
