"""Entries of the audit trail, as they are read."""

from __future__ import annotations

from wabawatch.domain.audit_trail import Difference, Entry, action_words, differences


def entry(action: str, **detail: str | int | bool | None) -> Entry:
    return Entry(1, 0, "user:1", action, "user:2", detail)


def test_what_was_changed_is_told_with_what_it_was() -> None:
    changed = entry("role_changed", role="viewer", before="admin", unmask=True, before_unmask=False)

    assert differences(changed) == [
        Difference("role", "admin", "viewer", True),
        Difference("unmask", False, True, True),
    ]


def test_what_goes_with_it_is_told_as_it_is_and_the_address_by_itself() -> None:
    made = entry("token_created", scopes="read write", expires_at=None, address="192.0.2.7")

    assert differences(made) == [
        Difference("scopes", None, "read write", False),
        Difference("expires_at", None, None, False),
    ]
    assert made.address == "192.0.2.7"
    assert entry("login").address == ""


def test_an_action_of_a_later_release_is_read_by_its_own_words() -> None:
    assert action_words("login") == "signed in"
    assert action_words("rocket_started") == "rocket started"
