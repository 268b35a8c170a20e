"""What one message counts as, sentence by sentence of the specification."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.facts import (
    DAY,
    HOUR,
    LOCALS,
    MINUTE,
    NUMBERS,
    T0,
    TEMPLATES,
    WABA,
    WAMIDS,
    at,
    gathered,
    message_facts,
    recorded,
    told,
)
from wabawatch.domain.facts import (
    ErrorSeen,
    Feed,
    MessageEchoed,
    MessageFact,
    MessageReceived,
    Person,
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
    Origin,
    Outcome,
    Pace,
    Purpose,
    Role,
    Standing,
    TemplateUse,
    cell,
    cohort_at,
    error_code,
    expires_at,
    is_contradictory,
    origin,
    outcome,
    pace,
    purpose,
    role,
    standing,
)

NEVER = 0
"""As if the expiry sweep had never run"""
LONG_AFTER = T0 + 1_000 * DAY
FIRST, SECOND = Person(phone="15550000001"), Person(phone="5511900000002")


def unlinked(offset_ms: int = 0, outcome: SendOutcome = SendOutcome.UNKNOWN) -> MessageFact:
    return recorded(offset_ms, wamid="", local_id=LOCALS[0], outcome=outcome)


def echoed(feed: Feed = Feed.ECHO, status: Status | None = None) -> MessageEchoed:
    return MessageEchoed(at(), Source.WEBHOOK, WAMIDS[0], feed, NUMBERS[0], WABA, status=status)


def received(feed: Feed = Feed.MESSAGES) -> MessageReceived:
    return MessageReceived(at(), Source.WEBHOOK, WAMIDS[0], NUMBERS[0], WABA, feed, FIRST)


def counted(*facts: MessageFact, swept_until: int = NEVER) -> Standing:
    return standing(gathered(*facts), Judgement(), swept_until)


# ---------------------------------------------------------------- origin


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([recorded()], Origin.API),
        ([told(Status.SENT)], Origin.UNKNOWN),
        ([recorded(), told(Status.SENT)], Origin.API),
        ([echoed()], Origin.BUSINESS_APP),
        ([echoed(), told(Status.SENT)], Origin.BUSINESS_APP),
        ([told(Status.SENT, feed=Feed.STANDBY)], Origin.META_AGENT),
        ([echoed(Feed.STANDBY)], Origin.META_AGENT),
        ([told(Status.SENT, feed=Feed.STANDBY), told(Status.READ, 1)], Origin.UNKNOWN),
        ([told(Status.SENT, feed=Feed.STANDBY), recorded()], Origin.API),
        ([echoed(Feed.HISTORY)], Origin.HISTORY),
        ([echoed(Feed.HISTORY), recorded()], Origin.API),
        ([told(Status.SENT, feed=Feed.SYNTHETIC)], Origin.SYNTHETIC),
    ],
)
def test_the_origin_is_told_by_the_ways_a_message_is_known(facts: list[MessageFact], expected: Origin) -> None:
    assert origin(gathered(*facts)) is expected


def test_an_import_is_no_origin() -> None:
    imported = told(Status.SENT)
    imported = type(imported)(When(T0, T0 + DAY, is_live=False), Source.WEBHOOK, Status.SENT, WAMIDS[0])

    assert origin(gathered(imported)) is Origin.UNKNOWN
    assert role(gathered(imported)) is Role.ATTEMPTED


# ---------------------------------------------------------------- which book it is counted in


@pytest.mark.parametrize(
    "fact", [recorded(), unlinked(), told(Status.SENT), told(Status.FAILED), unlinked(0, SendOutcome.REJECTED)]
)
def test_a_record_or_sent_or_failed_is_evidence_of_a_send(fact: MessageFact) -> None:
    assert role(gathered(fact)) is Role.ATTEMPTED


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.READ, Status.PLAYED])
def test_a_lone_delivered_read_or_played_is_an_orphan(status: Status) -> None:
    found = counted(told(status))

    assert found.role is Role.ORPHAN
    assert [found.is_accepted, found.in_delivery, found.in_failure] == [False] * 3


@pytest.mark.parametrize("evidence", [recorded(), told(Status.SENT), told(Status.FAILED)])
def test_an_orphan_is_adopted_when_its_send_is_evidenced(evidence: MessageFact) -> None:
    found = counted(told(Status.DELIVERED, 5), evidence)

    assert (found.role, found.status, found.in_delivery) == (Role.ATTEMPTED, Outcome.DELIVERED, True)


@pytest.mark.parametrize(
    "facts",
    [
        [echoed()],
        [echoed(), told(Status.SENT), told(Status.READ, 1)],
        [echoed(Feed.STANDBY), told(Status.SENT, feed=Feed.STANDBY)],
        [echoed(Feed.HISTORY, Status.SENT)],
        [told(Status.SENT, feed=Feed.SYNTHETIC)],
        [received(Feed.HISTORY)],
    ],
)
def test_echoes_agents_history_and_synthetic_messages_are_in_no_figure(facts: list[MessageFact]) -> None:
    assert counted(*facts) == Standing(Role.APART, Outcome.PENDING)


@pytest.mark.parametrize("feed", [Feed.MESSAGES, Feed.STANDBY])
def test_a_message_from_a_person_is_inbound(feed: Feed) -> None:
    assert counted(received(feed)) == Standing(Role.INBOUND, Outcome.PENDING)


def test_marking_a_received_message_as_read_makes_no_send_of_it() -> None:
    assert counted(received(), told(Status.READ, 5, source=Source.API)).role is Role.INBOUND
    assert expires_at(gathered(received(), told(Status.READ, 5))) is None


# ---------------------------------------------------------------- cohort time


def test_the_cohort_time_is_the_recorded_request_time() -> None:
    early_status = gathered(told(Status.SENT, -5_000), recorded(0, answered_at=T0 + 900), told(Status.READ, 9_000))

    assert cohort_at(early_status) == T0


def test_without_a_record_the_cohort_time_is_the_smallest_status_timestamp() -> None:
    assert cohort_at(gathered(told(Status.DELIVERED, 4_000), told(Status.SENT, 1_000))) == T0 + 1_000
    assert cohort_at(gathered(told(Status.FAILED, 2_000), told(Status.SENT, 3_000))) == T0 + 2_000


def test_in_a_group_the_first_participants_stamp_counts_too() -> None:
    message = gathered(told(Status.READ, 9), told(Status.DELIVERED, 5, group="g", participant=FIRST))

    assert cohort_at(message) == T0 + 5


# ---------------------------------------------------------------- effective status


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], Outcome.PENDING),
        ([Status.SENT], Outcome.SENT),
        ([Status.SENT, Status.DELIVERED], Outcome.DELIVERED),
        ([Status.SENT, Status.READ], Outcome.READ),
        ([Status.SENT, Status.PLAYED], Outcome.READ),
        ([Status.SENT, Status.FAILED], Outcome.FAILED),
        ([Status.FAILED, Status.DELIVERED], Outcome.DELIVERED),
        ([Status.FAILED, Status.READ], Outcome.READ),
        ([Status.FAILED, Status.PLAYED], Outcome.READ),
    ],
)
@pytest.mark.parametrize("first", [1, -1], ids=["in order", "reversed"])
def test_what_reached_a_device_wins_over_failure(statuses: list[Status], expected: Outcome, first: int) -> None:
    facts = [told(status, 1_000 * first * i) for i, status in enumerate(statuses)]

    assert counted(recorded(), *facts).status is expected


def test_delivered_and_failed_is_a_contradiction_that_is_kept() -> None:
    assert counted(told(Status.FAILED), told(Status.DELIVERED, 1)).is_contradictory
    assert counted(told(Status.DELIVERED), told(Status.FAILED, 1)).is_contradictory
    assert not counted(told(Status.SENT), told(Status.FAILED, 1)).is_contradictory
    assert not counted(told(Status.SENT), told(Status.DELIVERED, 1)).is_contradictory


def test_a_group_message_is_delivered_with_its_first_participant() -> None:
    sent = told(Status.SENT, 0, group="g")
    first = told(Status.DELIVERED, 20, group="g", participant=FIRST)
    second = told(Status.READ, 30, group="g", participant=SECOND)

    assert counted(sent).status is Outcome.SENT
    assert counted(sent, first).status is Outcome.DELIVERED
    assert counted(sent, first, second).status is Outcome.READ


def test_a_group_message_has_failed_when_it_failed_for_everybody_that_is_known() -> None:
    failed = [told(Status.FAILED, i, group="g", participant=who) for i, who in enumerate((FIRST, SECOND))]
    arrived = told(Status.DELIVERED, 5, group="g", participant=SECOND)

    assert counted(*failed).status is Outcome.FAILED
    assert counted(failed[0], arrived).status is Outcome.DELIVERED
    assert is_contradictory(gathered(failed[0], arrived))


# ---------------------------------------------------------------- accepted, rejected, unlinked, held


def test_a_refused_send_is_rejected_and_failed_and_not_accepted() -> None:
    found = counted(recorded(wamid="", outcome=SendOutcome.REJECTED, errors=(ErrorSeen(131047),)))

    assert (found.status, found.is_rejected, found.is_accepted, found.is_unlinked) == (
        Outcome.FAILED,
        True,
        False,
        False,
    )
    assert (found.in_failure, found.in_delivery) == (True, False)


def test_no_answer_at_all_is_attempted_and_in_no_rate() -> None:
    found = counted(unlinked())

    assert (found.role, found.status, found.is_unlinked) == (Role.ATTEMPTED, Outcome.PENDING, True)
    assert [found.is_accepted, found.is_rejected, found.in_delivery, found.in_failure] == [False] * 4


def test_an_unlinked_send_is_accepted_once_its_wamid_is_known() -> None:
    found = counted(unlinked(), told(Status.SENT, 1, local_id=LOCALS[0]))

    assert (found.is_accepted, found.is_unlinked, found.is_recorded, found.in_failure) == (True, False, True, True)


def test_a_send_refused_first_and_accepted_at_the_second_try_is_not_rejected() -> None:
    found = counted(unlinked(0, SendOutcome.REJECTED), recorded(1, local_id=LOCALS[0], outcome=SendOutcome.ACCEPTED))

    assert (found.is_rejected, found.is_accepted, found.status) == (False, True, Outcome.PENDING)


def test_a_held_message_is_accepted_and_in_no_delivery_rate_until_released_or_dropped() -> None:
    held = recorded(outcome=SendOutcome.HELD)

    assert counted(held).is_accepted
    assert not counted(held).in_delivery
    assert not counted(held, swept_until=LONG_AFTER).in_delivery
    assert counted(held, told(Status.SENT, 1)).in_delivery
    assert counted(held, told(Status.FAILED, 1, errors=(ErrorSeen(132015),))).in_delivery
    assert counted(held, told(Status.SENT, 1), swept_until=LONG_AFTER).in_delivery


def test_a_reaction_is_accepted_and_in_no_delivery_rate() -> None:
    found = counted(recorded(type="reaction"), told(Status.SENT, 1))

    assert (found.is_accepted, found.in_delivery, found.in_failure) == (True, False, True)


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
