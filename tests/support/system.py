"""The main journey without a server: steps of a simulation go into a real inbox and are digested into real books."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.books import HandClock, Shelf
from tests.support.facts import NUMBERS, WABA
from tests.support.places import Place
from wabawatch.domain.compliance import Thresholds
from wabawatch.domain.facts import Fact
from wabawatch.domain.metrics import Weights
from wabawatch.domain.report import SystemStatus
from wabawatch.flows.assessing import Rules
from wabawatch.flows.digest import Digest
from wabawatch.flows.expiry import Expiry
from wabawatch.flows.recording import body_of, facts_of, record_message, record_status
from wabawatch.flows.status import StatusFlow
from wabawatch.meta.webhooks import parse
from wabawatch.ports import Body, BodyKind, BodySource, StoredBody
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import CallGraph, LogSend, LogStatus, PostWebhook
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.limit_hits import SqlLimitHits
from wabawatch.storage.runs import SqlRuns
from wabawatch.wire import MessageIn, StatusIn, read, write

ACCOUNT = "whatsapp_business_account"
RULES = Rules(Thresholds(), Weights(), 15 * 60_000, 300_000)


def translate(stored: StoredBody) -> tuple[Fact, ...]:
    body = stored.body
    if body.kind is BodyKind.RECORD:
        return tuple(facts_of(body.content, body.received_at))
    return parse(body.content, received_at=body.received_at, is_live=body.source is BodySource.LIVE).facts


class Bench:
    """Inbox, books and flows in one place, with a clock turned by hand."""

    def __init__(self, place: Place | Path, now: int) -> None:
        self.clock = HandClock(now)
        self.shelf = Shelf(place)
        self.inbox = self.shelf.place.inbox(self.shelf.database, self.shelf.keyring)
        self.digest = Digest(self.inbox, self.shelf.books, translate, self.clock)
        self.expiry = Expiry(self.shelf.books, self.clock)
        self.figures = SqlFigures(self.shelf.database, self.inbox, self.clock)
        hits, runs = SqlLimitHits(self.shelf.database), SqlRuns(self.shelf.database)
        book = SqlAlerts(self.shelf.database)
        self.statuses = StatusFlow(self.figures, self.clock, RULES, hits, runs, book)

    def accept(self, bodies: list[Body]) -> None:
        self.inbox.append_all(bodies)

    def drain(self) -> None:
        """Digest whatever waits."""
        while self.digest.step() or self.digest.retry() or self.digest.recheck() or self.expiry.step():
            pass

    def status(self, hours: int = 0) -> SystemStatus:
        return self.statuses.status(hours)

    def close(self) -> None:
        self.inbox.close()
        self.shelf.database.close()


def webhook(slot: str, *items: dict[str, Any], field: str = "messages", received_at: int) -> Body:
    """A webhook body that tells of *items*, in the list *slot* of one change."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": NUMBERS[0]},
        slot: list(items),
    }
    entry = {"id": WABA, "changes": [{"field": field, "value": value}]}
    return Body(BodyKind.WEBHOOK, received_at, json.dumps({"object": ACCOUNT, "entry": [entry]}).encode())


def item(wamid: str, at: int, **more: Any) -> dict[str, Any]:
    """A status, message or echo as Meta writes it: times are whole seconds, as text."""
    return {"id": wamid, "timestamp": str(at // 1000), **more}


def bodies_of(simulation: Simulation) -> list[Body]:
    """Everything that *simulation* does, as the bodies that reach the inbox."""
    bodies = []
    for step in simulation.steps():
        match step:
            case PostWebhook():
                bodies.append(Body(BodyKind.WEBHOOK, step.at, step.body, step.app, signature=step.signature))
            case LogSend():
                bodies.append(body_of(record_message(_typed(MessageIn, step.payload), step.at), step.at))
            case LogStatus():
                bodies.append(body_of(record_status(step.id, _typed(StatusIn, step.payload), step.at), step.at))
            case CallGraph():
                pass
    return bodies


def _typed(kind: Any, payload: Any) -> Any:
    return read(kind, write(payload))
