"""Entries of the audit trail, as they are read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import wabawatch
from wabawatch.domain.audit_trail import ACTIONS, Difference, Entry, action_words, differences, reason_of
from wabawatch.domain.errors import BadRequest


def entry(action: str, **detail: str | int | bool | None) -> Entry:
    return Entry(1, 0, "user:1", action, "user:2", detail)


def test_what_was_changed_is_told_with_what_it_was() -> None:
    changed = entry("role_changed", role="viewer", before="admin", unmask=True, before_unmask=False)

    assert differences(changed) == [
        Difference("role", "admin", "viewer", True),
        Difference("unmask", False, True, True),
    ]


def test_what_a_rule_was_is_told_in_the_same_way() -> None:
    changed = entry("rule_changed", threshold_before="0.95", threshold_after="0.9", at="number")

    assert differences(changed) == [
        Difference("threshold", "0.95", "0.9", True),
        Difference("at", None, "number", False),
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


def test_every_action_that_is_written_down_has_words_and_can_be_looked_for() -> None:
    written = set()
    for path in Path(wabawatch.__file__).parent.rglob("*.py"):
        for each in ast.walk(ast.parse(path.read_text("utf-8"))):
            match each:
                case ast.Call(func=ast.Name("Deed"), args=[_, ast.Constant(str(action)), *_]) if action:
                    written.add(action)
                case ast.Call(func=ast.Attribute(attr="append"), args=[_, _, _, ast.Constant(str(action)), _, *_]):
                    written.add(action)

    assert {"login", "token_created", "report_fetched"} <= written
    assert written - {*ACTIONS} == set()


@pytest.mark.parametrize(
    "text",
    [
        "release 12",
        " Meta says: maintenance  2026-11-29 10:00 to 12:30 ",
        "ticket 12345678",
        "U.S.A. 2026",
        "IS.Department",
    ],
)
def test_a_reason_may_be_any_few_words(text: str) -> None:
    assert reason_of(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "x" * 201, "by +49 (170) 123-45 67", "4917012345678", "of 15550001234"),
        *("wamid.HBgLMTU1NTAwMTAwMQ", "see US.1349x2", "of US.ENT.118157992128", "DE.Abc4Efgh"),
    ],
)
def test_a_reason_is_needed_short_and_without_a_phone_number_or_an_id(text: str) -> None:
    with pytest.raises(BadRequest, match=r"^reason: "):
        reason_of(text)
