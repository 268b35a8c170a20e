"""Whose fault an incident is: each pattern of checks with the cause that it must give."""

from __future__ import annotations

import pytest

from wabawatch.domain.causes import Cause, Decision, Why, decide, stronger
from wabawatch.domain.checks import CheckKind, CheckState, Failure, Outcome, Plan, Seen

NOW = 1_700_000_000_000
K, F = CheckKind, Failure
OUTSIDE = {K.GRAPH, K.META_STATUS, K.HTTP}


def standing(kind: CheckKind, failure: Failure = F.NONE, at: int = NOW) -> tuple[Plan, CheckState]:
    """A check that failed so at *at*, or went well. A status feed that cannot be read tells nothing."""
    plan = Plan(str(kind), kind, is_outside=kind in OUTSIDE)
    if kind is K.META_STATUS and failure not in (F.NONE, F.SAID):
        return plan, CheckState(0, newest=Seen(str(kind), at, Outcome.UNKNOWN, failure))
    seen = Seen(str(kind), at, Outcome.FAILED if failure else Outcome.OK, failure)
    return plan, CheckState(0, seen, seen, failures=bool(failure), since=at if failure else None)


@pytest.mark.parametrize(
    ("kind", "failure", "others", "cause", "why"),
    [
        (K.GRAPH, F.ANSWER, [], Cause.META, Why.META_ANSWERS_WRONG),
        (K.GRAPH, F.TIMEOUT, [(K.HTTP, F.NONE)], Cause.META, Why.OTHERS_ANSWER),
        (K.GRAPH, F.TIMEOUT, [(K.HTTP, F.ANSWER)], Cause.META, Why.OTHERS_ANSWER),
        (K.GRAPH, F.TIMEOUT, [(K.HTTP, F.NAME), (K.META_STATUS, F.NAME)], Cause.NETWORK, Why.NOTHING_ANSWERS),
        (K.GRAPH, F.CONNECTION, [(K.DATABASE, F.NONE)], Cause.NETWORK, Why.NO_WITNESS),
        (K.GRAPH, F.TIMEOUT, [(K.META_STATUS, F.SAID)], Cause.META, Why.META_SAYS_SO),
        (K.GRAPH, F.FORBIDDEN, [], Cause.US, Why.FORBIDDEN),
        (K.META_STATUS, F.SAID, [], Cause.META, Why.META_SAYS_SO),
        (K.TOKEN, F.ANSWER, [], Cause.US, Why.TOKEN_REFUSED),
        (K.DATABASE, F.INSIDE, [], Cause.US, Why.STORE_DOWN),
        (K.QUEUE, F.INSIDE, [], Cause.US, Why.STORE_DOWN),
        (K.DISK, F.INSIDE, [], Cause.US, Why.OUR_MACHINE),
        (K.RECEIVER, F.CONNECTION, [], Cause.US, Why.OUR_MACHINE),
        (K.RECEIVER, F.ANSWER, [(K.DATABASE, F.INSIDE)], Cause.US, Why.STORE_DOWN),
        (K.HANDSHAKE, F.ANSWER, [(K.RECEIVER, F.NONE)], Cause.US, Why.PUBLIC_URL_WRONG),
        (K.HANDSHAKE, F.CONNECTION, [(K.RECEIVER, F.CONNECTION)], Cause.US, Why.RECEIVER_DOWN),
        (K.HANDSHAKE, F.NAME, [(K.GRAPH, F.NONE)], Cause.NETWORK, Why.PUBLIC_WAY_BROKEN),
        (K.HANDSHAKE, F.NAME, [(K.GRAPH, F.NAME)], Cause.NETWORK, Why.NOTHING_ANSWERS),
        (K.HANDSHAKE, F.CERTIFICATE, [(K.GRAPH, F.NONE)], Cause.US, Why.CERTIFICATE),
        (K.PIPELINE, F.INSIDE, [(K.GRAPH, F.NONE)], Cause.US, Why.NOT_DIGESTED),
        (K.PIPELINE, F.ANSWER, [(K.DATABASE, F.INSIDE)], Cause.US, Why.STORE_DOWN),
        (K.APPLICATION, F.TIMEOUT, [(K.GRAPH, F.NONE)], Cause.US, Why.APPLICATION),
        (K.TLS, F.CERTIFICATE, [], Cause.US, Why.CERTIFICATE),
        (K.HTTP, F.SLOW, [], Cause.US, Why.WRONG_ANSWER),
        (K.HTTP, F.CONNECTION, [(K.GRAPH, F.CONNECTION)], Cause.NETWORK, Why.NOTHING_ANSWERS),
        (K.HTTP, F.CONNECTION, [(K.GRAPH, F.NONE)], Cause.US, Why.WRONG_ANSWER),
    ],
)
def test_the_pattern_of_checks_tells_whose_fault_it_is(
    kind: CheckKind, failure: Failure, others: list[tuple[CheckKind, Failure]], cause: Cause, why: Why
) -> None:
    around = [standing(each, how) for each, how in others]

    assert decide(*standing(kind, failure), around) == Decision(cause, why)


def test_who_was_asked_long_before_the_failure_bears_no_witness() -> None:
    around = [standing(K.HTTP, at=NOW - 60_000)]

    assert decide(*standing(K.GRAPH, F.TIMEOUT), around).why is Why.NO_WITNESS


def test_stronger_evidence_stays_and_equal_evidence_gives_way_to_the_newer() -> None:
    said, silent = Decision(Cause.META, Why.META_SAYS_SO), Decision(Cause.NETWORK, Why.NO_WITNESS)
    others, nothing = Decision(Cause.META, Why.OTHERS_ANSWER), Decision(Cause.NETWORK, Why.NOTHING_ANSWERS)

    assert stronger(None, silent) == silent
    assert stronger(silent, others) == others
    assert stronger(others, nothing) == nothing
    assert stronger(said, nothing) == said
