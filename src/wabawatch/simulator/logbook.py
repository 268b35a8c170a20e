"""What the simulated application writes down about a send, and when."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from wabawatch.domain.facts import Millis, SendOutcome, Status
from wabawatch.simulator.application import Json, PlannedSend, Recording
from wabawatch.simulator.failures import MetaError
from wabawatch.simulator.fate import Fate
from wabawatch.simulator.ids import uuid7
from wabawatch.simulator.ledger import Effect, Entry, SendLogged, StatusLogged
from wabawatch.simulator.steps import LogSend, LogStatus

_SECOND = 1_000
Noted = tuple[LogSend | LogStatus, Effect]


def records(send: PlannedSend, fate: Fate, entry: Entry, rng: Random) -> Iterator[Noted]:
    """The application's records of *send*, in the order of time, each with what an observer knows from it."""
    local_id = uuid7(send.at, rng)
    answered_at = send.at + fate.answer_after_ms
    match _settled(send.recording, fate):
        case Recording.NEVER:
            return
        case Recording.UNLINKED:
            yield _record(send, fate, entry, answered_at + 20, local_id, with_wamid=False)
        case Recording.UNANSWERED:
            yield _record(send, None, entry, send.at + 30 * _SECOND, local_id, with_wamid=False)
        case Recording.LINKED_LATER:
            yield _record(send, None, entry, send.at, local_id, with_wamid=False)
            yield _link(entry, answered_at + rng.randrange(1, 90) * _SECOND, answered_at, local_id)
        case Recording.TWICE:
            yield _record(send, fate, entry, answered_at + 20, local_id)
            again = local_id if fate.refusal or rng.random() < 0.5 else uuid7(send.at + 1, rng)
            yield _record(send, fate, entry, answered_at + rng.randrange(1, 120) * _SECOND, again)
        case recording:
            yield _record(send, fate, entry, _written_at(recording, send, fate, rng), local_id)


def _settled(recording: Recording, fate: Fate) -> Recording:
    """A send that was refused or held has nothing to be linked to later: its answer is written down at once."""
    is_plain = fate.refusal is None and not fate.is_held
    return Recording.ONCE if recording is Recording.LINKED_LATER and not is_plain else recording


def _written_at(recording: Recording, send: PlannedSend, fate: Fate, rng: Random) -> Millis:
    reached = [stage.after_ms for stage in fate.stages] or [fate.answer_after_ms]
    if recording is Recording.LATE:
        return send.at + max(reached) + rng.randrange(5, 60) * _SECOND
    if recording is Recording.OVERTAKEN:
        return send.at + min(reached) + rng.randrange(2, 6) * _SECOND
    return send.at + fate.answer_after_ms + rng.randrange(5, 50)


def _record(
    send: PlannedSend, fate: Fate | None, entry: Entry, at: Millis, local_id: str, *, with_wamid: bool = True
) -> tuple[LogSend, Effect]:
    """One record; *fate* is None while the answer is not known."""
    outcome = outcome_of(fate)
    is_linked = with_wamid and bool(entry.wamid)
    payload = _who(send) | {
        "local_id": local_id,
        "phone_number_id": send.number.id,
        "message_id": entry.wamid if is_linked else None,
        "template_name": send.template.name if send.template else None,
        "template_language": send.template.language if send.template else None,
        "user_id": send.user_id or None,
        "lead_id": send.lead_id or None,
        "type": send.type,
        "category": send.category,
        "at": send.at,
        "outcome": outcome.value,
    }
    if fate is not None and fate.refusal is not None:
        payload["error"] = _error(fate.refusal)
    return LogSend(at, payload), SendLogged(entry, local_id, outcome, is_linked)


def _link(entry: Entry, at: Millis, answered_at: Millis, local_id: str) -> tuple[LogStatus, Effect]:
    payload: Json = {"status": Status.SENT.value, "wamid": entry.wamid, "at": answered_at}
    return LogStatus(at, local_id, payload), StatusLogged(entry, Status.SENT.value, answered_at)


def _who(send: PlannedSend) -> Json:
    if send.group is not None:
        return {"phone_number": None, "group": send.group.id}
    person = send.recipient
    if person is None or not person.phone:
        return {"phone_number": None, "bsuid": person.bsuid if person else ""}
    return {"phone_number": f"+{person.phone}"}


def outcome_of(fate: Fate | None) -> SendOutcome:
    """How the Graph API answered; None is no answer."""
    if fate is None:
        return SendOutcome.UNKNOWN
    if fate.refusal is not None:
        return SendOutcome.REJECTED
    return SendOutcome.HELD if fate.is_held else SendOutcome.ACCEPTED


def _error(error: MetaError) -> Json:
    return {
        "code": error.code,
        "title": error.title,
        "message": f"(#{error.code}) {error.title}",
        "details": error.details,
    }
