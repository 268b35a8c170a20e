"""Webhooks about templates that follow a command or a call."""

from __future__ import annotations

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import Json
from wabawatch.simulator.envelope import Item
from wabawatch.simulator.notices import about
from wabawatch.simulator.templates import TemplateState

NOTICE_S = 86_400
"""How long before a change of category Meta says so."""
_PAUSES = {1: ("FIRST_PAUSE", "Paused for 3 hours."), 2: ("SECOND_PAUSE", "Paused for 6 hours.")}
_PARTS = {"BODY": "message_template_element", "HEADER": "message_template_title", "FOOTER": "message_template_footer"}


def status_changed(state: TemplateState, before: str, at: Millis) -> Item:
    """It was reviewed, paused, disabled, archived or deleted."""
    status = state.template.status
    told: Json = {"event": status, "reason": state.reason if status == "REJECTED" else "NONE"}
    if status == "PAUSED":
        title, description = _PAUSES.get(state.pauses, ("RATE_LIMITING_PAUSE", "Paused."))
        told["other_info"] = {"title": title, "description": description}
    elif status == "DISABLED":
        told["other_info"] = {"title": "DISABLED", "description": "Paused too often."}
        told["disable_info"] = {"disable_date": at // 1_000}
    elif before == "PAUSED":
        told["other_info"] = {"title": "UNPAUSE", "description": "It can be sent again."}
    return _item(state, "message_template_status_update", told, at)


def quality_changed(state: TemplateState, before: str, at: Millis) -> Item:
    """It was rated better or worse."""
    told: Json = {"previous_quality_score": before, "new_quality_score": state.template.quality}
    return _item(state, "message_template_quality_update", told, at)


def category_changed(state: TemplateState, before: str, at: Millis) -> Item:
    """It is of another category from now on."""
    told: Json = {"previous_category": before.upper(), "new_category": state.template.category.upper()}
    return _item(state, "template_category_update", told, at)


def category_noticed(state: TemplateState, at: Millis) -> Item:
    """It will be of another category; `new_category` is what it is until then."""
    told: Json = {"new_category": state.template.category.upper(), "correct_category": state.correct_category}
    return _item(state, "template_category_update", told | {"category_update_timestamp": at // 1_000 + NOTICE_S}, at)


def components_changed(state: TemplateState, at: Millis) -> Item:
    """Its text was edited."""
    told: Json = {"message_template_element": "", "message_template_title": ""}
    for component in state.components:
        name = _PARTS.get(str(component.get("type")).upper())
        if name and component.get("text"):
            told[name] = component["text"]
    return _item(state, "message_template_components_update", told, at)


def _item(state: TemplateState, field: str, told: Json, at: Millis) -> Item:
    return Item(state.template.waba, field, "", (about(state.template) | told,), at=at)
