"""Monitoring with alerts over real books, with a clock turned by hand: minutes pass in milliseconds."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.facts import DAY, MINUTE, NUMBERS, T0, WABA
from tests.support.places import Place
from tests.support.system import RULES, Bench
from wabawatch.app_alerts import AlertFlows
from wabawatch.app_limits import LimitFlows
from wabawatch.domain.alert_records import Alert, AlertFilter
from wabawatch.domain.alerts import Transition
from wabawatch.domain.facts import (
    ErrorSeen,
    Fact,
    Person,
    SendRecorded,
    Source,
    Status,
    StatusChanged,
    TemplateRef,
    When,
)
from wabawatch.domain.platform import Seen, Subject
from wabawatch.domain.report import Assessment
from wabawatch.flows.cycle import Cycle, Wanted
from wabawatch.flows.knowing import learn
from wabawatch.settings import load
from wabawatch.storage.platform import SqlPlatform

START = T0 - T0 % DAY + 10 * 60 * MINUTE
"""Ten in the morning, UTC"""
FAILED = (ErrorSeen(131026, "Message undeliverable"),)


class Scene:
    """One installation that is watched."""

    def __init__(
        self,
        place: Place | Path,
        now: int = START,
        toml: str = "",
        env: dict[str, str] | None = None,
        tmp: Path | None = None,
        with_quality: bool = False,
        interval: int = 5 * MINUTE,
    ) -> None:
        path = None
        if toml:
            assert tmp is not None
            path = tmp / "wabawatch.toml"
            path.write_text(toml, "utf-8")
        self._with_quality = with_quality
        self.bench = Bench(place, now)
        self.now = now
        self.settings = load(env or {}, path)
        bench = self.bench
        rules = replace(RULES, interval_ms=interval)
        self.cycle = Cycle(bench.figures, bench.figures, rules, bench.clock, _nothing)
        self.flows = self.process()
        self._ids = itertools.count()

    def process(self) -> AlertFlows:
        """Another process that watches the same books."""
        bench = self.bench
        shelf, settings = bench.shelf, self.settings
        limits = LimitFlows(
            shelf.database, bench.figures, shelf.books, SqlPlatform(shelf.database), bench.clock, settings
        )
        if not self._with_quality:  # which is low whenever another rate is: here one thing at a time is looked at
            rules = settings.rules.rules
            unwanted = {**rules, "QUALITY_SCORE_LOW": replace(rules["QUALITY_SCORE_LOW"], is_enabled=False)}
            settings = replace(settings, rules=replace(settings.rules, rules=unwanted))
        return AlertFlows(shelf.database, bench.figures, bench.inbox, limits, bench.clock, settings)

    def begin(self) -> Scene:
        """Start monitoring, and look once."""
        self.cycle.control(Wanted.START, "test")
        self.look()
        return self

    def look(self) -> None:
        """Do all that is due now."""
        while self.cycle.step():
            pass
        while self.flows.alerting.step():
            pass
        self.flows.alerting.own_step()

    def peek(self) -> None:
        """Look at states and events only: no window is judged."""
        self.flows.alerting.step()

    def turn_to(self, now: int) -> None:
        """Turn the clock, and do nothing."""
        self.now = now
        self.bench.clock.turn_to(now)

    def wait(self, minutes: int, every: int = 1) -> None:
        """Let time pass."""
        for _ in range(0, minutes, every):
            self.turn_to(self.now + every * MINUTE)
            self.look()

    def send(
        self,
        n: int,
        failed: int = 0,
        silent: int = 0,
        number: str = NUMBERS[0],
        ago: int = 0,
        country: str = "1",
        **more: Any,
    ) -> None:
        """Sends so many minutes ago: of *n*, so many failed and so many got no status; the others arrived."""
        at = self.now - ago * MINUTE
        facts: list[Fact] = []
        for i in range(n):
            wamid, person = f"wamid.scene.{next(self._ids)}", Person(phone=f"{country}55500{i:05}")
            send = SendRecorded(When(at, at), Source.API, wamid=wamid, number=number, person=person, **more)
            facts.append(send)
            if i >= failed + silent:
                facts.append(self._status(Status.SENT, wamid, number, at + 500))
                facts.append(self._status(Status.DELIVERED, wamid, number, at + 1_000))
            elif i < failed:
                facts.append(self._status(Status.FAILED, wamid, number, at + 900, errors=FAILED))
        self.tell(*facts)

    def _status(self, status: Status, wamid: str, number: str, at: int, **more: Any) -> StatusChanged:
        return StatusChanged(When(at, at), Source.WEBHOOK, status, wamid=wamid, number=number, waba=WABA, **more)

    def tell(self, *facts: Fact) -> None:
        """Take facts into the books."""
        self.bench.shelf.learn(facts)

    def traffic(self, minutes: int, n: int, failed: int = 0, silent: int = 0, **more: Any) -> None:
        """Let minutes pass in each of which *n* are sent."""
        for _ in range(minutes):
            self.send(n, failed, silent, **more)
            self.wait(1)

    def alerts(self, **wanted: Any) -> list[Alert]:
        """The alerts that fired, the newest first."""
        return list(self.flows.book.find(AlertFilter(**wanted), 1_000))

    def fired(self) -> list[str]:
        """Rules and scopes of the alerts that fired, the first one first."""
        return [f"{alert.rule} {alert.scope}" for alert in reversed(self.alerts())]

    def transitions(self) -> list[Transition]:
        """Everything that changed, alert by alert."""
        book = self.flows.book
        every = book.find(AlertFilter(with_pending=True), 1_000)
        return [each for alert in reversed(every) for each in book.transitions(alert.key)]

    def close(self) -> None:
        """Give everything back."""
        self.bench.close()


PROMO = TemplateRef("promo", "en")


def _nothing(_: Assessment) -> str:
    return "{}"


def looked(scene: Scene, subject: Subject, **values: str) -> None:
    """What Meta answers when it is asked now."""
    platform = scene.bench.shelf.books
    with platform.writing() as ledger:
        known = ledger.states([subject])
        learn(ledger, [Seen(subject, values, {}, WABA)], known, scene.now, scene.now)
