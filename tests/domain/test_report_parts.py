"""The parts of a compliance report: times, gaps, changes, advice, duties, periods."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.report_values import REPORT
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.compliance_report import OptOuts, ReportChange, Share, Standing, millis, utc
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import TemplateRef
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind
from wabawatch.domain.report_advice import advice
from wabawatch.domain.report_changes import MOST_CHANGES, changes
from wabawatch.domain.report_composing import revised
from wabawatch.domain.report_duties import Handling, duties
from wabawatch.domain.report_formats import ReportFormat, format_of
from wabawatch.domain.report_hours import MOST, NEAR, sends_by_hour, stretches
from wabawatch.domain.report_lines import latency, rounded, send_lines
from wabawatch.domain.report_periods import period, slice_of
from wabawatch.domain.report_readiness import readiness
from wabawatch.domain.report_times import alert_times, gap_lines, unknown_ms
from wabawatch.domain.rollups import Tier
from wabawatch.domain.runs import Gap, Why
from wabawatch.domain.standing import Outcome, Role, TemplateUse
from wabawatch.domain.standing import Standing as Counted
from wabawatch.domain.violations import SendEvidence

HOUR, DAY = 3_600_000, 86_400_000
NOW = millis(REPORT.as_of)


def test_times_come_back_as_they_were_to_the_millisecond() -> None:
    assert all(millis(utc(at)) == at for at in (0, 1, 999, 1_795_000_000_001))


def test_figures_have_no_more_digits_than_they_are_good_for() -> None:
    assert (rounded(2 / 3), rounded(None), str(rounded(-0.0))) == (0.666667, None, "0.0")


def test_of_no_answers_there_are_no_percentiles() -> None:
    assert latency({}).p99_s is None
    assert latency({0: 5}).max_s == 0.001


# ---------------------------------------------------------------- gaps and alerts


def test_of_a_gap_only_what_lies_in_the_period_is_unknown_and_overlapping_ones_count_once() -> None:
    gaps = [
        Gap(0, 2 * HOUR, Why.STOPPED, "user:1"),
        Gap(HOUR, 3 * HOUR, Why.NOT_RUNNING),
        Gap(9 * HOUR, None, Why.STOPPED),
    ]

    lines = gap_lines(gaps, HOUR, 10 * HOUR)

    assert [line.unknown_s for line in lines] == [3600.0, 7200.0, 3600.0]
    assert unknown_ms(gaps, HOUR, 10 * HOUR) == 3 * HOUR


def test_alerts_that_nobody_saw_or_that_go_on_are_in_no_median() -> None:
    one = replace(REPORT.alerts[0], acknowledged_after_s=60.0, resolved_after_s=None)
    other = replace(REPORT.alerts[0], acknowledged_after_s=None, resolved_after_s=100.0)

    critical, warning, _ = alert_times([one, other])

    assert (critical.fired, critical.acknowledged, critical.resolved) == (2, 1, 1)
    assert (critical.median_to_acknowledge_s, critical.median_to_resolve_s, critical.longest_s) == (60.0, 100.0, 100.0)
    assert (warning.fired, warning.median_to_resolve_s) == (0, None)


# ---------------------------------------------------------------- revisions


def test_a_report_that_says_the_same_is_the_old_one() -> None:
    same = replace(REPORT, as_of=utc(0), made_with="later", revision=1, changes=())

    assert revised(same, REPORT) is REPORT
    assert revised(same, None) is same


def test_a_changed_figure_is_named_with_both_values() -> None:
    new = replace(REPORT, verdict=Verdict.WARNING, opt_outs=OptOuts(43, 0, 9), revision=1)

    found = revised(new, REPORT)

    assert (found.revision, set(found.changes)) == (
        3,
        {ReportChange("verdict", "violation", "warning"), ReportChange("opt_outs.stopped", "42", "43")},
    )


def test_a_line_that_comes_moves_no_other() -> None:
    new = replace(REPORT, failures=(replace(REPORT.failures[0], key="9", code=9, n=1), *REPORT.failures))

    paths = {change.path for change in changes(REPORT, new)}

    assert paths == {f"failures[9].{name}" for name in ("code", "n", "fault", "meaning", "next_step")}


def test_what_a_release_before_did_not_know_is_no_change_where_it_is_empty() -> None:
    assert revised(replace(REPORT, restrictions=(), revision=1), REPORT) is REPORT


def test_very_many_changes_are_cut_off_and_counted() -> None:
    new = replace(REPORT, failures=tuple(replace(REPORT.failures[0], key=str(i), code=i) for i in range(200)))

    found = changes(REPORT, new)

    assert len(found) == MOST_CHANGES + 1
    assert found[-1].after.endswith("more changes")


# ---------------------------------------------------------------- what to do


def keys(report: object) -> list[str]:
    return [each.key for each in advice(report)]  # type: ignore[arg-type]


def test_the_most_urgent_comes_first() -> None:
    assert keys(REPORT) == [
        "template_violations", "webhook_response", "parked", "number_quality", "uptime", "acknowledging", "gaps",
        "unverified", "limits",
    ]  # fmt: skip


def test_of_a_month_without_fault_nothing_is_advised() -> None:
    requirements = tuple(replace(line, verdict=Verdict.COMPLIANT) for line in REPORT.requirements)
    well = replace(
        REPORT,
        requirements=requirements,
        template_use=replace(REPORT.template_use, violations=0, unverified=0),
        webhooks=replace(REPORT.webhooks, parked=0),
        numbers=REPORT.numbers[:1],
        limits=(),
        uptime=replace(REPORT.uptime, meets_sla=True),
        alert_times=(),
        unknown_s=0.0,
    )

    assert keys(well) == []


def test_a_low_rate_is_advised_upon_with_its_most_frequent_causes() -> None:
    lines = tuple(replace(line, verdict=Verdict.VIOLATION) for line in REPORT.requirements if line.key != "x")
    found = {each.key: each for each in advice(replace(REPORT, requirements=lines))}

    assert "131026 (626 times, recipient)" in found["delivery_rate"].because
    assert "Check the number" in found["delivery_rate"].do


def test_too_few_recorded_sends_are_advised_upon() -> None:
    assert "coverage" in keys(replace(REPORT, coverage=Share(0.5, 100)))


# ---------------------------------------------------------------- duties


@pytest.mark.parametrize(
    ("opt_outs", "standing"),
    [
        (OptOuts(3, 1, 0), Standing.NOT_MET),
        (OptOuts(3, 0, 0), Standing.MET),
        (OptOuts(0, 0, 0), Standing.UNKNOWN),
    ],
)
def test_opt_outs_are_honoured_only_where_there_were_any(opt_outs: OptOuts, standing: Standing) -> None:
    found = {each.key: each.standing for each in duties(opt_outs, Handling(7, 0, 0))}

    assert found["opt_out"] is standing
    assert found["opt_in"] is found["profile"] is Standing.UNKNOWN


def test_a_way_to_a_human_is_shown_by_what_agents_did() -> None:
    found = {each.key: each for each in duties(OptOuts(0, 0, 0), Handling(7, 9, 2))}

    assert found["escalation"].standing is Standing.MET


def test_what_is_asked_of_a_tech_partner_is_counted_by_customer() -> None:
    sent = {Counted(Role.ATTEMPTED, Outcome.SENT, is_accepted=True): 700, Counted(Role.INBOUND, Outcome.PENDING): 70}
    nothing = {Counted(Role.ORPHAN, Outcome.READ): 1}
    month = {"1": sent, "2": sent, "3": sent, "4": nothing}

    found = readiness([sent], month, {"1": "a", "2": "a", "3": "b", "4": "c"}, ["GREEN", "RED", ""])

    assert (found.daily_messages, found.customers) == (110.0, 2)
    assert (found.numbers_not_red.value, found.numbers_not_red.n) == (0.5, 2)


# ---------------------------------------------------------------- which hours, which sends


BAD = {Counted(Role.ATTEMPTED, Outcome.SENT, template_use=TemplateUse.VIOLATION): 1}


def good(n: int) -> dict[Counted, int]:
    return {Counted(Role.ATTEMPTED, Outcome.SENT, template_use=TemplateUse.COMPLIANT): n}


def test_hours_with_little_in_and_between_them_are_looked_through_at_once_the_newest_first() -> None:
    series = {0: BAD, HOUR: good(10), 9 * HOUR: BAD, 10 * HOUR: good(NEAR), 11 * HOUR: BAD}
    wanted = sends_by_hour(series, TemplateUse.VIOLATION)

    assert wanted == {0: 1, 9 * HOUR: 1, 11 * HOUR: 1}
    assert stretches(series, wanted, Tier.HOUR) == ([(11 * HOUR, 12 * HOUR), (0, 10 * HOUR)], True)


def test_an_hour_whose_sends_are_all_found_is_not_looked_through() -> None:
    assert stretches({0: BAD, HOUR: BAD}, {0: 1, HOUR: 0}, Tier.HOUR) == ([(0, HOUR)], True)


def test_of_very_many_stretches_the_newest_are_looked_through() -> None:
    series = {i * HOUR: good(NEAR) if i % 2 else BAD for i in range(2 * MOST + 20)}

    found, is_all = stretches(series, sends_by_hour(series, TemplateUse.VIOLATION), Tier.HOUR)

    assert (len(found), is_all) == (MOST, False)
    assert found[0] == ((2 * MOST + 18) * HOUR, (2 * MOST + 19) * HOUR)


def test_while_not_every_violation_was_looked_at_nobody_says_that_opt_outs_are_honoured() -> None:
    found = {each.key: each for each in duties(OptOuts(3, 0, 0), Handling(7, 0, 0), is_whole=False)}

    assert found["opt_out"].standing is Standing.UNKNOWN
    assert "could be looked at" in found["opt_out"].evidence


def test_where_sends_are_not_recorded_nobody_says_that_opt_outs_are_honoured() -> None:
    found = {each.key: each for each in duties(OptOuts(3, 0, 0), Handling(7, 0, 0), sees_templates=False)}

    assert found["opt_out"].standing is Standing.UNKNOWN
    assert "not recorded" in found["opt_out"].evidence


def test_a_send_whose_account_was_not_told_stands_with_that_of_its_number() -> None:
    send = SendEvidence(7, 0, "1", "", TemplateRef("a", "en"), "", "violation", "opted_out", "", None, None, 5, None)

    assert [each.waba for each in send_lines([send, replace(send, waba="3")], {"1": "2"})] == ["2", "3"]


# ---------------------------------------------------------------- as people write it


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-10-01", "2026-11-01", ("2026-10-01T00:00:00", "2026-11-01T00:00:00")),
        ("2026-10", None, ("2026-10-01T00:00:00", "2026-10-31T06:00:00")),
        ("2025-12", None, ("2025-12-01T00:00:00", "2026-01-01T00:00:00")),
        ("2026-10-01T12:00+02:00", "2026-10-02", ("2026-10-01T10:00:00", "2026-10-02T00:00:00")),
        (None, "2026-10-31", ("2026-10-01T00:00:00", "2026-10-31T00:00:00")),
        (None, None, ("2026-10-01T06:00:00", "2026-10-31T06:00:00")),
    ],
)
def test_a_period_as_people_write_it(start: str | None, end: str | None, expected: tuple[str, str]) -> None:
    found = period(start, end, NOW)

    assert tuple(utc(at).isoformat()[:19] for at in found) == expected


@pytest.mark.parametrize("text", ["yesterday", "2026-13", "2026-10-01T12:00", "1960-01-01T00:00Z", "2026-02-30"])
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadRequest, match="to: "):
        period(None, text, NOW)


def test_a_scope_is_all_or_one_account_or_number() -> None:
    assert slice_of("all") == EVERYTHING
    assert slice_of("number:123") == Slice(SliceKind.NUMBER, "123")
    for wrong in ("", "waba", "waba:", "waba:x y", "country:1"):
        with pytest.raises(BadRequest, match="scope: "):
            slice_of(wrong)


def test_a_file_is_of_the_kind_that_its_name_says() -> None:
    assert format_of(None, "") is format_of(None, ".JSON") is format_of(ReportFormat.JSON, ".txt") is ReportFormat.JSON
    with pytest.raises(BadRequest, match=r"no report is a \.doc file"):
        format_of(None, ".doc")
