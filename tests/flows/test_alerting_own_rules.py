"""Rules of one's own about figures that are no rate of messages: what makes each fire, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.alert_scene import Scene
from tests.support.facts import DAY, MINUTE, NUMBERS
from wabawatch.domain.alert_evidence import CheckKind, CheckStands
from wabawatch.domain.facts import CallAnswered, CallKind, ErrorReported, ErrorSeen, Source, When
from wabawatch.domain.histograms import index_of
from wabawatch.ports import Body, BodyKind


@contextmanager
def watched(tmp_path: Path, rule: str) -> Iterator[Scene]:
    scene = Scene(tmp_path / "books", toml=rule, tmp=tmp_path).begin()
    try:
        yield scene
    finally:
        scene.close()


def answered(scene: Scene, n: int, ms: int) -> None:
    """The receiver answers webhooks."""
    slots = {(scene.now, index_of(ms)): n}
    scene.bench.figures.keep_answers(slots)


def sent(scene: Scene, n: int, ms: int, status: int = 200) -> None:
    """Sends through the gateway."""
    when = When(scene.now, scene.now)
    calls = [
        CallAnswered(
            when,
            Source.GATEWAY,
            CallKind.SEND,
            "POST",
            NUMBERS[0],
            "messages",
            status,
            ms,
            errors=(ErrorSeen(131000),) if status >= 400 else (),
        )
        for _ in range(n)
    ]
    scene.tell(*calls)


def waits(scene: Scene) -> None:
    scene.bench.accept([Body(BodyKind.WEBHOOK, scene.now - 20_000, b"{}")])


def down(scene: Scene) -> None:
    scene.flows.signs.uptime_of = lambda start, end: 0.98 if end - start == DAY else None


def throttled(scene: Scene) -> None:
    for i in range(5):
        when = When(scene.now - i, scene.now)
        scene.tell(ErrorReported(when, Source.WEBHOOK, (ErrorSeen(130429, "slow down"),), NUMBERS[0]))


def expiring(scene: Scene) -> None:
    stands = CheckStands("tls:shop", CheckKind.TLS, True, value=40.0)
    scene.flows.signs.checks_of = lambda _: [stands]


def rule(metric: str, threshold: object) -> str:
    return f'[rules.OWN]\nmetric = "{metric}"\nthreshold = {threshold}\n'


CASES: list[tuple[str, object, object, Callable[[Scene], None], str]] = [
    ("webhook_p95", 800, 2_000, lambda scene: answered(scene, 50, 1_200), "all"),
    ("webhook_p50", 800, 2_000, lambda scene: answered(scene, 50, 1_200), "all"),
    ("api_p99", 800, 2_000, lambda scene: sent(scene, 50, 1_200), "all"),
    ("api_errors", 0.2, '"100%"', lambda scene: sent(scene, 50, 100, 500), "all"),
    ("backlog_age", 10, 3_600, waits, "all"),
    ("uptime", '"99.9%"', '"95%"', down, "all"),
    ("rate_limit_hits", 3, 50, throttled, f"number:{NUMBERS[0]}"),
    ("certificate_days", 60, 30, expiring, "check:tls:shop"),
]


@pytest.mark.parametrize(("metric", "line", "_far", "cause", "scope"), CASES, ids=[case[0] for case in CASES])
def test_an_own_rule_fires_by_its_own_threshold(
    metric: str, line: object, _far: object, cause: Callable[[Scene], None], scope: str, tmp_path: Path
) -> None:
    with watched(tmp_path, rule(metric, line)) as scene:
        cause(scene)
        scene.wait(10, every=5)

        assert f"OWN {scope}" in scene.fired()


@pytest.mark.parametrize(("metric", "_line", "far", "cause", "scope"), CASES, ids=[case[0] for case in CASES])
def test_an_own_rule_is_silent_below_it(
    metric: str, _line: object, far: object, cause: Callable[[Scene], None], scope: str, tmp_path: Path
) -> None:
    with watched(tmp_path, rule(metric, far)) as scene:
        cause(scene)
        scene.wait(10, every=5)

        assert not [each for each in scene.fired() if each.startswith("OWN ")]


def test_too_few_answers_say_nothing_and_what_is_well_again_ends(tmp_path: Path) -> None:
    with watched(tmp_path, rule("webhook_p95", 800) + "window = 10\n") as scene:
        answered(scene, 29, 5_000)
        scene.wait(3)
        assert scene.fired() == []

        answered(scene, 40, 5_000)
        scene.wait(3)
        assert "OWN all" in scene.fired()
        assert "within 5" in next(a for a in scene.alerts() if a.rule == "OWN").newest.words

        scene.turn_to(scene.now + 10 * MINUTE)
        answered(scene, 100, 50)
        scene.wait(20)
        assert [each for each in scene.flows.book.open() if each.rule == "OWN"] == []
