"""However many ways tell of a message, it is one message; and what is no message of ours is in no figure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from random import Random
from typing import Any

import pytest

from tests.support.facts import HOUR, NUMBERS, T0
from tests.support.places import ON_EACH, Place
from tests.support.system import Bench, item, webhook
from wabawatch.domain.facts import SendOutcome, Source, Status
from wabawatch.domain.metrics import Rate
from wabawatch.flows.recording import body_of, record_message, record_status
from wabawatch.ports import Body
from wabawatch.wire import MessageIn, MessageRecord, StatusIn, uuid7
from wabawatch.wire_errors import ErrorIn

pytestmark = ON_EACH

NOW = T0 + 2 * HOUR
SECOND = 1_000


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    bench = Bench(place, NOW)
    yield bench
    bench.close()


# ---------------------------------------------------------------- who tells


def by_gateway(wamid: str, at: int = T0, **more: Any) -> Body:
    """What the gateway sees: the request and its answer, but not for whom the application does it."""
    told = MessageIn(phone_number="+15550000001", phone_number_id=NUMBERS[0], message_id=wamid or None, **more)
    record = record_message(told, at)
    return body_of(MessageRecord(record.message, record.local_id, record.at, source=Source.GATEWAY), at)


def by_sdk(wamid: str = "", local_id: str = "", at: int = T0, **more: Any) -> Body:
    """What the application logs: whom it is for, and the wamid if it is known already."""
    told = MessageIn("+1 555 000 0001", user_id="user-1", message_id=wamid or None, local_id=local_id or None, **more)
    return body_of(record_message(told, at), at)


def status_by_sdk(id_: str, status: Status, wamid: str = "", at: int = T0 + SECOND) -> Body:
    return body_of(record_status(id_, StatusIn(status, wamid or None), at), at)


def by_webhook(wamid: str, status: Status, at: int, field: str = "messages", **more: Any) -> Body:
    told = item(wamid, at, status=status.value, recipient_id="15550000001", **more)
    return webhook("statuses", told, field=field, received_at=at + SECOND)


def errors(code: int) -> dict[str, Any]:
    return {"errors": [{"code": code, "title": "title"}]}


# ---------------------------------------------------------------- one send, told in all orders


def told_by_everybody(wamid: str) -> list[Body]:
    local_id = uuid7(T0)
    return [
        by_gateway(wamid),
        by_sdk(local_id=local_id),
        status_by_sdk(local_id, Status.SENT, wamid),
        by_webhook(wamid, Status.SENT, T0 + 2 * SECOND),
        by_webhook(wamid, Status.DELIVERED, T0 + 3 * SECOND),
        by_webhook(wamid, Status.READ, T0 + 9 * SECOND),
    ]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one go", "one after the other"])
def test_one_send_that_everybody_tells_of_in_any_order_is_attempted_once(bench: Bench, at_once: bool) -> None:
    orders = list(permutations(range(6)))
    told = [reordered(told_by_everybody(f"wamid.{i}"), order) for i, order in enumerate(orders)]
    for each in [told] if at_once else [[[bodies[turn]] for bodies in told] for turn in range(6)]:
        bench.accept([body for bodies in each for body in bodies])
        bench.drain()

    seen = bench.status().assessment
    counts = seen.messages
    assert (counts.attempted, counts.accepted, counts.read) == (720, 720, 720)
    assert (counts.unlinked, counts.pending, counts.orphan) == (0, 0, 0)
    assert (seen.delivery_rate.n, seen.failure_rate.n, seen.coverage.value) == (720, 720, 1)


def reordered(bodies: list[Body], order: tuple[int, ...]) -> list[Body]:
    return [bodies[i] for i in order]


def test_every_order_gives_the_same_row(place: Place) -> None:
    bodies, pictures = told_by_everybody("wamid.one"), set()
    for i, order in enumerate(list(permutations(range(6)))[::40]):
        bench = Bench(place.beside(str(i)), NOW)
        for body in reordered(bodies, order):
            bench.accept([body])
            bench.drain()
        pictures.add(repr(sorted(bench.shelf.picture().items())))
        bench.close()

    assert len(pictures) == 1


# ---------------------------------------------------------------- a mixed day, counted by hand


def ordinary(name: str, n: int, *statuses: Status, **told: Any) -> list[Body]:
    """Sends that gateway and SDK record, each of which reached *statuses*."""
    bodies = []
    for i in range(n):
        wamid = f"wamid.{name}.{i}"
        bodies += [by_gateway(wamid, **told), by_sdk(wamid), *reached(wamid, *statuses)]
    return bodies


def reached(wamid: str, *statuses: Status, code: int = 131026, **more: Any) -> list[Body]:
    return [
        by_webhook(wamid, status, T0 + (i + 1) * SECOND, **(errors(code) if status is Status.FAILED else {}), **more)
        for i, status in enumerate(statuses)
    ]


def unrecorded(name: str, n: int, *statuses: Status, **more: Any) -> list[Body]:
    return [body for i in range(n) for body in reached(f"wamid.{name}.{i}", *statuses, **more)]


def our_sends() -> list[Body]:
    return [
        *ordinary("read", 600, Status.SENT, Status.DELIVERED, Status.READ),
        *ordinary("delivered", 200, Status.SENT, Status.DELIVERED),
        *ordinary("read at once", 100, Status.SENT, Status.READ),
        *ordinary("sent", 15, Status.SENT),
        *ordinary("failed", 40, Status.SENT, Status.FAILED),
        *ordinary("contradicts", 5, Status.SENT, Status.FAILED, Status.DELIVERED),
        *ordinary("contradicts too", 5, Status.SENT, Status.DELIVERED, Status.FAILED),
        *[by_gateway("", T0 + i, error=ErrorIn(131047)) for i in range(20)],
        *[by_sdk(at=T0 + i) for i in range(15)],
        *unrecorded("by somebody", 50, Status.SENT, Status.DELIVERED),
        *unrecorded("orphan", 30, Status.READ),
    ]


def reactions() -> list[Body]:
    return ordinary("reaction", 100, Status.SENT, type="reaction")


def held() -> list[Body]:
    released = ordinary("released", 20, Status.SENT, Status.DELIVERED, outcome=SendOutcome.HELD)
    waiting = ordinary("held", 20, outcome=SendOutcome.HELD)
    dropped = ordinary("dropped", 20, outcome=SendOutcome.HELD)
    return released + waiting + dropped + unrecorded("dropped", 20, Status.FAILED, code=132015)


def to_groups() -> list[Body]:
    """40 messages: 10 only sent, 15 delivered to one of two, 15 also read by the other."""
    bodies = []
    for i in range(40):
        wamid, group = f"wamid.group.{i}", {"recipient_type": "group", "recipient_id": "group-1"}
        steps = [(Status.SENT, "1"), (Status.DELIVERED, "1"), (Status.READ, "2")][: 1 + (i >= 10) + (i >= 25)]
        bodies.append(body_of(record_message(MessageIn(group="group-1", message_id=wamid), T0), T0))
        for step, (status, who) in enumerate(steps):
            at = T0 + (step + 1) * SECOND
            told = item(wamid, at, status=status.value, recipient_participant_id=f"1555000000{who}", **group)
            bodies.append(webhook("statuses", told, received_at=at))
    return bodies


def echoes() -> list[Body]:
    """What a person wrote in the WhatsApp Business app, with its statuses."""
    bodies = unrecorded("echo", 100, Status.SENT, Status.DELIVERED, Status.READ)
    for i in range(100):
        text = item(f"wamid.echo.{i}", T0, type="text", to="15550000001", text={"body": "hello"}) | {"from": "1555"}
        bodies.append(webhook("message_echoes", text, field="smb_message_echoes", received_at=T0 + SECOND))
    return bodies


def standby() -> list[Body]:
    """What Meta's agent wrote while it held the conversation."""
    return unrecorded("agent", 100, Status.SENT, Status.DELIVERED, Status.FAILED, field="standby")


