"""Which facts speak of one message: by wamid and number, by local id, or by both (SPEC.md 3, Identity)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wabawatch.domain.facts import MessageFact, SendRecorded, StatusChanged
from wabawatch.domain.messages import NOTHING, ContactKey, ContactKind, Message, contact_key, fold, join
from wabawatch.ports import Held


@dataclass(slots=True, eq=False)
class Slot:
    """One message while a batch is matched: what was in the books, and what it becomes."""

    message: Message = NOTHING
    held: tuple[Held, ...] = ()
    """The rows it had; more than one when two turned out to be one message"""
    local_ids: frozenset[str] = frozenset()
    contacts: frozenset[ContactKey] = frozenset()
    """The ids of persons under which its facts know the recipient; Meta's may be spelt unlike the one we sent to"""

    @property
    def id(self) -> int:
        """The row that survives: the oldest; 0 for a new message."""
        return min([h.id for h in self.held]) if self.held else 0


class Matcher:
    """Puts each fact into the slot of its message, joining slots that turn out to be one."""

    def __init__(self, held: Iterable[Held], meant: Mapping[str, int]) -> None:
        self._by_wamid: dict[str, list[Slot]] = {}
        self._by_local: dict[str, Slot] = {}
        self._slots: dict[int, Slot] = {}
        by_id: dict[int, Slot] = {}
        for h in held:
            slot = self._add(Slot(h.message, (h,)))
            _name(slot, h.message.contact[2] if h.message.contact else None)
            by_id[h.id] = slot
            if h.message.wamid:
                self._by_wamid.setdefault(h.message.wamid, []).append(slot)
        for local_id, message_id in meant.items():
            if message_id in by_id:
                self._by_local[local_id] = by_id[message_id]

    @property
    def slots(self) -> list[Slot]:
        """Every message of the batch."""
        return list(self._slots.values())

    def put(self, fact: MessageFact) -> None:
        """Fold *fact* into the slot of its message."""
        local_id = fact.local_id if isinstance(fact, SendRecorded | StatusChanged) else ""
        slot = self._slot_of(fact.number, fact.wamid, local_id)
        slot.message = fold(slot.message, fact)
        _name(slot, contact_key(fact.person, "") if not fact.group else None)
        if fact.wamid:
            known = self._by_wamid.setdefault(fact.wamid, [])
            if slot not in known:
                known.append(slot)
        if local_id and self._by_local.setdefault(local_id, slot) is slot:
            slot.local_ids |= {local_id}

    def _slot_of(self, number: str, wamid: str, local_id: str) -> Slot:
        local = self._by_local.get(local_id)
        linked = self._find(number, wamid)
        if local is None or (wamid and local.message.wamid and local.message.wamid != wamid):
            # A local id that is tied to another wamid stays tied to that one.
            return linked or self._add(Slot())
        if linked is None or linked is local:
            return local
        return self._merge(linked, local)

    def _find(self, number: str, wamid: str) -> Slot | None:
        """The slot of (number, wamid). An unknown number matches any: nobody knows of one wamid under two numbers."""
        candidates = self._by_wamid.get(wamid, ()) if wamid else ()
        if len(candidates) == 1 and candidates[0].message.number == number:
            return candidates[0]
        fitting = [s for s in candidates if not number or s.message.number in ("", number)]
        return min(fitting, key=lambda s: (s.message.number != number, s.message.number), default=None)

    def _merge(self, kept: Slot, gone: Slot) -> Slot:
        kept.message = join(kept.message, gone.message)
        kept.held += gone.held
        kept.local_ids |= gone.local_ids
        kept.contacts |= gone.contacts
        for local_id, slot in self._by_local.items():
            if slot is gone:
                self._by_local[local_id] = kept
        known = self._by_wamid.get(gone.message.wamid, [])
        if gone in known:  # both had the wamid, one of them under a wrong number
            known.remove(gone)
        del self._slots[id(gone)]
        return kept

    def _add(self, slot: Slot) -> Slot:
        self._slots[id(slot)] = slot
        return slot


def _name(slot: Slot, contact: ContactKey | None) -> None:
    if contact is not None and contact not in slot.contacts and contact.kind != _GROUP:
        slot.contacts |= {contact}


_GROUP = ContactKind.GROUP
