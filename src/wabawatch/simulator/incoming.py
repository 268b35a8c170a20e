"""Webhook items that are no news of the application's own sends: people writing, others sending, lone statuses."""

from __future__ import annotations

from random import Random

from wabawatch.domain.facts import Feed, Millis
from wabawatch.simulator.application import Json
from wabawatch.simulator.envelope import Item, address
from wabawatch.simulator.ids import digits, wamid
from wabawatch.simulator.ledger import Entry, Ledger, Shown, StatusTold
from wabawatch.simulator.outgoing import profile
from wabawatch.simulator.world import Contact

_TYPES = {
    "text": 50, "image": 8, "audio": 6, "video": 3, "document": 4, "sticker": 3, "location": 3, "contacts": 2,
    "interactive": 8, "button": 6, "reaction": 4, "order": 1, "unsupported": 2,
}  # fmt: skip
_MEDIA = {
    "image": "image/jpeg",
    "audio": "audio/ogg; codecs=opus",
    "video": "video/mp4",
    "document": "application/pdf",
    "sticker": "image/webp",
}
_GREETINGS = ("Olá, tudo bem?", "Where is my order?", "Danke schön!", "ありがとう", "No thanks \N{WAVING HAND SIGN}")


def inbound(person: Contact, at: Millis, rng: Random, ledger: Ledger, feed: Feed = Feed.MESSAGES) -> Item:
    """A person writes to the business."""
    kind = rng.choices(list(_TYPES), list(_TYPES.values()))[0]
    entry = _open(person, at, rng, ledger, feed, direction="inbound", kind=kind)
    message = _from(person) | {"id": entry.wamid, "timestamp": str(at // 1_000), "type": kind} | _content(kind, rng)
    return _item(person, feed, "messages", message, entry)


def system(person: Contact, at: Millis, rng: Random) -> Item:
    """A person's phone number changed. Nobody wrote, so it opens no message."""
    fresh = person.phone[:-7] + digits(rng, 7)
    said = {
        "body": f"User {person.name} changed from {person.phone} to {fresh}",
        "wa_id": fresh,
        "user_id": f"{person.country}.{digits(rng, 17)}",
        "type": "user_changed_number",
    }
    message: Json = {
        "from": person.phone,
        "id": wamid(person.address, rng, from_business=False),
        "timestamp": str(at // 1_000),
        "type": "system",
        "system": said,
    }
    return Item(person.number.waba.id, "messages", "messages", (message,), person.number)


def echo(person: Contact, at: Millis, rng: Random, ledger: Ledger) -> tuple[Item, Entry]:
    """A human at the business writes in the WhatsApp Business app."""
    entry = _open(person, at, rng, ledger, Feed.ECHO, kind="text")
    message: Json = {"from": person.number.phone}
    message |= {"to": person.phone} if person.phone else {"to_user_id": person.bsuid}
    message |= {"id": entry.wamid, "timestamp": str(at // 1_000), "type": "text", "text": {"body": "A human here."}}
    return _item(person, Feed.ECHO, "message_echoes", message, entry), entry


def agent_echo(person: Contact, at: Millis, rng: Random, ledger: Ledger) -> tuple[Item, Entry]:
    """Meta's agent answers a person."""
    entry = _open(person, at, rng, ledger, Feed.STANDBY, kind="text")
    said: Json = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    said |= {"to": person.phone} if person.phone else {"recipient": person.bsuid}
    said |= {"type": "text", "text": {"body": "I am the agent.", "preview_url": False}}
    message: Json = {"id": entry.wamid, "timestamp": str(at // 1_000), "message": said}
    return _item(person, Feed.STANDBY, "message_echoes", message, entry), entry


def foreign_status(person: Contact, entry: Entry, status: str, at: Millis, feed: Feed) -> Item:
    """A status of a message that the application never sent."""
    payload: Json = {"id": entry.wamid, "status": status, "timestamp": str(at // 1_000)}
    payload |= {"recipient_id": person.phone} if person.phone else {"recipient_user_id": person.bsuid}
    told = StatusTold(entry, status, at // 1_000 * 1_000)
    slot = "standby.statuses" if feed is Feed.STANDBY else "statuses"
    return Item(person.number.waba.id, feed.value, slot, (payload,), person.number, (profile(person),), (told,))


def orphan(person: Contact, at: Millis, rng: Random, ledger: Ledger) -> Item:
    """A lone delivered or read of a message that nobody ever saw sent."""
    entry = _open(person, at, rng, ledger, Feed.MESSAGES, kind="")
    return foreign_status(person, entry, rng.choice(("delivered", "read")), at, Feed.MESSAGES)


def history(person: Contact, at: Millis, rng: Random, ledger: Ledger) -> Item:
    """Old chats of a number that has just joined: a few messages of both sides, days ago."""
    shown, thread = [], []
    for back in sorted((rng.randrange(1, 150) for _ in range(rng.randrange(2, 12))), reverse=True):
        then = at - back * 86_400_000
        direction = rng.choice(("inbound", "outbound"))
        entry = _open(person, then, rng, ledger, Feed.HISTORY, direction=direction, kind="text")
        shown.append(Shown(entry))
        thread.append(_old_message(person, entry, rng))
    thread_id: Json = {"id": person.phone} if person.phone else {"context": {"user_id": person.bsuid}}
    meta = {"phase": 1, "chunk_order": rng.randrange(1, 9), "progress": rng.randrange(1, 100)}
    value = address(person.number)
    value["history"] = [{"metadata": meta, "threads": [thread_id | {"messages": thread}]}]
    return Item(person.number.waba.id, "history", "", (value,), person.number, effects=tuple(shown))


def _open(
    person: Contact, at: Millis, rng: Random, ledger: Ledger, feed: Feed, *, kind: str, direction: str = "outbound"
) -> Entry:
    return ledger.open(
        Entry(
            number=person.number.id,
            recipient=person.address,
            at=at // 1_000 * 1_000,
            wamid=wamid(person.address, rng, from_business=direction == "outbound"),
            direction=direction,
            type=kind,
            feed=feed,
        )
    )


def _item(person: Contact, feed: Feed, slot: str, message: Json, entry: Entry) -> Item:
    field = "smb_message_echoes" if feed is Feed.ECHO else feed.value
    slot = f"standby.{slot}" if feed is Feed.STANDBY else slot
    contacts = (profile(person),) if entry.direction == "inbound" else ()
    return Item(person.number.waba.id, field, slot, (message,), person.number, contacts, (Shown(entry),))


def _from(person: Contact) -> Json:
    found: Json = {"from": person.phone} if person.phone else {}
    found["from_user_id"] = person.bsuid
    if person.parent_bsuid:
        found["from_parent_user_id"] = person.parent_bsuid
    return found


def _content(kind: str, rng: Random) -> Json:
    if kind in _MEDIA:
        return {kind: {"mime_type": _MEDIA[kind], "sha256": digits(rng, 30), "id": digits(rng, 16)}}
    if kind == "unsupported":
        error = {"code": 131051, "title": "Unsupported message type", "message": "Unsupported message type"}
        return {"errors": [error | {"error_data": {"details": "This type is not supported."}}]}
    return {kind: _SPOKEN[kind]} if kind in _SPOKEN else {"text": {"body": rng.choice(_GREETINGS)}}


_EARLIER = "wamid.HBgLMTU1NTAwMDAwMDAVAgARGBIwMDAwMDAwMDAwMDAwMDAwMDAA"
_SPOKEN: dict[str, object] = {
    "location": {"latitude": -23.55, "longitude": -46.63, "name": "Praça"},
    "contacts": [{"name": {"formatted_name": "Aunt May", "first_name": "May"}, "phones": [{"type": "HOME"}]}],
    "interactive": {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}},
    "button": {"text": "Stop", "payload": "STOP"},
    "reaction": {"message_id": _EARLIER, "emoji": "\N{HEAVY BLACK HEART}"},
    "order": {
        "catalog_id": "194836987003835",
        "product_items": [{"product_retailer_id": "tea", "quantity": 2, "item_price": 7, "currency": "EUR"}],
    },
}


def _old_message(person: Contact, entry: Entry, rng: Random) -> Json:
    own: Json = {"from": person.number.phone, "to": person.address}
    found = _from(person) if entry.direction == "inbound" else own
    found |= {"id": entry.wamid, "timestamp": str(entry.at // 1_000), "type": "text", "text": {"body": "Long ago."}}
    return found | {"history_context": {"status": rng.choice(("DELIVERED", "READ", "SENT", "PLAYED"))}}
