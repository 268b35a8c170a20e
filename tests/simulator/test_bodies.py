"""Webhook bodies: signed, and in Meta's shape and dialect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from tests.simulator.scenes import bodies, nasty, simulation, statuses, values

from wabawatch.simulator.envelope import encode
from wabawatch.simulator.ids import stream, wamid
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.steps import LogSend, PostWebhook


def test_every_body_is_signed_with_the_app_secret() -> None:
    _, steps = nasty()

    for step in steps:
        if isinstance(step, PostWebhook):
            expected = hmac.new(b"nasty secret", step.body, hashlib.sha256).hexdigest()
            assert step.signature == f"sha256={expected}"


def test_bodies_are_written_as_meta_writes_them() -> None:
    assert encode({"a": "ä/é", "b": [1, None]}) == b'{"a":"\\u00e4\\/\\u00e9","b":[1,null]}'


def test_every_body_is_an_envelope_of_entries_and_changes() -> None:
    _, steps = nasty()

    for body in bodies(steps):
        assert body["object"] == "whatsapp_business_account"
        for entry in body["entry"]:
            assert entry["id"].isdecimal()
            assert entry["changes"]
            assert all(change.keys() == {"field", "value"} for change in entry["changes"])


def test_only_news_without_messages_carries_the_time_of_sending() -> None:
    _, steps = nasty()
    entries = [entry for body in bodies(steps) for entry in body["entry"]]

    timed = {change["field"] for entry in entries if "time" in entry for change in entry["changes"]}
    untimed = {change["field"] for entry in entries if "time" not in entry for change in entry["changes"]}

    assert "account_update" in timed
    assert untimed == {"messages", "standby", "smb_message_echoes"}


def test_bodies_stay_below_three_megabytes() -> None:
    _, steps = nasty()

    assert max(len(step.body) for step in steps if isinstance(step, PostWebhook)) < 3_000_000


def test_a_status_has_its_number_and_a_second() -> None:
    made, steps = nasty()
    known = {number.id: number.phone for number in made.world.numbers}

    for value in values(steps, "messages"):
        metadata = value["metadata"]
        assert known[metadata["phone_number_id"]] == metadata["display_phone_number"]
    assert all(re.fullmatch(r"\d{10}", status["timestamp"]) for status in statuses(steps))


def test_only_failures_carry_errors_and_only_sent_and_delivered_a_price() -> None:
    _, steps = nasty()

    for status in statuses(steps):
        assert ("errors" in status) == (status["status"] == "failed")
        assert "pricing" not in status or status["status"] in ("sent", "delivered")


def test_old_webhook_versions_name_a_conversation_and_new_ones_do_not() -> None:
    _, steps = nasty()
    named = {
        (entry["id"], "conversation" in status)
        for body in bodies(steps)
        for entry in body["entry"]
        for change in entry["changes"]
        for status in change["value"].get("statuses", [])
        if status["status"] == "sent" and "pricing" in status
    }

    assert len(named) == 2
    assert {is_named for _, is_named in named} == {True, False}


def test_a_wamid_holds_the_phone_and_who_sent_it() -> None:
    packed = base64.b64decode(wamid("5516992318222", stream(1), from_business=True).removeprefix("wamid."))

    assert packed[:3] == bytes((0x1C, 0x18, 13))
    assert packed[3:16] == b"5516992318222"
    assert packed[16:22] == bytes((0x15, 0x02, 0x00, 0x11, 0x18, 18))
    assert re.fullmatch(rb"[0-9A-F]{18}\0", packed[22:])


def test_no_two_messages_share_an_id() -> None:
    made, _ = nasty()
    ids = [row["wamid"] for row in made.truth() if row["wamid"]]

    assert len(ids) == len(set(ids))


def test_number_ids_have_15_to_17_digits() -> None:
    assert all(re.fullmatch(r"\d{15,17}", number.id) for number in simulation(numbers=60).world.numbers)


def test_a_record_names_recipient_template_and_outcome() -> None:
    made = simulation(messages=1, mix=Mix(refused=0, failed=0, undelivered=0))
    record = next(step for step in made.steps() if isinstance(step, LogSend)).payload
    (row,) = made.truth()

    assert record["phone_number"] == f"+{row['recipient']}"
    assert (record["message_id"], record["phone_number_id"]) == (row["wamid"], row["number"])
    assert (record["template_name"], record["template_language"]) == (row["template"], row["language"])
    assert (record["outcome"], record["at"]) == ("accepted", row["requested_at"])
