"""Rules as people change them: what they may write, what holds in the end, and that the settings file wins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wabawatch.domain.alert_rules import BUILT_IN, BY_NAME
from wabawatch.domain.alerts import AlertScope, Rule, ScopeKind, Severity
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.rule_edits import (
    EVERYWHERE,
    TARGETS,
    Edit,
    changed,
    check,
    editable,
    merged,
    places,
    read,
    said_of,
    written,
)
from wabawatch.domain.rule_set import Place, RuleSet
from wabawatch.domain.standing import MINUTE_MS

DELIVERY, NEAR, PAUSED = (BY_NAME[name] for name in ("DELIVERY_RATE_LOW", "MESSAGING_LIMIT_NEAR", "TEMPLATE_PAUSED"))
REJECTED = BY_NAME["TEMPLATE_REJECTED"]
NUMBER: Place = (ScopeKind.NUMBER, "1065")


def edit(place: Place = EVERYWHERE, rule: str = DELIVERY.name, **said: object) -> Edit:
    return Edit(rule, place, said, 1, "user:7")


@pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.name)
def test_every_field_that_can_be_changed_reads_back_as_it_is_written(rule: Rule) -> None:
    for name in editable(rule):
        assert read(rule, name, written(rule, name)) == said_of(rule, name), name
    assert changed(rule, {name: said_of(rule, name) for name in editable(rule)}) == rule


def test_what_a_rule_looks_at_says_what_can_be_changed() -> None:
    assert set(editable(DELIVERY)) == set(TARGETS)
    assert editable(REJECTED) == ("enabled", "severity")
    assert editable(PAUSED) == ("enabled", "severity", "for", "keep_firing")
    assert editable(DELIVERY, NUMBER) == ("enabled", "severity", "threshold", "clear", "min_sample")
    assert places(DELIVERY) == (ScopeKind.WABA, ScopeKind.NUMBER)
    assert places(PAUSED) == (ScopeKind.WABA,)
    assert places(BY_NAME["TOKEN_INVALID"]) == ()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("threshold", "92.5", 0.925),
        ("threshold", " 92 % ", 0.92),
        ("clear", "", None),
        ("window", "90", 90.0),
        ("for", "0.5", 0.5),
        ("min_sample", "1,000", 1_000),
        ("severity", "info", "info"),
        ("enabled", "yes", True),
        ("enabled", "", False),
    ],
)
def test_what_people_write_is_read(name: str, text: str, value: object) -> None:
    assert read(DELIVERY, name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("threshold", "many"),
        ("threshold", ""),
        ("threshold", "-1"),
        ("threshold", "101"),
        ("threshold", "nan"),
        ("threshold", "inf"),
        ("window", "19"),
        ("window", "1441"),
        ("for", "1e9"),
        ("min_sample", "0"),
        ("min_sample", "2.5"),
        ("severity", "fatal"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_name_of_its_field(name: str, text: str) -> None:
    with pytest.raises(BadRequest, match=f"^{name}: "):
        read(DELIVERY, name, text)


def test_it_cannot_be_good_again_where_it_is_bad() -> None:
    check(replace(DELIVERY, clear=0.97))
    check(replace(NEAR, clear=0.7))
    with pytest.raises(BadRequest, match=r"^clear: "):
        check(replace(DELIVERY, clear=0.94))
    with pytest.raises(BadRequest, match=r"^clear: "):
        check(replace(NEAR, clear=0.9))


def test_the_console_changes_what_comes_with_the_product() -> None:
    said = {"threshold": 0.9, "for": 10.0, "severity": "warning", "enabled": False}
    rules = merged(RuleSet(), [replace(edit(), said=said)])

    rule = rules.rules[DELIVERY.name]
    assert (rule.threshold, rule.for_ms, rule.severity, rule.is_enabled) == (
        0.9,
        10 * MINUTE_MS,
        Severity.WARNING,
        False,
    )
    assert rules.rules["FAILURE_RATE_HIGH"] == BY_NAME["FAILURE_RATE_HIGH"]


def test_what_the_settings_file_says_wins_field_by_field() -> None:
    file = RuleSet(
        {**BY_NAME, DELIVERY.name: replace(DELIVERY, threshold=0.8)}, {}, {DELIVERY.name: frozenset({"threshold"})}
    )

    rule = merged(file, [edit(threshold=0.9, min_sample=50)]).rules[DELIVERY.name]

    assert (rule.threshold, rule.min_sample) == (0.8, 50)


def test_a_place_has_what_the_file_says_there_then_the_console_then_what_holds_everywhere() -> None:
    file = RuleSet(BY_NAME, {DELIVERY.name: {NUMBER: {"threshold": 0.7}}})
    rules = merged(file, [edit(threshold=0.9, min_sample=50), edit(NUMBER, threshold=0.6, severity="info")])

    there = rules.rule(DELIVERY.name, AlertScope(ScopeKind.NUMBER, "1065"))
    elsewhere = rules.rule(DELIVERY.name, AlertScope(ScopeKind.NUMBER, "9"))

    assert there is not None
    assert elsewhere is not None
    assert (there.threshold, there.severity, there.min_sample) == (0.7, Severity.INFO, 50)
    assert (elsewhere.threshold, elsewhere.severity) == (0.9, Severity.CRITICAL)


def test_what_nobody_understands_any_more_is_left_out() -> None:
    odd = edit(threshold="much", colour="red", severity="fatal", min_sample=True, enabled=1)

    assert merged(RuleSet(), [odd, edit(rule="GONE", threshold=0.1)]).rules == BY_NAME
