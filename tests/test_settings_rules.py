"""Rules in the settings file: changed, overridden for one account or number, made anew; mistakes with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from wabawatch.domain.alerts import EVERYTHING, AlertScope, Rule, RuleKind, ScopeKind, Severity
from wabawatch.domain.own_metrics import OWN_METRICS
from wabawatch.domain.rule_set import RuleSet
from wabawatch.settings import SettingsError, load

NUMBER = AlertScope(ScopeKind.NUMBER, "7", "9")


def rules(tmp_path: Path, toml: str, **env: str) -> RuleSet:
    path = tmp_path / "wabawatch.toml"
    path.write_text(toml, "utf-8")
    return load(env, path).rules


def rule(found: RuleSet, name: str, scope: AlertScope = EVERYTHING) -> Rule:
    known = found.rule(name, scope)
    assert known is not None
    return known


def problems(tmp_path: Path, toml: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as wrong:
        rules(tmp_path, toml)
    return wrong.value.problems


def test_without_a_section_the_thresholds_of_the_settings_hold(tmp_path: Path) -> None:
    found = rules(tmp_path, "", DELIVERY_RATE_THRESHOLD="97%", WABAWATCH_MIN_SAMPLE="50")

    known = rule(found, "DELIVERY_RATE_LOW")
    assert (known.threshold, known.min_sample) == (0.97, 50)


def test_a_rule_is_changed_for_everybody_and_again_for_one(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        """
[rules.DELIVERY_RATE_LOW]
threshold = "93%"
severity = "warning"
for = 10
channels = "slack"
[rules.DELIVERY_RATE_LOW.waba.9]
threshold = 0.9
[rules.DELIVERY_RATE_LOW.number.7]
enabled = false
[rules.RATE_LIMIT_HIT]
enabled = false
""",
    )

    everybody, account = rule(found, "DELIVERY_RATE_LOW"), AlertScope(ScopeKind.WABA, "9", "9")
    assert (everybody.threshold, everybody.severity, everybody.for_ms) == (0.93, Severity.WARNING, 600_000)
    assert everybody.channels == ("slack",)
    assert rule(found, "DELIVERY_RATE_LOW", account).threshold == 0.9
    assert rule(found, "DELIVERY_RATE_LOW", NUMBER._replace(id="8")).threshold == 0.9
    assert found.rule("DELIVERY_RATE_LOW", NUMBER) is None
    assert found.rule("RATE_LIMIT_HIT", EVERYTHING) is None
    assert "RATE_LIMIT_HIT" not in {each.name for each in found.of_kind(RuleKind.STATE)}


def test_a_rule_of_your_own(tmp_path: Path) -> None:
    found = rules(
        tmp_path, '[rules.VIP_FAILURES]\nmetric = "failure_rate"\nscope = "waba"\nthreshold = 0.02\nwindow = 30\n'
    )

    own = rule(found, "VIP_FAILURES", AlertScope(ScopeKind.WABA, "9"))
    assert (own.title, own.scope, own.threshold, own.window_ms) == ("Vip failures", ScopeKind.WABA, 0.02, 1_800_000)


def test_every_figure_can_be_what_an_own_rule_is_about(tmp_path: Path) -> None:
    toml = "".join(f'[rules.OWN_{n.upper()}]\nmetric = "{n}"\nthreshold = 0.5\n' for n in OWN_METRICS)

    found = rules(tmp_path, toml)

    for name, own in OWN_METRICS.items():
        known = rule(found, f"OWN_{name.upper()}", AlertScope(own.scopes[0], "1"))
        assert (known.kind, known.comparison, known.unit) == (own.kind, own.comparison, own.unit)
        assert known.threshold == 0.5


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (
            '[rules.DELIVERY_RATE_LOW]\n\nthreshold = "a lot"',
            "rules.DELIVERY_RATE_LOW.threshold (wabawatch.toml, line 3): 'a lot' is not a number",
        ),
        (
            "[rules.DELIVERY_RATE_LOW]\ntreshold = 0.9",
            "rules.DELIVERY_RATE_LOW.treshold (wabawatch.toml, line 2): unknown; the nearest valid name is threshold",
        ),
        (
            "[rules.DELIVERY_RATE_LWO]\nthreshold = 0.9",
            f"rules.DELIVERY_RATE_LWO (wabawatch.toml, line 1): metric: None is none of {', '.join(OWN_METRICS)};"
            " did you mean DELIVERY_RATE_LOW?",
        ),
        (
            '[rules.MY_RULE]\nmetric = "webhook_p95"\nscope = "number"\nthreshold = 800',
            "rules.MY_RULE (wabawatch.toml, line 1): scope: 'number' is none of all",
        ),
        (
            '[rules.MY_RULE]\nmetric = "backlog_age"\nthreshold = 10\nwindow = 60',
            "rules.MY_RULE.window (wabawatch.toml, line 4): only rates, percentiles and uptime have a window",
        ),
        (
            '[rules.MY_RULE]\nmetric = "uptime"\nthreshold = "99.9%"\nwindow = 4',
            "rules.MY_RULE.window (wabawatch.toml, line 4): 4 is below 5 minutes",
        ),
        (
            '[rules.MY_RULE]\nmetric = "failure_rate"',
            "rules.MY_RULE (wabawatch.toml, line 1): threshold: missing",
        ),
        (
            "[rules.TOKEN_EXPIRING]\nwindow = 60",
            "rules.TOKEN_EXPIRING.window (wabawatch.toml, line 2): only rates, percentiles and uptime have a window",
        ),
        (
            '[rules.TOKEN_EXPIRING.waba.9]\nseverity = "loud"',
            "rules.TOKEN_EXPIRING.waba.9.severity (wabawatch.toml, line 2): 'loud' is none of critical, warning, info",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(toml: str, said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, toml) == (said,)
