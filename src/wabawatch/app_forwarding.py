"""The composition of forwarding: targets, their books and bodies, and a loop for each."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from wabawatch.flows.forwarding import Forwarding
from wabawatch.forwarder.courier import Courier
from wabawatch.forwarder.forwarder import Forwarder, finish_all
from wabawatch.forwarder.means import Means
from wabawatch.loops import Bell, Loop
from wabawatch.meta.signature import sign
from wabawatch.meta.splitting import part_of
from wabawatch.net import HttpClient, Timeouts, guard_of
from wabawatch.ports import Clock, Inbox
from wabawatch.settings import Settings
from wabawatch.settings_forward import targets_of
from wabawatch.storage.database import Database
from wabawatch.storage.forward_desk import ForwardDesk
from wabawatch.storage.forwards import SqlForwards
from wabawatch.storage.kept_bodies import KeptBodies
from wabawatch.storage.raw_bodies import RawBodies
from wabawatch.storage.sealed import Keyring
from wabawatch.web.metrics_forward import TargetFigures
from wabawatch.wire import uuid7

THREADS = 4
"""Threads that wait for the books of all targets together."""
RHYTHM_S, REST_S = 1.0, 0.02
FINISH_S = 4.0
"""So long attempts under way may take when the server stops; what is cut then is tried again."""
_FOREVER = Timeouts(total=None, connect=None, read=None)
"""Each target has a time-out of its own."""


class Forwards:
    """Everything that forwarding consists of."""

    def __init__(
        self, settings: Settings, database: Database, keyring: Keyring, inbox: Inbox, raw: RawBodies, clock: Clock
    ) -> None:
        self.targets = targets_of(settings.forward)
        self.bodies = KeptBodies(database, keyring, inbox, raw)
        self.store = SqlForwards(database)
        self.desk = ForwardDesk(database, self.bodies)
        self.flow = Forwarding(self.targets, self.desk, self.bodies, clock, part_of, sign)
        self.running: Sequence[Forwarder] = ()
        self._clock = clock
        self._allowed = settings.network.allow_private_urls
        self._clients: list[HttpClient] = []
        self._threads: ThreadPoolExecutor | None = None

    def loops(self, bell: Bell) -> list[Loop]:
        """A loop for each target, woken by *bell*. From now on bodies are kept for them until they are delivered."""
        self.store.register(self.targets, self.bodies.newest())
        if not self.targets:
            return []
        guard = guard_of(self._allowed)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="forward")
        books = self.store, self.bodies, self._clock
        means = Means(*books, part_of, sign, self._threads, holder=uuid7(), targets=list(self.targets.values()))
        forwarders = []
        for target in self.targets.values():
            # A pool of connections for each: a slow one must not take those of others.
            client = HttpClient(guard, _FOREVER, connections=target.concurrency, decompress=False)
            self._clients.append(client)
            forwarders.append(Forwarder(target, Courier(client), means))
        self.running = forwarders
        return [
            Loop(f"forward {each.target.name}", each.step, RHYTHM_S, bell=bell, rest_s=REST_S) for each in forwarders
        ]

    def figures(self) -> list[TargetFigures]:
        """Every target that is in use, for `/metrics`."""
        now, running = self._clock.now(), {each.target.name: each.attempts for each in self.running}
        return [
            TargetFigures(
                state,
                0.0 if state.oldest_waiting_at is None else max(0, now - state.oldest_waiting_at) / 1000,
                dict(running[state.name].outcomes),
                dict(running[state.name].answer_ms),
            )
            for state in self.flow.states()
            if state.name in running
        ]

    async def finish(self) -> None:
        """Let attempts under way end, and write down what they gave. Call it before the loops are stopped."""
        await finish_all(self.running, FINISH_S)
        for client in self._clients:
            await client.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False)
