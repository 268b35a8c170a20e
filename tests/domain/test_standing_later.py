"""What one message counts as once time has passed: expiry, failures, age, slices, charges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.facts import (
    DAY,
    HOUR,
    MINUTE,
    NUMBERS,
    T0,
    TEMPLATES,
    WABA,
    WAMIDS,
    gathered,
    message_facts,
    recorded,
    told,
)
from tests.support.standing import FIRST, LONG_AFTER, NEVER, counted, echoed, received, unlinked
from wabawatch.domain.facts import (
    ErrorSeen,
    Feed,
    MessageFact,
    Pricing,
    SendOutcome,
    Source,
    Status,
    When,
)
from wabawatch.domain.messages import Message
from wabawatch.domain.standing import (
    Cell,
    Judgement,
    Outcome,
    Pace,
    Purpose,
    Role,
    TemplateUse,
    cell,
    error_code,
    expires_at,
    outcome,
    pace,
    purpose,
    standing,
)

# ---------------------------------------------------------------- expiry


@pytest.mark.parametrize(
    ("category", "time_to_live"),
    [
        ("authentication", 10 * MINUTE),
        ("authentication_international", 10 * MINUTE),
        ("utility", 30 * DAY),
        ("marketing", 30 * DAY),
        ("service", 30 * DAY),
        ("", 30 * DAY),
    ],
)
def test_a_message_expires_an_hour_after_the_time_to_live_of_its_category(category: str, time_to_live: int) -> None:
    message = gathered(recorded(category=category), told(Status.SENT, 5))

    assert expires_at(message) == T0 + time_to_live + HOUR
    assert outcome(message, T0 + time_to_live + HOUR - 1) is Outcome.SENT
    assert outcome(message, T0 + time_to_live + HOUR) is Outcome.EXPIRED


def test_the_category_that_pricing_tells_shortens_the_life() -> None:
    message = gathered(told(Status.SENT, pricing=Pricing("PMP", "regular", "authentication", True)))

    assert expires_at(message) == T0 + 10 * MINUTE + HOUR


def test_a_later_delivery_wins_over_expiry() -> None:
    send, arrival = recorded(category="authentication"), told(Status.DELIVERED, 2 * DAY)

    assert counted(send, swept_until=LONG_AFTER).status is Outcome.EXPIRED
    assert counted(send, arrival, swept_until=LONG_AFTER).status is Outcome.DELIVERED


def test_an_expired_message_counts_against_the_delivery_rate() -> None:
    found = counted(recorded(category="authentication"), told(Status.SENT, 5), swept_until=LONG_AFTER)

    assert (found.status, found.in_delivery, found.in_failure) == (Outcome.EXPIRED, True, True)


@pytest.mark.parametrize(
    "facts",
    [
        [recorded(group="g"), told(Status.SENT, 1)],
        [told(Status.SENT, 1, group="g")],
        [recorded(type="reaction"), told(Status.SENT, 1)],
        [echoed(Feed.HISTORY, Status.SENT)],
        [echoed()],
        [received()],
        [unlinked()],
        [unlinked(0, SendOutcome.REJECTED)],
        [told(Status.FAILED)],
        [told(Status.READ)],
    ],
    ids=["recorded group", "group", "reaction", "history", "echo", "inbound", "unlinked", "rejected", "failed", "read"],
)
def test_what_never_expires(facts: list[MessageFact]) -> None:
    assert expires_at(gathered(*facts)) is None


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (131051, "sender"),
        (131042, "account"),
        (132001, "template"),
        (131026, "recipient"),
        (131000, "meta"),
        (130429, "rate_limit"),
        (987_654, "unknown"),
    ],
)
def test_a_failure_says_whose_fault_it_is(code: int, fault: str) -> None:
    assert counted(told(Status.FAILED, errors=(ErrorSeen(code),))).fault == fault


def test_a_failure_without_a_code_is_nobodys_fault() -> None:
    assert counted(told(Status.FAILED)).fault == "unknown"
    assert counted(told(Status.FAILED, errors=(ErrorSeen(0),))).fault == "sender"


def test_what_did_not_fail_has_no_fault() -> None:
    error = (ErrorSeen(131026),)

    assert counted(told(Status.FAILED, errors=error), told(Status.DELIVERED, 1)).fault == ""


def test_a_failure_counts_under_its_earliest_code_and_then_the_smallest() -> None:
    facts = [
        told(Status.FAILED, 2, errors=(ErrorSeen(1),)),
        told(Status.FAILED, 1, errors=(ErrorSeen(131049), ErrorSeen(131026))),
    ]

    assert error_code(gathered(*facts)) == 131026
    assert error_code(gathered(told(Status.FAILED))) is None


# ---------------------------------------------------------------- age at delivery


@pytest.mark.parametrize(
    ("took", "expected"),
    [
        (0, Pace.FIVE_MINUTES),
        (5 * MINUTE, Pace.FIVE_MINUTES),
        (5 * MINUTE + 1, Pace.QUARTER_HOUR),
        (15 * MINUTE, Pace.QUARTER_HOUR),
        (15 * MINUTE + 1, Pace.HOUR),
        (HOUR, Pace.HOUR),
        (HOUR + 1, Pace.DAY),
        (DAY, Pace.DAY),
        (DAY + 1, Pace.LATER),
    ],
)
def test_the_age_at_delivery_is_told_by_stamps(took: int, expected: Pace) -> None:
    assert pace(gathered(recorded(), told(Status.READ, took))) is expected


def test_what_has_not_arrived_or_has_no_exact_stamp_has_no_age() -> None:
    guessed = told(Status.DELIVERED, 5)
    guessed = type(guessed)(When(T0, T0, is_exact=False), Source.WEBHOOK, Status.DELIVERED, WAMIDS[0])

    assert pace(gathered(recorded(), told(Status.SENT, 5))) is Pace.NONE
    assert pace(gathered(recorded(), guessed)) is Pace.NONE


# ---------------------------------------------------------------- slices


def test_a_message_is_counted_in_the_minute_of_its_cohort_and_in_its_slices() -> None:
    message = gathered(
        recorded(template=TEMPLATES[0], category="marketing", person=FIRST),
        told(Status.FAILED, 2 * MINUTE, waba=WABA, errors=(ErrorSeen(131026),)),
    )

    expected = Cell(T0 // MINUTE, NUMBERS[0], WABA, TEMPLATES[0], "marketing", "US", 131026)
    assert cell(message, "US", Outcome.FAILED) == expected
    assert cell(message, "US", Outcome.DELIVERED).error == 0


@pytest.mark.parametrize(
    ("kind", "category", "billable", "expected"),
    [
        ("regular", "utility", True, True),
        ("regular", "utility", False, False),
        ("regular", "utility", None, True),
        ("regular", "", None, False),
        ("", "utility", None, False),
        ("", "utility", True, True),
        ("free_customer_service", "utility", None, False),
        ("free_entry_point", "referral_conversion", None, False),
        ("free_group_customer_service", "group_utility", None, False),
    ],
)
def test_what_is_billable_is_said_or_told_by_type_and_category(
    kind: str, category: str, billable: bool | None, expected: bool
) -> None:
    assert counted(told(Status.SENT, pricing=Pricing("PMP", kind, category, billable))).is_billable is expected


PRICED = Pricing("PMP", "regular", "authentication_international", True)


def charged(*facts: MessageFact, status: Outcome = Outcome.SENT) -> str:
    return cell(gathered(*facts), "US", status).charge


def test_a_message_is_charged_as_what_its_pricing_says_and_not_as_what_was_sent() -> None:
    sent = recorded(template=TEMPLATES[0], category="authentication")

    assert charged(sent, told(Status.SENT, pricing=PRICED)) == "authentication_international"
    assert charged(sent, told(Status.SENT, pricing=Pricing("PMP", "regular", "", True))) == "authentication"
    assert charged(told(Status.SENT, pricing=Pricing("PMP", "regular", "", True))) == "unknown"


@pytest.mark.parametrize(
    ("status", "expected"), [(Outcome.READ, PRICED.category), (Outcome.FAILED, ""), (Outcome.EXPIRED, "")]
)
def test_what_did_not_arrive_is_not_charged(status: Outcome, expected: str) -> None:
    assert charged(told(Status.SENT, pricing=PRICED), status=status) == expected


def test_what_is_in_no_figure_is_not_charged() -> None:
    assert charged(told(Status.SENT, pricing=PRICED, feed=Feed.STANDBY)) == ""
    assert charged(told(Status.READ, pricing=PRICED)) == ""
    assert charged(told(Status.SENT)) == ""


def test_what_the_template_rule_said_is_part_of_the_standing() -> None:
    found = standing(gathered(recorded()), Judgement(TemplateUse.VIOLATION, "PAUSED", "unhealthy", "x"), NEVER)

    assert (found.template_use, found.template_health) == (TemplateUse.VIOLATION, "unhealthy")


def test_an_unlinked_template_send_is_in_no_rate() -> None:
    found = standing(gathered(unlinked()), Judgement(TemplateUse.COMPLIANT, "APPROVED", "healthy"), NEVER)

    assert (found.template_use, found.template_health) == (TemplateUse.NONE, "")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([told(Status.SENT)], Purpose.DELIVERY),
        ([recorded(template=TEMPLATES[0])], Purpose.TEMPLATE_USE),
        ([told(Status.FAILED, errors=(ErrorSeen(132015),))], Purpose.TEMPLATE_USE),
        ([recorded(template=TEMPLATES[0]), told(Status.FAILED, errors=(ErrorSeen(131050),))], Purpose.OPT_OUT),
        ([recorded(template=TEMPLATES[0]), told(Status.FAILED, errors=(ErrorSeen(131056),))], Purpose.RATE_LIMIT),
    ],
)
def test_each_message_is_evidence_for_one_requirement(facts: list[MessageFact], expected: Purpose) -> None:
    assert purpose(gathered(*facts)) is expected


# ---------------------------------------------------------------- whatever happened

anything = st.lists(message_facts, max_size=8).map(lambda facts: gathered(*facts))


@given(anything, st.integers(T0, LONG_AFTER))
def test_an_attempted_message_is_accepted_rejected_or_unlinked(message: Message, swept_until: int) -> None:
    found = standing(message, Judgement(), swept_until)
    ways = [found.is_accepted, found.is_rejected, found.is_unlinked]

    assert sum(ways) == (found.role is Role.ATTEMPTED)
    assert found.in_failure == (found.is_accepted or found.is_rejected)
    assert found.is_accepted or not found.in_delivery
    assert bool(found.fault) == (found.role is Role.ATTEMPTED and found.status is Outcome.FAILED)


@given(anything, st.integers(T0, LONG_AFTER), st.integers(T0, LONG_AFTER))
def test_the_sweep_only_ever_makes_expired_of_sent_and_pending(message: Message, one: int, other: int) -> None:
    before, after = outcome(message, min(one, other)), outcome(message, max(one, other))

    assert before is after or (before in (Outcome.SENT, Outcome.PENDING) and after is Outcome.EXPIRED)
