"""Days of monitoring in seconds: a whole installation with its own loops, a simulated Meta, and clocks turned by hand.

The loops are those of the supervisor, each stepped in its own rhythm; only what is named in `without` is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from wabawatch.access_tokens import AccessTokens
from wabawatch.app import System
from wabawatch.cli.turned import BEATS, HOUSEKEEPING, MINUTE, OUTSIDE, Direct, Turned, brought, look_in_process
from wabawatch.domain.notices import Delivered, Notice, Outcome
from wabawatch.flows.cycle import Wanted
from wabawatch.flows.digest import fingerprint
from wabawatch.flows.recording import body_of
from wabawatch.kinds import GraphUrl, Secret
from wabawatch.meta.graph import GraphClient
from wabawatch.ports import Body, BodyKind, StoredBody
from wabawatch.settings import load
from wabawatch.simulator.graph import build_graph
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.ordering import Order
from wabawatch.simulator.orders import obey
from wabawatch.simulator.pattern import Pattern
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.standing import APP_ID, CALLBACK
from wabawatch.wire import AnswerRecord

HOUR, DAY = 3_600_000, 86_400_000
TOKEN, SECRET = "simulated-token", "simulated app secret"
CHANNEL = "slack"
"""The channel whose notices are kept"""
FAST = 5 * MINUTE
"""The longest steps: a cycle needs what came in its minutes."""


class Wall:
    """A clock on the wall, which somebody may set, beside the true time."""

    def __init__(self, now: int) -> None:
        self.true = now
        self.ahead = 0

    def now(self) -> int:
        return self.true + self.ahead


class _True:
    """The true time, for the simulator."""

    def __init__(self, wall: Wall) -> None:
        self._wall = wall

    def now(self) -> int:
        return self._wall.true

    async def nap(self, until: int) -> None:
        raise AssertionError("nobody waits in a day by hand")


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert that fired."""

    rule: str
    scope: str
    """Such as `number:106540352242922`"""
    opened_at: int
    fired_at: int
    ended_at: int | None
    ended: str
    message: str


@dataclass(slots=True)
class Kept:
    """`notifying_ports.Notifier`: keeps what it is told."""

    notices: list[Notice] = field(default_factory=list)

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        self.notices.append(notice)
        return Delivered(Outcome.SENT)


