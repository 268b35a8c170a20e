"""`whatsapp_message_queue` says of every outbound message what the rules say of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.books import Shelf
from tests.support.facts import T0, facts
from tests.support.places import Place
from tests.support.thorough import examples
from tests.support.views import ask, emptied, plan, shelf_with_views
from wabawatch.domain.error_codes import RATE_LIMIT_CODES
from wabawatch.domain.facts import (
    ErrorSeen,
    Fact,
    MessageReceived,
    NumberChanged,
    Person,
    Pricing,
    SendOutcome,
    SendRecorded,
    Source,
    Status,
    StatusChanged,
    TemplateChanged,
    TemplateRef,
    When,
)
from wabawatch.domain.messages import Evidence, Message
from wabawatch.domain.standing import Role, cohort_at, error_code, is_contradictory, origin, outcome, purpose, role
from wabawatch.meta.countries import country_of
from wabawatch.ports import Held
from wabawatch.storage import schema
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.messages import read_rows
from wabawatch.storage.views import wamid_of

ALL = "SELECT * FROM whatsapp_message_queue"
STAGES = ("sent_at", "delivered_at", "read_at", "played_at", "failed_at")
WAMID = "wamid.one"
NUMBER, WABA = "100000000000001", "200000000000001"


def at(offset_ms: int) -> When:
    return When(T0 + offset_ms, T0 + offset_ms)


def status(what: Status, offset_ms: int, **more: Any) -> StatusChanged:
    return StatusChanged(at(offset_ms), Source.WEBHOOK, what, WAMID, number=NUMBER, waba=WABA, **more)


SEND = SendRecorded(
    at(0),
    Source.API,
    wamid=WAMID,
    number=NUMBER,
    person=Person("5511900000002"),
    type="template",
    template=TemplateRef("hello", "pt_BR"),
    category="utility",
    user_id="user-1",
    lead_id="lead-1",
    outcome=SendOutcome.ACCEPTED,
    answered_at=T0 + 321,
)


def iso(millis: int | None) -> str | None:
    if millis is None:
        return None
    text = datetime.fromtimestamp(millis // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{millis % 1000:03d}Z"


def messages_of(shelf: Shelf) -> dict[int, Held]:
    with shelf.database.reading() as connection:
        rows = connection.execute(schema.messages.select()).all()
        return {h.id: h for h in read_rows(connection, Dictionary(country_of), rows)}


def is_outbound(message: Message) -> bool:
    return bool(message.evidence & Evidence.OUTBOUND) and role(message) is not Role.INBOUND


def first_of(message: Message, stage: str) -> int | None:
    """The time of *stage* of the message, or of the first in its group."""
    times = [getattr(stages, stage) for stages in (message.stages, *(s for _, s in message.participants))]
    return min((time for time in times if time is not None), default=None)


def expected(held: Held) -> dict[str, Any]:
    message, judgement = held.message, held.judgement
    code = error_code(message)
    return {
        "message_id": held.id,
        "phone_number_id": message.number or None,
        "contact_id": message.contact[2].value if message.contact else None,
        "origin": str(origin(message)),
        "status": str(outcome(message, swept_until=0)),
        "template_name": message.template[2].name if message.template else None,
        "created_at": iso(cohort_at(message)),
        "created_at_ms": cohort_at(message),
        "accepted_at": iso(message.accepted_at),
        **{stage: iso(first_of(message, stage)) for stage in STAGES},
        "error_code": code,
        "error_title": None if code is None else min(message.errors).error.title,
        "partial_failure": int(is_contradictory(message)),
        "meta_compliance_purpose": str(purpose(message)),
        "template_approval_status": judgement.template_status or None,
        "compliance_status": str(judgement.use) or "compliant",
    }


@settings(max_examples=examples(30))
@given(st.lists(facts, max_size=12))
def test_each_row_says_what_the_rules_say_of_its_message(lasting_shelf: Shelf, told: list[Fact]) -> None:
    shelf = emptied(lasting_shelf, told)
    outbound = [h for h in messages_of(shelf).values() if is_outbound(h.message)]
    wanted = sorted((expected(h) for h in outbound), key=lambda row: row["message_id"])

    rows = sorted(ask(shelf, ALL), key=lambda row: row["message_id"])

    assert [{name: row[name] for name in wanted[0]} for row in rows] == wanted
    assert [wamid_of(row["wamid"]) if row["wamid"] else "" for row in rows] == [h.message.wamid for h in outbound]


def test_a_send_is_one_row_with_readable_columns(place: Place) -> None:
    told: list[Fact] = [
        SEND,
        status(Status.SENT, 1_000),
        status(Status.READ, 61_000, pricing=Pricing("PMP", "regular", "utility", True)),
        NumberChanged(at(0), Source.POLL, "name", NUMBER, "+55 11 0000-0000", WABA),
        TemplateChanged(at(-10), Source.WEBHOOK, WABA, "status", "hello", "pt_BR", after="APPROVED"),
    ]
    shelf = shelf_with_views(place, told)

    (row,) = ask(shelf, ALL)

    assert row == {
        "message_id": row["message_id"],
        "wamid": row["wamid"],
        "phone_number_id": NUMBER,
        "business_phone": "+55 11 0000-0000",
        "waba_id": WABA,
        "phone_number": "5511900000002",
        "contact_kind": "phone",
        "contact_id": "5511900000002",
        "country": "BR",
        "direction": "outbound",
        "origin": "api",
        "status": "read",
        "type": "template",
        "template_name": "hello",
        "template_language": "pt_BR",
        "category": "utility",
        "user_id": "user-1",
        "lead_id": "lead-1",
        "created_at": "2026-09-21T14:13:20.000Z",
        "created_at_ms": T0,
        "accepted_at": "2026-09-21T14:13:20.321Z",
        "sent_at": "2026-09-21T14:13:21.000Z",
        "delivered_at": None,
        "read_at": "2026-09-21T14:14:21.000Z",
        "played_at": None,
        "failed_at": None,
        "error_code": None,
        "error_title": None,
        "pricing_model": "PMP",
        "pricing_type": "regular",
        "billable": 1,
        "partial_failure": 0,
        "meta_compliance_purpose": "template_use",
        "template_approval_status": "APPROVED",
        "quality_rating": None,
        "compliance_status": "compliant",
    }
    shelf.database.close()


def test_a_contact_without_a_phone_number_is_shown_by_its_own_id(place: Place) -> None:
    shelf = shelf_with_views(place, [status(Status.SENT, 0, person=Person(bsuid="US.1"))])

    (row,) = ask(shelf, ALL)

    assert (row["phone_number"], row["contact_kind"], row["contact_id"], row["country"]) == (
        None,
        "bsuid",
        "US.1",
        "US",
    )
    shelf.database.close()


def test_a_failure_breaks_no_rule_by_itself(place: Place) -> None:
    shelf = shelf_with_views(place, [status(Status.FAILED, 0, errors=(ErrorSeen(131026, "Undeliverable"),))])

    (row,) = ask(shelf, ALL)

    assert (row["status"], row["compliance_status"], row["error_title"]) == ("failed", "compliant", "Undeliverable")
    shelf.database.close()


def test_a_send_of_a_template_that_was_known_to_be_paused_is_a_violation(place: Place) -> None:
    paused = TemplateChanged(at(-3_600_000), Source.WEBHOOK, WABA, "status", "hello", "pt_BR", after="PAUSED")
    shelf = shelf_with_views(place, [paused, SEND, status(Status.DELIVERED, 1_000)])

    (row,) = ask(shelf, ALL)

    assert (row["compliance_status"], row["template_approval_status"]) == ("violation", "PAUSED")
    shelf.database.close()


def test_a_limit_that_was_hit_speaks_louder_than_the_template(place: Place) -> None:
    errors = (ErrorSeen(131026), ErrorSeen(min(RATE_LIMIT_CODES)))
    shelf = shelf_with_views(place, [SEND, status(Status.FAILED, 5, errors=errors)])

    (row,) = ask(shelf, ALL)

    assert row["meta_compliance_purpose"] == "rate_limit"
    shelf.database.close()


def test_a_number_and_a_time_are_found_by_their_index(place: Place) -> None:
    shelf = shelf_with_views(place)

    steps = plan(shelf, f"{ALL} WHERE phone_number_id = '{NUMBER}' AND created_at_ms >= {T0}")

    on_sqlite = "messages_number (number_id=? AND cohort_at>?)"
    on_postgresql = re.compile(r"Index Cond: \(\(number_id = numbers\.id\) AND \(cohort_at >= ")
    assert any(on_sqlite in step or on_postgresql.match(step) for step in steps), steps
    shelf.database.close()


def test_a_message_marked_as_read_stays_one_that_came_in(place: Place) -> None:
    shelf = shelf_with_views(place)
    came = MessageReceived(at(0), Source.WEBHOOK, "wamid.in", number="1")
    shelf.learn([came, StatusChanged(at(1), Source.API, Status.READ, wamid="wamid.in", number="1")])

    assert ask(shelf, "SELECT wamid FROM whatsapp_message_queue") == []
