"""The catalogue of error codes: complete, readable, and fair about whose fault it is."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from wabawatch.domain.error_catalogue import TABLE
from wabawatch.domain.error_codes import (
    AUTH_CODES,
    OPT_OUT_CODE,
    RATE_LIMIT_CODES,
    TEMPLATE_VIOLATION_CODES,
    ErrorClass,
    ErrorCode,
    Fault,
    RateScope,
    catalogue,
    fault_of,
    is_known,
    lookup,
)

AUTHORISATION_AND_INTEGRITY = [0, 3, 10, 102, 104, 190, *range(200, 300), 131005, 368, 130497, 131031, 131064, 139200]
HEALTH = [141002, 141008, 141010, 141014]
THROTTLING = [4, 17, 32, 613, 80007, 80008, 130429, 131048, 131056, 131049, 133016, 131208]
SENDING = [
    *[1, 2, 33, 100, 130403, 130472, 130501, 131000, 131008, 131009, 131016, 131021, 131026, 131030, 131035, 131036],
    *[131037, 131042, 131044, 131045, 131047, 131050, 131051, 131052, 131053, 131055, 131057, 131059, 131062, 131063],
    *[135000, 137000, 134011, 134100, 134101, 134102, 1752041, 506, 130470, 131027],
]
TEMPLATES_AND_FLOWS = [
    *[132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069, *range(139000, 139005)],
    *[2388019, 2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299, 200002, 200005, 200006, 200007],
]
REGISTRATION = [133000, 133004, 133005, 133006, 133008, 133009, 133010, 133015]
MIGRATION = [2388001, 2388012, 2388091, 2388093, 2388103, 2494100, 2593079, 2593085, 2593107, 2593108, 2593109]
SIGNUPS = [*range(2494164, 2494169), 2494176, 2494177, 2494179]
GROUPS = [131020, 131041, 131201, 131202, 131203, 131204, 131207, *range(131209, 131216)]
CALLS = [*range(138000, 138008), 138009, *range(138012, 138016), *range(138017, 138026)]
OTHERS = [*range(139100, 139104), *range(147001, 147006)]
ALL = [
    *AUTHORISATION_AND_INTEGRITY,
    *HEALTH,
    *THROTTLING,
    *SENDING,
    *TEMPLATES_AND_FLOWS,
    *REGISTRATION,
    *MIGRATION,
    *SIGNUPS,
    *GROUPS,
    *CALLS,
    *OTHERS,
]


@pytest.mark.parametrize("code", ALL)
def test_every_documented_code_is_known(code: int) -> None:
    entry = lookup(code)

    assert is_known(code)
    assert entry is not None
    assert entry.code == code


@pytest.mark.parametrize("code", [-1, 5, 199, 300, 131065, 138008, 138010, 138016, 139005, 147006, 2494169, 10**18])
def test_a_code_beside_the_ranges_is_not_known(code: int) -> None:
    assert not is_known(code)
    assert lookup(code) is None


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: str(entry.code))
def test_every_entry_can_be_read_by_an_operator(entry: ErrorCode) -> None:
    assert entry.title == entry.title.strip() != ""
    for sentence in (entry.meaning, entry.next_step):
        assert re.fullmatch(r"[A-Z][^\n|>]{8,130}\.", sentence)
        assert ". " not in sentence


def test_no_code_stands_twice_in_the_table() -> None:
    heads = re.findall(r"^(\d+)(?:-(\d+))? ", TABLE, flags=re.MULTILINE)
    counts = Counter(code for first, last in heads for code in range(int(first), int(last or first) + 1))

    assert [code for code, count in counts.items() if count > 1] == []
    assert sorted(counts) == [entry.code for entry in catalogue()]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (190, Fault.SENDER),
        (131047, Fault.SENDER),
        (132000, Fault.SENDER),
        (368, Fault.ACCOUNT),
        (131042, Fault.ACCOUNT),
        (130403, Fault.ACCOUNT),
        (132015, Fault.TEMPLATE),
        (131064, Fault.TEMPLATE),
        (131026, Fault.RECIPIENT),
        (131049, Fault.RECIPIENT),
        (131050, Fault.RECIPIENT),
        (131000, Fault.META),
        (130472, Fault.META),
        (130429, Fault.RATE_LIMIT),
        (131048, Fault.RATE_LIMIT),
        (80008, Fault.RATE_LIMIT),
    ],
)
def test_the_fault_is_theirs_who_can_mend_it(code: int, fault: Fault) -> None:
    assert fault_of(code) is fault


def test_nobody_is_blamed_for_an_unknown_code() -> None:
    assert fault_of(999_999) is Fault.UNKNOWN
    assert fault_of(-1) is Fault.UNKNOWN
    assert fault_of(300) is Fault.UNKNOWN


def test_an_unknown_code_of_graphs_own_hundreds_is_the_senders() -> None:
    assert not is_known(101)
    assert fault_of(101) is Fault.SENDER


def test_rate_limits_are_the_throttles_that_our_own_pace_can_respect() -> None:
    blamed = {entry.code for entry in catalogue() if entry.fault is Fault.RATE_LIMIT}

    assert blamed | {131064} == RATE_LIMIT_CODES
    assert 131049 not in RATE_LIMIT_CODES


def test_every_rate_limit_is_transient_and_says_what_it_is_counted_on() -> None:
    limits = [entry for entry in catalogue() if entry.code in RATE_LIMIT_CODES]

    assert all(entry.is_transient and entry.scope is not None for entry in limits)
    assert {entry.scope for entry in limits} == set(RateScope) - {RateScope.PERSON}


def test_only_limits_have_a_scope() -> None:
    assert {entry.code for entry in catalogue() if entry.scope is not None} == RATE_LIMIT_CODES | {131049}


def test_the_auth_codes_are_those_of_the_auth_class() -> None:
    assert {entry.code for entry in catalogue() if entry.category is ErrorClass.AUTH} == AUTH_CODES


def test_template_violations_are_the_templates_fault() -> None:
    assert frozenset({132001, 132007, 132015, 132016}) == TEMPLATE_VIOLATION_CODES
    assert {fault_of(code) for code in TEMPLATE_VIOLATION_CODES} == {Fault.TEMPLATE}


def test_an_opt_out_is_never_retried() -> None:
    entry = lookup(OPT_OUT_CODE)

    assert entry is not None
    assert (entry.category, entry.is_transient, entry.retry_after_s) == (ErrorClass.OPT_OUT, False, None)


@pytest.mark.parametrize("code", [1, 2, 4, 80007, 80008, 130429, 131000, 131016, 131056, 131057, 133004, 134101])
def test_what_is_worth_a_retry_is_transient(code: int) -> None:
    entry = lookup(code)

    assert entry is not None
    assert entry.is_transient


@pytest.mark.parametrize("code", [131050, 130403, 130472, 131026, 131047, 132000, 132001, 132007, 132016])
def test_what_must_never_be_retried_is_not_transient(code: int) -> None:
    entry = lookup(code)

    assert entry is not None
    assert not entry.is_transient


def test_a_wait_is_given_only_where_waiting_helps() -> None:
    waits = {entry.code: entry.retry_after_s for entry in catalogue() if entry.retry_after_s is not None}

    assert waits[131049] == 24 * 3600
    assert waits[133016] == 72 * 3600
    assert all(is_known(code) and seconds > 0 for code, seconds in waits.items())
    assert all(entry.is_transient for entry in catalogue() if entry.code in waits)


def test_every_class_is_used() -> None:
    assert {entry.category for entry in catalogue()} == set(ErrorClass)
