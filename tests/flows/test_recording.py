"""What our own application tells becomes a record that the inbox keeps, and a fact; what is no record is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.facts import DAY, HOUR, T0, WAMIDS
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import (
    ErrorSeen,
    Fact,
    Feed,
    MessageReceived,
    Person,
    SendOutcome,
    SendRecorded,
    Source,
    Status,
    StatusChanged,
    TemplateRef,
    When,
)
from wabawatch.flows.recording import body_of, facts_of, record_message, record_status
from wabawatch.ports import BodyKind
from wabawatch.wire import Direction, MessageIn, MessageRecord, StatusIn, is_local_id
from wabawatch.wire_errors import ErrorIn

WAMID = WAMIDS[0]
LOCAL = "01920000-0000-7000-8000-0000000000ab"
ISO = datetime.fromtimestamp(T0 / 1000, UTC).isoformat()


def fact_of(record: Any, received_at: int = T0) -> Fact:
    """The one fact in *record* after its way through the inbox."""
    (fact,) = facts_of(body_of(record, received_at).content, received_at)
    return fact


def sent(now: int = T0, **told: Any) -> SendRecorded:
    fact = fact_of(record_message(MessageIn(**{"phone_number": "+1 555 000 0001", **told}), now), now)
    assert isinstance(fact, SendRecorded)
    return fact


def status(id_: str = WAMID, now: int = T0, **told: Any) -> StatusChanged:
    fact = fact_of(record_status(id_, StatusIn(**{"status": Status.DELIVERED, **told}), now), now)
    assert isinstance(fact, StatusChanged)
    return fact


# ---------------------------------------------------------------- sends


def test_a_logged_send_keeps_everything_that_was_said() -> None:
    fact = sent(
        template_name="hello_world",
        template_language="en",
        user_id="user-123",
        lead_id="lead-456",
        conversation_id="c-7",
        phone_number_id="100",
        category="MARKETING",
        local_id=LOCAL,
    )

    assert fact == SendRecorded(
        when=When(T0, T0),
        source=Source.API,
        local_id=LOCAL,
        number="100",
        person=Person(phone="15550000001"),
        type="template",
        template=TemplateRef("hello_world", "en"),
        category="marketing",
        user_id="user-123",
        lead_id="lead-456",
        conversation_id="c-7",
    )


def test_a_send_without_an_id_gets_a_uuid_of_version_7_of_its_time() -> None:
    first, second = (record_message(MessageIn(phone_number="+15550000001"), now).local_id for now in (T0, T0 + 1))

    assert first < second
    assert first[14] == "7"
    assert int(first.replace("-", "")[:12], 16) == T0


@pytest.mark.parametrize(
    "spelling", [LOCAL, LOCAL.upper(), LOCAL.replace("-", ""), f"{{{LOCAL}}}", f"urn:uuid:{LOCAL}"]
)
def test_an_id_of_ours_is_the_same_however_it_is_spelled(spelling: str) -> None:
    assert sent(local_id=spelling).local_id == LOCAL
    assert status(spelling).local_id == LOCAL


@pytest.mark.parametrize("spelling", ["+1 (555) 000-0001", "1.555.000.0001", "15550000001", "+1\u00a0555\t0000001"])
def test_a_number_is_the_same_however_it_is_spelled(spelling: str) -> None:
    assert sent(phone_number=spelling).person == Person(phone="15550000001")


def test_recording_leaves_what_it_was_given_as_it_was() -> None:
    message = MessageIn(phone_number="+1 555 000 0001")

    record_message(message, T0)

    assert message == MessageIn(phone_number="+1 555 000 0001")


@pytest.mark.parametrize("category", ["authentication-international", "AUTHENTICATION_INTERNATIONAL"])
def test_a_category_is_the_same_however_it_is_spelled(category: str) -> None:
    assert sent(category=category).category == "authentication_international"


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ({}, SendOutcome.UNKNOWN),
        ({"message_id": WAMID}, SendOutcome.ACCEPTED),
        ({"error": ErrorIn(131047)}, SendOutcome.REJECTED),
        ({"message_id": WAMID, "error": ErrorIn(131047)}, SendOutcome.ACCEPTED),
        ({"message_id": WAMID, "outcome": SendOutcome.HELD}, SendOutcome.HELD),
        ({"outcome": SendOutcome.REJECTED}, SendOutcome.REJECTED),
    ],
)
def test_a_wamid_is_an_acceptance_and_an_error_a_refusal_unless_said_otherwise(told: Any, outcome: Any) -> None:
    assert sent(**told).outcome is outcome


def test_an_error_keeps_every_word() -> None:
    error = ErrorIn(131047, "title", "message", "details", 99, "trace", "https://example.org")

    assert sent(error=error).errors == (
        ErrorSeen(131047, "title", "message", "details", 99, "trace", "https://example.org"),
    )


def test_who_hides_the_number_is_known_by_bsuid_and_a_group_by_its_id() -> None:
    assert sent(phone_number=None, bsuid="US.1").person == Person(bsuid="US.1")
    assert sent(phone_number=None, group="g").group == "g"


def test_a_record_of_the_gateway_is_the_gateways_word() -> None:
    record = record_message(MessageIn(phone_number="+15550000001", message_id=WAMID), T0)
    fact = fact_of(MessageRecord(record.message, record.local_id, record.at, source=Source.GATEWAY))

    assert isinstance(fact, SendRecorded)
    assert fact.source is Source.GATEWAY


# ---------------------------------------------------------------- times


@pytest.mark.parametrize("told", [T0, ISO, ISO.replace("+00:00", "Z")])
def test_a_time_may_be_milliseconds_or_iso_8601(told: int | str) -> None:
    assert sent(now=T0 + HOUR, at=told).when == When(T0, T0 + HOUR)
    assert status(now=T0 + HOUR, at=told).when == When(T0, T0 + HOUR)


@pytest.mark.parametrize("told", [0, T0 - 20 * 365 * DAY, T0 + 2 * DAY])
def test_an_implausible_time_is_replaced_by_that_of_receipt(told: int) -> None:
    assert sent(at=told).when == When(T0, T0, is_exact=False)


@pytest.mark.parametrize("told", ["2026-09-21T10:00:00", "yesterday", "", -1, 2**60])
def test_what_is_no_time_is_refused(told: int | str) -> None:
    with pytest.raises(BadRequest, match=r"^at: "):
        record_message(MessageIn(phone_number="+15550000001", at=told), T0)
    with pytest.raises(BadRequest, match=r"^at: "):
        record_status(WAMID, StatusIn(Status.SENT, at=told), T0)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, "phone_number"),
        ({"phone_number": ""}, "phone_number"),
        ({"phone_number": "none"}, "phone_number"),
        ({"phone_number": "12"}, "phone_number"),
        ({"phone_number": "1" * 21}, "phone_number"),
        ({"phone_number": "١٢٣٤٥٦٧"}, "phone_number"),
        ({"phone_number": "+15550000001", "local_id": "mine"}, "local_id"),
        ({"phone_number": "+15550000001", "direction": Direction.INBOUND}, "message_id"),
        ({"phone_number": "+15550000001", "template_language": "en"}, "template_name"),
        ({"phone_number": "+15550000001", "user_id": "\U0001f600" * 251}, "user_id"),
        ({"phone_number": "+15550000001", "error": ErrorIn(1, fbtrace_id="\u20ac" * 400)}, r"error\.fbtrace_id"),
    ],
)
def test_a_refusal_names_the_field(told: Any, field: str) -> None:
    with pytest.raises(BadRequest, match=rf"^{field}: "):
        record_message(MessageIn(**told), T0)


@pytest.mark.parametrize("id_", ["", "wamid.\x00", "wamid.\ud800", "x" * 1001, "\u20ac" * 400])
def test_a_status_needs_an_id_that_can_be_kept(id_: str) -> None:
    with pytest.raises(BadRequest, match=r"^id: "):
        record_status(id_, StatusIn(Status.SENT), T0)


def test_a_status_needs_words_that_fit_into_an_index() -> None:
    with pytest.raises(BadRequest, match=r"^wamid: "):
        record_status(LOCAL, StatusIn(Status.SENT, wamid="\u20ac" * 400), T0)


# ---------------------------------------------------------------- statuses and inbound messages


def test_a_status_by_wamid_and_one_by_our_id() -> None:
    assert status(WAMID, phone_number_id="100") == StatusChanged(
        When(T0, T0), Source.API, Status.DELIVERED, wamid=WAMID, number="100"
    )
    assert (status(LOCAL).local_id, status(LOCAL).wamid) == (LOCAL, "")


def test_a_status_by_our_id_links_the_wamid_it_brings() -> None:
    fact = status(LOCAL, wamid=WAMID, status=Status.FAILED, error=ErrorIn(131026))

    assert (fact.local_id, fact.wamid, fact.status) == (LOCAL, WAMID, Status.FAILED)
    assert fact.errors == (ErrorSeen(131026),)


def test_an_inbound_message_is_one_that_was_received() -> None:
    told = MessageIn(
        phone_number="+15550000001",
        message_id="wamid.in",
        direction=Direction.INBOUND,
        type="text",
        user_id="user-1",
        lead_id="lead-1",
        conversation_id="c-1",
        phone_number_id="100",
    )

    assert fact_of(record_message(told, T0)) == MessageReceived(
        When(T0, T0),
        Source.API,
        "wamid.in",
        "100",
        feed=Feed.MESSAGES,
        person=Person(phone="15550000001"),
        type="text",
        user_id="user-1",
        lead_id="lead-1",
        conversation_id="c-1",
    )


def test_a_record_is_kept_as_a_body_of_its_kind() -> None:
    body = body_of(record_status(WAMID, StatusIn(Status.SENT), T0), T0 + 5)

    assert (body.kind, body.received_at) == (BodyKind.RECORD, T0 + 5)


# ---------------------------------------------------------------- whatever is said

words = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
"""What may be text in every database: JSON with a NUL or half a surrogate pair is refused at the door"""


@given(
    st.fixed_dictionaries(
        {
            "phone_number": st.sampled_from(["+15550000001", "5511900000002"]),
            **dict.fromkeys(
                ["template_name", "user_id", "lead_id", "conversation_id", "message_id", "type", "category"], words
            ),
        }
    )
)
def test_any_words_come_back_from_the_inbox_as_they_were(told: dict[str, Any]) -> None:
    fact = sent(**told)

    assert (fact.user_id, fact.lead_id, fact.wamid) == tuple(
        told[name] or "" for name in ("user_id", "lead_id", "message_id")
    )
    assert is_local_id(fact.local_id)
