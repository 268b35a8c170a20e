"""The Prometheus text: names, types, help and values."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY, Metric
from prometheus_client.parser import text_string_to_metric_families

from wabawatch.domain.alerts import Severity
from wabawatch.domain.calls import CallCounts
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.forwarding import Outcome, TargetState
from wabawatch.domain.histograms import index_of
from wabawatch.domain.metrics import MessageCounts
from wabawatch.domain.report import BodyCounts
from wabawatch.flows.ingest import AckTally, Admission
from wabawatch.loops import Group, LoopHealth, LoopState
from wabawatch.web.metrics import Build, Figure, MetricsSnapshot, render
from wabawatch.web.metrics_alerts import AlertLook
from wabawatch.web.metrics_forward import TargetFigures
from wabawatch.web.metrics_gateway import GatewayFigures

ACK_MS = {index_of(3): 90, index_of(240): 9, index_of(30_000): 1}

CRM = TargetState("crm", True, False, 7, 3, 5, 2, 1, 9, None)

GATEWAY = GatewayFigures(CallCounts(9, 5, 3, 1, {4: 1, 130429: 2}, {index_of(80): 4}), spooled_bytes=512, lost=2)

SNAPSHOT = MetricsSnapshot(
    window_s=86_400,
    messages=MessageCounts(
        attempted=2100,
        accepted=2090,
        sent=20,
        delivered=1200,
        read=800,
        failed=50,
        expired=10,
        pending=20,
        rejected=8,
        unlinked=2,
        orphan=4,
        inbound=300,
    ),
    rates={
        "delivery_rate": Figure(0.9569, 2090, (0.947, 0.965), 0.95),
        "coverage": Figure(None, 0),
    },
    verdict=Verdict.WARNING,
    limit_hits={},
    webhooks=BodyCounts(
        processed=6480, backlog=17, parked=3, duplicates=44, unparsed_items=5, unknown=6, distinct_live=6000
    ),
    acks={"": AckTally(ACK_MS, {Admission.BAD_SIGNATURE: 7}), "shop": AckTally({}, {})},
    oldest_waiting_s=0.75,
    loops=[
        LoopHealth("digest", Group.CORE, LoopState.FAILING, 5.0, 2.5, 11, 2, "StoreUnavailable: +49 170 1234567"),
        LoopHealth("cycle", Group.MONITORING, LoopState.PAUSED, None, 0.0, 0, 0, ""),
    ],
    build=Build(version="0.1.0", python="3.11.7", database="sqlite"),
    gateway=GATEWAY,
    targets=[TargetFigures(CRM, 2.5, {Outcome.DELIVERED: 9, Outcome.TIMED_OUT: 1}, {index_of(40): 9})],
)


def test_calls_through_the_gateway_are_shown() -> None:
    found = families()

    shown = {name: found[f"wabawatch_gateway_{name}"].samples[0].value for name in ("calls", "sends", "errors")}
    hits = {sample.labels["code"]: sample.value for sample in found["wabawatch_gateway_rate_limit_hits"].samples}
    assert shown == {"calls": 9, "sends": 5, "errors": 3}
    assert hits == {"4": 1, "130429": 2}
    assert found["wabawatch_gateway_spooled_bytes"].samples[0].value == 512
    assert found["wabawatch_gateway_records_lost"].samples[0].value == 2


def families(snapshot: MetricsSnapshot = SNAPSHOT) -> dict[str, Metric]:
    """By name, as a scraper reads them."""
    return {family.name: family for family in text_string_to_metric_families(render(snapshot).decode())}


def values(name: str, snapshot: MetricsSnapshot = SNAPSHOT) -> dict[tuple[str, ...], float]:
    """The samples of a name by the values of their labels, in the order of the labels' names."""
    samples = [s for family in families(snapshot).values() for s in family.samples if s.name == name]
    return {tuple(value for _, value in sorted(s.labels.items())): s.value for s in samples}


