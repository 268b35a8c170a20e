"""What is said of a change of a template: only where something changed."""

from __future__ import annotations

import pytest

from wabawatch.domain.facts import Source
from wabawatch.domain.template_advice import advice_on
from wabawatch.domain.told import Told


def told(event: str, before: str, after: str, source: Source) -> Told:
    return Told(event, before, after, "", 1_000, 1_000, source, is_live=True)


@pytest.mark.parametrize(
    ("before", "source", "is_said"),
    [("", Source.POLL, False), ("MARKETING", Source.POLL, True), ("", Source.WEBHOOK, True)],
    ids=["our first look", "a later look", "a webhook"],
)
def test_a_category_can_be_appealed_only_where_it_changed(before: str, source: Source, is_said: bool) -> None:
    said = advice_on(told("category", before, "UTILITY", source))

    assert ("appeal within 60 days" in said) is is_said


def test_how_it_stands_is_explained_at_the_first_look_too() -> None:
    assert "refused (132015)" in advice_on(told("status", "", "PAUSED", Source.POLL))
