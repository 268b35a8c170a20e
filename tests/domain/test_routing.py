"""Who is told of what, and why not: the decisions one by one, and how they follow each other."""

from __future__ import annotations

import pytest

from tests.support.alerts import (
    EVERYTHING,
    HOUR,
    MINUTE,
    NOW,
    NUMBER,
    OTHER_WABA,
    SECOND,
    WABA,
    ended,
    fired,
    number,
    rule_of,
)
from tests.support.routing import OPS, World
from wabawatch.domain.alerts import AlertScope, OpenAlert, Reason, ScopeKind, Severity
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.routing import SENTENCES, Because, Channel, Policy


def test_every_reason_is_explained() -> None:
    assert SENTENCES.keys() == set(Because)


class TestFilters:
    @pytest.mark.parametrize(
        ("channel", "alert", "because"),
        [
            (Channel("ops"), fired(), Because.FIRST_NOTICE),
            (Channel("ops", Severity.CRITICAL), fired(severity=Severity.WARNING), Because.BELOW_SEVERITY),
            (Channel("ops", Severity.WARNING), fired(severity=Severity.WARNING), Because.FIRST_NOTICE),
            (Channel("ops", types=frozenset({"TOKEN_INVALID"})), fired(), Because.OTHER_TYPE),
            (Channel("ops", wabas=frozenset({WABA})), fired(), Because.FIRST_NOTICE),
            (Channel("ops", wabas=frozenset({OTHER_WABA})), fired(), Because.OTHER_WABA),
            (Channel("ops", wabas=frozenset({WABA})), fired(scope=EVERYTHING), Because.OTHER_WABA),
            (
                Channel("ops", wabas=frozenset({"9"})),
                fired(scope=AlertScope(ScopeKind.WABA, "9")),
                Because.FIRST_NOTICE,
            ),
            (Channel("ops"), fired(scope=AlertScope(ScopeKind.CHANNEL, "ops")), Because.OWN_TROUBLE),
            (Channel("ops"), fired(scope=AlertScope(ScopeKind.CHANNEL, "mail")), Because.FIRST_NOTICE),
        ],
    )
    def test_a_channel_is_told_of_what_its_settings_say(
        self, channel: Channel, alert: OpenAlert, because: Because
    ) -> None:
        world = World([channel])
        world.has(alert)

        world.step()

        assert world.last().because is because
        assert world.last().is_told == (because is Because.FIRST_NOTICE)

    def test_a_rule_may_name_its_channels(self) -> None:
        world = World([OPS, Channel("mail")], rules={"PHONE_QUALITY_LOW": rule_of(channels=("mail",))})
        world.has(fired())

        world.step()

        assert world.last().because is Because.OTHER_CHANNELS
        assert world.kinds("mail") == [NoticeKind.FIRING]

    def test_what_was_too_slight_is_told_when_it_becomes_graver(self) -> None:
        world = World([Channel("ops", Severity.CRITICAL)])
        world.has(fired(severity=Severity.WARNING))
        world.step()

        world.has(fired(severity=Severity.CRITICAL))
        world.step()

        assert world.reasons() == [Because.BELOW_SEVERITY, Because.FIRST_NOTICE]


class TestOneAlert:
    def test_it_is_told_once_and_its_end_once(self) -> None:
        world = World()
        world.has(fired())
        world.step()
        world.step(NOW + MINUTE)
        world.has(ended(fired(), NOW + 2 * MINUTE))
        world.step(NOW + 2 * MINUTE)
        world.step(NOW + 3 * MINUTE)

        assert world.kinds() == [NoticeKind.FIRING, NoticeKind.RESOLVED]
        assert world.reasons() == [Because.FIRST_NOTICE, Because.ENDED]
        assert world.told[0].thread == world.told[1].thread == "a1"

    def test_what_ended_before_it_was_told_is_never_told(self) -> None:
        world = World(policy=Policy())
        world.has(fired())
        world.step()
        world.has(ended(fired(), NOW + SECOND))
        world.step(NOW + SECOND)
        world.step(NOW + MINUTE)

        assert world.told == []
        assert world.reasons() == [Because.WAITS_FOR_GROUP, Because.ENDED_UNTOLD]

    @pytest.mark.parametrize("how", [Reason.ACKNOWLEDGED, Reason.AGED])
    def test_that_an_event_is_over_is_no_news(self, how: Reason) -> None:
        world = World()
        world.has(fired())
        world.step()
        world.has(ended(fired(), NOW + HOUR, how))
        world.step(NOW + HOUR)

        assert world.kinds() == [NoticeKind.FIRING]
        assert world.last().because is Because.NO_NEWS

    @pytest.mark.parametrize("how", [Reason.RECOVERED, Reason.WENT_DARK, Reason.REPLACED, Reason.RULE_GONE])
    def test_every_other_end_is_told(self, how: Reason) -> None:
        world = World()
        world.has(fired())
        world.step()
        world.has(ended(fired(), NOW + HOUR, how))
        world.step(NOW + HOUR)

        assert world.kinds() == [NoticeKind.FIRING, NoticeKind.RESOLVED]

    def test_that_it_becomes_graver_is_told_in_its_thread(self) -> None:
        world = World()
        world.has(fired(severity=Severity.WARNING))
        world.step()
        world.has(fired(severity=Severity.CRITICAL, transition=2))
        world.step(NOW + MINUTE)

        assert world.reasons() == [Because.FIRST_NOTICE, Because.SEVERITY_ROSE]
        assert {draft.thread for draft in world.told} == {"a1"}

    def test_that_it_grew_is_told_once(self) -> None:
        world = World()
        world.has(fired())
        world.step()
        world.has(fired(transition=2, worsened=2))
        world.step(NOW + MINUTE)
        world.step(NOW + 2 * MINUTE)

        assert world.reasons() == [Because.FIRST_NOTICE, Because.WORSENED]


