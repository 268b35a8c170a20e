"""`whatsapp_logs` tells every thing that happened, once, and in words."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.test_views_messages import NUMBER, SEND, WABA, at, messages_of, status
from tests.support.books import Shelf
from tests.support.facts import T0, facts
from tests.support.places import Place
from tests.support.thorough import examples
from tests.support.views import ask, emptied, plan, shelf_with_views
from wabawatch.domain.facts import (
    ErrorReported,
    ErrorSeen,
    Fact,
    MessageReceived,
    NumberChanged,
    Person,
    Source,
    Status,
    TemplateChanged,
    Unrecognised,
    Why,
)
from wabawatch.domain.messages import Evidence, Message, Stages
from wabawatch.domain.standing import cohort_at
from wabawatch.ports import Body, BodyKind, BodyNote, BodyResult, Failing, StoredBody

LINES = "SELECT * FROM whatsapp_logs ORDER BY at, kind, event"
STAGES = {name.removesuffix("_at"): name for name in Stages._fields}


def lines(told: list[Fact], place: Place) -> list[dict[str, Any]]:
    shelf = shelf_with_views(place, told)
    found = ask(shelf, LINES)
    shelf.database.close()
    return found


def stamps_of(message: Message) -> list[tuple[str, int | None]]:
    is_outbound = message.evidence & Evidence.OUTBOUND
    everybody = [message.stages, *(stages for _, stages in message.participants)]
    noted = message.noted_at if message.noted_at == cohort_at(message) else None
    return [
        ("requested", message.requested[2] if message.requested else None),
        ("accepted", message.accepted_at),
        ("echoed" if is_outbound else "received", noted),
        *((name, getattr(stages, field)) for stages in everybody for name, field in STAGES.items()),
    ]


@settings(max_examples=examples(30))
@given(st.lists(facts, max_size=12))
def test_every_stamp_and_error_of_every_message_is_one_line(lasting_shelf: Shelf, told: list[Fact]) -> None:
    shelf = emptied(lasting_shelf, told)
    held = messages_of(shelf)
    found = Counter((r["message_id"], r["event"], r["at"]) for r in ask(shelf, LINES) if r["message_id"])

    stamps = [(i, *stamp) for i, h in held.items() for stamp in stamps_of(h.message) if stamp[1] is not None]
    errors: list[tuple[int, str, int | None]] = [
        (i, "error", note.at) for i, h in held.items() for note in h.message.errors
    ]
    assert found == Counter(stamps + errors)


def test_the_way_of_a_send_reads_as_a_story(place: Place) -> None:
    failed = status(Status.FAILED, 9_000, errors=(ErrorSeen(131026, "Undeliverable", details="Not on WhatsApp"),))

    told = lines([SEND, status(Status.SENT, 1_000), failed], place)

    assert [(line["at"] - T0, line["kind"], line["message"], line["error_code"]) for line in told] == [
        (0, "message", "template message requested", None),
        (321, "message", "template message accepted", None),
        (1_000, "message", "template message sent", None),
        (9_000, "api_error", "Undeliverable: Not on WhatsApp", 131026),
        (9_000, "message", "template message failed: Undeliverable", 131026),
    ]
    assert {(line["direction"], line["status"], line["template_name"]) for line in told} == {
        ("outbound", "failed", "hello")
    }
    assert told[1]["created_at"] == "2026-09-21T14:13:20.321Z"


def test_an_inbound_message_is_one_line_without_a_verdict(place: Place) -> None:
    person = Person("5511900000002")

    (line,) = lines([MessageReceived(at(0), Source.WEBHOOK, "wamid.in", NUMBER, WABA, person=person)], place)

    assert (line["event"], line["direction"], line["phone_number"]) == ("received", "inbound", person.phone)
    assert (line["status"], line["compliance_status"]) == (None, None)


def test_a_participant_of_a_group_has_lines_of_its_own(place: Place) -> None:
    told = [
        status(Status.DELIVERED, 0, group="g", participant=Person("5511900000002")),
        status(Status.DELIVERED, 5, group="g", participant=Person("5511900000003")),
    ]

    found = lines(list(told), place)

    assert [(line["event"], line["phone_number"]) for line in found] == [
        ("delivered", "5511900000002"),
        ("delivered", "5511900000003"),
    ]


@pytest.mark.parametrize(
    ("code", "kind", "purpose"), [(130429, "rate_limit", "rate_limit"), (131050, "api_error", "opt_out")]
)
def test_an_error_is_told_by_its_code(code: int, kind: str, purpose: str, place: Place) -> None:
    found = lines([status(Status.FAILED, 0, errors=(ErrorSeen(code),))], place)

    error = next(line for line in found if line["event"] == "error")

    assert (error["kind"], error["meta_compliance_purpose"], error["message"]) == (kind, purpose, f"error {code}")


@pytest.mark.parametrize(
    ("codes", "kind", "purpose", "shown"),
    [
        ((4,), "rate_limit", "rate_limit", 4),
        ((131031,), "api_error", "account", 131031),
        ((1, 2), "api_error", "account", None),
    ],
)
def test_an_error_of_no_message_is_told_too(
    codes: tuple[int, ...], kind: str, purpose: str, shown: int | None, place: Place
) -> None:
    errors = tuple(ErrorSeen(code) for code in codes)

    (line,) = lines([ErrorReported(at(0), Source.WEBHOOK, errors, NUMBER, WABA)], place)

    assert (line["kind"], line["meta_compliance_purpose"], line["error_code"]) == (kind, purpose, shown)
    assert (line["phone_number_id"], line["waba_id"]) == (NUMBER, WABA)


def test_a_change_of_a_template_is_told_with_its_name_and_reason(place: Place) -> None:
    change = TemplateChanged(
        at(0), Source.WEBHOOK, WABA, "status", "hello", "pt_BR", before="APPROVED", after="PAUSED", reason="FIRST_PAUSE"
    )

    (line,) = lines([change], place)

    assert line["message"] == "template status of hello/pt_BR: APPROVED -> PAUSED (FIRST_PAUSE)"
    assert (line["kind"], line["event"], line["template_name"]) == ("template", "status", "hello")
    assert (line["template_approval_status"], line["meta_compliance_purpose"]) == ("PAUSED", "template_use")


def test_a_template_known_by_number_only_has_no_name(place: Place) -> None:
    change = TemplateChanged(at(0), Source.WEBHOOK, WABA, "status", template_id="300", after="PAUSED")

    (line,) = lines([change], place)

    assert (line["template_name"], line["message"]) == (None, "template status of 300: PAUSED")


def test_the_quality_of_a_number_is_a_flag(place: Place) -> None:
    (line,) = lines([NumberChanged(at(0), Source.POLL, "quality", NUMBER, after="RED")], place)

    assert (line["kind"], line["quality_rating"], line["meta_compliance_purpose"]) == ("number", "RED", "account")


def test_what_was_not_understood_is_told(place: Place) -> None:
    strange = Unrecognised(at(0), Why.UNPARSED, "messages", reason="expected a list", number=NUMBER)

    (line,) = lines([strange], place)

    assert (line["kind"], line["event"], line["meta_compliance_purpose"]) == ("unrecognised", "unparsed", "webhook")
    assert line["message"] == "unrecognised unparsed of messages (expected a list)"


def keep_bodies(shelf: Shelf) -> None:
    good, bad = (Body(BodyKind.WEBHOOK, T0 + i, b"{}", app="shop" * i) for i in (0, 1))
    with shelf.books.writing() as ledger:
        ledger.note_bodies(
            [
                BodyNote(1, good, b"1", BodyResult.PROCESSED, facts=3, unknown=1),
                BodyNote(2, bad, b"2", BodyResult.PARKED),
            ]
        )
        ledger.fail(Failing(StoredBody(2, bad), 5, None, "KeyError: 'x'"))


def test_every_body_is_one_line_with_its_result(place: Place) -> None:
    shelf = shelf_with_views(place)
    keep_bodies(shelf)

    found = ask(shelf, LINES)

    assert [(line["kind"], line["event"], line["message"]) for line in found] == [
        ("webhook", "processed", "live webhook body 1: 3 facts, 1 unknown"),
        ("webhook", "parked", "live webhook body 2 for app shop: KeyError: 'x'"),
    ]
    assert {line["meta_compliance_purpose"] for line in found} == {"webhook"}
    shelf.database.close()


def test_the_lines_of_one_message_are_found_without_reading_all(place: Place) -> None:
    shelf = shelf_with_views(place)

    steps = plan(shelf, "SELECT * FROM whatsapp_logs WHERE message_id = 7")

    assert steps
    assert not [step for step in steps if step in ("SCAN m", "SCAN g", "SCAN r") or "Seq Scan on messages" in step]
    shelf.database.close()
