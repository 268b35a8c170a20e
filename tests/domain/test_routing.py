"""Who is told of what, and why not: the decisions one by one, and how they follow each other."""

from __future__ import annotations

from dataclasses import replace

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
from tests.support.routing import AT_ONCE, OPS, World
from wabawatch.domain.alerts import AlertScope, OpenAlert, Reason, ScopeKind, Severity
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.routing import SENTENCES, Because, Channel, Policy
from wabawatch.domain.silences import Matcher, Silence, Window

FIRING, RESOLVED, REMINDER, ESCALATION = (
    NoticeKind.FIRING,
    NoticeKind.RESOLVED,
    NoticeKind.REMINDER,
    NoticeKind.ESCALATION,
)
SILENCE = Silence(7, Matcher(type="PHONE_QUALITY_LOW"), "known", "ann", NOW, NOW + HOUR)


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
        assert world.kinds("mail") == [FIRING]

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

        assert world.kinds() == [FIRING, RESOLVED]
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

        assert world.kinds() == [FIRING]
        assert world.last().because is Because.NO_NEWS

    @pytest.mark.parametrize("how", [Reason.RECOVERED, Reason.WENT_DARK, Reason.REPLACED, Reason.RULE_GONE])
    def test_every_other_end_is_told(self, how: Reason) -> None:
        world = World()
        world.has(fired())
        world.step()
        world.has(ended(fired(), NOW + HOUR, how))
        world.step(NOW + HOUR)

        assert world.kinds() == [FIRING, RESOLVED]

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

        assert world.kinds() == [FIRING]
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

        assert world.kinds() == [FIRING, RESOLVED]


class TestSilence:
    def test_what_still_fires_when_it_ends_is_told_then(self) -> None:
        world = World(silences=[SILENCE])
        world.has(fired())
        world.step()
        assert (world.last().because, world.last().detail) == (Because.SILENCED, "7")
        assert world.look_at == SILENCE.ends_at

        world.step(SILENCE.ends_at)

        assert world.kinds() == [FIRING]

    def test_what_ended_in_it_is_never_told(self) -> None:
        world = World(silences=[SILENCE])
        world.has(fired())
        world.step()
        world.has(ended(fired(), NOW + MINUTE))
        world.step(NOW + MINUTE)
        world.step(NOW + 2 * HOUR)

        assert world.told == []
        assert world.reasons() == [Because.SILENCED, Because.ENDED_UNTOLD]

    def test_the_end_of_what_was_told_before_is_told(self) -> None:
        world = World()
        world.has(fired())
        world.step()
        world.silences.append(SILENCE)
        world.has(ended(fired(), NOW + MINUTE))
        world.step(NOW + MINUTE)

        assert world.kinds() == [FIRING, RESOLVED]

    def test_nobody_is_reminded_in_it(self) -> None:
        world = World(silences=[replace(SILENCE, starts_at=NOW + MINUTE, ends_at=NOW + 10 * HOUR)])
        world.has(fired())
        world.step()
        world.step(NOW + 5 * HOUR)

        assert world.kinds() == [FIRING]

    def test_others_are_told(self) -> None:
        world = World(silences=[SILENCE])
        world.has(fired("a2", "TOKEN_INVALID"))
        world.step()

        assert world.kinds() == [FIRING]


class TestMaintenance:
    def test_what_still_fires_afterwards_is_told_then(self) -> None:
        window = Window("sunday", NOW - HOUR, NOW + HOUR)
        world = World(windows=[window])
        world.has(fired())
        world.step()
        assert (world.last().because, world.last().detail) == (Because.IN_MAINTENANCE, "sunday")

        world.step(NOW + HOUR)

        assert world.kinds() == [FIRING]

    @pytest.mark.parametrize(
        ("window", "is_held"),
        [
            (Window("w", NOW - 1, NOW + 1, wabas=frozenset({WABA})), True),
            (Window("w", NOW - 1, NOW + 1, wabas=frozenset({OTHER_WABA})), False),
            (Window("w", NOW - 1, NOW + 1, types=frozenset({"PHONE_QUALITY_LOW"})), True),
            (Window("w", NOW - 1, NOW + 1, types=frozenset({"DISK_LOW"})), False),
            (Window("w", NOW - 2, NOW), False),
            (Window("w", NOW + 1, NOW + 2), False),
        ],
    )
    def test_it_holds_what_it_is_about_while_it_lasts(self, window: Window, is_held: bool) -> None:
        world = World(windows=[window])
        world.has(fired())

        world.step()

        assert (world.told == []) == is_held


