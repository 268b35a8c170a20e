"""A message is the join of all that was said of it: whatever came first, how often, and in which parcels."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.facts import (
    LOCALS,
    MINUTE,
    NUMBERS,
    PERSONS,
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
    TemplateRef,
    When,
)
from wabawatch.domain.messages import (
    MAX_ERRORS,
    ContactKey,
    ContactKind,
    Evidence,
    Message,
    PricingKey,
    Stages,
    contact_key,
    fold,
    join,
    lift,
    person_key,
    person_keys,
)

messages = st.lists(message_facts, max_size=6).map(lambda facts: gathered(*facts))
FIRST, SECOND = Person(phone="15550000001"), Person(phone="5511900000002")


# ---------------------------------------------------------------- the laws


@given(messages, messages)
def test_joining_is_commutative(a: Message, b: Message) -> None:
    assert join(a, b) == join(b, a)


@given(messages, messages, messages)
def test_joining_is_associative(a: Message, b: Message, c: Message) -> None:
    assert join(join(a, b), c) == join(a, join(b, c))


@given(messages)
def test_joining_with_itself_or_with_nothing_changes_nothing(a: Message) -> None:
    assert join(a, a) == a
    assert join(a, Message()) == join(Message(), a) == a


@given(st.lists(message_facts, max_size=10), st.integers(0, 2**32))
def test_any_order_repetition_and_splitting_gives_the_same_message(facts: list[MessageFact], seed: int) -> None:
    chance = Random(seed)
    again = [*facts, *chance.sample(facts, chance.randint(0, len(facts)))]
    chance.shuffle(again)
    cut = chance.randint(0, len(again))

    assert join(gathered(*again[:cut]), gathered(*again[cut:])) == gathered(*facts)


@given(messages, message_facts)
def test_a_fact_told_again_changes_nothing(message: Message, fact: MessageFact) -> None:
    once = fold(message, fact)

    assert fold(once, fact) == once


# ---------------------------------------------------------------- stamps


@pytest.mark.parametrize("status", Status)
def test_the_earliest_stamp_of_each_status_stays(status: Status) -> None:
    message = gathered(told(status, 3_000), told(status, 1_000), told(status, 2_000))

    assert message.stages == Stages(**{f"{status}_at": T0 + 1_000})


def test_each_status_keeps_a_stamp_of_its_own() -> None:
    message = gathered(*(told(status, 1_000 * i) for i, status in enumerate(Status)))

    assert message.stages == Stages(*(T0 + 1_000 * i for i in range(5)))


def test_a_contradiction_keeps_both_stamps() -> None:
    message = gathered(told(Status.FAILED, 2_000), told(Status.DELIVERED, 1_000))

    assert (message.stages.failed_at, message.stages.delivered_at) == (T0 + 2_000, T0 + 1_000)


def test_a_message_arrives_with_the_first_of_delivered_read_and_played() -> None:
    assert Stages(sent_at=1, read_at=5, played_at=4).first_arrival() == 4
    assert Stages(delivered_at=6, read_at=5).first_arrival() == 5
    assert Stages(sent_at=1, failed_at=2).first_arrival() is None


def test_the_first_stamp_is_the_smallest_of_all() -> None:
    assert Stages(sent_at=9, delivered_at=8, read_at=7, played_at=6, failed_at=5).first() == 5
    assert Stages(sent_at=1, read_at=5).first() == 1
    assert Stages().first() is None


def test_acceptance_is_the_earliest_answer() -> None:
    answered = recorded(0, outcome=SendOutcome.ACCEPTED, answered_at=T0 + 700)

    assert gathered(answered, recorded(900, outcome=SendOutcome.HELD)).accepted_at == T0 + 700


def test_a_record_with_a_wamid_is_accepted_whatever_it_calls_the_outcome() -> None:
    assert lift(recorded()).accepted_at == T0
    assert lift(recorded(wamid="", local_id=LOCALS[0])).accepted_at is None
    assert lift(recorded(wamid="", outcome=SendOutcome.REJECTED)).accepted_at is None


def test_the_request_time_is_the_recorded_one_and_not_the_answers() -> None:
    message = lift(recorded(0, outcome=SendOutcome.ACCEPTED, answered_at=T0 + 700))

    assert message.requested == (Source.API, T0, T0)


# ---------------------------------------------------------------- scalars


def test_the_gateway_is_believed_before_the_sdk_and_the_sdk_before_a_poll_and_that_before_a_webhook() -> None:
    told_by = {source: told(Status.SENT, source=source, waba=f"waba of {source.name}") for source in Source}
    order = [Source.GATEWAY, Source.API, Source.POLL, Source.WEBHOOK]

    for i, best in enumerate(order):
        message = gathered(*(told_by[source] for source in reversed(order[i:])))
        assert message.waba is not None
        assert message.waba[2] == f"waba of {best.name}"


def test_a_better_source_wins_over_an_earlier_word() -> None:
    sdk = recorded(0, source=Source.API, user_id="sdk")
    gateway = recorded(5_000, source=Source.GATEWAY, user_id="gateway")

    assert gathered(sdk, gateway).user == (Source.GATEWAY, T0 + 5_000, "gateway")


def test_of_one_source_the_earliest_word_wins_and_then_the_smallest() -> None:
    late, early, small = (recorded(ms, user_id=word) for ms, word in ((2, "late"), (1, "early"), (1, "brief")))

    assert gathered(late, early).user == (Source.API, T0 + 1, "early")
    assert gathered(early, small).user == (Source.API, T0 + 1, "brief")


def test_what_a_better_source_does_not_know_is_taken_from_the_next() -> None:
    gateway = recorded(source=Source.GATEWAY, type="template", template=TEMPLATES[0])
    sdk = recorded(source=Source.API, user_id="user-1", lead_id="lead-1", conversation_id="c-1", category="utility")
    message = gathered(gateway, sdk, told(Status.SENT, 1, waba=WABA, opaque="campaign-7"))

    values = (message.template, message.user, message.lead, message.conversation, message.category, message.waba)
    assert [claim and claim[2] for claim in values] == [TEMPLATES[0], "user-1", "lead-1", "c-1", "utility", WABA]
    assert message.opaque == (Source.WEBHOOK, T0 + 1, "campaign-7")


def test_unknown_words_are_no_claims() -> None:
    assert gathered(recorded(wamid=""), told(Status.SENT, wamid="", number="")) == Message(
        number=NUMBERS[0],
        evidence=Evidence.RECORDED | Evidence.SEEN | Evidence.OUTBOUND | Evidence.LIVE,
        stages=Stages(sent_at=T0),
        requested=(Source.API, T0, T0),
    )


def test_pricing_says_the_category_too() -> None:
    message = lift(told(Status.SENT, pricing=Pricing("PMP", "regular", "marketing", True)))

    assert message.category == (Source.WEBHOOK, T0, "marketing")
    assert message.pricing == (Source.WEBHOOK, T0, PricingKey("PMP", "regular", 1, "marketing"))


@pytest.mark.parametrize(("billable", "kept"), [(True, 1), (False, 0), (None, -1)])
def test_whether_a_message_is_billable_may_be_unsaid(billable: bool | None, kept: int) -> None:
    message = lift(told(Status.SENT, pricing=Pricing(billable=billable)))

    assert message.pricing == (Source.WEBHOOK, T0, PricingKey("", "", kept))


# ---------------------------------------------------------------- errors


def test_errors_keep_every_word_and_the_time_they_were_told() -> None:
    error = ErrorSeen(131026, "Undeliverable", "Undeliverable", "details", 7, "trace", "https://example.org")
    message = lift(told(Status.FAILED, 500, errors=(error,)))

    assert message.errors == ((T0 + 500, error),)


def test_errors_of_several_facts_are_all_kept_once() -> None:
    one, two = ErrorSeen(131026), ErrorSeen(131049)
    message = gathered(
        told(Status.FAILED, 2, errors=(two,)), told(Status.FAILED, 1, errors=(one, two)), told(Status.FAILED, 1)
    )

    assert message.errors == ((T0 + 1, one), (T0 + 1, two), (T0 + 2, two))


def test_an_error_of_the_answer_has_the_answers_time() -> None:
    message = lift(recorded(outcome=SendOutcome.REJECTED, answered_at=T0 + 300, errors=(ErrorSeen(131047),)))

    assert message.errors[0].at == T0 + 300


def test_of_very_many_errors_the_earliest_are_kept() -> None:
    told_many = [told(Status.FAILED, i, errors=(ErrorSeen(i + 1),)) for i in range(MAX_ERRORS + 5)]

    assert [note.error.code for note in gathered(*reversed(told_many)).errors] == list(range(1, MAX_ERRORS + 1))


# ---------------------------------------------------------------- groups


def test_each_participant_has_stages_of_its_own() -> None:
    message = gathered(
        told(Status.SENT, 1, group="g"),
        told(Status.DELIVERED, 3, group="g", participant=FIRST),
        told(Status.DELIVERED, 2, group="g", participant=SECOND),
        told(Status.READ, 4, group="g", participant=FIRST),
    )

    assert message.stages == Stages(sent_at=T0 + 1)
    assert dict(message.participants) == {
        person_key(FIRST): Stages(delivered_at=T0 + 3, read_at=T0 + 4),
        person_key(SECOND): Stages(delivered_at=T0 + 2),
    }


def test_a_participants_repeated_status_keeps_the_earliest_stamp() -> None:
    message = gathered(*(told(Status.READ, ms, group="g", participant=FIRST) for ms in (9, 4, 6)))

    assert message.participants == ((person_key(FIRST), Stages(read_at=T0 + 4)),)


def test_a_group_message_is_addressed_to_the_group() -> None:
    message = lift(told(Status.SENT, group="g", person=FIRST))

    assert message.contact == (Source.WEBHOOK, T0, ContactKey(ContactKind.GROUP, "g"))


# ---------------------------------------------------------------- people


def test_a_person_is_kept_by_phone_number_else_bsuid_else_username() -> None:
    person = Person(phone="1", bsuid="US.2", username="three")

    assert person_key(person) == (ContactKind.PHONE, "1")
    assert person_key(Person(bsuid="US.2", username="three")) == (ContactKind.BSUID, "US.2")
    assert person_key(Person(username="three")) == (ContactKind.USERNAME, "three")


def test_all_ids_of_a_person_are_known_the_one_it_is_kept_by_first() -> None:
    person = Person(phone="1", bsuid="US.2", parent_bsuid="US.ENT.4", username="three")

    assert {key.value for key in person_keys(person)} == {"1", "US.2", "three", "US.ENT.4"}
    assert all(person_keys(p)[0] == person_key(p) for p in (*PERSONS, person))


def test_nobody_is_no_contact() -> None:
    assert contact_key(Person(), "") is None
    assert lift(told(Status.SENT)).contact is None


# ---------------------------------------------------------------- what kinds of fact it was seen in

ECHO: dict[str, Any] = {"when": at(), "source": Source.WEBHOOK, "wamid": WAMIDS[0]}


@pytest.mark.parametrize(
    ("fact", "evidence"),
    [
        (recorded(), Evidence.RECORDED | Evidence.OUTBOUND),
        (recorded(outcome=SendOutcome.HELD), Evidence.RECORDED | Evidence.OUTBOUND | Evidence.HELD),
        (recorded(outcome=SendOutcome.REJECTED), Evidence.RECORDED | Evidence.OUTBOUND | Evidence.REJECTED),
        (told(Status.READ), Evidence.SEEN | Evidence.OUTBOUND),
        (told(Status.READ, feed=Feed.STANDBY), Evidence.STANDBY | Evidence.OUTBOUND),
        (told(Status.READ, feed=Feed.SYNTHETIC), Evidence.SYNTHETIC | Evidence.OUTBOUND),
        (MessageEchoed(**ECHO, feed=Feed.ECHO), Evidence.ECHO | Evidence.OUTBOUND),
        (MessageEchoed(**ECHO, feed=Feed.HISTORY), Evidence.HISTORY | Evidence.OUTBOUND),
        (MessageReceived(**ECHO), Evidence.SEEN | Evidence.INBOUND),
    ],
)
def test_the_kind_of_fact_leaves_its_evidence(fact: MessageFact, evidence: int) -> None:
    assert lift(fact).evidence == evidence | Evidence.LIVE


def test_an_imported_fact_is_not_live_and_a_guessed_time_is_not_exact() -> None:
    imported = told(Status.SENT)
    imported = type(imported)(When(T0, T0, is_live=False), Source.WEBHOOK, Status.SENT)
    guessed = type(imported)(When(T0, T0, is_exact=False), Source.WEBHOOK, Status.SENT)

    assert not lift(imported).evidence & (Evidence.LIVE | Evidence.INEXACT)
    assert lift(guessed).evidence & Evidence.INEXACT
    assert gathered(imported, guessed).evidence & Evidence.LIVE


def test_an_old_message_of_a_chat_arrives_with_its_last_state() -> None:
    message = lift(MessageEchoed(**ECHO, feed=Feed.HISTORY, status=Status.READ, person=FIRST, type="text"))

    assert (message.noted_at, message.stages) == (T0, Stages(read_at=T0))


def test_an_inbound_message_knows_its_writer_and_when_it_was_written() -> None:
    message = lift(MessageReceived(at(MINUTE), Source.WEBHOOK, "wamid.in", NUMBERS[0], WABA, person=FIRST, type="text"))

    assert (message.number, message.noted_at) == (NUMBERS[0], T0 + MINUTE)
    assert message.contact == (Source.WEBHOOK, T0 + MINUTE, person_key(FIRST))
    assert message.stages == Stages()


def test_templates_of_one_source_and_time_are_told_apart_by_name_and_language() -> None:
    one, two = TemplateRef("hello", "en"), TemplateRef("hello", "de")

    assert gathered(recorded(template=one), recorded(template=two)).template == (Source.API, T0, two)
