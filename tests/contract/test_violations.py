"""Which sends broke the template rule, since when we knew, and who had told us."""

from __future__ import annotations

import pytest

from tests.support.books import EmptyInbox, HandClock, Shelf
from tests.support.facts import DAY, HOUR, MINUTE, T0, TEMPLATES, WABA, at, recorded, told
from wabawatch.domain.facts import (
    ConsentChanged,
    ErrorSeen,
    Fact,
    Person,
    SendOutcome,
    Source,
    Status,
    TemplateChanged,
    When,
)
from wabawatch.domain.violations import Violations
from wabawatch.flows.proving import Proving
from wabawatch.storage.evidence import SqlEvidence
from wabawatch.storage.figures import SqlFigures

ANNA = Person(phone="15550000001")


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    return lasting_shelf


def found(shelf: Shelf, hours: int = 24, most: int = 9) -> Violations:
    clock = HandClock(T0 + HOUR)
    figures = SqlFigures(shelf.database, EmptyInbox(), clock)
    return Proving(figures, SqlEvidence(shelf.database), clock).violations(hours, most)


def status(value: str, offset: int, source: Source = Source.WEBHOOK, told_later: int = 0) -> Fact:
    when = When(T0 + offset, T0 + offset + told_later)
    return TemplateChanged(when, source, WABA, "status", TEMPLATES[0].name, TEMPLATES[0].language, after=value)


def send(wamid: str, offset: int = 0, category: str = "utility") -> list[Fact]:
    sent = recorded(offset, wamid=wamid, template=TEMPLATES[0], category=category, person=ANNA)
    return [sent, told(Status.SENT, offset + 1, wamid=wamid, waba=WABA)]


def test_a_violating_send_says_since_when_we_knew_and_who_had_told(shelf: Shelf) -> None:
    shelf.learn([status("APPROVED", -DAY), status("PAUSED", -HOUR, Source.POLL, told_later=MINUTE), *send("a")])

    (send_,) = found(shelf).violating

    assert (send_.reason, send_.template, send_.template_status) == ("template_paused", TEMPLATES[0], "PAUSED")
    assert (send_.told_at, send_.told_by, send_.error_code) == (T0 - HOUR + MINUTE, Source.POLL, None)
    assert send_.message_id > 0


@pytest.mark.parametrize("order", [1, -1])
def test_of_webhook_and_poll_the_first_to_tell_is_named_in_whatever_order_they_are_learnt(
    shelf: Shelf, order: int
) -> None:
    webhook, poll = status("PAUSED", -HOUR), status("PAUSED", -HOUR, Source.POLL, told_later=MINUTE)
    for fact in [webhook, poll][::order]:
        shelf.learn([fact])
    shelf.learn(send("a"))

    (send_,) = found(shelf).violating

    assert (send_.told_at, send_.told_by) == (T0 - HOUR, Source.WEBHOOK)


def test_a_refused_send_has_metas_code(shelf: Shelf) -> None:
    refused = recorded(
        wamid="", local_id="x", template=TEMPLATES[0], outcome=SendOutcome.REJECTED, errors=(ErrorSeen(132015),)
    )
    shelf.learn([refused])

    (send_,) = found(shelf).violating

    assert (send_.error_code, send_.sentence) == (132015, "Meta refused the template with 132015")


def test_what_nobody_can_judge_is_listed_apart_with_the_reason(shelf: Shelf) -> None:
    shelf.learn(send("a"))
    shelf.learn([status("PAUSED", MINUTE), *send("b", 2 * MINUTE)])

    listed = found(shelf)

    assert (listed.violations, listed.unverified) == (0, 2)
    assert [each.reason for each in listed.unproven] == ["within_margin", "template_unknown"]


def test_marketing_after_an_opt_out_is_listed_with_the_opt_out(shelf: Shelf) -> None:
    stop = ConsentChanged(at(-HOUR), Source.WEBHOOK, ANNA, "marketing_messages", "stop", waba=WABA)
    shelf.learn([status("APPROVED", -DAY), stop, *send("a", category="marketing"), *send("b")])

    listed = found(shelf)

    assert [(each.reason, each.opted_out_at) for each in listed.violating] == [("opted_out", T0 - HOUR)]
    assert [(each.at, each.waba) for each in listed.opt_outs] == [(T0 - HOUR, WABA)]


def test_the_newest_are_listed_and_all_are_counted(shelf: Shelf) -> None:
    shelf.learn([status("PAUSED", -HOUR), *[fact for i in range(4) for fact in send(f"w{i}", i * MINUTE)]])

    listed = found(shelf, most=2)

    assert listed.violations == 4
    assert [each.at for each in listed.violating] == [T0 + 3 * MINUTE, T0 + 2 * MINUTE]


def test_what_is_outside_the_window_is_not_listed(shelf: Shelf) -> None:
    shelf.learn([status("PAUSED", -9 * DAY), *send("a", -3 * DAY)])

    assert (found(shelf, 24).violations, found(shelf, 0).violations) == (0, 1)
    assert len(found(shelf, 0).violating) == 1