def by(name: str, snapshot: MetricsSnapshot = SNAPSHOT) -> dict[str, float]:
    """The samples of a name that has one label, by its value."""
    return {label: value for (label,), value in values(name, snapshot).items()}


def test_targets_are_shown_with_what_waits_and_how_attempts_ended() -> None:
    assert by("wabawatch_forward_waiting") == {"crm": 3}
    assert by("wabawatch_forward_dead_letters") == {"crm": 1}
    assert by("wabawatch_forward_left_alone") == {"crm": 1}
    assert values("wabawatch_forward_attempts_total")["timed_out", "crm"] == 1
    assert values("wabawatch_forward_answer_seconds_count") == {("crm",): 9}


def test_messages_are_shown_by_status() -> None:
    shown = by("wabawatch_messages")

    assert shown == {"sent": 20, "delivered": 1200, "read": 800, "failed": 50, "expired": 10, "pending": 20}
    assert sum(shown.values()) == values("wabawatch_messages_attempted")[()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window_seconds", 86_400),
        ("messages_attempted", 2100),
        ("messages_accepted", 2090),
        ("messages_rejected", 8),
        ("messages_unlinked", 2),
        ("messages_orphan", 4),
        ("messages_inbound", 300),
        ("webhooks_received_total", 6500),
        ("webhooks_processed_total", 6480),
        ("webhooks_duplicates_total", 44),
        ("webhooks_unparsed_items_total", 5),
        ("webhooks_unknown_total", 6),
        ("webhooks_backlog", 17),
        ("webhooks_parked", 3),
        ("inbox_oldest_waiting_seconds", 0.75),
    ],
)
def test_single_figures(name: str, value: float) -> None:
    assert values(f"wabawatch_{name}") == {(): value}


def test_a_rate_comes_with_its_cases_interval_and_line() -> None:
    assert by("wabawatch_rate_ratio") == {"delivery_rate": 0.9569}
    assert by("wabawatch_rate_low_ratio") == {"delivery_rate": 0.947}
    assert by("wabawatch_rate_high_ratio") == {"delivery_rate": 0.965}
    assert by("wabawatch_rate_threshold_ratio") == {"delivery_rate": 0.95}


def test_a_rate_without_a_case_shows_only_that() -> None:
    assert by("wabawatch_rate_cases") == {"delivery_rate": 2090, "coverage": 0}


def test_exactly_one_overall_status_is_set() -> None:
    assert by("wabawatch_overall_status") == {
        "compliant": 0,
        "warning": 1,
        "violation": 0,
        "insufficient_data": 0,
    }


def test_answers_of_the_receiver_are_counted_by_app_and_reason() -> None:
    refused = values("wabawatch_receiver_refused_total")

    assert by("wabawatch_receiver_accepted_total") == {"": 100, "shop": 0}
    assert refused["", "bad_signature"] == 7
    assert sum(refused.values()) == 7
    assert {reason for _, reason in refused} == set(Admission) - {Admission.ACCEPTED, Admission.SYNTHETIC}


def test_answer_times_are_a_cumulative_histogram() -> None:
    buckets = values("wabawatch_receiver_ack_seconds_bucket")

    for_default = {bound: n for (app, bound), n in buckets.items() if app == ""}
    assert for_default["0.001"] == 0
    assert for_default["0.005"] == 90
    assert for_default["0.1"] == 90
    assert for_default["0.25"] == 99
    assert for_default["20.0"] == 99
    assert for_default["+Inf"] == 100
    assert list(for_default.values()) == sorted(for_default.values())


def test_answer_times_have_a_sum_and_a_count() -> None:
    exact_s = (90 * 3 + 9 * 240 + 30_000) / 1000

    assert by("wabawatch_receiver_ack_seconds_count") == {"": 100, "shop": 0}
    assert by("wabawatch_receiver_ack_seconds_sum")[""] == pytest.approx(exact_s, rel=0.02)


def test_each_loop_is_in_one_state() -> None:
    states = values("wabawatch_loop_state")

    assert len(states) == 2 * len(LoopState)
    assert {labels for labels, value in states.items() if value} == {
        ("core", "digest", "failing"),
        ("monitoring", "cycle", "paused"),
    }