class TestExplained:
    DOWN = fired("down", "API_ENDPOINT_DOWN", AlertScope(ScopeKind.CHECK, "graph"))

    def test_a_cause_mutes_its_consequences_and_says_how_many(self) -> None:
        world = World()
        world.has(self.DOWN, *[fired(f"f{i}", "FAILURE_RATE_HIGH", number(i)) for i in range(14)])

        world.step()

        assert [draft.alerts for draft in world.told] == [("down",)]
        assert world.told[0].explains == {"down": 14}
        assert (world.last("f3").because, world.last("f3").detail) == (Because.EXPLAINED, "down")

    def test_a_cause_mutes_nothing_that_is_graver_than_itself(self) -> None:
        world = World()
        hits = fired("hits", "RATE_LIMIT_HIT", NUMBER, Severity.WARNING)
        world.has(hits, fired("f", "FAILURE_RATE_HIGH"), fired("q", "QUALITY_SCORE_LOW", NUMBER, Severity.WARNING))

        world.step()

        assert sorted(key for draft in world.told for key in draft.alerts) == ["f", "hits"]

    def test_what_failed_did_not_arrive(self) -> None:
        world = World()
        world.has(fired("f", "FAILURE_RATE_HIGH"), fired("d", "DELIVERY_RATE_LOW"))

        world.step()

        assert [draft.alerts for draft in world.told] == [("f",)]

    def test_what_still_fires_when_the_cause_has_ended_is_told_then(self) -> None:
        world = World()
        world.has(self.DOWN, fired("f", "FAILURE_RATE_HIGH"))
        world.step()
        world.has(ended(self.DOWN, NOW + HOUR))
        world.step(NOW + HOUR)

        assert [(draft.kind, draft.alerts) for draft in world.told[1:]] == [(RESOLVED, ("down",)), (FIRING, ("f",))]

    def test_a_cause_that_the_channel_is_not_told_of_explains_nothing_to_it(self) -> None:
        world = World([Channel("ops", types=frozenset({"FAILURE_RATE_HIGH"}))])
        world.has(self.DOWN, fired("f", "FAILURE_RATE_HIGH"))

        world.step()

        assert [draft.alerts for draft in world.told] == [("f",)]

    def test_a_number_whose_token_is_another_is_not_explained(self) -> None:
        world = World()
        paused = fired("p", "TEMPLATE_PAUSED", AlertScope(ScopeKind.TEMPLATE, f"{WABA}/sale/en", WABA))
        other = AlertScope(ScopeKind.TEMPLATE, f"{WABA}/other/en", WABA)
        world.has(paused, fired("u", "UNAPPROVED_TEMPLATE_USED", other))

        world.step()

        assert world.told[0].alerts == ("p", "u")

    def test_a_whole_is_not_told_while_a_part_of_it_fires(self) -> None:
        world = World()
        part = fired("part", "FAILURE_RATE_HIGH")
        world.has(part, fired("whole", "FAILURE_RATE_HIGH", AlertScope(ScopeKind.WABA, WABA)))
        world.step()
        assert world.last("whole").because is Because.PART_FIRES

        world.has(ended(part, NOW + HOUR))
        world.step(NOW + HOUR)

        assert world.last("whole").because is Because.FIRST_NOTICE


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

        assert [(draft.kind, len(draft.alerts)) for draft in world.told] == [(FIRING, 200), (RESOLVED, 200)]
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


