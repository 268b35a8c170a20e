"""Alerting about what does not come, and about ourselves: webhooks, backlog, checks, loops, channels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.alert_scene import Scene, looked
from tests.support.facts import HOUR, MINUTE, NUMBERS, WABA
from wabawatch.domain.alert_evidence import CheckKind, CheckStands
from wabawatch.domain.alerts import Reason
from wabawatch.domain.connection import Connection
from wabawatch.domain.outbox import ChannelState
from wabawatch.domain.platform import Kind, Subject
from wabawatch.domain.watchman import Stalled
from wabawatch.ports import Body, BodyKind

ONE, OTHER = NUMBERS


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "books").begin()
    yield scene
    scene.close()


# ---------------------------------------------------------------- webhooks that do not come


def test_sends_without_any_status_are_suspicious_and_a_quiet_night_is_not(scene: Scene) -> None:
    scene.traffic(20, 3)
    scene.turn_to(scene.now + 5 * HOUR)
    scene.peek()
    assert scene.fired() == []
    assert scene.flows.states.connections(scene.now)[ONE].state is Connection.QUIET

    scene.traffic(9, 3, silent=3)

    (alert,) = scene.alerts()
    assert (alert.rule, str(alert.scope)) == ("WEBHOOK_SILENT", f"number:{ONE}")
    assert "got no status within 5 min" in alert.newest.words


def test_webhooks_that_come_again_end_it(scene: Scene) -> None:
    scene.traffic(9, 3, silent=3)
    scene.traffic(9, 3)

    assert [alert.ended for alert in scene.alerts()] == [Reason.RECOVERED]
    assert scene.flows.states.connections(scene.now)[ONE].state is Connection.WORKING


def test_an_account_whose_webhooks_nobody_gets(scene: Scene) -> None:
    looked(scene, Subject(Kind.WABA, WABA), apps="none")
    scene.wait(1)

    assert scene.fired() == [f"WEBHOOK_SILENT waba:{WABA}"]


def test_the_silence_of_a_number_ends_as_an_alert_when_its_account_is_known_to_be_cut_off(scene: Scene) -> None:
    scene.traffic(9, 3)
    scene.traffic(9, 3, silent=3)
    looked(scene, Subject(Kind.WABA, WABA), apps="none")
    scene.wait(1)
    scene.traffic(9, 3, silent=3)

    of_account, of_number = scene.alerts()
    assert (str(of_account.scope), of_account.is_open) == (f"waba:{WABA}", True)
    assert (str(of_number.scope), of_number.ended) == (f"number:{ONE}", Reason.REPLACED)


def test_while_webhooks_wait_to_be_read_a_missing_status_proves_nothing(scene: Scene) -> None:
    scene.bench.accept([Body(BodyKind.WEBHOOK, scene.now, b"{}")])
    scene.traffic(9, 3, silent=3)

    assert "WEBHOOK_SILENT" not in str(scene.fired())


# ---------------------------------------------------------------- ourselves


def test_a_backlog_alerts_when_it_is_seen_old_twice(scene: Scene) -> None:
    scene.bench.accept([Body(BodyKind.WEBHOOK, scene.now, b"{}")])
    scene.turn_to(scene.now + HOUR)  # a process that was paused for an hour sees an old backlog at once
    scene.look()
    assert scene.fired() == []

    scene.wait(1)
    assert scene.fired() == ["BACKLOG_OLD all"]

    scene.bench.drain()
    scene.wait(3)
    assert scene.flows.book.open() == []


def test_what_checks_loops_and_channels_tell(scene: Scene) -> None:
    signs = scene.flows.signs
    signs.checks_of = lambda _: [
        CheckStands("graph", CheckKind.GRAPH, True, scene.now - MINUTE, "Meta", "the Graph API answers 503"),
        CheckStands("disk", CheckKind.DISK, False),
        CheckStands("shop", CheckKind.OTHER, None),
    ]
    signs.channels_of = lambda: [ChannelState("slack", 3, scene.now, trouble="HTTP 404"), ChannelState("mail", 1)]
    signs.stalled = lambda: [Stalled("digest", scene.now - MINUTE, "The loop digest has ended no step well for 60 s.")]
    scene.wait(3)

    assert sorted(scene.fired()) == [
        "API_ENDPOINT_DOWN check:graph",
        "CHANNEL_FAILING channel:slack",
        "MONITORING_STALLED loop:digest",
    ]
    assert next(a for a in scene.alerts() if a.rule == "API_ENDPOINT_DOWN").newest.cause == "Meta"
