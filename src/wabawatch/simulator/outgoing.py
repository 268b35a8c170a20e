"""Meta's word on the messages that a business sends: statuses by webhook, and the answer to the send."""

from __future__ import annotations

from random import Random

from wabawatch.domain.facts import Millis, Status
from wabawatch.simulator.application import Json, PlannedSend
from wabawatch.simulator.envelope import Item
from wabawatch.simulator.failures import MetaError
from wabawatch.simulator.fate import Fate, Stage
from wabawatch.simulator.ids import trace_id
from wabawatch.simulator.ledger import Entry, StatusTold
from wabawatch.simulator.world import Contact

_DAY_S = 86_400
_HELP = "/documentation/business-messaging/whatsapp/support/error-codes"


def status_item(send: PlannedSend, entry: Entry, stages: tuple[Stage, ...], *, is_phone_omitted: bool) -> Item:
    """One webhook item for *stages*: all of one kind, one per group member concerned."""
    status = stages[0].status
    people = [person for stage in stages for person in _person(send, stage)]
    return Item(
        waba=send.number.waba.id,
        field="messages",
        slot="statuses",
        payloads=tuple(_status(send, entry, stage, is_phone_omitted=is_phone_omitted) for stage in stages),
        number=send.number,
        contacts=() if status is Status.FAILED else tuple(profile(person, is_phone_omitted) for person in people),
        effects=tuple(
            StatusTold(entry, stage.status.value, _second(send.at + stage.after_ms), _priced(send, stage))
            for stage in stages
        ),
    )


def profile(person: Contact, is_phone_omitted: bool = False) -> Json:
    """A `contacts` object."""
    found: Json = {"profile": {"name": person.name} | ({"username": person.username} if person.username else {})}
    if person.phone and not is_phone_omitted:
        found["wa_id"] = person.phone
    found["user_id"] = person.bsuid
    if person.parent_bsuid:
        found["parent_user_id"] = person.parent_bsuid
    return found


def accepted(send: PlannedSend, wamid: str, fate: Fate) -> Json:
    """The body of a 200: the platform will try."""
    contact: Json = {"input": send.address}
    if send.recipient is not None:
        contact |= {"wa_id": send.recipient.phone} if send.recipient.phone else {"user_id": send.recipient.bsuid}
    message: Json = {"id": wamid}
    if send.template is not None:
        message["message_status"] = "held_for_quality_assessment" if fate.is_held else "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}


def refused(error: MetaError, rng: Random) -> Json:
    """The body of an error answer."""
    said: Json = {"message": f"(#{error.code}) {error.title}", "type": "OAuthException", "code": error.code}
    if error.subcode:
        said["error_subcode"] = error.subcode
    if error.is_transient:
        said["is_transient"] = True
    said["error_data"] = {"messaging_product": "whatsapp", "details": error.details}
    return {"error": said | {"fbtrace_id": trace_id(rng)}}


def _second(at: Millis) -> Millis:
    return at // 1_000 * 1_000


def _person(send: PlannedSend, stage: Stage) -> tuple[Contact, ...]:
    if send.group is not None:
        return () if stage.participant is None else (send.group.participants[stage.participant],)
    return (send.recipient,) if send.recipient is not None else ()


def _status(send: PlannedSend, entry: Entry, stage: Stage, *, is_phone_omitted: bool) -> Json:
    second = (send.at + stage.after_ms) // 1_000
    found: Json = {"id": entry.wamid, "status": stage.status.value, "timestamp": str(second)}
    found |= _in_group(send, stage) if send.group else _addressee(send, stage, is_phone_omitted)
    if send.opaque:
        found["biz_opaque_callback_data"] = send.opaque
    if _priced(send, stage):
        found |= _conversation(send, entry, stage, second)
        found["pricing"] = _pricing(send)
    if stage.error is not None:
        found["errors"] = [_error(stage.error)]
    return found


def _addressee(send: PlannedSend, stage: Stage, is_phone_omitted: bool) -> Json:
    person = send.recipient
    if person is None:
        return {}
    found: Json = {}
    if person.phone and not (is_phone_omitted and stage.status is not Status.FAILED):
        found["recipient_id"] = person.phone
    if not (stage.status is Status.FAILED and person.phone):
        found |= _bsuids(person, "recipient")
    return found


def _in_group(send: PlannedSend, stage: Stage) -> Json:
    found: Json = {"recipient_id": send.address, "recipient_type": "group"}
    for person in _person(send, stage):
        if person.phone:
            found["recipient_participant_id"] = person.phone
        found |= _bsuids(person, "recipient_participant")
    return found


def _bsuids(person: Contact, role: str) -> Json:
    found: Json = {f"{role}_user_id": person.bsuid}
    if person.parent_bsuid:
        found[f"{role}_parent_user_id"] = person.parent_bsuid
    return found


def _priced(send: PlannedSend, stage: Stage) -> str:
    """The category that the status names in its price, ``""`` where it has none."""
    return send.category if stage.status in (Status.SENT, Status.DELIVERED) else ""


def _pricing(send: PlannedSend) -> Json:
    is_free = send.category == "service"
    kind = "free_customer_service" if is_free else "regular"
    return {"billable": not is_free, "pricing_model": "PMP", "type": kind, "category": send.category}


def _conversation(send: PlannedSend, entry: Entry, stage: Stage, second: int) -> Json:
    """Old webhook versions name a conversation; newer ones do not."""
    if send.number.waba.webhook_version >= 24:
        return {}
    found: Json = {"id": entry.wamid[-24:-2].lower(), "origin": {"type": send.category}}
    if stage.status is Status.SENT:
        found["expiration_timestamp"] = str(second + _DAY_S)
    return {"conversation": found}


def _error(error: MetaError) -> Json:
    return {
        "code": error.code,
        "title": error.title,
        "message": error.title,
        "error_data": {"details": error.details},
        "href": _HELP,
    }
