"""What is told again: reminders, escalations, and what flaps."""

from __future__ import annotations

from dataclasses import replace

from tests.support.alerts import (
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    ended,
    fired,
    number,
)
from tests.support.routing import AT_ONCE, OPS, SILENCE, World
from wabawatch.domain.alerts import Severity
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.routing import Because, Channel


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
        assert set(world.kinds()[1:]) == {NoticeKind.REMINDER}

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

        assert [draft.alerts for draft in world.told if draft.kind is NoticeKind.REMINDER] == [("b", "a")]

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

        assert world.kinds("boss") == [NoticeKind.ESCALATION]
        assert world.kinds() == [NoticeKind.FIRING]

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

        assert world.kinds("boss") == [NoticeKind.ESCALATION]

    def test_where_no_other_is_told_it_counts_from_the_firing(self) -> None:
        world = World([Channel("ops", types=frozenset({"DISK_LOW"})), self.BOSS])
        world.has(fired())
        world.step()
        world.step(NOW + 15 * MINUTE)

        assert world.kinds("boss") == [NoticeKind.ESCALATION]

    def test_who_was_told_is_told_the_end(self) -> None:
        world = World([OPS, self.BOSS])
        world.has(fired())
        world.step()
        world.step(NOW + 15 * MINUTE)
        world.has(ended(fired(), NOW + HOUR))
        world.step(NOW + HOUR)

        assert world.kinds("boss") == [NoticeKind.ESCALATION, NoticeKind.RESOLVED]


class TestFlapping:
    def test_what_keeps_coming_back_is_told_once_it_lasts(self) -> None:
        times = tuple(NOW + i * 10 * MINUTE for i in range(6))
        world = World(now=times[-1])
        world.has(fired(at=times[-1], firings=times))
        world.step()
        assert (world.last().because, world.last().detail) == (Because.FLAPPING, "6 times")
        assert world.look_at == times[-1] + 30 * MINUTE

        world.step(times[-1] + 30 * MINUTE)

        assert world.kinds() == [NoticeKind.FIRING]

    def test_a_few_times_in_a_day_is_no_flapping(self) -> None:
        times = tuple(NOW + i * HOUR for i in range(6))
        world = World(now=times[-1])
        world.has(fired(at=times[-1], firings=times))

        world.step()

        assert world.kinds() == [NoticeKind.FIRING]
