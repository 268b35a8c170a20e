"""From changed messages to rows and roll-up differences: the one way in which a message in the books ever changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.messages import ContactKey, Message
from wabawatch.domain.platform import RatingEvent, rating_at
from wabawatch.domain.standing import Cell, Judgement, Standing, cell, cohort_at, look, standing
from wabawatch.domain.templates import ConsentEvent, TemplateEvent, judge, may_need_consent
from wabawatch.flows.matching import Slot
from wabawatch.ports import Held, Ledger, Moves


def settle(ledger: Ledger, slots: Sequence[Slot]) -> None:
    """Write what *slots* became, and move the roll-ups by the difference to what they were."""
    ledger.note_same([(s.contacts, _waba_of(s.message), cohort_at(s.message)) for s in slots if len(s.contacts) > 1])
    changed = [slot for slot in slots if len(slot.held) != 1 or slot.message != slot.held[0].message]
    judgements = judge_all(ledger, [slot.message for slot in changed])
    after = [Held(slot.id, slot.message, judgement) for slot, judgement in zip(changed, judgements, strict=True)]
    replace_all(ledger, [h for slot in changed for h in slot.held], after, ledger.swept_until())
    # Rows that became one with another go first, so that the survivor may take over the wamid.
    became = {h.id: slot.id for slot in changed for h in slot.held if h.id != slot.id}
    ledger.remove(became)
    saved = ledger.save(after)
    ids = {id(slot): h.id for slot, h in zip(changed, saved, strict=True)}
    meant = {local: ids.get(id(slot), slot.id) for slot in slots for local in slot.local_ids}
    ledger.save_locals(meant)


def rejudge(ledger: Ledger, held: Sequence[Held]) -> None:
    """Judge messages again whose template's or recipient's history changed."""
    judgements = judge_all(ledger, [h.message for h in held])
    after = [Held(h.id, h.message, new) for h, new in zip(held, judgements, strict=True) if new != h.judgement]
    ids = {h.id for h in after}
    replace_all(ledger, [h for h in held if h.id in ids], after, ledger.swept_until())
    ledger.save(after)


def replace_all(ledger: Ledger, before: Iterable[Held], after: Iterable[Held], swept_until: Millis) -> None:
    """Move the roll-ups from what *before* counts as to what *after* counts as."""
    _move(ledger, [(h, -1, swept_until) for h in before] + [(h, 1, swept_until) for h in after])


def recount(ledger: Ledger, held: Iterable[Held], swept_before: Millis, swept_until: Millis) -> None:
    """Move the roll-ups for messages that only the progress of the expiry sweep changes."""
    everything = list(held)
    _move(ledger, [(h, -1, swept_before) for h in everything] + [(h, 1, swept_until) for h in everything])


def _move(ledger: Ledger, counted: Iterable[tuple[Held, int, Millis]]) -> None:
    moves: dict[tuple[Cell, Standing], int] = {}
    countries: dict[ContactKey | None, str] = {None: ""}
    for held, sign, swept_until in counted:
        contact = held.message.contact[2] if held.message.contact else None
        if contact not in countries:
            countries[contact] = ledger.country(held.message)
        place = place_of(held, countries[contact], swept_until)
        moves[place] = moves.get(place, 0) + sign
    ledger.move({place: n for place, n in moves.items() if n})


def place_of(held: Held, country: str, swept_until: Millis) -> tuple[Cell, Standing]:
    """Where a message is counted, and as what."""
    seen = look(held.message)
    counted = standing(held.message, held.judgement, swept_until, seen)
    return cell(held.message, country, counted.status, seen), counted


def count_all(held: Iterable[tuple[Held, str]], swept_until: Millis) -> Moves:
    """The counts of messages (with their country) from nothing: what the roll-ups must be."""
    return Counter(place_of(h, country, swept_until) for h, country in held)


def _waba_of(message: Message) -> str:
    return message.waba[2] if message.waba else ""


def judge_all(ledger: Ledger, messages: Sequence[Message]) -> list[Judgement]:
    """How each of *messages* stands to the template rule, as far as the books tell."""
    ratings = ledger.ratings({m.number for m in messages if m.number})
    judged = ((m, judge(m, *said)) for m, said in zip(messages, said_of(ledger, messages), strict=True))
    return [_rated(judgement, m, ratings.get(m.number)) for m, judgement in judged]


class Histories(Protocol):
    """Who knows what was said of templates, and by people: `ports.Ledger` and `limits_ports.Evidence`."""

    def template_histories(
        self, refs: Collection[TemplateRef]
    ) -> Mapping[TemplateRef, Mapping[str, list[TemplateEvent]]]:
        """The history of each template, by WABA."""

    def consents(self, contacts: Collection[ContactKey]) -> Mapping[ContactKey, Mapping[str, list[ConsentEvent]]]:
        """What each contact said of marketing, by WABA."""


def said_of(books: Histories, messages: Sequence[Message]) -> list[tuple[list[TemplateEvent], list[ConsentEvent]]]:
    """Of each of *messages* what its template's history tells, and what its recipient said."""
    refs = {m.template[2] for m in messages if m.template}
    histories = books.template_histories(refs) if refs else {}
    contacts = {m.contact[2] for m in messages if m.contact and may_need_consent(m)}
    consents = books.consents(contacts) if contacts else {}
    return [(_history_of(m, histories), _consent_of(m, consents)) for m in messages]


def _rated(judgement: Judgement, message: Message, history: Sequence[RatingEvent] | None) -> Judgement:
    """*judgement* with the quality rating that the message's number had then, as far as we had been told."""
    return judgement._replace(quality_rating=rating_at(history, cohort_at(message))) if history else judgement


def _history_of(
    message: Message, histories: Mapping[TemplateRef, Mapping[str, list[TemplateEvent]]]
) -> list[TemplateEvent]:
    """The history of the message's template in its WABA; while that is unknown, of the only WABA known to have had it.

    What was told after the send plays no part, also not in which WABAs there are: later news judges later sends only.
    """
    by_waba = histories.get(message.template[2], {}) if message.template else {}
    if message.waba:
        return by_waba.get(message.waba[2], [])
    at = cohort_at(message)
    had_it = [history for history in by_waba.values() if any(event.told_at <= at for event in history)]
    return had_it[0] if len(had_it) == 1 else []


def _consent_of(
    message: Message, consents: Mapping[ContactKey, Mapping[str, list[ConsentEvent]]]
) -> list[ConsentEvent]:
    """What the recipient said to the message's WABA; while that is unknown, to the only WABA spoken to by then.

    What was said to an unknown WABA always counts.
    """
    by_waba = consents.get(message.contact[2], {}) if message.contact else {}
    if message.waba:
        wabas = [message.waba[2]]
    else:
        at = cohort_at(message)
        wabas = [waba for waba, said in by_waba.items() if waba and any(event.at < at for event in said)]
    theirs = by_waba.get(wabas[0], []) if len(wabas) == 1 else []
    return [*theirs, *by_waba.get("", [])]
