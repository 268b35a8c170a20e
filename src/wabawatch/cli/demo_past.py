"""The past of the demo: weeks of traffic, polls and incidents, told in this process before anybody is served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from wabawatch.access_tokens import AccessTokens
from wabawatch.app import System
from wabawatch.cli.demo_people import DEEDS, Office
from wabawatch.cli.demo_plot import ANSWERS, plot, since
from wabawatch.cli.turned import HOUSEKEEPING, MINUTE, OUTSIDE, Direct, Turned, brought, look_in_process
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import index_of
from wabawatch.domain.standing import HOUR_MS
from wabawatch.flows.cycle import Wanted
from wabawatch.kinds import GraphUrl, Secret
from wabawatch.meta.graph import GraphClient
from wabawatch.ports import BodyKind
from wabawatch.simulator.clock import StoryClock
from wabawatch.simulator.graph import build_graph
from wabawatch.simulator.ids import stream
from wabawatch.simulator.ordering import Order
from wabawatch.simulator.orders import Break, obey
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.standing import APP_ID
from wabawatch.simulator.template_orders import SetTemplate

BUSY_MS, BEAT_MS, CALM_MS = 5 * MINUTE, HOUR_MS, 3 * HOUR_MS
"""While something breaks all is looked at in the first of these rhythms. Else what shows that somebody watches goes by
the second, and everything by the third: to judge every five minutes of two weeks would take minutes of the reader's."""
SIGN_MS, LOOK_MS = 3 * MINUTE, 9 * MINUTE
"""So often there is a sign of life, and a look at what is checked: less often is unknown"""
BEFORE_MS, AFTER_MS = 15 * MINUTE, HOUR_MS
"""So long before something breaks, after it is over, and before the end, it goes by the first"""
WITHOUT = HOUSEKEEPING | OUTSIDE | {"own alerts"}
"""There is no process yet that could look at itself."""
FIRST, STEADY = frozenset({"leading", "pulse"}), frozenset({"leading", "pulse", "probing"})
"""What the others look at, and what shows that somebody watches"""
BREAK_MS = 3 * HOUR_MS
"""What goes on for longer is looked at closely for so long"""
ACK_MS = (4, 30)
"""How long the receiver of the past took for each webhook: somewhere between these. Drawn, for nobody served it."""


def busy_of(at: Millis, order: Order) -> tuple[Millis, Millis]:
    """From when to when *order*, which comes at *at*, is worth a closer look."""
    if isinstance(order, Break):
        return at - BEFORE_MS, min(at + int(order.duration_s * 1000), at + BREAK_MS) + AFTER_MS
    return (at, at + AFTER_MS) if isinstance(order, SetTemplate) and order.status == "PAUSED" else (at, at)


class Past:
    """Tells the past of *system*, which nobody serves yet. Its monitoring runs from then on."""

    def __init__(self, system: System, simulation: Simulation, clock: StoryClock, token: str, until: Millis) -> None:
        self.system = system
        self.simulation = simulation
        self.clock = clock
        self._token = token
        self._until = until
        self._orders = since(plot(simulation.world), until, clock.now())
        self._busy = [busy_of(at, order) for at, order in self._orders] + [(until - AFTER_MS, until)]
        self._calm = replace(system.cycle, rules=replace(system.rules, interval_ms=CALM_MS))
        self._is_busy = False
        self._deeds = [(until - before, deed) for before, deed in DEEDS if until - before >= clock.now()]

    def tell(self, heed: Callable[[Millis], bool]) -> None:
        """Let all of it happen. *heed* hears what time it is, and says whether to go on. Takes a minute or two."""
        office = Office.open(self.system)
        url = GraphUrl("http://meta.simulated", "v25.0")
        http = Direct(build_graph(self.simulation, self.clock, self._token))
        client = GraphClient(url, AccessTokens(Secret(self._token)), {APP_ID: Secret(self.simulation.app_token)}, http)
        served, self.system.graph = self.system.graph, client
        looks = self.system.uptime.probing
        plans, crew, jitter = looks.plans, looks.crew, looks.jitter
        look_in_process(self.system, url, self._token, http, self.clock)
        self.system.cycle.control(Wanted.START, "demo")
        try:
            loops = Turned(self.system, WITHOUT, instead={"cycle": self._judge}, is_server=False)
            while self.clock.now() < self._until:
                self._step(loops)
                self._work(office)
                if not heed(self.clock.now()):
                    return
        finally:
            # The timer stays that of the story: what it began at would mean nothing to another.
            looks.plans, looks.crew, looks.jitter = plans, crew, jitter
            self.system.graph = served
            self.system.watchman.close()  # whoever serves leads from now on
            client.close()

    def _step(self, loops: Turned) -> None:
        now = self.clock.now()
        self._is_busy = any(start <= now < end for start, end in self._busy)
        rhythm = BUSY_MS if self._is_busy else BEAT_MS
        following = min(self._until, now - now % rhythm + rhythm)
        for at in range(now + MINUTE, following, MINUTE if self._is_busy else SIGN_MS):
            self.clock.turn_to(at)
            self.system.figures.note_alive(at)
            if self._is_busy or (at - now - MINUTE) % LOOK_MS == 0:
                loops.step(at, STEADY)
        self.clock.turn_to(following)
        self.system.figures.note_alive(following)
        self._happen()
        loops.step(self.clock.now(), FIRST)
        is_whole = self._is_busy or self.clock.now() % CALM_MS == 0
        loops.step(self.clock.now(), None if is_whole else STEADY)

    def _judge(self) -> bool:
        return (self.system.cycle if self._is_busy else self._calm).step()

    def _happen(self) -> None:
        """All that happened until now reaches the inbox."""
        now = self.clock.now()
        while self._orders and self._orders[0][0] <= now:
            at, order = self._orders.pop(0)
            obey(self.simulation, order, at)
        bodies = [body for step in self.simulation.due(now) if (body := brought(step, step.at)) is not None]
        if not bodies:
            return
        self.system.inbox.append_all(bodies)
        rng = stream(0, "acks", now)
        webhooks = [body.received_at for body in bodies if body.kind is BodyKind.WEBHOOK]
        answers = Counter((at - at % MINUTE, index_of(rng.randint(*ACK_MS))) for at in webhooks)
        self.system.figures.keep_answers(answers)

    def _work(self, office: Office) -> None:
        """People acknowledge what fires, and do what they do at that time."""
        for alert in self.system.alerts.desk.open():
            found = next((each for each in ANSWERS if each.rule == alert.rule), None)
            if found is not None and alert.ack_at is None:
                office.acknowledge(alert.key, found.who, found.says)
        while self._deeds and self._deeds[0][0] <= self.clock.now():
            self._deeds.pop(0)[1](office)
