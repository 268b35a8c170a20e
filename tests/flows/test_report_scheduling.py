"""Reports that make themselves: each once, also those that were missed, and sent until somebody takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.books import HandClock
from tests.support.facts import DAY, HOUR, NUMBERS, recorded, told
from tests.support.reports import Press
from tests.support.system import Bench
from wabawatch.domain.facts import Millis, Status
from wabawatch.domain.notices import Delivered, Outcome
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind
from wabawatch.flows.report_scheduling import MADE_UNTIL, ReportScheduling
from wabawatch.report_ports import Kept
from wabawatch.schedules import Due, due

MONTH_ENDS = 1_793_491_200_000
"""1 November 2026"""


@dataclass
class Postman:
    """`report_ports.ReportMail`: keeps what it is given, unless it is told to fail."""

    outcome: Outcome = Outcome.SENT
    taken: list[str] = field(default_factory=list)
    receivers: int = 2

    def deliver(self, kept: Kept) -> Delivered:
        if self.outcome is Outcome.SENT:
            self.taken.append(kept.about.id)
        return Delivered(self.outcome, "no room")


class Desk:
    """The schedule of an installation that was begun on 15 October."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.post = bench, Postman()
        self.press = Press(bench.shelf, bench.figures, bench.clock)
        self.scopes = [EVERYTHING]
        self.flow = self.anew(self.post)
        self.work()

    @property
    def clock(self) -> HandClock:
        return self.bench.clock

    def anew(self, post: Postman | None) -> ReportScheduling:
        """Another process on the same books."""

        def comes_due(after: Millis, until: Millis) -> Sequence[Due]:
            return due("0 6 1 * *", "UTC", after, until, 3)

        return ReportScheduling(
            comes_due, self.scopes, self.press.reporting.make, post, self.bench.figures, self.press.book, self.clock
        )

    def work(self) -> None:
        while self.flow.step():
            pass

    def at(self, at: Millis) -> None:
        self.clock.turn_to(at)
        self.work()

    def made(self) -> list[tuple[Millis, Millis]]:
        return sorted((each.start, each.end) for each in self.press.book.all(99))

    def deeds(self) -> list[str]:
        with self.bench.shelf.database.reading() as connection:
            rows = connection.exec_driver_sql("SELECT action FROM audit_entries WHERE actor = 'schedule' ORDER BY id")
            return [row[0] for row in rows]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    bench = Bench(tmp_path, MONTH_ENDS - 17 * DAY)
    yield Desk(bench)
    bench.close()


def test_what_was_due_before_anybody_ran_it_is_not_made(desk: Desk) -> None:
    assert (desk.made(), desk.bench.figures.mark(MADE_UNTIL)) == ([], desk.clock.now())


def test_on_the_first_of_the_month_that_before_is_made_and_sent_once(desk: Desk) -> None:
    desk.at(MONTH_ENDS + 6 * HOUR - 1)
    assert desk.made() == []

    desk.at(MONTH_ENDS + 6 * HOUR)
    desk.at(MONTH_ENDS + 7 * HOUR)

    assert desk.made() == [(MONTH_ENDS - 31 * DAY, MONTH_ENDS)]
    assert len(desk.post.taken) == 1
    assert desk.deeds() == ["report_made", "report_sent"]


def test_those_that_were_missed_are_made_up_once_the_newest_three(desk: Desk) -> None:
    desk.at(MONTH_ENDS + 130 * DAY)  # November to March
    desk.at(MONTH_ENDS + 131 * DAY)

    assert [end - MONTH_ENDS for _, end in desk.made()] == [61 * DAY, 92 * DAY, 120 * DAY]
    assert len(desk.post.taken) == len(set(desk.post.taken)) == 3


def test_a_mail_server_that_is_away_is_asked_again_and_the_report_is_kept_meanwhile(desk: Desk) -> None:
    desk.post.outcome = Outcome.RETRY
    for minutes in range(3):
        desk.at(MONTH_ENDS + 6 * HOUR + minutes)
    assert (len(desk.made()), desk.deeds()) == (1, ["report_made"])

    desk.post.outcome = Outcome.SENT
    desk.at(MONTH_ENDS + 8 * HOUR)
    assert len(desk.post.taken) == 1
    assert len(desk.made()) == 1


def test_a_mail_that_no_server_will_ever_take_is_noted_and_let_go(desk: Desk) -> None:
    desk.post.outcome = Outcome.REFUSED
    desk.at(MONTH_ENDS + 6 * HOUR)
    desk.at(MONTH_ENDS + 7 * HOUR)

    assert desk.deeds() == ["report_made", "report_not_sent"]


def test_another_process_that_takes_over_goes_on_where_the_first_was(desk: Desk) -> None:
    desk.clock.turn_to(MONTH_ENDS + 6 * HOUR)
    assert desk.flow.step()  # made, and not sent yet
    desk.flow = desk.anew(desk.post)
    desk.work()

    assert (len(desk.made()), len(desk.post.taken)) == (1, 1)


def test_without_receivers_it_is_kept(desk: Desk) -> None:
    desk.flow = desk.anew(None)
    desk.at(MONTH_ENDS + 6 * HOUR)

    assert len(desk.made()) == 1
    assert desk.deeds() == ["report_made"]


def test_a_report_of_each_scope_is_made_and_one_of_what_is_not_known_holds_up_no_other(desk: Desk) -> None:
    number = Slice(SliceKind.NUMBER, NUMBERS[0])
    desk.bench.shelf.learn([recorded(), told(Status.DELIVERED)])
    desk.scopes = [Slice(SliceKind.WABA, "999"), number, EVERYTHING]
    desk.flow = desk.anew(desk.post)
    desk.at(MONTH_ENDS + 6 * HOUR)
    desk.at(MONTH_ENDS + 7 * HOUR)

    assert sorted(each.scope for each in desk.press.book.all(99)) == ["all", f"number:{NUMBERS[0]}"]
    assert len(desk.post.taken) == len(set(desk.post.taken)) == 2
