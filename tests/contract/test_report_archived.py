"""What was said of a past period is said of it still when its messages are in the archive."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.support.archives import LIVE_DAYS, Attic
from tests.support.books import EmptyInbox, Shelf
from tests.support.facts import DAY, HOUR, NUMBERS, T0, TEMPLATES, WABA, at, recorded, told
from tests.support.places import ON_EACH, Place
from tests.support.reports import Press
from tests.support.system import Bench, bodies_of
from wabawatch import signed_reports
from wabawatch.domain.compliance_report import ComplianceReport, Standing
from wabawatch.domain.facts import (
    AccountChanged,
    ConsentChanged,
    ErrorSeen,
    Fact,
    Person,
    Source,
    Status,
    TemplateChanged,
    TemplateRef,
)
from wabawatch.domain.overview import Slice, SliceKind
from wabawatch.report_ports import Kept
from wabawatch.reports.outline import outline
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.schema import messages

BEGUN = 1_795_000_000_000 - 1_795_000_000_000 % HOUR
START = T0 - T0 % HOUR
ANNA = Person(phone="15550000001")
COUNTED = (
    *("verdict", "requirements", "quality_parts", "coverage", "messages", "trend", "failures", "failures_by_fault"),
    *("numbers", "templates", "webhooks", "gaps"),
)


@ON_EACH
@pytest.mark.parametrize("mix", [Mix.plain(), Mix.nasty()], ids=["plain", "nasty"])
def test_a_past_period_is_judged_the_same_after_its_messages_were_archived(
    place: Place, mix: Mix, tmp_path: Path
) -> None:
    bench = Bench(place, BEGUN + 10 * HOUR)
    bench.accept(bodies_of(Simulation(3, 500, BEGUN, 80 * 60_000, mix)))
    bench.drain()
    attic = Attic(bench.shelf, tmp_path / "archive", bench.clock.now())
    attic.pass_days(LIVE_DAYS + 10)
    bench.clock.turn_to(attic.clock.now())
    bench.drain()
    press = Press(bench.shelf, bench.figures, bench.clock, archive=tmp_path / "archive")
    before = press.report(BEGUN - HOUR, BEGUN + 9 * HOUR)

    attic.archive()

    after = press.report(BEGUN - HOUR, BEGUN + 9 * HOUR)
    with bench.shelf.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(messages)).scalar() == 0
    assert len(attic.held()) >= 500
    assert {name: getattr(after, name) for name in COUNTED} == {name: getattr(before, name) for name in COUNTED}
    assert after.template_use == before.template_use
    assert after.opt_outs == before.opt_outs
    if mix == Mix.nasty():
        assert before.template_use.violating, "there is something to lose"
    bench.close()


# ---------------------------------------------------------------- what becomes of the evidence, case by case


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    return lasting_shelf


class Scene:
    """Three sends against the rule of three kinds, and one that nobody can judge; then the time until they are due
    for the archive passes."""

    def __init__(self, shelf: Shelf, folder: Path) -> None:
        self.shelf, self.folder = shelf, folder
        stop = ConsentChanged(at(0), Source.WEBHOOK, ANNA, "marketing_messages", "stop", waba=WABA)
        shelf.learn([
            *told_of_template("APPROVED", -DAY), *told_of_template("PAUSED", HOUR), stop,
            *send("refused", 60_000, Status.FAILED, errors=(ErrorSeen(132015, "paused"),)),
            *send("after stop", 120_000, category="marketing"), *send("paused", 2 * HOUR),
            *send("unknown", 60_000, template=TEMPLATES[1]),
        ])  # fmt: skip
        self.attic = Attic(shelf, folder, T0)
        self.attic.pass_days(LIVE_DAYS + 10)
        self.clock = self.attic.clock

    def press(self) -> Press:
        figures = SqlFigures(self.shelf.database, EmptyInbox(), self.clock)
        return Press(self.shelf, figures, self.clock, archive=self.folder)

    def report(self) -> ComplianceReport:
        """Of the day."""
        return self.press().report(START, START + DAY)


@pytest.fixture
def scene(shelf: Shelf, tmp_path: Path) -> Scene:
    return Scene(shelf, tmp_path)


def listed(report: ComplianceReport) -> list[tuple[str, str]]:
    use = report.template_use
    return [(each.template, each.reason) for each in (*use.violating, *use.unproven)]


def test_what_was_never_reported_on_is_listed_from_the_archive(scene: Scene) -> None:
    scene.attic.archive()

    report = scene.report()

    one, two = (f"{each.name}/{each.language}" for each in TEMPLATES[:2])
    broke = [(one, "template_paused"), (one, "opted_out"), (one, "refused_132015")]
    assert listed(report) == [*broke, (two, "template_unknown")]
    assert report.template_use.by_reason == {"opted_out": 1, "refused_132015": 1, "template_paused": 1}
    assert (report.template_use.unlisted, report.opt_outs.sent_after) == ("", 1)
    assert report.template_use.violating[0].known_since is not None


def test_a_part_lists_its_own_from_the_archive(scene: Scene) -> None:
    scene.attic.archive()
    mine, other = (Slice(SliceKind.NUMBER, number) for number in NUMBERS[:2])
    scene.shelf.learn(send("elsewhere", 3 * HOUR, number=NUMBERS[1], template=TEMPLATES[1]))

    assert len(read(scene.press().make(START, START + DAY, mine)).template_use.violating) == 3
    assert read(scene.press().make(START, START + DAY, other)).template_use.violating == ()


def test_when_the_archive_is_gone_too_the_lists_stay_those_of_the_revision_before(scene: Scene) -> None:
    first = scene.report()
    scene.attic.archive()
    empty(scene.folder)

    assert scene.report() == first, "nothing else has changed: it is the same revision"
    scene.shelf.learn([AccountChanged(at(HOUR), Source.WEBHOOK, "ACCOUNT_VIOLATION", waba=WABA)])
    second = scene.report()

    assert (second.revision, second.template_use.listed_by) == (2, 1)
    assert listed(second) == listed(first)
    assert [each.path.partition("[")[0] for each in second.changes] == ["account_events"] * len(second.changes)


def test_where_nothing_is_left_it_says_so_and_not_that_there_are_none(scene: Scene) -> None:
    scene.attic.archive()
    empty(scene.folder)

    report = scene.report()

    use = report.template_use
    assert (use.violations, use.violating, use.by_reason, use.unlisted) == (3, (), {}, "archive_unreadable")
    said = next(each for each in outline(report, 9, "serif").sections if each.title == "Templates").said
    assert "0 of the 3 sends against the rule are listed" in said[-1]
    assert "could not be read" in said[-1]
    duty = next(each for each in report.duties if each.key == "opt_out")
    assert duty.standing is Standing.UNKNOWN


def told_of_template(value: str, offset: int) -> list[Fact]:
    ref = TEMPLATES[0]
    return [TemplateChanged(at(offset), Source.WEBHOOK, WABA, "status", ref.name, ref.language, after=value)]


def send(
    name: str,
    offset: int,
    became: Status = Status.DELIVERED,
    *,
    category: str = "utility",
    template: TemplateRef = TEMPLATES[0],
    errors: tuple[ErrorSeen, ...] = (),
    number: str = NUMBERS[0],
) -> list[Fact]:
    sent = recorded(offset, wamid=name, template=template, category=category, person=ANNA, number=number)
    return [sent, told(became, offset + 1_000, wamid=name, waba=WABA, errors=errors, number=number)]


def empty(folder: Path) -> None:
    """Take away the files of an archive."""
    for each in folder.iterdir():
        each.unlink()


def read(kept: Kept) -> ComplianceReport:
    return signed_reports.decode(kept.document)
