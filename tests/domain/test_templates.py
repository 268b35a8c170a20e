"""Only approved templates: judged on what we had been told by the time of the send."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.support.facts import DAY, HOUR, LOCALS, MINUTE, T0, TEMPLATES, gathered, recorded, told
from wabawatch.domain.facts import ErrorSeen, MessageFact, Pricing, SendOutcome, Status
from wabawatch.domain.standing import Judgement, TemplateUse
from wabawatch.domain.templates import (
    ConsentEvent,
    TemplateEvent,
    has_opted_out,
    in_force,
    judge,
    status_meaning,
)

COMPLIANT, UNVERIFIED, VIOLATION = TemplateUse.COMPLIANT, TemplateUse.UNVERIFIED, TemplateUse.VIOLATION


def send(offset_ms: int = 0, **more: Any) -> MessageFact:
    return recorded(offset_ms, template=TEMPLATES[0], category="utility", **more)


def event(value: str, offset_ms: int = -DAY, told: int | None = None, **more: str) -> TemplateEvent:
    """What changed so long after `T0`, and when we were told, if that was later."""
    aspect, reason = more.get("aspect", "status"), more.get("reason", "")
    return TemplateEvent(T0 + offset_ms, T0 + (offset_ms if told is None else told), aspect, value, reason)


def judged(*history: TemplateEvent, facts: tuple[MessageFact, ...] = (), consent: Any = ()) -> Judgement:
    return judge(gathered(*(facts or (send(),))), history, consent)


# ---------------------------------------------------------------- what a status means


@pytest.mark.parametrize("value", ["APPROVED", "REINSTATED", "UNARCHIVED", "FLAGGED"])
def test_these_mean_approved(value: str) -> None:
    assert status_meaning(value) == "APPROVED"
    assert judged(event(value)) == Judgement(COMPLIANT, "APPROVED", "healthy", "")


@pytest.mark.parametrize("value", ["APPROVED", "PAUSED", "ANYTHING"])
@pytest.mark.parametrize("reason", ["UNPAUSE", "UNPAUSED"])
def test_un_paused_means_approved_whatever_the_event_is_called(value: str, reason: str) -> None:
    assert judged(event("PAUSED", -DAY), event(value, -HOUR, reason=reason)).use is COMPLIANT


@pytest.mark.parametrize(
    "value",
    [
        "ARCHIVED",
        "DELETED",
        "DISABLED",
        "IN_APPEAL",
        "LIMIT_EXCEEDED",
        "PAUSED",
        "PENDING",
        "PENDING_DELETION",
        "REJECTED",
    ],
)
def test_a_send_on_a_template_that_is_not_sendable_violates(value: str) -> None:
    found = judged(event("APPROVED", -2 * DAY), event(value))

    assert found == Judgement(VIOLATION, value, "unhealthy", f"template_{value.lower()}")


def test_a_status_nobody_told_us_about_tells_nothing() -> None:
    assert judged(event("NEVER_HEARD_OF")) == Judgement(UNVERIFIED, "", "", "template_unknown")


def test_without_history_the_template_is_unknown_and_the_send_unverified() -> None:
    assert judged() == Judgement(UNVERIFIED, "", "", "template_unknown")


def test_a_template_send_that_does_not_say_which_is_unverified() -> None:
    assert judged(facts=(recorded(type="template"),)).use is UNVERIFIED


def test_what_is_no_template_send_is_not_judged() -> None:
    assert judged(event("PAUSED"), facts=(recorded(type="text"),)) == Judgement()


def test_an_orphan_is_not_judged() -> None:
    orphan = told(Status.READ, pricing=Pricing(category="marketing"))

    assert judged(event("PAUSED"), facts=(orphan,)) == Judgement()


# ---------------------------------------------------------------- when we were told


@pytest.mark.parametrize(
    ("known_for", "expected"), [(0, UNVERIFIED), (10 * MINUTE - 1, UNVERIFIED), (10 * MINUTE, VIOLATION)]
)
def test_a_send_within_ten_minutes_of_being_told_is_unverified(known_for: int, expected: TemplateUse) -> None:
    found = judged(event("APPROVED", -DAY), event("PAUSED", -HOUR, told=-known_for))

    assert (found.use, found.template_status) == (expected, "PAUSED")


def test_what_we_were_told_after_the_send_does_not_count_against_it() -> None:
    assert judged(event("APPROVED", -DAY), event("PAUSED", -HOUR, told=1)).use is COMPLIANT
    assert judged(event("PAUSED", -HOUR, told=1)).use is UNVERIFIED


def test_the_newest_word_counts_and_not_the_one_told_last() -> None:
    late_news = event("PAUSED", -2 * DAY, told=-HOUR)

    assert judged(event("APPROVED", -DAY), late_news).use is COMPLIANT


def test_a_template_that_stays_unsendable_has_no_second_margin() -> None:
    told_again = [event("PAUSED", -DAY), event("PAUSED", -MINUTE)]
    got_worse = [event("PENDING", -DAY), event("REJECTED", -MINUTE)]

    assert judged(*told_again).use is VIOLATION
    assert judged(*got_worse) == Judgement(VIOLATION, "REJECTED", "unhealthy", "template_rejected")


def test_a_template_that_was_sendable_in_between_has_a_margin_of_its_own() -> None:
    history = [event("PAUSED", -DAY), event("APPROVED", -HOUR), event("PAUSED", -MINUTE)]

    assert judged(*history).use is UNVERIFIED


def test_the_order_in_which_history_arrives_does_not_matter() -> None:
    history = [event("APPROVED", -DAY), event("PAUSED", -HOUR), event("RED", -HOUR, aspect="quality")]

    assert {judged(*some) for some in permutations(history)} == {judged(*history)}


def test_of_two_events_of_one_moment_the_one_told_later_counts() -> None:
    first, second = event("PAUSED", -HOUR, told=-HOUR), event("APPROVED", -HOUR, told=-HOUR + 1)

    assert in_force([second, first], "status", T0) == second


def test_the_history_is_looked_up_as_of_the_request_and_not_of_the_answer() -> None:
    paused = event("PAUSED", 10, told=10)

    assert judged(event("APPROVED"), paused, facts=(send(0, answered_at=T0 + HOUR),)).use is COMPLIANT


# ---------------------------------------------------------------- accepted or refused


@pytest.mark.parametrize("code", [132001, 132007, 132015, 132016])
def test_a_send_refused_for_its_template_violates_also_without_history(code: int) -> None:
    refused = send(wamid="", outcome=SendOutcome.REJECTED, errors=(ErrorSeen(code),))

    assert judged(facts=(refused,)) == Judgement(VIOLATION, "", "", f"refused_{code}")


def test_a_send_that_failed_for_its_template_violates_even_if_nobody_recorded_it() -> None:
    failed = told(Status.FAILED, errors=(ErrorSeen(132015),))

    assert judged(facts=(failed,)).use is VIOLATION
    assert judged(event("APPROVED"), facts=(send(), failed)).use is VIOLATION


def test_a_failure_that_reached_a_device_after_all_is_no_refusal() -> None:
    failed = told(Status.FAILED, errors=(ErrorSeen(132015),))

    assert judged(event("APPROVED"), facts=(send(), failed, told(Status.DELIVERED, 1))).use is COMPLIANT


@pytest.mark.parametrize("code", [132000, 132005, 132012, 131026, 131050])
def test_other_refusals_are_no_violation_of_this_rule(code: int) -> None:
    refused = send(wamid="", outcome=SendOutcome.REJECTED, errors=(ErrorSeen(code),))

    assert judged(event("APPROVED"), facts=(refused,)).use is COMPLIANT


def test_only_an_accepted_send_violates_by_the_history_alone() -> None:
    unlinked = send(wamid="", local_id=LOCALS[0])

    assert judged(event("PAUSED"), facts=(unlinked,)) == Judgement(UNVERIFIED, "PAUSED", "unhealthy", "not_accepted")


# ---------------------------------------------------------------- health


def test_a_red_or_paused_template_is_unhealthy() -> None:
    red = event("RED", -HOUR, aspect="quality")
    recovered = event("YELLOW", -MINUTE, aspect="quality")

    assert judged(event("APPROVED"), red).template_health == "unhealthy"
    assert judged(event("APPROVED"), red, recovered).template_health == "healthy"
    assert judged(event("PAUSED")).template_health == "unhealthy"
    assert judged(red).template_health == ""


def test_a_red_template_may_be_sent() -> None:
    assert judged(event("APPROVED"), event("RED", -HOUR, aspect="quality")).use is COMPLIANT


# ---------------------------------------------------------------- opt-outs

OUT, IN_AGAIN = ConsentEvent(T0 - HOUR, "stop"), ConsentEvent(T0 - MINUTE, "resume")
MARKETING = recorded(template=TEMPLATES[0], category="marketing")


def opted(*consent: ConsentEvent, facts: tuple[MessageFact, ...] = (MARKETING,)) -> TemplateUse:
    return judged(event("APPROVED"), facts=facts, consent=consent).use


def test_a_marketing_template_after_an_opt_out_violates() -> None:
    assert judged(event("APPROVED"), facts=(MARKETING,), consent=(OUT,)).reason == "opted_out"
    assert opted(OUT) is VIOLATION
    assert opted() is COMPLIANT


@pytest.mark.parametrize("word", ["resume", "signup"])
def test_who_came_back_may_be_written_to(word: str) -> None:
    assert opted(OUT, ConsentEvent(T0 - MINUTE, word)) is COMPLIANT
    assert opted(ConsentEvent(T0 - 2 * HOUR, word), OUT) is VIOLATION


def test_an_opt_out_at_or_after_the_send_does_not_count_against_it() -> None:
    assert not has_opted_out([ConsentEvent(T0, "stop")], T0)
    assert has_opted_out([ConsentEvent(T0 - 1, "stop")], T0)
    assert has_opted_out([IN_AGAIN, OUT], T0 - 2 * MINUTE)


@pytest.mark.parametrize("category", ["utility", "authentication", "service"])
def test_an_opt_out_is_of_marketing_only(category: str) -> None:
    assert opted(OUT, facts=(recorded(template=TEMPLATES[0], category=category),)) is COMPLIANT


def test_pricing_or_the_templates_history_may_tell_that_it_is_marketing() -> None:
    plain = recorded(template=TEMPLATES[0])
    priced = told(Status.SENT, 1, pricing=Pricing(category="marketing_lite"))
    category = event("MARKETING", -DAY, aspect="category")

    assert opted(OUT, facts=(plain,)) is COMPLIANT
    assert opted(OUT, facts=(plain, priced)) is VIOLATION
    assert judged(event("APPROVED"), category, facts=(plain,), consent=(OUT,)).use is VIOLATION


def test_an_opt_out_weighs_more_than_an_unknown_template() -> None:
    assert judged(facts=(MARKETING,), consent=(OUT,)).use is VIOLATION
