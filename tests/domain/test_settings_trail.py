"""What an entry says of changed settings, and what holds after some of them."""

from __future__ import annotations

from wabawatch.domain.audit_trail import ADDRESS, Entry, Plain
from wabawatch.domain.settings_trail import CHANGED, changes, held_after


def entry(number: int, **detail: Plain) -> Entry:
    return Entry(number, 1_000 * number, "serve", CHANGED, "settings", detail)


def test_the_first_start_tells_all_that_was_given() -> None:
    assert changes({}, {"PORT": ("8080",), "TOKEN": ("secret 1a",)}) == {
        "PORT": "8080",
        "before_PORT": None,
        "TOKEN": "secret 1a",
        "before_TOKEN": None,
    }


def test_a_later_start_tells_only_what_is_other_than_before() -> None:
    held = {"PORT": "8080", "TOKEN": "secret 1a", "GONE": "x", "SAME": "y"}

    found = changes(held, {"PORT": ("9090",), "TOKEN": ("secret 2b",), "SAME": ("y",)})

    assert found == {
        "GONE": None,
        "before_GONE": "x",
        "PORT": "9090",
        "before_PORT": "8080",
        "TOKEN": "secret 2b",
        "before_TOKEN": "secret 1a",
    }


def test_a_secret_is_the_same_when_only_the_key_of_its_digest_is_another() -> None:
    assert changes({"TOKEN": "secret by the older key"}, {"TOKEN": ("secret 9f", "secret by the older key")}) == {}


def test_what_holds_is_what_the_entries_together_say() -> None:
    first = entry(1, PORT="8080", before_PORT=None, TOKEN="secret 1a", before_TOKEN=None)
    second = entry(2, PORT="9090", before_PORT="8080", TOKEN=None, before_TOKEN="secret 1a", **{ADDRESS: "192.0.2.7"})

    assert held_after([]) == {}
    assert held_after([first]) == {"PORT": "8080", "TOKEN": "secret 1a"}
    assert held_after([first, second]) == {"PORT": "9090"}
    assert changes(held_after([first, second]), {"PORT": ("9090",)}) == {}
