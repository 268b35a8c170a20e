"""The platform itself: takes sends, decides their fate, and brings the news of it in its own good time.

Pure: time is whatever the caller says it is, and nothing happens until a step is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count, groupby
from random import Random
from typing import TypeAlias

from wabawatch.domain.facts import Millis, Status
from wabawatch.meta.signature import sign
from wabawatch.simulator.analytics import Analytics
from wabawatch.simulator.application import PlannedSend
from wabawatch.simulator.envelope import Item, pack
from wabawatch.simulator.failures import ERRORS, MetaError
from wabawatch.simulator.fate import Fate, Stage, decide
from wabawatch.simulator.ids import stream, wamid
from wabawatch.simulator.incidents import Incident, IncidentKind
from wabawatch.simulator.ledger import Effect, Entry, Ledger, note
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.notices import template_paused
from wabawatch.simulator.outgoing import status_item
from wabawatch.simulator.pattern import Pattern
from wabawatch.simulator.standing import Standing
from wabawatch.simulator.steps import PostWebhook, Step

_SECOND = 1_000
_MINUTE = 60 * _SECOND


@dataclass(frozen=True, slots=True)
class Sent:
    """A send that the platform has dealt with."""

    send: PlannedSend
    fate: Fate
    entry: Entry


@dataclass(frozen=True, slots=True)
class _ItemDue:
    item: Item


@dataclass(frozen=True, slots=True)
class _BatchDue:
    pass


@dataclass(frozen=True, slots=True)
class _BodyDue:
    body: bytes
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class _StepDue:
    step: Step
    effects: tuple[Effect, ...]


_Due: TypeAlias = _ItemDue | _BatchDue | _BodyDue | _StepDue


class Engine:
    """The simulated platform. The same calls in the same order give the same bytes."""

    def __init__(
        self, mix: Mix, seed: int, standing: Standing, *, secret: bytes, app: str, pattern: Pattern | None = None
    ) -> None:
        self.ledger = Ledger()
        self.analytics = Analytics()
        """What Meta counted, whatever of it was told."""
        self._mix = mix
        self._seed = seed
        self._standing = standing
        self._secret = secret
        self._app = app
        self._pattern = pattern or Pattern()
        self._post = stream(seed, "post")
        self._heap: list[tuple[Millis, int, _Due]] = []
        self._order = count()
        self._batch: list[Item] = []
        self._incidents: list[Incident] = []
        self._paused: set[str] = set()

    def submit(self, send: PlannedSend) -> Sent:
        """Take a send: its whole fate is decided now, and its statuses are brought when they are due."""
        rng = stream(self._seed, "fate", send.key)
        outage = self._outage(send) or self._standing.refusal(send)
        strain = self._pattern.strain(self._seed, send.number.id, send.at)
        fate = decide(send, self._mix, rng, outage=outage, doom=self._doom(send, rng), strain=strain)
        own_wamid = "" if fate.refusal else wamid(send.address, rng, from_business=True)
        entry = self.ledger.open_send(send, own_wamid)
        self.analytics.count(send, fate)
        for stages in _together(fate.stages):
            self._tell_status(send, entry, stages, rng)
        self._tell_pause(send, fate)
        return Sent(send, fate, entry)

    def tell(self, item: Item, at: Millis) -> None:
        """Bring *item* by webhook at that time, or later when it has to wait for company."""
        self._push(at, _ItemDue(item))

    def do(self, step: Step, *effects: Effect) -> None:
        """Emit *step* at its time; from then on observers know *effects*."""
        self._push(step.at, _StepDue(step, effects))

    def command(self, incident: Incident) -> None:
        """Break something from `incident.at` on. What was brought or decided earlier stays."""
        self._incidents.append(incident)

    def incidents(self, kind: IncidentKind, at: Millis) -> list[Incident]:
        """Those of a kind that are felt at *at*."""
        return [one for one in self._incidents if one.kind is kind and one.strikes(at)]

    def is_down(self, at: Millis, number: str = "") -> bool:
        """Whether the API answers nobody at that time, or no call about that number."""
        return any(one.kind is IncidentKind.API_DOWN and one.strikes(at, number) for one in self._incidents)

    def next_at(self) -> Millis | None:
        """When the next step may be due, None when nothing is under way."""
        return self._heap[0][0] if self._heap else None

    def due(self, until: Millis) -> Iterator[Step]:
        """Emit every step due up to and including *until*, in the order of time."""
        while self._heap and self._heap[0][0] <= until:
            at, _, event = heappop(self._heap)
            match event:
                case _ItemDue(item):
                    self._dispatch(item, at)
                case _BatchDue():
                    self._flush(at)
                case _BodyDue():
                    yield from self._bring(event, at)
                case _StepDue(step, effects):
                    _note(effects)
                    yield step

    def _push(self, at: Millis, event: _Due) -> None:
        heappush(self._heap, (at, next(self._order), event))

    def _outage(self, send: PlannedSend) -> MetaError | None:
        if self.is_down(send.at, send.number.id):
            return ERRORS[2]
        felt = self._felt(IncidentKind.REFUSALS, send)
        is_struck = felt is not None and stream(self._seed, "refused", send.key).random() < felt.share
        return ERRORS[felt.code] if felt is not None and is_struck else None

    def _doom(self, send: PlannedSend, rng: Random) -> MetaError | None:
        felt = self._felt(IncidentKind.FAILURES, send)
        return ERRORS[felt.code] if felt is not None and rng.random() < felt.share else None

    def _felt(self, kind: IncidentKind, send: PlannedSend) -> Incident | None:
        country = send.recipient.country if send.recipient else ""
        template = send.template.id if send.template else ""
        felt = (send.at, send.number.id, send.number.waba.id, country, template)
        return next((one for one in self._incidents if one.kind is kind and one.strikes(*felt)), None)

    def _tell_status(self, send: PlannedSend, entry: Entry, stages: tuple[Stage, ...], rng: Random) -> None:
        item = status_item(send, entry, stages, is_phone_omitted=rng.random() < self._mix.phone_omitted)
        due = send.at + max(stage.after_ms for stage in stages) + rng.randrange(40, 700)
        if rng.random() < self._mix.delayed:
            due += int(_MINUTE * 240 ** rng.random())
        for incident in self._incidents:
            if incident.kind is IncidentKind.WEBHOOKS_LATE and incident.strikes(send.at, send.number.id):
                due += incident.late_ms
        self.tell(item, due)
        if rng.random() < self._mix.item_repeated:
            self.tell(item, due + rng.randrange(1, 600) * _SECOND)

    def _tell_pause(self, send: PlannedSend, fate: Fate) -> None:
        """Held messages are dropped because their template was paused, and that is told too."""
        if fate.is_held and send.template and fate.stages and fate.stages[0].status is Status.FAILED:
            if send.template.id in self._paused:
                return
            self._paused.add(send.template.id)
            self.tell(template_paused(send.number.waba.id, send.template), send.at + fate.stages[0].after_ms)

    def _dispatch(self, item: Item, at: Millis) -> None:
        if not self._standing.reaches(item):
            return
        if self._post.random() >= self._mix.batched:
            self._emit((item,), at)
            return
        if sum(waiting.size for waiting in self._batch) + item.size > self._mix.batch_size:
            self._flush(at)
        if not self._batch:
            window = 5 * _MINUTE if self._post.random() < 0.05 else self._post.randrange(1, 40) * _SECOND
            self._push(at + window, _BatchDue())
        self._batch.append(item)

    def _flush(self, at: Millis) -> None:
        if self._batch:
            self._emit(tuple(self._batch), at)
            self._batch.clear()

    def _emit(self, items: tuple[Item, ...], at: Millis) -> None:
        due = _BodyDue(pack(items, at), tuple(effect for item in items for effect in item.effects))
        self._push(at, due)
        if self._post.random() < self._mix.body_repeated:
            self._push(at + self._post.randrange(1, 1_800) * _SECOND, due)

    def _bring(self, due: _BodyDue, at: Millis) -> Iterator[Step]:
        for incident in self._incidents:
            if incident.kind is IncidentKind.WEBHOOKS_LOST and incident.strikes(at):
                return
            if incident.kind is IncidentKind.WEBHOOKS_SILENT and incident.strikes(at):
                self._push(incident.ends_at, due)
                return
        _note(due.effects)
        yield PostWebhook(at, due.body, sign(due.body, self._secret), self._app)


def _together(stages: tuple[Stage, ...]) -> Iterator[tuple[Stage, ...]]:
    """Stages that travel in one item: those of several group members, when they are of one kind."""
    alone = [stage for stage in stages if stage.participant is None]
    shared = sorted((stage for stage in stages if stage.participant is not None), key=lambda stage: stage.status.value)
    yield from ((stage,) for stage in alone)
    yield from (tuple(own) for _, own in groupby(shared, key=lambda stage: stage.status))


def _note(effects: tuple[Effect, ...]) -> None:
    for effect in effects:
        note(effect)
