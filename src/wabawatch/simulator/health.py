"""`health_status`: whether each entity that has a part in a send can send, and why not."""

from __future__ import annotations

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import Json
from wabawatch.simulator.standing import APP_ID, NumberState, Standing, WabaState
from wabawatch.simulator.world import Waba

_WORST = ("BLOCKED", "LIMITED", "AVAILABLE")


def health_status(kind: str, node_id: str, waba: Waba, standing: Standing, now: Millis) -> Json:
    """The health of a node: its own, its account's, its business's and the app's; as a whole, that of the worst."""
    ids = {kind: node_id} | {"WABA": waba.id, "BUSINESS": waba.portfolio, "APP": APP_ID}
    entities = [_entity(each, own, standing, now) for each, own in ids.items()]
    said = {entity["can_send_message"] for entity in entities}
    return {"can_send_message": next(one for one in _WORST if one in said), "entities": entities}


def _entity(kind: str, entity_id: str, standing: Standing, now: Millis) -> Json:
    """What was commanded comes before what follows from how things stand."""
    found: Json = {"entity_type": kind, "id": entity_id, "can_send_message": "AVAILABLE"}
    if entity_id in standing.health:
        return found | standing.health[entity_id]
    if kind == "WABA":
        return found | _of_account(standing.wabas[entity_id], now)
    if kind == "PHONE_NUMBER":
        return found | _of_number(standing.numbers[entity_id])
    return found


def _of_account(state: WabaState, now: Millis) -> Json:
    if state.status != "ACTIVE":
        return _blocked(131031, f"The account is {state.status}.", "Appeal in Business Support Home.")
    held = [one.kind for one in state.restrictions if now < one.until]
    return {"can_send_message": "LIMITED", "additional_info": held} if held else {}


def _of_number(state: NumberState) -> Json:
    if state.status != "CONNECTED":
        return _blocked(141000, f"The phone number is {state.status}.", "Register the phone number again.")
    if state.name_status in ("DECLINED", "EXPIRED"):
        return {"can_send_message": "LIMITED", "additional_info": ["The display name has not been approved."]}
    return {}


def _blocked(code: int, description: str, solution: str) -> Json:
    error = {"error_code": code, "error_description": description, "possible_solution": solution}
    return {"can_send_message": "BLOCKED", "errors": [error]}
