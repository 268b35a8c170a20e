"""How bad it is with a template, in which order templates come, and what they cost about."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wabawatch.domain.compliance import Thresholds
from wabawatch.domain.costs import Line
from wabawatch.domain.facts import TemplateRef
from wabawatch.domain.platform import Known
from wabawatch.domain.standing import HOUR_MS, Outcome, Role, Standing, TemplateUse
from wabawatch.domain.template_advice import advice
from wabawatch.domain.template_stands import (
    Order,
    TemplateStands,
    Trouble,
    about,
    charged,
    mean_prices,
    ordered,
    ripe_hour,
)
from wabawatch.meta.template_texts import texts_of


def sends(status: Outcome, **more: object) -> Standing:
    return Standing(Role.ATTEMPTED, status, is_accepted=True, in_delivery=True, in_failure=True, **more)  # type: ignore[arg-type]


GOOD, BAD = sends(Outcome.DELIVERED), sends(Outcome.FAILED)


def stands(name: str = "one", tally: dict[Standing, int] | None = None, **aspects: str) -> TemplateStands:
    known = {aspect: Known(value, at=5) for aspect, value in aspects.items()}
    given = {} if tally is None else tally
    return TemplateStands("1", TemplateRef(name, "en"), known, given, given, Thresholds())


@pytest.mark.parametrize(
    ("found", "trouble"),
    [
        (stands(tally={sends(Outcome.SENT, template_use=TemplateUse.VIOLATION): 1}), Trouble.MISUSED),
        (stands(status="PAUSED"), Trouble.STOPPED),
        (stands(status="APPROVED", quality="RED"), Trouble.STOPPED),
        (stands(tally={GOOD: 50, BAD: 50}, status="APPROVED"), Trouble.MISSING_RATES),
        (stands(status="APPROVED", quality="YELLOW"), Trouble.DOUBTFUL),
        (stands(status="REJECTED"), Trouble.DOUBTFUL),
        (stands(status="APPROVED", category_notice="MARKETING"), Trouble.DOUBTFUL),
        (stands(tally={GOOD: 90, BAD: 7}, status="APPROVED"), Trouble.DOUBTFUL),
        (stands(status="PENDING"), Trouble.WAITING),
        (stands(tally={GOOD: 2}, status="APPROVED"), Trouble.FINE),
        (stands(status="APPROVED"), Trouble.UNUSED),
        (stands(status="DELETED", quality="RED"), Trouble.GONE),
    ],
)
def test_the_gravest_that_is_wrong_says_how_it_stands(found: TemplateStands, trouble: Trouble) -> None:
    assert found.trouble is trouble


def test_the_worst_come_first_and_of_those_the_ones_that_fail_most() -> None:
    some = [
        stands("fine", {GOOD: 9}, status="APPROVED"), stands("paused", status="PAUSED"),
        stands("some", {GOOD: 50, BAD: 10}), stands("more", {GOOD: 50, BAD: 20}),
    ]  # fmt: skip

    assert [one.ref.name for one in ordered(some, Order.WORST)] == ["paused", "more", "some", "fine"]
    assert [one.ref.name for one in ordered(some, Order.NAME)] == ["fine", "more", "paused", "some"]
    assert [one.ref.name for one in ordered(some, Order.DELIVERY)] == ["more", "some", "fine", "paused"]


def test_only_what_did_not_fail_is_charged() -> None:
    paid = {"is_billable": True}
    tally = {
        sends(Outcome.READ, **paid): 3,
        sends(Outcome.FAILED, **paid): 2,
        sends(Outcome.EXPIRED, **paid): 1,
        GOOD: 7,
    }

    assert charged(tally) == 3


def line(number: str, country: str, n: int, price: str | None, category: str = "marketing") -> Line:
    return Line(category, country, number, n, None if price is None else Decimal(price))


def test_a_cost_is_the_mean_price_of_the_numbers_own_messages_of_the_category() -> None:
    lines = [
        line("a", "DE", 10, "0.10"),
        line("a", "IN", 30, "0.02"),
        line("b", "DE", 5, "0.10"),
        line("b", "XX", 5, None),
    ]

    prices = mean_prices(lines)

    assert about({"a": 4}, "MARKETING", prices) == Decimal("0.16")
    assert about({"b": 4}, "MARKETING", prices) == Decimal("0.40")
    assert about({"a": 4}, "UTILITY", prices) is None
    assert about({"a": 0}, "UTILITY", prices) == 0


def test_of_a_number_without_such_messages_the_mean_of_all_counts() -> None:
    assert about({"c": 10}, "marketing", mean_prices([line("a", "DE", 10, "0.10")])) == Decimal(1)


def test_only_whole_hours_that_are_old_enough_are_judged() -> None:
    grace = 15 * 60_000

    assert ripe_hour(5 * HOUR_MS + grace, grace) == 5 * HOUR_MS
    assert ripe_hour(5 * HOUR_MS + grace - 1, grace) == 4 * HOUR_MS


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("status", "PAUSED", "FIRST_PAUSE"), "3 hours"),
        (("status", "PAUSED", ""), "132015"),
        (("status", "REJECTED", "INVALID_FORMAT"), "numbered in order"),
        (("status", "REJECTED", "NOBODY_KNOWS"), "appeal in Business Support Home"),
        (("status", "SOMETHING_NEW", ""), ""),
        (("quality", "RED", ""), "about to pause it"),
        (("category", "MARKETING", ""), "charged as marketing"),
        (("category_notice", "", ""), "stays as it is"),
        (("unheard", "OF", ""), ""),
    ],
)
def test_a_change_says_what_to_do(change: tuple[str, str, str], said: str) -> None:
    found = advice(*change)

    assert said in found
    assert bool(found) is bool(said)


@pytest.mark.parametrize("detail", ["", "[]", "null", '"text"', "[" * 10_000, '{"message_template_buttons": 7}'])
def test_a_text_that_cannot_be_read_is_none(detail: str) -> None:
    assert texts_of(detail) == ()


def test_texts_are_read_in_the_order_in_which_they_are_seen() -> None:
    button = '{"message_template_button_text":"Go","message_template_button_url":"https://example.com"}'
    detail = (
        f'{{"message_template_buttons":[{button},{{}}],"message_template_element":"Hi","message_template_title":"T"}}'
    )

    assert texts_of(detail) == (("header", "T"), ("body", "Hi"), ("button", "Go (https://example.com)"))
