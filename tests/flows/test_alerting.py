"""Alerting, scene by scene: what fires, how soon, with what in it, how it ends, and what is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.alert_scene import PROMO, START, Scene, looked
from tests.support.facts import DAY, MINUTE, NUMBERS, OTHER_WABA, WABA
from wabawatch.domain.alerts import AlertScope, Phase, Reason, ScopeKind, Severity
from wabawatch.domain.facts import (
    AccountChanged,
    ErrorReported,
    ErrorSeen,
    NumberChanged,
    Source,
    TemplateChanged,
    When,
)
from wabawatch.domain.platform import Kind, Subject

ONE, OTHER = NUMBERS
TEMPLATE = AlertScope(ScopeKind.TEMPLATE, f"{WABA}/promo/en", WABA)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "books").begin()
    yield scene
    scene.close()


def template(scene: Scene, after: str, aspect: str = "status", **more: Any) -> TemplateChanged:
    """A webhook about the template, that comes now."""
    when = more.pop("when", When(scene.now, scene.now))
    return TemplateChanged(when, Source.WEBHOOK, WABA, aspect, PROMO.name, PROMO.language, after=after, **more)


# ---------------------------------------------------------------- rates


def test_failures_alert_within_two_cycles_and_say_what_they_are_made_of(scene: Scene) -> None:
    scene.traffic(30, 10, template=PROMO)
    assert scene.fired() == []

    scene.traffic(10, 10, failed=8, template=PROMO)

    (alert,) = scene.alerts()
    assert str(alert.scope) == f"number:{ONE}"
    assert (alert.rule, alert.severity, alert.scope.waba) == ("FAILURE_RATE_HIGH", Severity.CRITICAL, WABA)
    assert {(c.kind, c.id) for c in alert.newest.contributors} == {("template", "promo/en"), ("error", "131026")}
    assert "sends failed" in alert.newest.words


def test_what_is_good_again_is_resolved_after_half_an_hour_of_that(scene: Scene) -> None:
    scene.traffic(10, 20, failed=16)
    scene.traffic(110, 20)

    (alert,) = scene.alerts(rule="FAILURE_RATE_HIGH")
    assert (alert.ended, alert.phase) == (Reason.RECOVERED, Phase.RESOLVED)


def test_messages_that_do_not_arrive_alert_once_the_grace_is_over(scene: Scene) -> None:
    scene.traffic(30, 20)
    scene.traffic(15, 20, silent=20)
    assert "DELIVERY_RATE_LOW" not in str(scene.fired())

    scene.traffic(12, 20, silent=20)

    assert f"DELIVERY_RATE_LOW number:{ONE}" in scene.fired()


def test_a_low_quality_score_says_what_it_is_made_of(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "books", with_quality=True).begin()
    looked(scene, Subject(Kind.NUMBER, ONE), quality="RED", status="CONNECTED", waba=WABA)
    scene.traffic(40, 20)

    (alert,) = scene.alerts(rule="QUALITY_SCORE_LOW")
    assert alert.newest.words == "the quality score is 76.7 % (delivery 100.0 %, failure 100.0 %, number 30.0 %)"
    scene.close()


def test_a_few_failures_of_a_few_messages_prove_nothing(scene: Scene) -> None:
    scene.send(20, failed=2)
    scene.wait(30, every=5)
    scene.send(30, failed=3)
    scene.wait(30, every=5)

    assert scene.fired() == []


def test_a_parent_alerts_only_when_none_of_its_numbers_does(scene: Scene) -> None:
    scene.traffic(10, 10, failed=8)
    assert scene.fired() == [f"FAILURE_RATE_HIGH number:{ONE}"]


def test_an_account_alerts_for_numbers_that_are_too_small_to_alert_themselves(scene: Scene) -> None:
    for number in (ONE, OTHER):
        scene.send(25, failed=20, number=number, ago=1)
    scene.wait(10)

    assert scene.fired() == [f"FAILURE_RATE_HIGH waba:{WABA}"]
    (alert,) = scene.alerts()
    assert [(c.id, c.n, c.of) for c in alert.newest.contributors if c.kind == "number"] == [
        (ONE, 20, 25),
        (OTHER, 20, 25),
    ]


def test_an_account_that_is_known_to_be_bad_before_its_numbers_waits_for_them(scene: Scene) -> None:
    for _ in range(2):
        for number in (ONE, OTHER):
            scene.send(25, failed=20, number=number, ago=1)
        scene.wait(5)

    assert set(scene.fired()) == {f"FAILURE_RATE_HIGH number:{ONE}", f"FAILURE_RATE_HIGH number:{OTHER}"}
    of_the_account = [t.reason for t in scene.transitions() if t.scope.kind is ScopeKind.WABA]
    assert of_the_account == [Reason.BREACHED, Reason.REPLACED]


def test_the_alert_of_an_account_ends_when_one_of_its_numbers_alerts(scene: Scene) -> None:
    for number in (ONE, OTHER):
        scene.send(25, failed=20, number=number, ago=1)
    scene.wait(10)
    scene.send(25, failed=20, ago=1)
    scene.wait(5)

    of_number, of_account = scene.alerts()
    assert (str(of_number.scope), of_number.is_open) == (f"number:{ONE}", True)
    assert (str(of_account.scope), of_account.ended) == (f"waba:{WABA}", Reason.REPLACED)


def test_an_own_rule_about_everything_looks_at_everything(tmp_path: Path) -> None:
    toml = '[rules.HALF_FAILS]\nmetric = "failure_rate"\nscope = "all"\nthreshold = 0.5\n'
    scene = Scene(tmp_path / "books", toml=toml, tmp=tmp_path).begin()
    scene.traffic(10, 20, failed=19)

    assert "HALF_FAILS all" in scene.fired()
    scene.close()


def test_a_night_without_messages_changes_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "books", interval=20 * MINUTE).begin()
    scene.traffic(20, 10)
    scene.wait(8 * 60, every=20)
    scene.traffic(20, 10)

    assert scene.fired() == []
    scene.close()


def test_an_alert_lasts_while_nobody_sends_and_at_last_nothing_is_known(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "books", interval=20 * MINUTE).begin()
    scene.traffic(20, 20, failed=16)
    scene.wait(8 * 60, every=20)

    of_failures = [t for t in scene.transitions() if t.rule == "FAILURE_RATE_HIGH"]
    assert [(t.reason, t.became) for t in of_failures] == [
        (Reason.FIRED, Phase.FIRING),
        (Reason.WENT_DARK, Phase.NO_DATA),
    ]
    scene.close()


def test_a_country_in_which_much_more_fails_than_usual(scene: Scene) -> None:
    for day in range(1, 6):
        scene.send(300, ago=day * 24 * 60, country="62812")
    scene.flows = scene.process()  # what is usual is read once an hour
    scene.send(100, failed=90, ago=1, country="62812")
    scene.wait(5)

    assert "DELIVERY_ANOMALY country:ID" in scene.fired()


# ---------------------------------------------------------------- templates, numbers, accounts


def test_a_paused_template_alerts_at_once_and_ends_when_it_is_approved(scene: Scene) -> None:
    scene.tell(template(scene, "PAUSED"))
    scene.look()
    assert scene.fired() == [f"TEMPLATE_PAUSED {TEMPLATE}"]

    scene.wait(3)
    scene.tell(template(scene, "APPROVED", reason="UNPAUSED"))
    scene.look()

    assert [alert.ended for alert in scene.alerts()] == [Reason.RECOVERED]


def test_imported_facts_alert_nobody(scene: Scene) -> None:
    old = When(scene.now - 5 * DAY, scene.now, is_live=False)
    scene.tell(
        template(scene, "PAUSED", when=old),
        template(scene, "REJECTED", when=old._replace(at=old.at + 1)),
        AccountChanged(old, Source.WEBHOOK, "ACCOUNT_VIOLATION", waba=WABA, reason="SCAM"),
        AccountChanged(old, Source.WEBHOOK, "DISABLED_UPDATE", waba=WABA, after="DISABLE"),
        NumberChanged(old, Source.WEBHOOK, "quality", number=ONE, waba=WABA, after="RED"),
    )
    scene.wait(10)

    assert scene.fired() == []


def test_what_was_so_before_we_looked_first_is_told_as_a_state_and_not_as_events(scene: Scene) -> None:
    looked(scene, Subject(Kind.TEMPLATE, "promo/en", WABA), status="PAUSED", category="MARKETING")
    for i in range(20):
        looked(scene, Subject(Kind.TEMPLATE, f"old{i}/en", WABA), status="REJECTED", category="UTILITY")
    scene.wait(2)

    assert scene.fired() == [f"TEMPLATE_PAUSED {TEMPLATE}"]


def test_events_are_told_once_and_end_after_a_day(scene: Scene) -> None:
    scene.tell(
        template(scene, "REJECTED", reason="INVALID_FORMAT"),
        template(scene, "MARKETING", aspect="category", before="UTILITY"),
        AccountChanged(When(scene.now, scene.now), Source.WEBHOOK, "ACCOUNT_VIOLATION", waba=OTHER_WABA, reason="SCAM"),
        ErrorReported(When(scene.now, scene.now), Source.WEBHOOK, (ErrorSeen(987_654, "new"),), ONE, WABA),
    )
    scene.wait(2)
    told = {str(alert.rule): alert.newest.words for alert in scene.alerts()}
    assert told.keys() == {"TEMPLATE_REJECTED", "TEMPLATE_CATEGORY_CHANGED", "ACCOUNT_VIOLATION", "NEW_ERROR_CODE"}
    assert told["TEMPLATE_REJECTED"] == "template promo/en was rejected: INVALID_FORMAT"

    scene.turn_to(scene.now + DAY)
    scene.peek()

    assert {alert.ended for alert in scene.alerts()} == {Reason.AGED}


def test_a_code_that_was_told_once_is_not_news_again(scene: Scene) -> None:
    unknown = (ErrorSeen(987_654, "new"),)
    for day in range(3):
        scene.tell(ErrorReported(When(scene.now, scene.now), Source.WEBHOOK, unknown, ONE, WABA))
        scene.peek()
        scene.turn_to(START + (day + 1) * DAY)
        scene.peek()

    assert scene.fired() == ["NEW_ERROR_CODE error:987654"]


def test_a_number_whose_rating_falls_gets_graver_and_recovers(scene: Scene) -> None:
    for rating in ("GREEN", "YELLOW", "RED", "GREEN"):
        scene.wait(20)
        looked(scene, Subject(Kind.NUMBER, ONE), quality=rating, status="CONNECTED", waba=WABA)
        scene.look()

    assert [(t.rule, t.severity, t.reason) for t in scene.transitions()] == [
        ("PHONE_QUALITY_LOW", Severity.WARNING, Reason.FIRED),
        ("PHONE_QUALITY_LOW", Severity.CRITICAL, Reason.WORSENED),
        ("PHONE_QUALITY_LOW", Severity.CRITICAL, Reason.RECOVERED),
    ]


def test_a_restricted_account_is_told_until_it_is_lifted(scene: Scene) -> None:
    def account(event: str, after: str = "") -> AccountChanged:
        return AccountChanged(When(scene.now, scene.now), Source.WEBHOOK, event, waba=WABA, after=after)

    scene.tell(account("ACCOUNT_RESTRICTION", "RESTRICTED_BIZ_INITIATED_MESSAGING"))
    scene.wait(2)
    assert scene.fired() == [f"ACCOUNT_RESTRICTED waba:{WABA}"]

    scene.tell(account("ACCOUNT_RESTRICTION"))
    scene.wait(2)

    assert scene.flows.book.open() == []


def test_a_dead_token_alerts_and_a_token_that_ends_soon_warns(scene: Scene) -> None:
    ends = (scene.now + 10 * DAY) // 1_000
    looked(scene, Subject(Kind.TOKEN, ""), valid="true", expires_at=str(ends), data_access_expires_at="0")
    scene.wait(1)
    assert scene.fired() == ["TOKEN_EXPIRING all"]

    scene.wait(2)
    looked(scene, Subject(Kind.TOKEN, ""), valid="false")
    scene.wait(1)

    assert [alert.rule for alert in scene.flows.book.open()] == ["TOKEN_INVALID"]


# ---------------------------------------------------------------- counts


def test_sends_at_a_limit_alert_from_many_on(scene: Scene) -> None:
    limited = (ErrorSeen(130429, "Rate limit hit"),)
    at = When(scene.now, scene.now)
    scene.tell(*(ErrorReported(at._replace(at=scene.now + i), Source.WEBHOOK, limited, ONE, WABA) for i in range(5)))
    scene.wait(2)
    assert scene.fired() == []

    scene.tell(*(ErrorReported(at._replace(at=scene.now + i), Source.WEBHOOK, limited, ONE, WABA) for i in range(20)))
    scene.wait(2)

    assert scene.fired() == [f"RATE_LIMIT_HIT number:{ONE}"]


def test_a_template_that_is_sent_though_it_is_paused(scene: Scene) -> None:
    scene.tell(template(scene, "PAUSED"))
    scene.wait(20)
    scene.send(3, template=PROMO, category="marketing")
    scene.wait(2)

    assert f"UNAPPROVED_TEMPLATE_USED {TEMPLATE}" in scene.fired()


def test_wrong_signatures_alert_from_many_on(scene: Scene) -> None:
    scene.bench.figures.keep_refusals(
        {(scene.now - MINUTE, "shop", "bad_signature"): 25, (scene.now - MINUTE, "", "bad_signature"): 3}
    )
    scene.wait(2)

    assert scene.fired() == ["SIGNATURE_FAILURES app:shop"]
