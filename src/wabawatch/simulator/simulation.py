"""A whole simulation in one object: Meta, the application, and the truth about both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from wabawatch.domain.facts import Millis, SendOutcome
from wabawatch.simulator.application import PlannedSend, endless_sends, sends
from wabawatch.simulator.engine import Engine, Sent
from wabawatch.simulator.failures import ERRORS
from wabawatch.simulator.ids import stream
from wabawatch.simulator.incidents import Incident
from wabawatch.simulator.ledger import Entry, SendLogged, note
from wabawatch.simulator.logbook import outcome_of, records
from wabawatch.simulator.media import MediaStore
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.notices import template_state
from wabawatch.simulator.pattern import Pattern
from wabawatch.simulator.standing import APP_ID, Standing
from wabawatch.simulator.steps import CallGraph, PostWebhook, Step
from wabawatch.simulator.traffic import around
from wabawatch.simulator.truth import Totals, TruthMessage, messages, totals
from wabawatch.simulator.world import World, build

SECRET = b"simulated-app-secret"
_FOREVER: Millis = 1 << 62


@dataclass(frozen=True, slots=True)
class Brought:
    """How many bodies have been posted, and how many of them repeat an earlier one byte for byte."""

    received: int
    duplicates: int


class Simulation:
    """A simulated integration. The same arguments give the same steps, byte for byte, and the same truth.

    Steps are made as they are asked for, in the order of simulated time; what has been asked for counts as told.
    """

    def __init__(
        self,
        seed: int,
        messages: int,
        start_at: Millis,
        period_ms: int,
        mix: Mix,
        numbers: int = 5,
        *,
        secret: bytes = SECRET,
        app: str = "default",
        templates: int = 24,
        pattern: Pattern | None = None,
        wabas: int = 2,
    ) -> None:
        people = max(40 * numbers, messages // 8)
        self.world: World = build(
            seed, numbers=numbers, contacts=people, templates=templates, bsuid_only=mix.bsuid_only, wabas=wabas
        )
        self.standing = Standing(self.world, seed, start_at)
        self.engine = Engine(mix, seed, self.standing, secret=secret, app=app, pattern=pattern)
        self.app_token = f"{APP_ID}|{secret.decode()}"
        """The app's own token, which asks about its subscriptions."""
        self.media = MediaStore(seed)
        self.now: Millis = start_at
        """The time of the newest step."""
        self._seed = seed
        self._mix = mix
        self._planned = messages
        self._ends_at = start_at + period_ms
        self._plan: Iterator[PlannedSend] = sends(self.world, mix, seed, messages, start_at, period_ms, pattern)
        self._next = next(self._plan, None)
        self._signatures: set[str] = set()
        self._received = 0
        for waba in self.world.wabas:
            for template in self.world.templates_of(waba.id):
                self.engine.tell(template_state(waba.id, template), start_at)

    def steps(self) -> Iterator[Step]:
        """Every step until all that is due has been emitted."""
        yield from self.due(_FOREVER)

    def due(self, until: Millis) -> Iterator[Step]:
        """Every step due up to and including *until* that was not given before."""
        while self._next is not None and self._next.at <= until:
            send = self._next
            yield from self._seen(self.engine.due(send.at))
            self._make(send)
            self._next = next(self._plan, None)
        yield from self._seen(self.engine.due(until))

    def go_on(self, gap_ms: float) -> None:
        """Plan one more send every *gap_ms* from the end of the period on, for ever: `steps` will never end."""
        more = endless_sends(self.world, self._mix, self._seed, self._planned, self._ends_at, gap_ms)
        self._plan = chain(self._plan, more)
        if self._next is None:
            self._next = next(self._plan)

    @property
    def is_told(self) -> bool:
        """Whether every planned send has been made and all that follows from sends has been given as steps."""
        return self._next is None and self.engine.next_at() is None

    def take(self, send: PlannedSend, *, is_recorded: bool) -> Sent:
        """Take a send from outside. *is_recorded*: it passed somebody who writes sends down, such as the gateway."""
        sent = self.engine.submit(send)
        if is_recorded:
            note(SendLogged(sent.entry, "", outcome_of(sent.fate), with_wamid=bool(sent.entry.wamid)))
        return sent

    def turn_away(self, entry: Entry) -> None:
        """Remember a recorded send from outside that was refused by its form alone."""
        note(SendLogged(self.engine.ledger.open(entry), "", SendOutcome.REJECTED, with_wamid=False))

    def command(self, incident: Incident) -> None:
        """Break something; see `Incident`. Raises ValueError for an error that is not known here."""
        if incident.code not in ERRORS:
            raise ValueError(f"no such code here: {incident.code}")
        self.engine.command(incident)

    def truth(self, as_of: Millis | None = None) -> list[TruthMessage]:
        """Every message of which the steps so far told anything, as of that time (default: the newest step)."""
        return messages(self.engine.ledger, self.now if as_of is None else as_of)

    def totals(self, as_of: Millis | None = None, since: Millis = 0) -> Totals:
        """The counts that the steps so far amount to; see `truth.totals`."""
        when = self.now if as_of is None else as_of
        return totals(self.truth(when), when, since)

    def published(self, as_of: Millis) -> dict[str, object]:
        """The truth as it is published: ready to be written as JSON."""
        known = {"as_of": as_of, "totals": self.totals(as_of), "messages": self.truth(as_of)}
        return known | self.standing.published()

    def brought(self) -> Brought:
        """The webhook bodies posted so far."""
        return Brought(self._received, self._received - len(self._signatures))

    def _make(self, send: PlannedSend) -> None:
        sent = self.engine.submit(send)
        for step, effect in records(send, sent.fate, sent.entry, stream(self._seed, "log", send.key)):
            self.engine.do(step, effect)
        happenings = around(send, self.world, self._mix, stream(self._seed, "around", send.key), self.engine.ledger)
        for at, what in happenings:
            if isinstance(what, CallGraph):
                self.engine.do(what)
            else:
                self.engine.tell(what, at)

    def _seen(self, steps: Iterator[Step]) -> Iterator[Step]:
        for step in steps:
            self.now = max(self.now, step.at)
            if isinstance(step, PostWebhook):
                self._received += 1
                self._signatures.add(step.signature)
            yield step
