"""Forwarders on real books and a real inbox, with a target that answers as it is told and a clock turned by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tests.support.books import HandClock
from tests.support.places import Place
from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import Delivery, Outcome, Progress, Target, TargetState
from wabawatch.flows.forwarding import Forwarding, Parcel
from wabawatch.forwarder.forwarder import LOOK_S, Forwarder
from wabawatch.forwarder.means import Answer, Means, Post
from wabawatch.meta.signature import sign
from wabawatch.meta.splitting import part_of
from wabawatch.ports import Body, BodyId, BodyKind, BodySource
from wabawatch.storage.forward_desk import ForwardDesk
from wabawatch.storage.forwards import SqlForwards
from wabawatch.storage.kept_bodies import KeptBodies
from wabawatch.storage.raw_bodies import RawBodies
from wabawatch.storage.sealed import Keyring

NOW = 1_700_000_000_000
GOOD: Answer = (Outcome.DELIVERED, "HTTP 200")
BAD: Answer = (Outcome.FAILED, "HTTP 500")
PATIENCE_S = 30.0
CRM = Target("crm", "http://crm.example/hook", apps=frozenset({""}))


class Shop:
    """The application behind a target: it notes what comes, and answers what it is told to."""

    def __init__(self, answer: Answer = GOOD) -> None:
        self.answer = answer
        self.got: list[tuple[BodyId, Parcel]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, target: Target, parcel: Parcel, body_id: BodyId) -> Answer:
        self.got.append((body_id, parcel))
        answer = self.answer
        await self.gate.wait()
        return answer

    @property
    def ids(self) -> list[BodyId]:
        """The bodies that came, in their order."""
        return [body_id for body_id, _ in self.got]


class Rig:
    """An installation of which only forwarding runs. `forwarder` gives a new process on the same books each time."""

    def __init__(self, place: Place) -> None:
        self.clock = HandClock(NOW)
        self.keyring = Keyring.generate()
        self.database = place.database()
        self.inbox = place.inbox(self.database, self.keyring)
        self.raw = RawBodies(self.database, self.keyring)
        self.bodies = KeptBodies(self.database, self.keyring, self.inbox, self.raw)
        self.store = SqlForwards(self.database)
        self.threads = ThreadPoolExecutor(2)
        self.timer = 0.0
        self._processes = 0
        self._targets: tuple[Target, ...] = ()

    def register(self, *targets: Target) -> None:
        self._targets = targets
        self.store.register([each.name for each in targets], self.bodies.newest())

    def flow(self, *targets: Target) -> Forwarding:
        known = {each.name: each for each in targets}
        return Forwarding(known, ForwardDesk(self.database, self.bodies), self.bodies, self.clock, part_of, sign)

    def forwarder(self, target: Target, post: Post) -> Forwarder:
        self._processes += 1
        holder = f"process {self._processes}"
        clock, threads = self.clock, self.threads
        more = holder, self._targets, lambda: self.timer
        means = Means(self.store, self.bodies, clock, part_of, sign, threads, *more)
        return Forwarder(target, post, means)

    def accept(self, *contents: bytes, source: BodySource = BodySource.LIVE, app: str = "") -> list[BodyId]:
        now = self.clock.now()
        bodies = [Body(BodyKind.WEBHOOK, now, content, app, source, f"sha256={n:064x}") for n, content in _n(contents)]
        return self.inbox.append_all(bodies)

    def state(self, name: str = "crm") -> TargetState:
        return next(each for each in ForwardDesk(self.database, self.bodies).states() if each.name == name)

    def pass_time(self, ms: int) -> None:
        """Clock and timer go on."""
        self.clock.turn_to(self.clock.now() + ms)
        self.timer += ms / 1000

    async def play(self, forwarder: Forwarder, until: Callable[[], bool]) -> None:
        """Let *forwarder* step until something is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not until():
                await forwarder.step()
                await asyncio.sleep(0.001)

    async def settle(self, forwarder: Forwarder) -> None:
        """Let *forwarder* do what it can just now, and write it down."""
        quiet = 0
        while quiet < 3:
            self.timer += LOOK_S
            quiet = 0 if await forwarder.step() else quiet + 1
            await asyncio.sleep(0.005)

    def close(self) -> None:
        self.threads.shutdown()
        self.inbox.close()
        self.database.close()


def refuse(store: SqlForwards, name: str, body_id: BodyId, at: Millis, again_at: Millis | None = None) -> None:
    """Note that *name* did not take a body that came at *at*: it is tried *again_at*, or (None) a dead letter."""
    dead_at = at if again_at is None else None
    row = Delivery(body_id, at, at, 9, again_at, Outcome.REFUSED, "HTTP 404", dead_at)
    assert store.claim(name, "a test", at, at + 1) is not None
    assert store.keep(name, "a test", Progress(body_id, body_id, failed=[row]), at)
    store.give_back(name, "a test")


def with_one_at_a_time(target: Target) -> Target:
    """*target*, but each body waits until the one before is answered."""
    return replace(target, concurrency=1)


def _n(contents: Iterable[bytes]) -> Iterable[tuple[int, bytes]]:
    return enumerate(contents, 1)
