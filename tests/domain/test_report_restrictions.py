"""When an account was restricted, and what was sent meanwhile."""

from __future__ import annotations

from dataclasses import replace

from tests.support.report_values import REPORT
from wabawatch.domain.compliance_report import utc
from wabawatch.domain.metrics import Tally
from wabawatch.domain.report_advice import advice
from wabawatch.domain.report_restrictions import Restricted, Word, restricted, restriction_lines
from wabawatch.domain.report_watched import AlertLine, RestrictionLine
from wabawatch.domain.standing import Outcome, Role, Standing, TemplateUse

HOUR, DAY = 3_600_000, 86_400_000
T0 = 20_000 * DAY
BIZ, ALL, ADD = (
    "RESTRICTED_BIZ_INITIATED_MESSAGING",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING",
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION",
)
SENT: Tally = {
    Standing(Role.ATTEMPTED, Outcome.FAILED, template_use=TemplateUse.COMPLIANT): 5,
    Standing(Role.ATTEMPTED, Outcome.SENT): 2,
    Standing(Role.INBOUND, Outcome.PENDING): 9,
}


def word(kinds: str, at: int, terms: str = "", event: str = "ACCOUNT_RESTRICTION", waba: str = "1") -> Word:
    return Word(waba, event, kinds, terms or kinds, at)


def lines(found: list[Restricted], *alerts: AlertLine, sees_templates: bool = True) -> tuple[RestrictionLine, ...]:
    return restriction_lines(found, T0, T0 + 2 * DAY, alerts, lambda *_: SENT, sees_templates=sees_templates)


def test_each_restriction_ends_when_meta_said_it_would() -> None:
    end = (T0 + DAY) // 1_000

    assert restricted([word(f"{BIZ},{ADD}", T0, f"{BIZ}={end},{ADD}")]) == [
        Restricted("1", BIZ, T0, T0 + DAY, "term"),
        Restricted("1", ADD, T0, None, ""),
    ]


def test_one_that_names_none_lifts_those_of_its_account_that_last() -> None:
    found = restricted([word(BIZ, T0), word(BIZ, T0, waba="2"), word("", T0 + HOUR)])

    assert [(each.waba, each.end, each.ended) for each in found] == [("1", T0 + HOUR, "lifted"), ("2", None, "")]


def test_the_same_told_again_is_one_after_the_other_and_another_stands_beside_it() -> None:
    found = restricted([word(BIZ, T0), word(ADD, T0 + HOUR), word(BIZ, T0 + 2 * HOUR)])

    assert [(each.kind, each.ended) for each in found] == [(BIZ, "replaced"), (ADD, ""), (BIZ, "")]


def test_a_ban_ends_when_the_account_is_reinstated_and_not_before() -> None:
    told = (("SCHEDULE_FOR_DISABLE", 0), ("DISABLE", HOUR), ("REINSTATE", DAY))
    banned = [word(state, T0 + at, event="DISABLED_UPDATE") for state, at in told]

    (found,) = restricted([*banned, word("", T0 + 2 * HOUR)])

    assert found == Restricted("1", "DISABLE", T0 + HOUR, T0 + DAY, "lifted")


def test_what_it_bars_is_counted_and_what_it_does_not_is_unknown() -> None:
    found = {each.kind: each for each in lines(restricted([word(f"{BIZ},{ALL},{ADD}", T0)]))}

    assert {kind: (each.barred, each.sends) for kind, each in found.items()} == {
        BIZ: ("templates", 5),
        ALL: ("every", 7),
        ADD: ("", None),
    }


def test_where_templates_are_not_seen_nobody_says_that_none_was_sent() -> None:
    (found,) = lines(restricted([word(BIZ, T0)]), sees_templates=False)

    assert found.sends is None


def test_only_whole_hours_within_it_and_the_period_are_counted() -> None:
    asked: list[tuple[str, int, int]] = []

    def tally(waba: str, start: int, end: int) -> Tally:
        asked.append((waba, start, end))
        return SENT

    end = (T0 + 5 * HOUR + HOUR // 2) // 1_000
    some = restricted([word(ALL, T0 + HOUR // 2, f"{ALL}={end}"), word(ALL, T0 - 40 * DAY, waba="2")])
    found = restriction_lines(some, T0, T0 + 2 * DAY, (), tally, sees_templates=True)

    assert asked == [("1", T0 + HOUR, T0 + 5 * HOUR)]
    assert [each.waba for each in found] == ["1"], "none that Meta documents lasts for 40 days"


def test_it_says_how_long_nobody_acknowledged_it() -> None:
    alert = AlertLine(
        "a", "ACCOUNT_RESTRICTED", "", "critical", "waba:1", utc(T0 + 60_000), "ada", 30.0, None, "", 1.0, 0
    )

    assert lines(restricted([word(BIZ, T0)]), alert)[0].acknowledged_after_s == 90.0
    assert lines(restricted([word(BIZ, T0, waba="2")]), alert)[0].acknowledged_after_s is None


def test_sends_that_a_restriction_barred_are_advised_against() -> None:
    report = replace(REPORT, restrictions=lines(restricted([word(BIZ, T0)])))

    assert advice(report)[0].because == f"5 messages of account 1 were asked for that Meta's {BIZ} barred."
