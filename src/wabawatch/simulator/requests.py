"""Requests to the simulated send endpoints, read as the platform reads them: what is asked, or why it is refused."""

from __future__ import annotations

from dataclasses import replace

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import Json, PlannedSend
from wabawatch.simulator.failures import ERRORS, MetaError, because
from wabawatch.simulator.ledger import Entry
from wabawatch.simulator.media import KINDS, MediaStore
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.templates import Templates, Unsendable
from wabawatch.simulator.world import Contact, Group, Number, Template, World, stranger


def is_send(body: Json) -> bool:
    """False for mark-as-read and typing, which go to the same path."""
    return "status" not in body


def read_send(
    body: Json, simulation: Simulation, number: Number, key: str, at: Millis, *, marketing: bool
) -> PlannedSend:
    """The send that *body* asks for. Raises `Refused` where the platform would refuse it by its form."""
    if body.get("messaging_product") != "whatsapp":
        raise Refused(because(100, "The parameter messaging_product is required."))
    template = _template(body, simulation.standing.templates, number)
    if marketing and (template is None or template.category != "marketing"):
        raise Refused(ERRORS[131055])
    recipient, group = _addressee(body, simulation.world, number)
    _check_medium(body, simulation.media)
    return PlannedSend(
        key=key,
        at=at,
        number=number,
        recipient=recipient,
        group=group,
        type=_text(body.get("type")) or "text",
        category=template.category if template else "service",
        template=template,
        opaque=_text(body.get("biz_opaque_callback_data")),
    )


def turned_away(body: Json, number: Number, at: Millis) -> Entry | None:
    """The message of a request that `read_send` refused; None if it named no recipient and so was no send at all."""
    address = _text(body.get("to")) or _text(body.get("recipient"))
    asked = _object(body.get("template"))
    language = _text(_object(asked.get("language")).get("code"))
    kind, name = _text(body.get("type")), _text(asked.get("name"))
    return Entry(number.id, address, at, type=kind, template=name, language=language) if address else None


class Refused(Exception):
    """The request cannot be a send."""

    def __init__(self, error: MetaError) -> None:
        super().__init__(error.details)
        self.error = error


def _template(body: Json, templates: Templates, number: Number) -> Template | None:
    if body.get("type") != "template":
        return None
    asked = _object(body.get("template"))
    language = _text(_object(asked.get("language")).get("code"))
    try:
        return templates.sendable(number.waba.id, _text(asked.get("name")), language)
    except Unsendable as unsendable:
        raise Refused(unsendable.error) from None


def _check_medium(body: Json, media: MediaStore) -> None:
    """A medium is named by a link or by the id of an upload that is still there."""
    kind = _text(body.get("type"))
    if kind not in KINDS:
        return
    medium = _object(body.get(kind))
    link, medium_id = _text(medium.get("link")), _text(medium.get("id"))
    if not link and not medium_id:
        raise Refused(because(131008, f"The parameter {kind}['id'] or {kind}['link'] is required."))
    if medium_id and media.find(medium_id) is None:
        said = f"Param {kind}['id'] is not a valid whatsapp business account media attachment ID"
        raise Refused(MetaError(100, said, said))
    if link and not link.startswith(("http://", "https://")):
        raise Refused(because(131009, f"The parameter {kind}['link'] is no http(s) address."))


def _addressee(body: Json, world: World, number: Number) -> tuple[Contact | None, Group | None]:
    to, bsuid = _text(body.get("to")), _text(body.get("recipient"))
    if body.get("recipient_type") == "group":
        group = next((one for one in world.groups if one.id == to), None)
        if group is None:
            raise Refused(because(131009, "There is no such group."))
        return None, group
    phone = "".join(filter(str.isdecimal, to))
    if not phone and not bsuid:
        raise Refused(because(131008, "The parameter to or recipient is required."))
    known = world.by_address.get(phone or bsuid)
    if known is None:
        return stranger(number, phone, "" if phone else bsuid), None
    return replace(known, number=number) if phone else replace(known, number=number, phone=""), None


def _text(value: object) -> str:
    """Text, or a number written as one: some callers send phone numbers so."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}
