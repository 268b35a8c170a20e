"""How simulated traffic is spread over the day, the week and the numbers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from statistics import mean
from zoneinfo import ZoneInfo

from wabawatch.simulator.mix import Mix
from wabawatch.simulator.pattern import Pattern
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import LogSend

DAY = 86_400_000
MONDAY = int(datetime(2026, 3, 23, tzinfo=UTC).timestamp() * 1000)


def times(pattern: Pattern, days: int = 7, count: int = 7_000, start: int = MONDAY) -> list[int]:
    return list(pattern.times(count, start, days * DAY, seed=1))


def local(at: int, zone: str = "UTC") -> datetime:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone))


def test_the_order_is_that_of_time_and_all_is_within_the_period() -> None:
    found = times(Pattern())

    assert found == sorted(found)
    assert len(found) == 7_000
    assert found[0] >= MONDAY
    assert found[-1] < MONDAY + 7 * DAY


def test_nights_are_quiet_and_weekends_slow() -> None:
    found = [local(at) for at in times(Pattern(weekend=0.35))]

    by_day = Counter(at.weekday() for at in found)
    assert sum(at.hour < 5 for at in found) < 0.02 * len(found)
    assert 0.3 < by_day[5] / by_day[2] < 0.4


def test_traffic_keeps_its_local_hour_when_the_clocks_change() -> None:
    found = times(Pattern(zone="Europe/Berlin"), days=14)  # summer time begins on the 29th

    noon = [mean(local(at).hour for at in found if local(at, "Europe/Berlin").day == day) for day in (24, 31)]
    assert 0.9 < noon[0] - noon[1] < 1.1


def test_few_numbers_send_much_and_many_little() -> None:
    made = Simulation(1, 3_000, MONDAY, DAY, Mix.plain(), 10, pattern=Pattern(skew=1.0))
    list(made.steps())

    by_number = Counter(row["number"] for row in made.truth())
    assert by_number[made.world.numbers[0].id] > 5 * by_number[made.world.numbers[9].id]


def test_failures_of_one_hour_resemble_each_other_and_their_number_stays() -> None:
    def shares(surge: float) -> tuple[float, float]:
        made = Simulation(1, 6_000, MONDAY, DAY, Mix(refused=0.0, failed=0.05), 2, pattern=Pattern(surge=surge))
        list(made.steps())
        rows = [(row["number"], row["cohort_at"] // 3_600_000, row["status"] == "failed") for row in made.truth()]
        per_hour = Counter((number, hour) for number, hour, _ in rows)
        failed = Counter((number, hour) for number, hour, is_failed in rows if is_failed)
        busy = [failed[key] / n for key, n in per_hour.items() if n >= 100]
        overall = sum(failed.values()) / len(rows)
        return overall, mean((share - overall) ** 2 for share in busy)

    (even, even_spread), (uneven, uneven_spread) = shares(0.0), shares(0.6)

    assert abs(even - uneven) < 0.015
    assert uneven_spread > 2 * even_spread


def test_without_a_pattern_all_stays_as_it_was() -> None:
    made = Simulation(1, 50, MONDAY, DAY, Mix.plain())

    at = [int(str(step.payload["at"])) for step in made.steps() if isinstance(step, LogSend)]
    assert max(at) - min(at) > 0.9 * DAY
