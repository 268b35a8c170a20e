"""`monitoring_metrics` gives the same figures as the rules, for closed buckets only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.test_views_messages import NUMBER, SEND, WABA, status
from tests.support.books import Shelf
from tests.support.facts import T0
from tests.support.places import Place
from tests.support.thorough import examples
from tests.support.views import ask, emptied, plan, shelf_with_views
from wabawatch.domain import metrics
from wabawatch.domain.error_codes import Fault
from wabawatch.domain.facts import ErrorSeen, Status, TemplateRef
from wabawatch.domain.rollups import TIERS, Tier, bucket_of
from wabawatch.domain.standing import MINUTE_MS, Cell, Outcome, Role, Standing, TemplateUse
from wabawatch.ports import CLOSED_UNTIL
from wabawatch.storage.views_metrics import TIER_NAMES

RATES = {
    "delivery_rate": metrics.delivery_rate,
    "failure_rate": metrics.failure_rate,
    "coverage": metrics.coverage,
    "template_usage": metrics.template_sends,
}
MINUTE = T0 // MINUTE_MS
END_OF_DAY = (bucket_of(Tier.DAY, T0) + 1) * TIERS[Tier.DAY].width_ms

attempts = st.builds(
    Standing,
    role=st.just(Role.ATTEMPTED),
    status=st.sampled_from(Outcome),
    is_accepted=st.booleans(),
    is_rejected=st.booleans(),
    is_unlinked=st.booleans(),
    is_recorded=st.booleans(),
    in_delivery=st.booleans(),
    in_failure=st.booleans(),
    template_use=st.sampled_from(TemplateUse),
    template_health=st.sampled_from(("", "healthy", "unhealthy")),
    fault=st.sampled_from(("", *Fault)),
)
others = st.builds(
    Standing,
    role=st.sampled_from((Role.ORPHAN, Role.INBOUND, Role.APART)),
    status=st.sampled_from(Outcome),
    template_health=st.just(""),
    fault=st.just(""),
)
tallies = st.dictionaries(st.one_of(attempts, others), st.integers(1, 5_000), min_size=1, max_size=8)


def count(shelf: Shelf, tally: metrics.Tally, cell: Cell, closed_until: int) -> None:
    with shelf.books.writing() as ledger:
        ledger.move({(cell, standing): n for standing, n in tally.items()})
        ledger.set_mark(CLOSED_UNTIL, closed_until)


def figures(shelf: Shelf, where: str) -> dict[str, dict[str, Any]]:
    return {row["metric"]: row for row in ask(shelf, f"SELECT * FROM monitoring_metrics WHERE {where}")}


@settings(max_examples=examples(30))
@given(tallies, st.sampled_from(Tier))
def test_figures_are_those_of_the_rules(lasting_shelf: Shelf, tally: dict[Standing, int], tier: Tier) -> None:
    shelf = emptied(lasting_shelf)
    count(shelf, tally, Cell(MINUTE, "", "", None, "", "", 0), END_OF_DAY)
    found = figures(shelf, f"tier = '{TIER_NAMES[tier]}' AND scope = 'all'")

    for name, rate_of in RATES.items():
        rate = rate_of(tally)
        row = found[name]
        assert (row["value"], row["n"]) == (rate.value, rate.n), name
        assert rate.interval is None or (row["low"], row["high"]) == pytest.approx(rate.interval, rel=1e-12, abs=1e-15)
        assert (row["low"] is None) == (rate.interval is None)
    counts = {name: row["value"] for name, row in found.items() if name not in RATES}
    assert counts == asdict(metrics.message_counts(tally))
    assert {row["at"] for row in found.values()} == {bucket_of(tier, T0) * TIERS[tier].width_ms}


def test_a_count_has_no_interval(place: Place) -> None:
    shelf = shelf_with_views(place)
    count(shelf, {Standing(Role.ATTEMPTED, Outcome.SENT): 7}, Cell(MINUTE, "", "", None, "", "", 0), END_OF_DAY)

    row = figures(shelf, "tier = 'day'")["attempted"]

    assert (row["value"], row["n"], row["low"], row["high"]) == (7, None, None, None)
    shelf.database.close()


@pytest.mark.parametrize("tier", Tier)
def test_a_bucket_is_shown_from_its_end_on(tier: Tier, place: Place) -> None:
    shelf = shelf_with_views(place)
    end = (bucket_of(tier, T0) + 1) * TIERS[tier].width_ms
    tally = {Standing(Role.INBOUND, Outcome.PENDING): 1}
    count(shelf, tally, Cell(MINUTE, "", "", None, "", "", 0), end - 1)

    before = figures(shelf, f"tier = '{TIER_NAMES[tier]}'")
    count(shelf, {}, Cell(MINUTE, "", "", None, "", "", 0), end)

    assert not before
    assert figures(shelf, f"tier = '{TIER_NAMES[tier]}'")["inbound"]["value"] == 1
    shelf.database.close()


def test_nothing_is_closed_before_the_first_cycle(place: Place) -> None:
    shelf = shelf_with_views(place, [SEND])

    assert ask(shelf, "SELECT * FROM monitoring_metrics") == []

    shelf.database.close()


def test_scopes_are_named_in_words(place: Place) -> None:
    shelf = shelf_with_views(place, [SEND, status(Status.FAILED, 5, errors=(ErrorSeen(131026),))])
    count(shelf, {}, Cell(MINUTE, "", "", None, "", "", 0), END_OF_DAY)

    scopes = {row["scope"] for row in ask(shelf, "SELECT scope FROM monitoring_metrics WHERE tier = 'hour'")}

    assert scopes == {
        "all",
        f"waba:{WABA}",
        f"number:{NUMBER}",
        f"template:hello/pt_BR@{NUMBER}",
        "category:utility",
        "country:BR",
        f"error:131026@{NUMBER}",
    }
    shelf.database.close()


def test_what_has_no_name_still_has_a_scope(place: Place) -> None:
    shelf = shelf_with_views(place)
    cell = Cell(MINUTE, "", "", TemplateRef("hello"), "brand_new", "", 131026)
    count(shelf, {Standing(Role.ATTEMPTED, Outcome.SENT): 1}, cell, END_OF_DAY)

    scopes = {row["scope"] for row in ask(shelf, "SELECT scope FROM monitoring_metrics WHERE tier = 'day'")}

    assert {"all", "template:hello/@unknown", "error:131026@unknown"} < scopes
    assert any(scope.startswith("category:other-") for scope in scopes)
    shelf.database.close()


def test_roll_ups_are_found_by_their_key(place: Place) -> None:
    shelf = shelf_with_views(place)

    steps = plan(shelf, "SELECT * FROM monitoring_metrics WHERE tier = 'day'")

    if shelf.place.kind == "postgres":
        assert any("rollups_day_" in step for step in steps)
        assert not [step for step in steps if "Seq Scan" in step or "rollups_minute_" in step]
    else:  # the rows and the packed rows of each tier
        assert steps.count("SEARCH x USING PRIMARY KEY (tier=? AND bucket<?)") == 2 * len(Tier)
        assert not [step for step in steps if step.startswith("SCAN x")]
    shelf.database.close()
