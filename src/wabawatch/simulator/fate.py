"""What becomes of one send: decided whole, at once, from seeded randomness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from wabawatch.domain.facts import Status
from wabawatch.simulator.application import PlannedSend
from wabawatch.simulator.failures import ERRORS, MetaError, failure_of, refusal_of
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.world import risk_of

_MINUTE = 60_000
_LONGEST_ON_THE_WAY = 8 * _MINUTE
"""Below the ten minutes an authentication message lives."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A status that the message reaches, counted from the send's request."""

    status: Status
    after_ms: int
    error: MetaError | None = None
    participant: int | None = None
    """Which member of the group; None concerns the whole message."""


@dataclass(frozen=True, slots=True)
class Fate:
    """The whole course of a send."""

    answer_after_ms: int
    refusal: MetaError | None = None
    is_held: bool = False
    stages: tuple[Stage, ...] = ()


def decide(
    send: PlannedSend, mix: Mix, rng: Random, *, outage: MetaError | None, doom: MetaError | None, strain: float = 1.0
) -> Fate:
    """Decide what becomes of *send*. *outage* refuses it; *doom* fails it once accepted (incidents); *strain*: how much
    likelier than usual it fails or stays undelivered."""
    if strain != 1.0:
        mix = replace(mix, failed=min(0.5, mix.failed * strain), undelivered=min(0.5, mix.undelivered * strain))
    answer_after = rng.randrange(80, 450)
    refusal = outage or _refusal(send, mix, rng)
    if refusal is not None:
        return Fate(answer_after, refusal=refusal)
    sent_after = answer_after + rng.randrange(60, 1_500)
    if send.type == "reaction":
        return Fate(answer_after, stages=(Stage(Status.SENT, sent_after),))
    if doom is not None:
        return Fate(answer_after, stages=_failing(send, mix, rng, sent_after, doom))
    if send.group is not None:
        return Fate(answer_after, stages=_in_group(send, mix, rng, sent_after))
    if send.category in ("marketing", "utility") and rng.random() < mix.held:
        return Fate(answer_after, is_held=True, stages=_held(send, mix, rng, sent_after))
    return Fate(answer_after, stages=_single(send, mix, rng, sent_after))


def _refusal(send: PlannedSend, mix: Mix, rng: Random) -> MetaError | None:
    if rng.random() >= mix.refused:
        return None
    return refusal_of(send.category, rng, is_troubled=_is_troubled(send, mix, rng))


def _is_troubled(send: PlannedSend, mix: Mix, rng: Random) -> bool:
    return send.template is not None and rng.random() < mix.template_trouble


def _single(send: PlannedSend, mix: Mix, rng: Random, sent_after: int) -> tuple[Stage, ...]:
    roll = rng.random()
    if roll < mix.silent:
        return ()
    roll -= mix.silent
    for share, course in _courses(send, mix):
        if roll < share:
            return course(send, mix, rng, sent_after)
        roll -= share
    return _arriving(send, mix, rng, sent_after)


Course = Callable[[PlannedSend, Mix, Random, int], tuple[Stage, ...]]


def _courses(send: PlannedSend, mix: Mix) -> tuple[tuple[float, Course], ...]:
    return (
        (mix.undelivered, _stuck),
        (mix.failed * _risk(send), _failing),
        (mix.contradicted, _contradicting),
    )


def _risk(send: PlannedSend) -> float:
    country = risk_of(send.recipient.country) if send.recipient else 1.0
    return country * (send.template.risk if send.template else 1.0)


def _stuck(send: PlannedSend, mix: Mix, rng: Random, sent_after: int) -> tuple[Stage, ...]:
    return (Stage(Status.SENT, sent_after),)


def _failing(
    send: PlannedSend, mix: Mix, rng: Random, sent_after: int, error: MetaError | None = None
) -> tuple[Stage, ...]:
    error = error or failure_of(send.category, rng, is_troubled=_is_troubled(send, mix, rng))
    failed = Stage(Status.FAILED, sent_after + _tail(rng, 2_000), error)
    return (Stage(Status.SENT, sent_after), failed) if rng.random() < mix.failed_after_sent else (failed,)


def _contradicting(send: PlannedSend, mix: Mix, rng: Random, sent_after: int) -> tuple[Stage, ...]:
    first, second = sorted((sent_after + _tail(rng, 2_000), sent_after + _tail(rng, 20_000)))
    if rng.random() < 0.5:
        first, second = second, first
    failed = Stage(Status.FAILED, second, failure_of(send.category, rng, is_troubled=False))
    return (Stage(Status.SENT, sent_after), Stage(Status.DELIVERED, first), failed)


def _arriving(send: PlannedSend, mix: Mix, rng: Random, sent_after: int) -> tuple[Stage, ...]:
    delivered_after = sent_after + _tail(rng, 1_500)
    if rng.random() < mix.slow and send.category != "authentication":
        delivered_after += rng.randrange(15, 180) * _MINUTE
    sent, delivered = Stage(Status.SENT, sent_after), Stage(Status.DELIVERED, delivered_after)
    if rng.random() >= mix.read:
        return (sent, delivered)
    read = Stage(Status.READ, delivered_after + _tail(rng, 60_000, longest=20 * _MINUTE))
    stages: tuple[Stage, ...] = (sent, read) if rng.random() < mix.delivered_skipped else (sent, delivered, read)
    if send.type == "audio" and rng.random() < mix.played:
        stages += (Stage(Status.PLAYED, read.after_ms + _tail(rng, 5_000)),)
    return stages


def _held(send: PlannedSend, mix: Mix, rng: Random, sent_after: int) -> tuple[Stage, ...]:
    decided_after = sent_after + rng.randrange(3, 25) * _MINUTE
    roll = rng.random()
    if roll < mix.held_forever:
        return ()
    if roll < mix.held_forever + mix.held_dropped:
        return (Stage(Status.FAILED, decided_after, ERRORS[132015]),)
    return _arriving(send, mix, rng, decided_after)


def _in_group(send: PlannedSend, mix: Mix, rng: Random, sent_after: int) -> tuple[Stage, ...]:
    """Each member's own course; somebody always gets it, unless the whole group is refused."""
    if rng.random() < mix.failed:
        return (Stage(Status.FAILED, sent_after, ERRORS[131020]),)
    stages = [Stage(Status.SENT, sent_after)]
    for index, _ in enumerate(send.group.participants if send.group else ()):
        if index and rng.random() < mix.failed:
            stages.append(Stage(Status.FAILED, sent_after + _tail(rng, 2_000), ERRORS[131026], index))
            continue
        course = _arriving(send, mix, rng, sent_after)[1:]
        stages.extend(replace(stage, participant=index) for stage in course)
    return tuple(stages)


def _tail(rng: Random, median_ms: int, longest: int = _LONGEST_ON_THE_WAY) -> int:
    """A waiting time: mostly near the median, now and then very long."""
    return min(longest, int(median_ms * rng.lognormvariate(0.0, 1.1)))
