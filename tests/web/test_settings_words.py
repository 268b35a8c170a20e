"""Settings in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from wabawatch.kinds import GraphUrl, Secret
from wabawatch.settings import load
from wabawatch.sources import in_force
from wabawatch.web.pages.settings_words import TITLES, sections_of, subject_of, value_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not set"),
        ((), "not set"),
        (True, "yes"),
        (0, "0"),
        (300_000, "300,000"),
        (0.25, "0.25"),
        (("a", "b"), "a, b"),
        (Path("/var/lib"), "/var/lib"),
        (GraphUrl("https://graph.example", "v25.0"), "https://graph.example/v25.0"),
        (Secret("s3cret"), "set"),
        ((Secret("a"),), "set"),
        ((Secret("a"), Secret("b")), "2 set"),
        (Secret("https://user:s3cret@example.com:8443/s3cret?s3cret"), "set: https://example.com/…"),
        (Secret("tgram://s3cret/chat"), "set"),
        (Secret("postgresql://user:s3cret@db/name"), "set"),
        (Secret("https://[s3cret"), "set"),
    ],
)
def test_a_value_is_said_and_a_secret_is_not(value: object, words: str) -> None:
    assert value_words(value) == words


def test_every_setting_stands_in_a_section_that_has_a_title() -> None:
    env = {"WABAWATCH_FORWARD_SHOP_URL": "https://shop.example", "WABAWATCH_FORWARD_SHOP_APP": "*"}
    settings = load({"WABAWATCH_PRICES_MARKETING_DE": "0.11", **env})
    found = list(in_force(settings, settings.told))

    assert {subject_of(each.setting.key) for each in found} - set(TITLES) == set()
    sections = sections_of(found, only_given=True)
    assert [(section.title, [row.key for row in section.rows]) for section in sections] == [
        ("Forwarding", ["forward.shop.url", "forward.shop.app"]),
        ("Prices", ["prices.marketing.de"]),
    ]
    assert sections[0].rows[0].where == (
        "Change WABAWATCH_FORWARD_SHOP_URL where the environment of the service is set."
    )
