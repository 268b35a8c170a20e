"""The cast as the Graph API shows it: JSON of its nodes, and pages of them."""

from __future__ import annotations

from collections.abc import Sequence

from wabawatch.simulator.application import Json
from wabawatch.simulator.world import Number, Template, Waba, World

_PAGE = 25
_LARGEST_PAGE = 100
_PHONE_DEFAULTS = ("display_phone_number", "verified_name", "quality_rating")
_TEMPLATE_DEFAULTS = ("name", "language", "status", "category")


def node(world: World, node_id: str, fields: Sequence[str]) -> Json | None:
    """The number, account or template with that id, with those *fields* (none: the usual ones)."""
    number = world.number(node_id)
    if number is not None:
        return phone(number, fields)
    for waba in world.wabas:
        if waba.id == node_id:
            return _only(_account(waba), fields or ("name",))
    found = next((one for one in world.templates if one.id == node_id), None)
    return template(found, fields) if found is not None else None


def phone(number: Number, fields: Sequence[str]) -> Json:
    """A business phone number."""
    whole: Json = {
        "id": number.id,
        "display_phone_number": number.display,
        "verified_name": number.verified_name,
        "quality_rating": number.quality,
        "quality_score": {"score": number.quality},
        "status": "CONNECTED",
        "name_status": "APPROVED",
        "code_verification_status": "VERIFIED",
        "account_mode": "LIVE",
        "platform_type": "CLOUD_API",
        "is_on_biz_app": False,
        "is_official_business_account": False,
        "throughput": {"level": "STANDARD"},
        "whatsapp_business_manager_messaging_limit": number.limit,
        "health_status": _health("PHONE_NUMBER", number.id),
    }
    return _only(whole, fields or _PHONE_DEFAULTS)


def template(found: Template, fields: Sequence[str]) -> Json:
    """A message template."""
    whole: Json = {
        "id": found.id,
        "name": found.name,
        "language": found.language,
        "status": found.status,
        "category": found.category.upper(),
        "components": [{"type": "BODY", "text": "Hello {{1}}"}],
        "quality_score": {"score": found.quality, "date": 1_780_000_000},
        "rejected_reason": "NONE",
    }
    return _only(whole, fields or _TEMPLATE_DEFAULTS)


def page(items: Sequence[Json], limit: str, after: str) -> Json:
    """One page of a list. Cursors are positions; one that is not of ours begins anew."""
    size = max(1, min(_LARGEST_PAGE, int(limit) if limit.isdecimal() else _PAGE))
    start = int(after) if after.isdecimal() else 0
    answer: Json = {"data": list(items[start : start + size])}
    if items:
        answer["paging"] = {"cursors": {"before": str(start), "after": str(min(start + size, len(items)))}}
    return answer


def subscriptions(app_id: str) -> Json:
    """The apps that get an account's webhooks."""
    link = f"https://www.facebook.com/games/?app_id={app_id}"
    return {"data": [{"whatsapp_business_api_data": {"id": app_id, "name": "Simulated App", "link": link}}]}


def token(world: World, app_id: str, *, is_valid: bool) -> Json:
    """What is known of an access token."""
    scopes = ["whatsapp_business_management", "whatsapp_business_messaging"]
    targets = [waba.id for waba in world.wabas]
    data: Json = {
        "app_id": app_id,
        "type": "SYSTEM_USER",
        "application": "Simulated App",
        "is_valid": is_valid,
        "issued_at": 1_780_000_000,
        "expires_at": 0,
        "data_access_expires_at": 0,
        "scopes": scopes if is_valid else [],
        "granular_scopes": [{"scope": scope, "target_ids": targets} for scope in scopes] if is_valid else [],
    }
    return {"data": data}


def _account(waba: Waba) -> Json:
    return {
        "id": waba.id,
        "name": waba.name,
        "currency": "EUR",
        "status": "ACTIVE",
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "owner_business_info": {"id": waba.portfolio, "name": waba.name},
        "health_status": _health("WABA", waba.id),
    }


def _health(kind: str, node_id: str) -> Json:
    entity = {"entity_type": kind, "id": node_id, "can_send_message": "AVAILABLE"}
    return {"can_send_message": "AVAILABLE", "entities": [entity]}


def _only(whole: Json, fields: Sequence[str]) -> Json:
    return {key: value for key, value in whole.items() if key in fields or key == "id"}