def test_loops_tell_their_silence_and_failures() -> None:
    assert values("wabawatch_loop_quiet_seconds") == {("core", "digest"): 2.5, ("monitoring", "cycle"): 0}
    assert values("wabawatch_loop_failures_total") == {("core", "digest"): 11, ("monitoring", "cycle"): 0}


def test_the_build_is_named() -> None:
    sample = families()["wabawatch_build_info"].samples[0]

    assert (sample.labels, sample.value) == ({"version": "0.1.0", "python": "3.11.7", "database": "sqlite"}, 1)


def test_types_follow_the_names() -> None:
    for name, family in families().items():
        totals = [sample.name.endswith("_total") for sample in family.samples]
        is_histogram = name.endswith(("_ack_seconds", "_send_seconds", "_answer_seconds"))
        expected = "counter" if any(totals) else "histogram" if is_histogram else "gauge"

        assert family.type == expected, name
        assert all(totals) or not any(totals), name


def test_every_name_is_ours_well_formed_and_explained() -> None:
    for name, family in families().items():
        assert re.fullmatch(r"wabawatch(_[a-z]+)+", name)
        assert family.documentation.endswith("."), name
        assert family.documentation[0].isupper() or family.documentation[0] == "1", name


def test_every_name_appears_once() -> None:
    announced = re.findall(r"^# TYPE (\S+)", render(SNAPSHOT).decode(), re.MULTILINE)

    assert len(announced) == len(set(announced)) > 25


def test_only_these_labels_exist_so_that_none_names_a_person_or_message() -> None:
    labels = {label for family in families().values() for sample in family.samples for label in sample.labels}

    assert labels == {
        "code",
        "scope",
        "status",
        "rate",
        "app",
        "reason",
        "le",
        "loop",
        "group",
        "state",
        "version",
        "python",
        "database",
        "target",
        "outcome",
    }


def test_what_an_error_said_is_not_shown() -> None:
    assert b"1234567" not in render(SNAPSHOT)


def test_the_same_snapshot_gives_the_same_bytes() -> None:
    assert render(SNAPSHOT) == render(replace(SNAPSHOT))


def test_other_metrics_of_the_process_are_left_alone() -> None:
    before = {family.name for family in REGISTRY.collect()}

    text = render(SNAPSHOT).decode()

    assert {family.name for family in REGISTRY.collect()} == before
    assert not any(f"\n{name}" in text for name in before)


def test_an_idle_installation_shows_its_zeros() -> None:
    idle = replace(SNAPSHOT, rates={}, acks={}, loops=[], oldest_waiting_s=0.0, verdict=Verdict.INSUFFICIENT_DATA)

    assert by("wabawatch_overall_status", idle)["insufficient_data"] == 1
    assert values("wabawatch_inbox_oldest_waiting_seconds", idle) == {(): 0}
    assert values("wabawatch_loop_state", idle) == {}


def test_each_limit_has_a_sample_with_what_it_is_counted_on() -> None:
    hit = replace(SNAPSHOT, limit_hits={131056: 3})

    samples = {tuple(s.labels.values()): s.value for s in families(hit)["wabawatch_rate_limit_hits"].samples}

    assert samples["131056", "pair"] == 3
    assert samples["4", "app"] == 0


def test_alerts_are_told_by_type_and_severity_and_notices_by_what_became_of_them() -> None:
    firing = {("TOKEN_INVALID", Severity.CRITICAL): 1, ("TEMPLATE_PAUSED", Severity.WARNING): 3}
    told = render(replace(SNAPSHOT, alerts=AlertLook(firing, {("email", "retrying"): 2}))).decode()

    assert 'wabawatch_alerts_firing{severity="critical",type="TOKEN_INVALID"} 1.0' in told
    assert 'wabawatch_alerts_firing{severity="warning",type="TEMPLATE_PAUSED"} 3.0' in told
    assert 'wabawatch_notices{channel="email",state="retrying"} 2.0' in told
