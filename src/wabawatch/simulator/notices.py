"""News of templates, numbers, accounts and people's wishes, and of a field that nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import Json
from wabawatch.simulator.envelope import Item, address
from wabawatch.simulator.world import Contact, Template, World

UNKNOWN_FIELD = "simulated_novelty"


def notice(world: World, person: Contact, at: Millis, rng: Random) -> Item:
    """One piece of news, about the account, number or templates that *person* deals with."""
    field, tell = rng.choice(_KINDS)
    waba = person.number.waba.id
    template = rng.choice(world.templates_of(waba))
    return Item(waba, field, "", (tell(person, template, at // 1_000, rng),), person.number)


def template_state(waba: str, template: Template) -> Item:
    """A template is what it is: what Meta told when it was reviewed."""
    value = about(template) | {"event": template.status, "reason": "NONE"}
    return Item(waba, "message_template_status_update", "", (value,))


def template_paused(waba: str, template: Template) -> Item:
    """A template was paused because people disliked it."""
    value = about(template) | {
        "event": "PAUSED",
        "reason": "NONE",
        "other_info": {"title": "FIRST_PAUSE", "description": "Paused for 3 hours."},
    }
    return Item(waba, "message_template_status_update", "", (value,))


def about(template: Template) -> Json:
    """How every webhook about a template names it."""
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "message_template_category": template.category.upper(),
    }


def _status(person: Contact, template: Template, second: int, rng: Random) -> Json:
    return {"event": rng.choice(("APPROVED", "FLAGGED", "REINSTATED")), "reason": "NONE"} | about(template)


def _quality(person: Contact, template: Template, second: int, rng: Random) -> Json:
    before, after = rng.choice((("GREEN", "YELLOW"), ("YELLOW", "GREEN"), ("UNKNOWN", "GREEN")))
    return {"previous_quality_score": before, "new_quality_score": after} | about(template)


def _components(person: Contact, template: Template, second: int, rng: Random) -> Json:
    return about(template) | {"message_template_element": "Hello {{1}}", "message_template_title": "News"}


def _category(person: Contact, template: Template, second: int, rng: Random) -> Json:
    return about(template) | {"previous_category": "UTILITY", "new_category": "MARKETING"}


def _throughput(person: Contact, template: Template, second: int, rng: Random) -> Json:
    phone = person.number.phone
    return {"display_phone_number": phone, "event": "THROUGHPUT_UPGRADE", "current_limit": person.number.limit}


def _name(person: Contact, template: Template, second: int, rng: Random) -> Json:
    wanted: Json = {"requested_verified_name": person.number.verified_name, "rejection_reason": None}
    return wanted | {"display_phone_number": person.number.phone, "decision": "APPROVED"}


def _capability(person: Contact, template: Template, second: int, rng: Random) -> Json:
    limit = rng.choice((2_000, "TIER_10K", "TIER_UNLIMITED"))
    return {"max_daily_conversations_per_business": limit, "max_phone_numbers_per_business": 20}


def _alert(person: Contact, template: Template, second: int, rng: Random) -> Json:
    info = {
        "alert_severity": "INFORMATIONAL",
        "alert_status": "ACTIVE",
        "alert_type": "OBA_APPROVED",
        "alert_description": "The business has been verified.",
    }
    return {"entity_type": "BUSINESS", "entity_id": person.number.waba.portfolio, "alert_info": info}


def _violation(person: Contact, template: Template, second: int, rng: Random) -> Json:
    return {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": rng.choice(("ALCOHOL", "SCAM"))}}


def _review(person: Contact, template: Template, second: int, rng: Random) -> Json:
    return {"decision": "APPROVED"}


def _security(person: Contact, template: Template, second: int, rng: Random) -> Json:
    return {"display_phone_number": person.number.phone, "event": "PIN_CHANGED"}


def _flow(person: Contact, template: Template, second: int, rng: Random) -> Json:
    rates: Json = {"p50_latency": rng.randrange(100, 900), "p90_latency": rng.randrange(900, 4_000)}
    return rates | {"event": "ENDPOINT_LATENCY", "flow_id": "1", "alert_state": "DEACTIVATED"}


def _preference(person: Contact, template: Template, second: int, rng: Random) -> Json:
    wish: Json = {"wa_id": person.phone} if person.phone else {}
    wish |= {"user_id": person.bsuid, "category": "marketing_messages", "value": rng.choice(("stop", "resume"))}
    return address(person.number) | {"user_preferences": [wish | {"detail": "Asked by the user.", "timestamp": second}]}


def _errors(person: Contact, template: Template, second: int, rng: Random) -> Json:
    error = {"code": 130429, "title": "Rate limit hit", "message": "Rate limit hit"}
    return address(person.number) | {"errors": [error | {"error_data": {"details": "Throughput reached."}}]}


def _novelty(person: Contact, template: Template, second: int, rng: Random) -> Json:
    return {"what": "nobody told us about this", "level": rng.randrange(100)}


_KINDS: tuple[tuple[str, Callable[[Contact, Template, int, Random], Json]], ...] = (
    ("message_template_status_update", _status),
    ("message_template_quality_update", _quality),
    ("message_template_components_update", _components),
    ("template_category_update", _category),
    ("phone_number_quality_update", _throughput),
    ("phone_number_name_update", _name),
    ("business_capability_update", _capability),
    ("account_alerts", _alert),
    ("account_update", _violation),
    ("account_review_update", _review),
    ("security", _security),
    ("flows", _flow),
    ("user_preferences", _preference),
    ("messages", _errors),
    (UNKNOWN_FIELD, _novelty),
)
