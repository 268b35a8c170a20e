"""Rules that are changed in the console: kept, audited, seen by every process, and taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.alert_scene import Scene
from tests.support.places import Place
from wabawatch.domain.alerts import AlertScope, Phase, ScopeKind, Severity
from wabawatch.domain.errors import BadRequest, Conflict, NotFound
from wabawatch.domain.rule_edits import EVERYWHERE
from wabawatch.flows.rule_desk import RuleDesk, Standing
from wabawatch.storage.schema import audit_entries

RULE = "DELIVERY_RATE_LOW"
FIELDS = {"threshold": "90", "clear": "", "window": "60", "min_sample": "30", "for": "0", "keep_firing": "30"}
NUMBER = (ScopeKind.NUMBER, "1065")
SCOPE = AlertScope(ScopeKind.NUMBER, "1065")


@pytest.fixture
def scene(place: Place, tmp_path: Path) -> Iterator[Scene]:
    toml = "[rules.DELIVERY_RATE_LOW]\nmin_sample = 40\n[rules.FAILURE_RATE_HIGH]\nthreshold = 0.2\n"
    scene = Scene(place, toml=toml, tmp=tmp_path)
    yield scene
    scene.close()


@pytest.fixture
def desk(scene: Scene) -> RuleDesk:
    return scene.flows.rule_desk


def entries(scene: Scene) -> list[tuple[str, str, dict[str, object]]]:
    with scene.bench.shelf.database.reading() as connection:
        rows = connection.execute(select(audit_entries).order_by(audit_entries.c.id)).all()
    return [(row.action, row.subject, json.loads(row.detail)) for row in rows if row.action.startswith("rule_")]


def test_a_change_holds_at_once_here_and_with_the_next_look_in_other_processes(scene: Scene, desk: RuleDesk) -> None:
    other = scene.process()

    desk.change(RULE, EVERYWHERE, FIELDS, "user:7", 0)

    assert desk.rules.rules[RULE].threshold == 0.9
    assert other.rules.rules[RULE].threshold == 0.95
    other.loops()[0].step()
    assert other.rules.rules[RULE].threshold == 0.9
    assert scene.process().rules.rules[RULE].threshold == 0.9


def test_what_the_settings_file_says_is_not_changed(desk: RuleDesk) -> None:
    desk.change(RULE, EVERYWHERE, FIELDS | {"min_sample": "99"}, "user:7", 0)
    sheet = desk.sheet(RULE)

    assert sheet.line.rule.min_sample == 40
    assert sheet.fixed == {"min_sample"}
    assert sheet.line.edit is not None
    assert sheet.line.edit.said == {"threshold": 0.9}


def test_who_changed_what_from_what_to_what_is_in_the_audit_trail(scene: Scene, desk: RuleDesk) -> None:
    desk.change(RULE, EVERYWHERE, FIELDS | {"severity": "warning"}, "user:7", 0)
    version = _version(desk)
    desk.reset(RULE, EVERYWHERE, "user:8", version)

    changed = {
        "before_threshold": 0.95,
        "threshold": 0.9,
        "before_severity": "critical",
        "severity": "warning",
    }
    back = {
        "before_threshold": 0.9,
        "threshold": 0.95,
        "before_severity": "warning",
        "severity": "critical",
    }
    assert entries(scene) == [
        ("rule_changed", f"rule:{RULE}", changed),
        ("rule_reset", f"rule:{RULE}", back),
    ]
    assert desk.rules.rules[RULE].threshold == 0.95
    assert desk.sheet(RULE).line.edit is None


def test_saving_what_holds_already_says_nothing(scene: Scene, desk: RuleDesk) -> None:
    desk.change(RULE, EVERYWHERE, FIELDS | {"threshold": "95"}, "user:7", 0)

    assert entries(scene) == []
    assert desk.edits.edits() == []


def test_of_two_who_change_it_at_once_the_second_is_told(desk: RuleDesk) -> None:
    desk.change(RULE, EVERYWHERE, FIELDS, "user:7", 0)

    with pytest.raises(Conflict, match="somebody else"):
        desk.change(RULE, EVERYWHERE, FIELDS | {"threshold": "80"}, "user:8", 0)
    with pytest.raises(Conflict, match="somebody else"):
        desk.reset(RULE, EVERYWHERE, "user:8", 5)
    assert desk.rules.rules[RULE].threshold == 0.9


def test_one_number_is_otherwise_until_that_is_taken_away(scene: Scene, desk: RuleDesk) -> None:
    desk.change(RULE, NUMBER, {"threshold": "80", "severity": "info"}, "user:7", 0)

    there = desk.rules.rule(RULE, SCOPE)
    assert there is not None
    assert (there.threshold, there.severity) == (0.8, Severity.INFO)
    (other,) = desk.sheet(RULE).others
    assert (other.place, other.said) == (NUMBER, {"threshold": 0.8, "severity": "info"})
    assert desk.sheet(RULE).line.places == 1

    assert other.edit is not None
    desk.reset(RULE, NUMBER, "user:7", other.edit.changed_at)
    assert desk.sheet(RULE).others == ()
    assert [(action, subject) for action, subject, _ in entries(scene)] == [
        ("rule_changed", f"rule:{RULE}:number:1065"),
        ("rule_reset", f"rule:{RULE}:number:1065"),
    ]


def test_what_makes_no_sense_is_refused_and_nothing_is_kept(scene: Scene, desk: RuleDesk) -> None:
    for rule, where, typed, named in (
        (RULE, EVERYWHERE, {"threshold": "much"}, "threshold: "),
        (RULE, EVERYWHERE, {"clear": "10"}, "clear: "),
        (RULE, NUMBER, {}, "threshold: "),
        (RULE, (ScopeKind.NUMBER, "../x"), {"threshold": "80"}, "place_id: "),
        ("TOKEN_INVALID", NUMBER, {"severity": "info"}, "place: "),
    ):
        with pytest.raises(BadRequest, match=f"^{named}"):
            desk.change(rule, where, typed, "user:7", 0)

    assert desk.edits.edits() == []
    assert entries(scene) == []


def test_there_is_no_such_rule_and_the_nearest_is_named(desk: RuleDesk) -> None:
    for act in (
        lambda: desk.sheet("DELIVERY_LOW"),
        lambda: desk.tried("DELIVERY_LOW", {}),
        lambda: desk.change("DELIVERY_LOW", EVERYWHERE, {}, "user:7", 0),
        lambda: desk.reset("DELIVERY_LOW", EVERYWHERE, "user:7", 0),
    ):
        with pytest.raises(NotFound, match="did you mean DELIVERY_RATE_LOW"):
            act()


def test_a_rule_is_tried_with_what_is_typed_and_stays_as_it_is(desk: RuleDesk) -> None:
    tried = desk.tried(RULE, {"threshold": "50", "for": "5", "min_sample": "1"})

    assert (tried.threshold, tried.for_ms, tried.min_sample) == (0.5, 300_000, 40)
    assert desk.rules.rules[RULE].threshold == 0.95


def test_the_list_says_how_each_rule_stands_and_what_fires_first(scene: Scene, desk: RuleDesk) -> None:
    assert not desk.has_looked()
    scene.begin()
    scene.traffic(10, 20, failed=20)

    first = desk.listed()[0]
    assert first.standing.firing >= 1
    assert desk.has_looked()
    assert {line.rule.name: line.is_fixed for line in desk.listed()}["FAILURE_RATE_HIGH"]


def test_an_alert_whose_rule_is_switched_off_ends_with_the_next_look(scene: Scene, desk: RuleDesk) -> None:
    scene.begin()
    scene.traffic(10, 20, failed=20)
    fired = [alert for alert in scene.flows.book.open() if alert.rule == "FAILURE_RATE_HIGH"]
    assert [alert.phase for alert in fired] == [Phase.FIRING]

    desk.change("FAILURE_RATE_HIGH", EVERYWHERE, {"enabled": "no"}, "user:7", 0)
    scene.wait(5)

    assert [alert.rule for alert in scene.flows.book.open() if alert.rule == "FAILURE_RATE_HIGH"] == []
    over = scene.flows.book.alert(fired[0].key)
    assert over is not None
    assert over.ended == "rule_gone"
    assert desk.listed()[0].standing == Standing() or desk.listed()[0].rule.name != "FAILURE_RATE_HIGH"


def _version(desk: RuleDesk) -> int:
    edit = desk.sheet(RULE).line.edit
    assert edit is not None
    return edit.changed_at