def marked_as_read() -> list[Body]:
    """1,000 messages from people, each of which the application marks as read."""
    bodies = []
    for i in range(1_000):
        text = item(f"wamid.in.{i}", T0, type="text", text={"body": "hello"}) | {"from": "15550000001"}
        bodies += [
            webhook("messages", text, received_at=T0 + SECOND),
            status_by_sdk(f"wamid.in.{i}", Status.READ, at=T0 + 5 * SECOND),
        ]
    return bodies


@pytest.mark.parametrize("seed", [1, 2])
def test_the_figures_of_a_mixed_day_are_those_counted_by_hand(bench: Bench, seed: int) -> None:
    bodies = [*our_sends(), *reactions(), *held(), *to_groups(), *echoes(), *standby(), *marked_as_read()]
    chance = Random(seed)
    bodies += chance.sample(bodies, len(bodies) // 10)
    chance.shuffle(bodies)
    for start in range(0, len(bodies), 1_500):
        bench.accept(bodies[start : start + 1_500])
        bench.drain()

    seen = bench.status().assessment
    counts = seen.messages
    assert (counts.attempted, counts.accepted, counts.rejected, counts.unlinked) == (1_250, 1_215, 20, 15)
    assert (counts.sent, counts.delivered, counts.read) == (125, 295, 715)
    assert (counts.failed, counts.expired, counts.pending) == (80, 0, 35)
    assert (counts.orphan, counts.inbound) == (30, 1_000)
    assert seen.delivery_rate.value == Rate(1_010, 1_095).value
    assert seen.failure_rate.value == Rate(80, 1_235).value
    assert seen.coverage == Rate(1_165, 1_215)
    assert seen.template_violations == 20
