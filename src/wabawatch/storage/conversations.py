"""Conversations on disk: service windows, and what agents did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select

from wabawatch.domain.conversations import Parties, ServiceWindow, joined
from wabawatch.domain.facts import AgentActed
from wabawatch.domain.messages import person_key
from wabawatch.storage.bulk import Bulk, Lookup, insert_missing, upserting
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_rows import LabelKind, packed
from wabawatch.storage.schema_conversations import agent_interactions, service_windows

_KEY = ("contact_id", "number_id", "opened_at")

_windows = Lookup(lambda some: select(*service_windows.columns).where(service_windows.c.contact_id.in_(some)))
_drop = Bulk(lambda _: delete(service_windows).where(*(service_windows.c[name] == bindparam(name) for name in _KEY)))
_save = upserting(service_windows, _KEY, ["last_after"])


def note_windows(connection: Connection, words: Dictionary, opened: Mapping[Parties, Sequence[ServiceWindow]]) -> None:
    """Join windows with those that are known of the same parties. What changes nothing writes nothing."""
    if not opened:
        return
    numbers = words.numbers.ids(connection, {number for number, _ in opened if number})
    contacts = words.contacts.ids(connection, {contact for _, contact in opened})
    known: defaultdict[tuple[int, int], list[ServiceWindow]] = defaultdict(list)
    for contact_id, number_id, opened_at, last_after in _windows(connection, set(contacts.values())):
        known[contact_id, number_id].append(ServiceWindow(opened_at, opened_at + last_after))
    gone, new = [], []
    for (number, contact), windows in opened.items():
        key = (contacts[contact], numbers.get(number, 0))
        before = set(known[key])
        after = set(joined([*before, *windows]))
        kept = {window.opened_at for window in after}
        gone += [_row(key, window) for window in before if window.opened_at not in kept]
        new += [_row(key, window) for window in after - before]
    _drop(connection, [{name: row[name] for name in _KEY} for row in gone])
    _save(connection, new)


def note_agents(connection: Connection, words: Dictionary, acted: Sequence[AgentActed]) -> None:
    """Write down what agents did. Repeats change nothing."""
    if not acted:
        return
    numbers = words.numbers.ids(connection, {fact.number for fact in acted if fact.number})
    contacts = words.contacts.ids(connection, {person_key(fact.person) for fact in acted if fact.person})
    labels = words.labels.ids(connection, {label for fact in acted for label in _labels(fact).values() if label[1]})
    rows = [
        {
            "number_id": numbers.get(fact.number, 0),
            "local_id": UUID(fact.local_id).bytes,
            "at": fact.when.at,
            "duration_ms": fact.duration_ms,
            "contact_id": contacts[person_key(fact.person)] if fact.person else None,
            "wamid": packed(fact.wamid) if fact.wamid else None,
            **{f"{name}_id": labels.get(label) for name, label in _labels(fact).items()},
        }
        for fact in acted
    ]
    insert_missing(connection, agent_interactions, rows)


def _labels(fact: AgentActed) -> dict[str, tuple[LabelKind, str]]:
    return {
        "agent": (LabelKind.AGENT, fact.agent),
        "action": (LabelKind.ACTION, fact.action),
        "outcome": (LabelKind.OUTCOME, fact.outcome),
        "user": (LabelKind.USER, fact.user_id),
        "lead": (LabelKind.LEAD, fact.lead_id),
        "conversation": (LabelKind.CONVERSATION, fact.conversation_id),
    }


def _row(key: tuple[int, int], window: ServiceWindow) -> dict[str, int]:
    return {
        "contact_id": key[0],
        "number_id": key[1],
        "opened_at": window.opened_at,
        "last_after": window.last_at - window.opened_at,
    }
