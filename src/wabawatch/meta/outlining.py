"""A webhook body from outside: which fields are in it, how many messages and statuses, of whom. Nothing is raised."""

from __future__ import annotations

from wabawatch.domain.webhook_bodies import Outline
from wabawatch.meta.decoding import decode
from wabawatch.meta.reading import items, mapping, text
from wabawatch.meta.webhooks import OBJECT


def outline_of(content: bytes) -> Outline:
    """What is in the body *content*."""
    try:
        document = decode(content)
    except (ValueError, RecursionError):
        return Outline(problem="These bytes are no JSON.")
    if not isinstance(document, dict) or document.get("object") != OBJECT:
        return Outline(problem=f"It is no webhook about WhatsApp: its object is not {OBJECT}.")
    fields, wabas, numbers = dict[str, int](), dict[str, None](), dict[str, None]()
    messages = statuses = 0
    for entry in map(mapping, items(document.get("entry"))):
        if (waba := text(entry.get("id"))) not in ("", "0"):
            wabas[waba] = None
        for change in map(mapping, items(entry.get("changes"))):
            name, value = text(change.get("field")), mapping(change.get("value"))
            if not name:
                continue
            fields[name] = fields.get(name, 0) + 1
            if number := text(mapping(value.get("metadata")).get("phone_number_id")):
                numbers[number] = None
            messages += len(items(value.get("messages"))) + len(items(value.get("message_echoes")))
            statuses += len(items(value.get("statuses")))
    problem = "" if fields else "There is no change in it."
    return Outline(fields, messages, statuses, tuple(wabas), tuple(numbers), problem)
