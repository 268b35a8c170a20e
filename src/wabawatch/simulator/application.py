"""The simulated business application: what it sends, to whom, and how well it keeps its books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count as counting
from random import Random
from typing import TypeAlias

from wabawatch.domain.facts import Millis
from wabawatch.simulator.ids import stream
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.pattern import Crowd, Pattern
from wabawatch.simulator.world import Contact, Group, Number, Template, World

Json: TypeAlias = dict[str, object]


class Recording(StrEnum):
    """How the application writes a send down."""

    ONCE = "once"
    TWICE = "twice"
    LATE = "late"
    """After every status."""
    OVERTAKEN = "overtaken"
    """After the first status."""
    LINKED_LATER = "linked_later"
    """Before the answer; the wamid follows in a status call."""
    UNLINKED = "unlinked"
    UNANSWERED = "unanswered"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class PlannedSend:
    """One send, before anybody knows what becomes of it."""

    key: str
    """Names the send within its simulation; its fate is drawn from the seed and this."""
    at: Millis
    number: Number
    recipient: Contact | None
    """None for a group message."""
    group: Group | None
    type: str
    """template | text | image | audio | reaction"""
    category: str
    """marketing | utility | authentication | service"""
    template: Template | None
    user_id: str = ""
    lead_id: str = ""
    opaque: str = ""
    recording: Recording = Recording.ONCE

    @property
    def address(self) -> str:
        """The phone, BSUID or group id that the send goes to."""
        if self.group is not None:
            return self.group.id
        return self.recipient.address if self.recipient is not None else ""


def sends(
    world: World, mix: Mix, seed: int, count: int, start_at: Millis, period_ms: int, pattern: Pattern | None = None
) -> Iterator[PlannedSend]:
    """The application's sends in the order of their time, spread evenly over the period, or as *pattern* has it."""
    crowd = Crowd(world, pattern.skew) if pattern else None
    times = pattern.times(count, start_at, period_ms, seed) if pattern else None
    for index in range(count):
        rng = stream(seed, "send", index)
        evenly = start_at + int(period_ms * (index + rng.random()) / count)
        yield _send(world, mix, rng, f"send-{index}", next(times) if times else evenly, crowd)


def endless_sends(
    world: World, mix: Mix, seed: int, first: int, start_at: Millis, gap_ms: float
) -> Iterator[PlannedSend]:
    """As `sends`, without an end: one every *gap_ms*. *first*: how many sends the same seed made before."""
    for index in counting(first):
        rng = stream(seed, "send", index)
        at = start_at + int(gap_ms * (index - first + rng.random()))
        yield _send(world, mix, rng, f"send-{index}", at)


def request(send: PlannedSend) -> tuple[str, Json]:
    """The Graph call that would make this send: path below the version, and JSON body."""
    body: Json = {"messaging_product": "whatsapp", "recipient_type": "group" if send.group else "individual"}
    if send.recipient is not None and not send.recipient.phone:
        body["recipient"] = send.recipient.bsuid
    else:
        body["to"] = send.address
    body |= {"type": send.type, send.type: _content(send)}
    if send.opaque:
        body["biz_opaque_callback_data"] = send.opaque
    return f"{send.number.id}/messages", body


def mark_as_read(number: Number, wamid: str) -> tuple[str, Json]:
    """The Graph call that marks an inbound message as read: no send, although it goes to the same path."""
    return f"{number.id}/messages", {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}


def _send(world: World, mix: Mix, rng: Random, key: str, at: Millis, crowd: Crowd | None = None) -> PlannedSend:
    contact = crowd.draw(rng) if crowd else rng.choice(world.contacts)
    group = _group(world, mix, rng)
    number = group.number if group else contact.number
    kind, template = _kind(world, mix, rng, number, is_group=group is not None)
    index = key.rpartition("-")[2]
    is_known = rng.random() < 0.5
    return PlannedSend(
        key=key,
        at=at,
        number=number,
        recipient=None if group else contact,
        group=group,
        type=kind,
        category=template.category if template else "service",
        template=template,
        user_id=f"user-{index}" if is_known else "",
        lead_id=f"lead-{index}" if is_known else "",
        opaque=f"campaign-{rng.randrange(40)}" if rng.random() < 0.2 else "",
        recording=_recording(mix, rng),
    )


def _group(world: World, mix: Mix, rng: Random) -> Group | None:
    return rng.choice(world.groups) if rng.random() < mix.group and world.groups else None


def _kind(world: World, mix: Mix, rng: Random, number: Number, *, is_group: bool) -> tuple[str, Template | None]:
    roll = rng.random()
    if roll < mix.reaction and not is_group:
        return "reaction", None
    if roll > 1 - mix.free_form:
        return rng.choices(("text", "image", "audio"), (6, 2, 2))[0], None
    usable = world.usable[number.waba.id]
    weights = [{"utility": 5, "marketing": 3, "authentication": 2}[template.category] for template in usable]
    return "template", rng.choices(usable, weights)[0]


def _recording(mix: Mix, rng: Random) -> Recording:
    roll = rng.random()
    for share, recording in (
        (mix.unrecorded, Recording.NEVER),
        (mix.unlinked, Recording.UNLINKED),
        (mix.unanswered, Recording.UNANSWERED),
        (mix.linked_later, Recording.LINKED_LATER),
        (mix.logged_twice, Recording.TWICE),
        (mix.logged_late, Recording.LATE),
        (mix.overtaken, Recording.OVERTAKEN),
    ):
        if roll < share:
            return recording
        roll -= share
    return Recording.ONCE


def _content(send: PlannedSend) -> Json:
    if send.template is not None:
        return {"name": send.template.name, "language": {"code": send.template.language}}
    if send.type == "text":
        return {"body": "Your order is on its way."}
    if send.type == "reaction":
        return {"message_id": "wamid.SIMULATED", "emoji": "\N{THUMBS UP SIGN}"}
    return {"link": "https://media.example/simulated"}
