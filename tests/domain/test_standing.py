"""What one message counts as, sentence by sentence of the specification."""

from __future__ import annotations

import pytest

from tests.support.facts import (
    DAY,
    LOCALS,
    T0,
    WAMIDS,
    gathered,
    recorded,
    told,
)
from tests.support.standing import FIRST, LONG_AFTER, SECOND, counted, echoed, received, unlinked
from wabawatch.domain.facts import (
    ErrorSeen,
    Feed,
    MessageFact,
    SendOutcome,
    Source,
    Status,
    When,
)
from wabawatch.domain.standing import (
    Origin,
    Outcome,
    Role,
    Standing,
    cohort_at,
    expires_at,
    is_contradictory,
    origin,
    role,
)

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
