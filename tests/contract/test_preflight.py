"""What preflight finds in the books, on every database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.books import HandClock, Shelf
from tests.support.facts import DAY, HOUR, MINUTE, NUMBERS, T0, TEMPLATES, WABA, at, recorded, told
from wabawatch.domain.campaigns import Reason
from wabawatch.domain.compliance import Thresholds
from wabawatch.domain.costs import PriceList
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import (
    AccountChanged,
    ConsentChanged,
    ErrorReported,
    ErrorSeen,
    Fact,
    NumberChanged,
    Person,
    Source,
    Status,
    TemplateChanged,
)
from wabawatch.domain.preflight import Go, Preflight
from wabawatch.flows.preflighting import Preflighting
from wabawatch.meta.countries import country_of
from wabawatch.storage.conditions import SqlConditions
from wabawatch.storage.evidence import SqlEvidence
from wabawatch.storage.limit_hits import SqlLimitHits
from wabawatch.storage.platform import SqlPlatform
from wabawatch.storage.reach import SqlReach

ANNA = Person(phone="4915112345678")
PRICES = PriceList("EUR", {"marketing": {"DE": Decimal("0.1"), "default": Decimal("0.05")}})


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    return lasting_shelf


def template(aspect: str, value: str, offset: int = -DAY) -> Fact:
    name, language = TEMPLATES[0].name, TEMPLATES[0].language
    return TemplateChanged(at(offset), Source.POLL, WABA, aspect, name, language, after=value)


def number(aspect: str, value: str) -> Fact:
    return NumberChanged(at(-DAY), Source.POLL, aspect, number=NUMBERS[0], waba=WABA, after=value)


KNOWN: list[Fact] = [
    told(Status.DELIVERED, -HOUR, person=ANNA, waba=WABA),
    recorded(-HOUR, person=ANNA, template=TEMPLATES[0], category="marketing"),
    template("status", "APPROVED"),
    template("quality", "GREEN"),
    template("category", "MARKETING"),
    number("quality", "GREEN"),
    number("limit", "TIER_250"),
]


def check(shelf: Shelf, recipients: int = 10, number: str = NUMBERS[0], to: tuple[str, ...] = ()) -> Preflight:
    database, clock = shelf.database, HandClock(T0)
    flow = Preflighting(
        SqlConditions(database),
        SqlEvidence(database),
        SqlReach(database),
        SqlLimitHits(database),
        SqlPlatform(database),
        clock,
        PRICES,
        Thresholds(min_sample=1),
        15 * MINUTE,
        country_of,
    )
    return flow.check(TEMPLATES[0], recipients, number, to)


def reasons(found: Preflight) -> dict[str, Reason]:
    return {reason.check: reason for reason in found.reasons}


def test_what_the_books_know_is_said_with_its_figure(shelf: Shelf) -> None:
    shelf.learn(KNOWN)

    said = reasons(check(shelf))

    assert said["template_status"].figure == f"{TEMPLATES[0].name}/{TEMPLATES[0].language} is approved"
    assert said["number_quality"].weight == "fine"
    assert said["messaging_limit"].figure.startswith("10 of at most 249 people that are left (1 of 250")
    assert said["template_delivery"].figure.startswith("100.0% of its messages arrived")
    assert said["number_status"].weight == "unknown"


def test_an_empty_database_says_that_it_knows_nothing_and_never_go(shelf: Shelf) -> None:
    found = check(shelf, number="")

    assert found.verdict is Go.RISKY
    assert reasons(found)["template_status"].weight == "unknown"
    assert reasons(found)["webhooks"].figure == "no webhook ever came"


@pytest.mark.parametrize(("hours", "expected"), [(2, Go.STOP), (-0.5, Go.RISKY)])
def test_the_end_of_a_restriction_that_a_webhook_told_is_known(shelf: Shelf, hours: float, expected: Go) -> None:
    kind = "RESTRICTED_BIZ_INITIATED_MESSAGING"
    terms = f"{kind}={(T0 + int(hours * HOUR)) // 1_000}"
    restricted = AccountChanged(at(-HOUR), Source.WEBHOOK, "ACCOUNT_RESTRICTION", WABA, after=kind, terms=terms)
    shelf.learn([*KNOWN, number("status", "CONNECTED"), restricted])

    found = check(shelf)

    assert found.verdict is expected
    assert "end on 2026-" in reasons(found)["restriction"].figure.replace("ends", "end")


def test_more_people_than_are_left_is_a_stop(shelf: Shelf) -> None:
    shelf.learn(KNOWN)

    assert check(shelf, 250).verdict is Go.STOP


@pytest.mark.parametrize(
    ("fact", "name"),
    [
        (template("status", "PAUSED", -HOUR), "template_status"),
        (AccountChanged(at(-HOUR), Source.WEBHOOK, "DISABLED_UPDATE", WABA, after="DISABLE"), "restriction"),
        (told(Status.FAILED, -HOUR, wamid="x", waba=WABA, errors=(ErrorSeen(131042),)), "payment"),
        (told(Status.FAILED, -HOUR, wamid="x", waba=WABA, errors=(ErrorSeen(131048),)), "rate_limits"),
    ],
)
def test_what_stops_a_campaign_is_found(shelf: Shelf, fact: Fact, name: str) -> None:
    shelf.learn([*KNOWN, fact])

    assert reasons(check(shelf))[name].weight == "stop"


def test_a_ban_that_was_lifted_is_over(shelf: Shelf) -> None:
    events = [("DISABLE", -2 * DAY), ("REINSTATE", -DAY)]
    shelf.learn([AccountChanged(at(o), Source.WEBHOOK, "DISABLED_UPDATE", WABA, after=a) for a, o in events])

    assert "restriction" not in reasons(check(shelf, number=""))


def test_a_limit_of_somebody_elses_account_is_not_ours(shelf: Shelf) -> None:
    other: dict[str, Any] = {"waba": "200000000000009"}
    shelf.learn([*KNOWN, ErrorReported(at(-HOUR), Source.WEBHOOK, (ErrorSeen(80007),), **other)])
    assert reasons(check(shelf))["rate_limits"].weight == "fine"

    shelf.learn([ErrorReported(at(-HOUR), Source.WEBHOOK, (ErrorSeen(80007),), waba=WABA)])
    assert reasons(check(shelf))["rate_limits"].weight == "risk"


def test_of_named_recipients_opt_outs_repeats_and_prices_are_looked_up(shelf: Shelf) -> None:
    stop = ConsentChanged(at(-HOUR), Source.WEBHOOK, ANNA, "marketing_messages", "stop", waba=WABA)
    shelf.learn([*KNOWN, stop])

    found = check(shelf, to=("+49 151 12345678", "+55 11 90000-0002", "+55 11 90000-0002"))

    assert reasons(found)["opt_outs"].figure == "1 of 2 have stopped marketing messages"
    assert reasons(found)["pair_rate"].figure.startswith("1 recipients")
    assert found.amount == (Decimal("0.15"), Decimal("0.15"))


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [({"recipients": 0}, "recipients"), ({"number": "999"}, "number"), ({"to": ("nobody",)}, "to: every recipient")],
)
def test_what_cannot_be_asked_is_refused_by_name(shelf: Shelf, asked: dict[str, Any], wrong: str) -> None:
    shelf.learn(KNOWN)

    with pytest.raises(BadRequest, match=wrong):
        check(shelf, **asked)
