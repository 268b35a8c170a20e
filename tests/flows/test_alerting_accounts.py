"""Alerting about accounts and what is checked: restrictions with an end, payment, the token, the application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.alert_scene import Scene
from tests.support.facts import DAY, HOUR, MINUTE, NUMBERS, WABA
from wabawatch.domain.alert_evidence import CheckKind, CheckStands
from wabawatch.domain.alerts import Severity
from wabawatch.domain.facts import AccountChanged, ErrorSeen, Occurred, Source, Status, StatusChanged, When
from wabawatch.domain.platform import Kind, Seen, Subject
from wabawatch.flows.knowing import learn

TEMPLATES, ANSWERS = "RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "books").begin()
    yield scene
    scene.close()


def restrict(scene: Scene, **ends: int | None) -> None:
    """Meta tells of restrictions that begin now, with their ends in ms from now."""
    terms = [kind if end is None else f"{kind}={(scene.now + end) // 1_000}" for kind, end in ends.items()]
    told = AccountChanged(
        When(scene.now, scene.now), Source.WEBHOOK, "ACCOUNT_RESTRICTION", WABA, after=",".join(ends),
        terms=",".join(terms),
    )  # fmt: skip
    scene.tell(told)


def healthy(scene: Scene, value: str, note: str = "") -> None:
    """What Meta says of the account's health when it is asked now."""
    subject = Subject(Kind.WABA, WABA)
    with scene.bench.shelf.books.writing() as ledger:
        known = ledger.states([subject])
        learn(ledger, [Seen(subject, {"health": value}, {"health": note})], known, scene.now, scene.now)


def later(scene: Scene, ms: int) -> None:
    scene.turn_to(scene.now + ms)
    scene.peek()


def test_a_restriction_says_until_when_it_holds_and_is_over_then(scene: Scene) -> None:
    restrict(scene, **{TEMPLATES: DAY})
    scene.wait(1)
    (alert,) = scene.alerts()
    assert f"{TEMPLATES} until 2026-" in alert.newest.words
    assert alert.newest.words.endswith(" UTC")

    later(scene, DAY - 2 * MINUTE)
    assert len(scene.flows.book.open()) == 1

    later(scene, 2 * MINUTE)
    assert scene.flows.book.open() == []
    assert scene.fired() == [f"ACCOUNT_RESTRICTED waba:{WABA}"]


@pytest.mark.parametrize(("value", "note"), [("BLOCKED", "Account restricted"), ("LIMITED", TEMPLATES)])
def test_a_restriction_goes_on_while_metas_health_says_so(scene: Scene, value: str, note: str) -> None:
    restrict(scene, **{TEMPLATES: DAY})
    later(scene, HOUR)
    healthy(scene, value, note)
    later(scene, DAY)
    (alert,) = scene.flows.book.open()
    assert "was to end on" in scene.flows.states.readings(scene.now)[0][1].words

    healthy(scene, "AVAILABLE")
    later(scene, MINUTE)

    assert scene.flows.book.open() == []
    assert alert.rule == "ACCOUNT_RESTRICTED"


def test_a_name_that_was_not_approved_before_does_not_prolong_a_restriction(scene: Scene) -> None:
    healthy(scene, "LIMITED", "The display name has not been approved.")
    later(scene, HOUR)
    restrict(scene, **{TEMPLATES: DAY})
    later(scene, MINUTE)
    assert len(scene.flows.book.open()) == 1

    later(scene, DAY)

    assert scene.flows.book.open() == []


def test_of_two_restrictions_each_has_its_own_end(scene: Scene) -> None:
    restrict(scene, **{TEMPLATES: 3 * DAY})
    later(scene, HOUR)
    restrict(scene, **{ANSWERS: DAY})
    later(scene, 2 * DAY)

    ((_, reading),) = scene.flows.states.readings(scene.now)

    assert TEMPLATES in reading.words
    assert ANSWERS not in reading.words
    later(scene, DAY)
    assert scene.flows.book.open() == []


def test_a_restriction_without_an_end_is_believed_for_a_month(scene: Scene) -> None:
    restrict(scene, **{TEMPLATES: None})
    later(scene, 29 * DAY)
    assert len(scene.flows.book.open()) == 1

    later(scene, 2 * DAY)

    assert scene.flows.book.open() == []


def test_a_payment_configuration_that_does_not_work_is_a_warning_until_it_does(scene: Scene) -> None:
    def told(status: str, live: bool = True) -> Occurred:
        return Occurred(When(scene.now, scene.now, is_live=live), Source.WEBHOOK, "payment", status, "", WABA, "shop")

    scene.tell(told("Needs Testing", live=False))
    scene.wait(1)
    assert scene.fired() == []  # imported

    later(scene, MINUTE)
    scene.tell(told("Needs Connecting"))
    scene.wait(1)
    (alert,) = scene.alerts()
    assert (alert.rule, alert.severity) == ("PAYMENT_PROBLEM", Severity.WARNING)
    assert "shop: Needs Connecting" in alert.newest.words

    scene.tell(told("Active"))
    scene.wait(32)

    assert scene.flows.book.open() == []


def test_a_payment_configuration_that_does_not_work_hides_no_send_that_nobody_paid_for(scene: Scene) -> None:
    idle = Occurred(When(scene.now, scene.now), Source.WEBHOOK, "payment", "Needs Testing", "", WABA, "shop")
    scene.tell(idle)
    scene.wait(1)
    assert [alert.severity for alert in scene.alerts()] == [Severity.WARNING]

    unpaid = (ErrorSeen(131042, "Business eligibility payment issue"),)
    when = When(scene.now, scene.now)
    scene.tell(StatusChanged(when, Source.WEBHOOK, Status.FAILED, "wamid.unpaid", "", NUMBERS[0], WABA, errors=unpaid))
    scene.wait(1)

    (alert,) = (alert for alert in scene.alerts() if alert.rule == "PAYMENT_PROBLEM")
    assert (alert.severity, "131042" in alert.newest.words) == (Severity.CRITICAL, True)


def test_a_token_that_a_check_finds_refused_alerts_with_the_next_look(scene: Scene) -> None:
    words = "it answers, and refuses this call: Error validating access token (code 190)"
    refused = CheckStands("graph", CheckKind.GRAPH, False, words=words, is_refused=True)
    scene.flows.signs.checks_of = lambda _: [refused]

    scene.turn_to(scene.now + 10_000)
    scene.peek()
    assert scene.fired() == ["TOKEN_INVALID all"]

    scene.flows.signs.checks_of = lambda _: [CheckStands("graph", CheckKind.GRAPH, False)]
    later(scene, 10_000)

    assert scene.flows.book.open() == []


@pytest.mark.parametrize(("name", "kind"), [("application:shop", CheckKind.APPLICATION), ("us", CheckKind.RECEIVER)])
def test_webhooks_that_are_not_taken_are_a_timeout_at_once_and_while_that_is_so(
    scene: Scene, name: str, kind: CheckKind
) -> None:
    scene.flows.signs.checks_of = lambda _: [CheckStands(name, kind, True, scene.now, "us", "attempts fail")]
    scene.wait(15)
    assert scene.fired() == [f"WEBHOOK_TIMEOUT check:{name}"]
    (alert,) = scene.flows.book.open()
    assert alert.severity is Severity.CRITICAL
    assert scene.flows.desk.show(alert.key)[2].threshold is None  # type: ignore[union-attr]

    scene.flows.signs.checks_of = lambda _: [CheckStands(name, kind, False)]
    later(scene, MINUTE)

    assert scene.flows.book.open() == []