class Days:
    """A simulated Meta with an application, and one or two processes that watch them."""

    def __init__(
        self,
        folder: Path,
        start_at: int,
        *,
        days: float = 1.0,
        per_day: int = 2_000,
        numbers: int = 5,
        wabas: int = 2,
        seed: int = 1,
        mix: Mix | None = None,
        pattern: Pattern | None = None,
        processes: int = 1,
        database_url: str = "",
        settings: Mapping[str, object] | None = None,
        without: Collection[str] = HOUSEKEEPING | OUTSIDE,
    ) -> None:
        self.clock = Wall(start_at)
        self.simulation = Simulation(
            seed, int(per_day * days), start_at, int(days * DAY), mix or QUIET, numbers,
            secret=SECRET.encode(), pattern=pattern or Pattern(), wabas=wabas,
        )  # fmt: skip
        told = {
            "WABAWATCH_DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "WABAWATCH_FREE_SPACE_RESERVE": 0,
            "WABAWATCH_APP_SECRET": SECRET,
            "WABAWATCH_APP_ID": APP_ID,
            "WABAWATCH_CALLBACK_URL": CALLBACK,
            "WEBHOOK_VERIFY_TOKEN": "verify",
            "WHATSAPP_TOKEN": TOKEN,
            "SLACK_WEBHOOK_URL": "https://hooks.slack.test/told",
            **(settings or {}),
        }
        self.application_ms: int | None = None
        """How long the application takes to answer a webhook; None: nobody tells us"""
        self.told = Kept()
        """The notices that were delivered"""
        self.http = Direct(build_graph(self.simulation, _True(self.clock), TOKEN))
        self.processes = [Turned(self._system(told), without) for _ in range(processes)]

    def _system(self, told: Mapping[str, object]) -> System:
        system = System(load({}, None, {name: value for name, value in told.items() if value != ""}), self.clock)
        if system.graph is not None:
            system.graph.close()
        apps = {APP_ID: Secret(self.simulation.app_token)}
        url = GraphUrl("http://meta.test", "v25.0")
        system.graph = GraphClient(url, AccessTokens(Secret(TOKEN)), apps, self.http)
        look_in_process(system, url, TOKEN, self.http, self.clock)
        system.notices.delivering.notifiers[CHANNEL] = self.told  # type: ignore[index]
        return system

    @property
    def system(self) -> System:
        return self.processes[0].system

    @property
    def now(self) -> int:
        """The true time."""
        return self.clock.true

    def start(self) -> None:
        """Start monitoring."""
        self.system.cycle.control(Wanted.START, "test")

    def order(self, order: Order) -> None:
        """Command the simulator."""
        obey(self.simulation, order, self.now)

    def run(self, ms: int, *, every_ms: int = MINUTE, each: Callable[[], None] = lambda: None) -> None:
        """Let so much true time pass. *every_ms*: so often everything is done; what only beats does so each minute.

        *each* is called in each minute, when what happened in it has been brought, and before anybody looks at it.
        """
        end = self.clock.true + ms
        while self.clock.true < end:
            self.clock.true = min(end, self.clock.true + MINUTE)
            is_whole = self.clock.true % every_ms == 0 or self.clock.true == end
            self._bring()
            each()
            for process in self.processes:
                process.step(self.clock.true, None if is_whole else BEATS)

    def _bring(self) -> None:
        """Everything that happened until now reaches the inbox: whoever receives does not wait for those who watch."""
        bodies = []
        for step in self.simulation.due(self.clock.true):
            at = step.at + self.clock.ahead
            if (body := brought(step, at)) is None:
                continue
            if self.application_ms is not None and body.kind is BodyKind.WEBHOOK:
                bodies.append(answer_to(body, at, self.application_ms))  # before its webhook, as in a batch
            bodies.append(body)
        if bodies:
            self.system.inbox.append_all(bodies)

    def fired(self) -> list[Fired]:
        """Every alert that ever fired, in the order of firing."""
        query = text(
            "SELECT rule, scope, scope_id, opened_at, fired_at, ended_at, ended, message FROM alerts"
            " WHERE fired_at IS NOT NULL ORDER BY fired_at, rule, scope_id"
        )
        with self.system.database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            Fired(
                row.rule, f"{row.scope}:{row.scope_id}" if row.scope_id else row.scope, row.opened_at, row.fired_at,
                row.ended_at, row.ended, row.message,
            )
            for row in rows
        ]  # fmt: skip

    def cycles(self) -> list[int]:
        """The ends of the windows that were judged, in the order in which they were judged."""
        with self.system.database.reading() as connection:
            return list(connection.execute(text("SELECT at FROM cycles ORDER BY ran_at, at")).scalars())

    def close(self) -> None:
        for process in self.processes:
            process.system.close()
            process.system.watchman.close()
        self.http.close()


def answer_to(body: Body, at: int, ms: int) -> Body:
    """That the application answered *body* well, after so long, as its middleware tells."""
    return body_of(AnswerRecord(fingerprint(StoredBody(0, body)).hex(), at, 200, ms), at)


QUIET = Mix(refused=0.002, failed=0.018, undelivered=0.004, delayed=0.004, slow=0.004, free_form=0.1, inbound=0.1)
"""An ordinary business: 96 to 99 per cent are delivered, and some receipts come hours late."""


@contextmanager
def days(folder: Path, start_at: int, **more: Any) -> Iterator[Days]:
    """Days with monitoring started, closed at the end."""
    found = Days(folder, start_at, **more)
    found.start()
    try:
        yield found
    finally:
        found.close()