class TestReminders:
    def test_pauses_double_up_to_a_day(self) -> None:
        world = World()
        world.has(fired())
        world.step()
        hours = []
        while (world.look_at or 0) < NOW + 80 * HOUR and world.look_at:
            world.step(world.look_at)
            hours.append(round((world.now - NOW) / HOUR))

        assert hours == [1, 3, 7, 15, 31, 55, 79]
        assert set(world.kinds()[1:]) == {REMINDER}

    def test_they_may_come_at_fixed_times(self) -> None:
        world = World(policy=replace(AT_ONCE, is_doubling=False))
        world.has(fired())
        world.step()
        for _ in range(3):
            assert world.look_at
            world.step(world.look_at)

        assert [round((draft.at - NOW) / HOUR) for draft in world.told] == [0, 1, 2, 3]

    def test_alerts_told_at_about_the_same_time_are_reminded_of_together(self) -> None:
        world = World(policy=replace(AT_ONCE, group_interval_ms=0), now=NOW - NOW % HOUR + 10 * SECOND)
        world.has(fired("a"))
        world.step()
        world.has(fired("b", scope=number(2)))
        world.step(world.now + MINUTE)
        world.step(world.now + 64 * MINUTE)

        assert [draft.alerts for draft in world.told if draft.kind is REMINDER] == [("b", "a")]

    def test_by_severity_there_may_be_none(self) -> None:
        world = World()
        world.has(fired(severity=Severity.INFO))
        world.step()

        assert world.look_at is None


class TestEscalation:
    BOSS = Channel("boss", is_escalation=True)

    def test_the_next_are_told_when_nobody_acknowledges(self) -> None:
        world = World([OPS, self.BOSS])
        world.has(fired())
        world.step()
        assert world.last(channel="boss").because is Because.WAITS_FOR_ESCALATION
        assert world.look_at == NOW + 15 * MINUTE

        world.step(NOW + 15 * MINUTE)

        assert world.kinds("boss") == [ESCALATION]
        assert world.kinds() == [FIRING]

    def test_they_are_not_when_somebody_does(self) -> None:
        world = World([OPS, self.BOSS])
        world.has(fired())
        world.step()
        world.has(fired(ack_at=NOW + MINUTE))
        world.step(NOW + HOUR)

        assert world.kinds("boss") == []

    def test_the_time_counts_from_when_the_first_were_told(self) -> None:
        world = World([OPS, self.BOSS], silences=[SILENCE])
        world.has(fired())
        world.step()
        world.step(SILENCE.ends_at)
        assert world.kinds("boss") == []

        world.step(SILENCE.ends_at + 15 * MINUTE)

        assert world.kinds("boss") == [ESCALATION]

    def test_where_no_other_is_told_it_counts_from_the_firing(self) -> None:
        world = World([Channel("ops", types=frozenset({"DISK_LOW"})), self.BOSS])
        world.has(fired())
        world.step()
        world.step(NOW + 15 * MINUTE)

        assert world.kinds("boss") == [ESCALATION]

    def test_who_was_told_is_told_the_end(self) -> None:
        world = World([OPS, self.BOSS])
        world.has(fired())
        world.step()
        world.step(NOW + 15 * MINUTE)
        world.has(ended(fired(), NOW + HOUR))
        world.step(NOW + HOUR)

        assert world.kinds("boss") == [ESCALATION, RESOLVED]


class TestFlapping:
    def test_what_keeps_coming_back_is_told_once_it_lasts(self) -> None:
        times = tuple(NOW + i * 10 * MINUTE for i in range(6))
        world = World(now=times[-1])
        world.has(fired(at=times[-1], firings=times))
        world.step()
        assert (world.last().because, world.last().detail) == (Because.FLAPPING, "6 times")
        assert world.look_at == times[-1] + 30 * MINUTE

        world.step(times[-1] + 30 * MINUTE)

        assert world.kinds() == [FIRING]

    def test_a_few_times_in_a_day_is_no_flapping(self) -> None:
        times = tuple(NOW + i * HOUR for i in range(6))
        world = World(now=times[-1])
        world.has(fired(at=times[-1], firings=times))

        world.step()

        assert world.kinds() == [FIRING]


def test_a_channel_that_is_gone_is_forgotten() -> None:
    world = World([OPS, Channel("old")])
    world.has(fired(scope=NUMBER))
    world.step()
    world.channels = [OPS]
    world.step(NOW + MINUTE)

    assert world.routes.keys() == {("a1", "ops")}
