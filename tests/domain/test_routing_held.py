"""What is not told while it lasts: silenced, in maintenance, or explained by something else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.alerts import (
    HOUR,
    MINUTE,
    NOW,
    NUMBER,
    OTHER_WABA,
    WABA,
    ended,
    fired,
    number,
)
from tests.support.routing import SILENCE, World
from wabawatch.domain.alerts import AlertScope, OpenAlert, ScopeKind, Severity
from wabawatch.domain.inhibition import outage_end
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.routing import Because, Channel
from wabawatch.domain.silences import Window


class TestSilence:
    def test_what_still_fires_when_it_ends_is_told_then(self) -> None:
        world = World(silences=[SILENCE])
        world.has(fired())
        world.step()
        assert (world.last().because, world.last().detail) == (Because.SILENCED, "7")
        assert world.look_at == SILENCE.ends_at

        world.step(SILENCE.ends_at)

        assert world.kinds() == [NoticeKind.FIRING]

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

        assert world.kinds() == [NoticeKind.FIRING, NoticeKind.RESOLVED]

    def test_nobody_is_reminded_in_it(self) -> None:
        world = World(silences=[replace(SILENCE, starts_at=NOW + MINUTE, ends_at=NOW + 10 * HOUR)])
        world.has(fired())
        world.step()
        world.step(NOW + 5 * HOUR)

        assert world.kinds() == [NoticeKind.FIRING]

    def test_others_are_told(self) -> None:
        world = World(silences=[SILENCE])
        world.has(fired("a2", "TOKEN_INVALID"))
        world.step()

        assert world.kinds() == [NoticeKind.FIRING]


class TestMaintenance:
    def test_what_still_fires_afterwards_is_told_then(self) -> None:
        window = Window("sunday", NOW - HOUR, NOW + HOUR)
        world = World(windows=[window])
        world.has(fired())
        world.step()
        assert (world.last().because, world.last().detail) == (Because.IN_MAINTENANCE, "sunday")

        world.step(NOW + HOUR)

        assert world.kinds() == [NoticeKind.FIRING]

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

        assert [(draft.kind, draft.alerts) for draft in world.told[1:]] == [
            (NoticeKind.RESOLVED, ("down",)),
            (NoticeKind.FIRING, ("f",)),
        ]

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


class TestAfterACause:
    """The API was down for half an hour, and a rate that reaches back into it still fires."""

    END = NOW + HOUR // 2

    def world(self, counted_from: int | None) -> World:
        api = fired("api", "API_ENDPOINT_DOWN", AlertScope(ScopeKind.CHECK, "graph"))
        world = World()
        world.has(api, self.rate(NOW - MINUTE))
        world.step()
        over = ended(api, self.END)
        world.past.append(over)
        world.has(over, self.rate(counted_from))
        world.step(self.END)
        return world

    def rate(self, counted_from: int | None) -> OpenAlert:
        alert = fired("a1", "FAILURE_RATE_HIGH")
        return replace(alert, reading=replace(alert.reading, counted_from=counted_from))

    def test_what_counts_something_from_before_its_end_is_held(self) -> None:
        world = self.world(NOW - MINUTE)

        assert world.reasons() == [Because.EXPLAINED, Because.EXPLAINED_BEFORE]
        assert world.last().detail == "api"
        assert world.kinds() == [NoticeKind.FIRING, NoticeKind.RESOLVED]
        assert world.told[-1].explains == {"api": 1}

    def test_what_counts_nothing_from_before_is_told(self) -> None:
        world = self.world(self.END)

        assert world.last().because is Because.FIRST_NOTICE

    def test_how_things_stand_now_is_told(self) -> None:
        assert self.world(None).last().because is Because.FIRST_NOTICE

    def test_it_is_told_once_it_is_bad_without_that_time(self) -> None:
        world = self.world(NOW - MINUTE)
        world.has(self.rate(self.END + MINUTE))
        world.step(self.END + HOUR)

        assert world.last().because is Because.FIRST_NOTICE

    def test_what_recovers_is_never_told(self) -> None:
        world = self.world(NOW - MINUTE)
        world.has(ended(self.rate(NOW - MINUTE), self.END + HOUR))
        world.step(self.END + HOUR)

        assert world.kinds() == [NoticeKind.FIRING, NoticeKind.RESOLVED]
        assert world.last().because is Because.ENDED_UNTOLD


@pytest.mark.parametrize(
    ("severity", "since"),
    [(Severity.CRITICAL, NOW + HOUR), (Severity.WARNING, 0)],
)
def test_a_rate_is_judged_by_what_came_since_only_after_causes_as_grave_as_itself(
    severity: Severity, since: int
) -> None:
    over = ended(fired("hits", "RATE_LIMIT_HIT", NUMBER, severity), NOW + HOUR)

    assert outage_end("FAILURE_RATE_HIGH", Severity.CRITICAL, NUMBER, [over]) == since
    assert outage_end("QUALITY_SCORE_LOW", Severity.WARNING, NUMBER, [over]) == NOW + HOUR