class TestAcknowledgement:
    def test_it_stops_reminders(self) -> None:
        world = World()
        world.has(fired())
        world.step()
        world.has(fired(ack_at=NOW + MINUTE, ack_by="ann"))
        world.step(NOW + 5 * HOUR)

        assert world.kinds() == [NoticeKind.FIRING]
        assert (world.last().because, world.last().detail) == (Because.ACKNOWLEDGED, "ann")

    def test_who_was_not_told_needs_not_be_told_then(self) -> None:
        world = World(policy=Policy(group_wait_ms=10 * SECOND))
        world.has(fired())
        world.step()
        world.has(fired(ack_at=NOW + SECOND))
        world.step(NOW + MINUTE)

        assert world.told == []

    def test_it_does_not_cover_that_the_alert_becomes_graver(self) -> None:
        world = World()
        world.has(fired(severity=Severity.WARNING))
        world.step()
        world.has(fired(severity=Severity.CRITICAL, ack_at=NOW + SECOND))
        world.step(NOW + MINUTE)
        world.step(NOW + 2 * HOUR)

        assert world.reasons() == [Because.FIRST_NOTICE, Because.SEVERITY_ROSE, Because.REMINDER_DUE]

    def test_the_end_is_told_all_the_same(self) -> None:
        world = World()
        world.has(fired())
        world.step()
        world.has(ended(fired(ack_at=NOW + SECOND), NOW + HOUR))
        world.step(NOW + HOUR)

        assert world.kinds() == [NoticeKind.FIRING, NoticeKind.RESOLVED]


class TestGroups:
    def test_two_hundred_at_once_are_one_notice_for_each_channel(self) -> None:
        world = World([OPS, Channel("mail")], Policy())
        world.has(*[fired(f"a{i:03}", scope=number(i)) for i in range(200)])
        world.step()
        assert world.told == []

        world.step(NOW + 2 * SECOND)

        assert [(draft.channel, len(draft.alerts)) for draft in world.told] == [("mail", 200), ("ops", 200)]

    def test_what_comes_after_the_first_notice_is_one_more(self) -> None:
        world = World(policy=Policy())
        for i in range(200):
            world.has(fired(f"a{i:03}", scope=number(i), at=NOW + i * 100))
            world.step(NOW + i * 100)
        world.step(NOW + 33 * SECOND)

        # The first 2 s; then one notice for what the 18 s after it brought.
        assert [len(draft.alerts) for draft in world.told] == [21, 179]

    def test_two_hundred_ends_at_once_are_one_notice_in_their_thread(self) -> None:
        world = World(policy=Policy())
        alerts = [fired(f"a{i:03}", scope=number(i)) for i in range(200)]
        world.has(*alerts)
        world.step()
        world.step(NOW + 2 * SECOND)
        world.has(*[ended(alert, NOW + HOUR) for alert in alerts])
        world.step(NOW + HOUR + 2 * SECOND)

        assert [(draft.kind, len(draft.alerts)) for draft in world.told] == [
            (NoticeKind.FIRING, 200),
            (NoticeKind.RESOLVED, 200),
        ]
        assert world.told[0].thread == world.told[1].thread

    def test_ends_of_alerts_that_were_told_one_by_one_go_to_their_threads(self) -> None:
        world = World()
        alerts = [fired(key, scope=number(i)) for i, key in enumerate("ab")]
        for alert in alerts:
            world.has(alert)
            world.step(world.now + MINUTE)
        world.has(*[ended(alert, NOW + HOUR) for alert in alerts])
        world.step(NOW + HOUR)

        assert [draft.thread for draft in world.told] == ["a", "b", "a", "b"]

    def test_the_gravest_stand_first(self) -> None:
        world = World()
        severities = {"a": Severity.INFO, "b": Severity.CRITICAL, "c": Severity.WARNING}
        world.has(*[fired(key, scope=number(1), severity=each) for key, each in severities.items()])

        world.step()

        assert world.told[0].alerts == ("b", "c", "a")

    def test_information_is_gathered_unless_something_graver_takes_it_along(self) -> None:
        world = World(policy=Policy())
        world.has(fired("i", severity=Severity.INFO))
        world.step()
        world.step(NOW + MINUTE)
        assert world.last("i").because is Because.WAITS_FOR_DIGEST
        assert world.last("i").until == NOW + 15 * MINUTE

        world.has(fired("c", "TOKEN_INVALID", EVERYTHING))
        world.step(NOW + 2 * MINUTE)
        world.step(NOW + 2 * MINUTE + 2 * SECOND)

        assert [draft.alerts for draft in world.told] == [("c", "i")]


def test_a_channel_that_is_gone_is_forgotten() -> None:
    world = World([OPS, Channel("old")])
    world.has(fired(scope=NUMBER))
    world.step()
    world.channels = [OPS]
    world.step(NOW + MINUTE)

    assert world.routes.keys() == {("a1", "ops")}
