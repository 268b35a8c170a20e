"""Traffic of records and webhooks that knows the truth: what was posted, and what was answered."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.server import LOST, Sender
from wabawatch.storage.views import wamid_of
from wabawatch.wire import uuid7

PAUSE_S = 0.02
"""Between two requests of one connection: the digest should keep up on two small cores"""

NUMBERS = ("301100000000001", "301100000000002", "301100000000003")
WABA = "201100000000001"

RANKS = {"pending": 0, "sent": 1, "failed": 2, "delivered": 3, "read": 4}
"""What becomes of a message is the highest of what was told of it."""
EVIDENCE = {"record", "sent", "failed"}
"""What shows that it was sent; with less, it is an orphan."""


@dataclass(slots=True, eq=False)
class Message:
    """One message, and what was told of it."""

    wamid: str
    number: str
    posted: set[str] = field(default_factory=set)
    acked: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Request:
    """One request and what it tells."""

    path: str
    """Below `/api/v1`; "" is a webhook"""
    body: bytes
    tells: tuple[tuple[Message, str], ...]
    is_insistent: bool
    """Sent again until it is answered, as Meta does and as a client does; the others give up"""


class Traffic:
    """Makes up messages and their statuses, and keeps the truth about what was posted and what was answered."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.now = time.time_ns() // 1_000_000
        self.messages: list[Message] = []
        self.inbound: list[Message] = []
        self.unlinked = 0
        self.posted: Counter[bytes] = Counter()
        self.acked: Counter[bytes] = Counter()
        self.surprises: Counter[int] = Counter()
        self._open: list[tuple[Message, list[str]]] = []
        self._records: deque[Request] = deque()
        self._recent: deque[Request] = deque(maxlen=200)

    def next(self) -> Request:
        """A record of a send, a webhook, or one of the last webhooks again, byte for byte."""
        while len(self._open) < 60:
            self._begin()
        if self._records and self.chance.random() < 0.4:
            return self._records.popleft()
        if self._recent and self.chance.random() < 0.1:
            return self.chance.choice(self._recent)
        self._recent.append(self._webhook())
        return self._recent[-1]

    def left_over(self) -> Iterator[Request]:
        """Calls of our own application that are still to be made."""
        while self._records:
            yield self._records.popleft()

    def _begin(self) -> None:
        message = Message(f"wamid.{self.chance.randbytes(24).hex().upper()}", self.chance.choice(NUMBERS))
        steps = ["sent", self.chance.choices(("delivered", "failed"), (9, 1))[0]]
        if steps[-1] == "delivered" and self.chance.random() < 0.5:
            steps.append("read")
        self.messages.append(message)
        self._open.append((message, steps))
        self._record(message, self.chance.random())

    def _record(self, message: Message, lot: float) -> None:
        """Some messages are logged with their wamid, some without it and linked later, a few are never linked."""
        local_id = uuid7(self.now)
        send = {"phone_number": "+15550101001", "local_id": local_id, "phone_number_id": message.number}
        if lot < 0.2:
            self._call("/messages", {**send, "message_id": message.wamid}, (message, "record"))
        elif lot < 0.3:
            self._call("/messages", send, (message, "record"))
            self._call(f"/messages/{local_id}/status", {"status": "sent", "wamid": message.wamid}, (message, "sent"))
        elif lot < 0.35:
            self.unlinked += 1
            self._call("/messages", send)

    def _call(self, path: str, content: dict[str, str], *tells: tuple[Message, str]) -> None:
        self._records.append(Request(path, json.dumps(content).encode(), tells, is_insistent=True))

    def _webhook(self) -> Request:
        number, inbound = self.chance.choice(NUMBERS), []
        tells = [self._step() for _ in range(self.chance.randint(1, 6))]
        if self.chance.random() < 0.2:
            inbound.append(Message(f"wamid.{self.chance.randbytes(24).hex()}", number))
            self.inbound += inbound
        changes = [_change(message.number, statuses=[self._status(message, step)]) for message, step in tells]
        changes += [_change(each.number, messages=[self._inbound(each)]) for each in inbound]
        body = {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": changes}]}
        told = (*tells, *((each, "received") for each in inbound))
        return Request("", json.dumps(body).encode(), told, is_insistent=self.chance.random() < 0.5)

    def _step(self) -> tuple[Message, str]:
        """The next status of some message; no status comes twice, so no two bodies made here are alike."""
        place = self.chance.randrange(len(self._open))
        message, steps = self._open[place]
        step = steps.pop(0)
        if not steps:
            del self._open[place]
            self._begin()
        return message, step

    def _status(self, message: Message, step: str) -> dict[str, Any]:
        errors = [{"code": 131026, "title": "Message undeliverable"}] if step == "failed" else []
        told = {"id": message.wamid, "status": step, "timestamp": str(self.now // 1000), "recipient_id": "15550101001"}
        return {**told, "errors": errors} if errors else told

    def _inbound(self, message: Message) -> dict[str, Any]:
        return {"id": message.wamid, "from": "15550101001", "timestamp": str(self.now // 1000), "type": "text"}

    async def carry(self, request: Request, post: Sender) -> None:
        """Send *request* and note what became of it."""
        while True:
            self._note(request, "posted", self.posted)
            status = await (post.record(request.path, request.body) if request.path else post.webhook(request.body))
            if status == (202 if request.path else 200):
                self._note(request, "acked", self.acked)
                return
            if status != LOST:
                self.surprises[status] += 1
            if not request.is_insistent:
                return
            await asyncio.sleep(PAUSE_S)

    def _note(self, request: Request, kind: str, count: Counter[bytes]) -> None:
        for message, told in request.tells:
            getattr(message, kind).add(told)
        if not request.path:
            count[request.body] += 1


def _change(number: str, **lists: list[dict[str, Any]]) -> dict[str, Any]:
    metadata = {"display_phone_number": "15550100000", "phone_number_id": number}
    return {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **lists}}


async def keep_sending(traffic: Traffic, post: Sender, is_over: asyncio.Event) -> None:
    """Send whatever comes next over one connection, until *is_over*."""
    while not is_over.is_set():
        await traffic.carry(traffic.next(), post)
        await asyncio.sleep(PAUSE_S * traffic.chance.random())


QUEUE = "SELECT wamid, status FROM whatsapp_message_queue"
"""Every outbound message in the books"""


def highest(told: Iterable[str]) -> int:
    return max((RANKS.get(each, 0) for each in told), default=0)


def check_bodies(traffic: Traffic, webhooks: dict[str, int]) -> None:
    """Every body that was answered is counted, and none more often than it was posted."""
    distinct = webhooks["processed"] - webhooks["duplicates"]
    assert webhooks["backlog"] == webhooks["parked"] == 0
    assert webhooks["received"] == webhooks["processed"]
    assert traffic.acked.total() <= webhooks["processed"] <= traffic.posted.total()
    assert len(traffic.acked) <= distinct <= len(traffic.posted)
    assert webhooks["unparsed_items"] == webhooks["unknown"] == 0


def check_messages(traffic: Traffic, messages: dict[str, int]) -> None:
    """`attempted` never exceeds what was sent, nor falls short of what was acknowledged."""
    known = sum(not EVIDENCE.isdisjoint(message.acked) for message in traffic.messages) + traffic.unlinked
    sent = sum(not EVIDENCE.isdisjoint(message.posted) for message in traffic.messages) + traffic.unlinked
    assert known <= messages["attempted"] <= sent
    assert messages["unlinked"] == traffic.unlinked
    received = [sum("received" in getattr(each, kind) for each in traffic.inbound) for kind in ("acked", "posted")]
    assert received[0] <= messages["inbound"] <= received[1]
    assert sum(messages[status] for status in (*RANKS, "expired")) == messages["attempted"]


def check_rows(traffic: Traffic, rows: Iterable[tuple[Any, ...]]) -> None:
    """Each message has one row of `QUEUE`, which says at least what was acknowledged and at most what was posted."""
    rows = [(wamid_of(packed) if packed else None, status) for packed, status in rows]
    found = {wamid: RANKS[status] for wamid, status in rows if wamid}
    assert len(found) + traffic.unlinked == len(rows)
    truth = {message.wamid: message for message in traffic.messages}
    assert {wamid for wamid, message in truth.items() if message.acked} <= found.keys()
    for wamid, rank in found.items():
        assert highest(truth[wamid].acked) <= rank <= highest(truth[wamid].posted), wamid
