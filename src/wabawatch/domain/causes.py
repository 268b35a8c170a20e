"""Whose fault an incident is: us, Meta or the network between, told from the pattern of all checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.checks import UNANSWERED, CheckKind, CheckState, Failure, Outcome, Plan
from wabawatch.domain.facts import Millis

WITNESS_MS = 30_000
"""A check that was looked at so long before the first failure bears no witness any more."""


class Cause(StrEnum):
    """Who must act."""

    US = "us"
    META = "Meta"
    NETWORK = "network"


class Why(StrEnum):
    """Why that cause: the evidence, by name."""

    META_SAYS_SO = "meta_says_so"
    """Meta's status feed reports an outage"""
    META_ANSWERS_WRONG = "meta_answers_wrong"
    """Meta's API answers, with an error of its own"""
    OTHERS_ANSWER = "others_answer"
    """It does not answer, while other places on the Internet do"""
    NOTHING_ANSWERS = "nothing_answers"
    """Nothing on the Internet answers from here"""
    NO_WITNESS = "no_witness"
    """It does not answer, and no other place on the Internet has been asked since"""
    STORE_DOWN = "store_down"
    """Our database or queue is not well"""
    RECEIVER_DOWN = "receiver_down"
    """Our receiver does not answer on its own machine either"""
    PUBLIC_URL_WRONG = "public_url_wrong"
    """The public URL leads to something that does not answer as our receiver does, while that does"""
    PUBLIC_WAY_BROKEN = "public_way_broken"
    """Nothing answers at the public URL, while our receiver and other places on the Internet do"""
    CERTIFICATE = "certificate"
    NOT_DIGESTED = "not_digested"
    """It was accepted, and never came out of the digest"""
    TOKEN_REFUSED = "token_refused"
    APPLICATION = "application"
    """The application does not take what is forwarded to it"""
    WRONG_ANSWER = "wrong_answer"
    """It answers, and not as the settings demand"""
    FORBIDDEN = "forbidden"
    """Our own settings do not allow the call"""
    OUR_MACHINE = "our_machine"


class Decision(NamedTuple):
    """A cause with its evidence."""

    cause: Cause
    why: Why


_STRENGTH: Mapping[Why, int] = {Why.META_SAYS_SO: 3, Why.NO_WITNESS: 0, Why.OTHERS_ANSWER: 1, Why.NOTHING_ANSWERS: 1}
_OF_OURS = frozenset({CheckKind.RECEIVER, CheckKind.DATABASE, CheckKind.QUEUE, CheckKind.DISK})
_STORES = frozenset({CheckKind.DATABASE, CheckKind.QUEUE})

Others = Iterable[tuple[Plan, CheckState]]


def decide(plan: Plan, state: CheckState, others: Others) -> Decision:
    """Whose fault it is that *plan* fails as *state* tells. *others*: all other checks, as they stand."""
    around = _Around(state.since or 0, others)
    failure = state.last.failure if state.last else Failure.NONE
    if plan.kind is CheckKind.META_STATUS:
        return Decision(Cause.META, Why.META_SAYS_SO)
    if failure is Failure.FORBIDDEN:
        return Decision(Cause.US, Why.FORBIDDEN)
    if plan.kind in _OF_OURS:
        is_store = plan.kind in _STORES or around.is_failing(_STORES)
        return Decision(Cause.US, Why.STORE_DOWN if is_store else Why.OUR_MACHINE)
    match plan.kind:
        case CheckKind.GRAPH:
            return _of_meta(failure, around)
        case CheckKind.TOKEN:
            return Decision(Cause.US, Why.TOKEN_REFUSED)
        case CheckKind.HANDSHAKE | CheckKind.PIPELINE:
            return _of_the_way_in(failure, around)
        case _:
            return _of_a_place(plan, failure, around)


def stronger(before: Decision | None, now: Decision) -> Decision:
    """Which of two decisions on one incident holds: that with the stronger evidence, else the newer one."""
    if before is not None and _STRENGTH.get(before.why, 2) > _STRENGTH.get(now.why, 2):
        return before
    return now


class _Around:
    """The other checks, as far as they were looked at since the first failure."""

    def __init__(self, since: Millis, others: Others) -> None:
        from_at = since - WITNESS_MS
        looked = [(plan, state) for plan, state in others if state.newest is not None]
        self._fresh = [(p, s) for p, s in looked if s.last is not None and s.last.at >= from_at]
        self._witnesses = [s.newest for p, s in looked if p.is_outside and s.newest and s.newest.at >= from_at]

    def is_failing(self, kinds: frozenset[CheckKind]) -> bool:
        return any(plan.kind in kinds and _failed(state) for plan, state in self._fresh)

    def is_reported(self) -> bool:
        """Whether Meta says that something is wrong."""
        return self.is_failing(frozenset({CheckKind.META_STATUS}))

    def witnesses(self) -> list[bool]:
        """Whether each place on the Internet was reached."""
        return [seen.has_reached for seen in self._witnesses]


def _failed(state: CheckState) -> bool:
    return state.last is not None and state.last.outcome is Outcome.FAILED


def _of_meta(failure: Failure, around: _Around) -> Decision:
    if around.is_reported():
        return Decision(Cause.META, Why.META_SAYS_SO)
    if failure not in UNANSWERED:
        return Decision(Cause.META, Why.META_ANSWERS_WRONG)
    return _unanswered(around, Decision(Cause.META, Why.OTHERS_ANSWER))


def _unanswered(around: _Around, else_: Decision) -> Decision:
    """Nothing came back: is it the network? *else_*: what it is when other places answer."""
    heard = around.witnesses()
    if not heard:
        return Decision(Cause.NETWORK, Why.NO_WITNESS)
    return else_ if any(heard) else Decision(Cause.NETWORK, Why.NOTHING_ANSWERS)


def _of_the_way_in(failure: Failure, around: _Around) -> Decision:
    if around.is_failing(_STORES):
        return Decision(Cause.US, Why.STORE_DOWN)
    if around.is_failing(frozenset({CheckKind.RECEIVER})):
        return Decision(Cause.US, Why.RECEIVER_DOWN)
    if failure is Failure.INSIDE:
        return Decision(Cause.US, Why.NOT_DIGESTED)
    if failure is Failure.CERTIFICATE:
        return Decision(Cause.US, Why.CERTIFICATE)
    if failure not in UNANSWERED:
        return Decision(Cause.US, Why.PUBLIC_URL_WRONG)
    return _unanswered(around, Decision(Cause.NETWORK, Why.PUBLIC_WAY_BROKEN))


def _of_a_place(plan: Plan, failure: Failure, around: _Around) -> Decision:
    if failure is Failure.CERTIFICATE or plan.kind is CheckKind.TLS:
        known = Decision(Cause.US, Why.CERTIFICATE)
    elif plan.kind is CheckKind.APPLICATION:
        known = Decision(Cause.US, Why.APPLICATION)
    else:
        known = Decision(Cause.US, Why.WRONG_ANSWER)
    if failure not in UNANSWERED:
        return known
    heard = around.witnesses()
    return Decision(Cause.NETWORK, Why.NOTHING_ANSWERS) if plan.is_outside and heard and not any(heard) else known
