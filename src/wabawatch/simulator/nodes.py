"""How things stand, as the Graph API shows it: JSON of its nodes, and pages of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import Json
from wabawatch.simulator.failures import MetaError
from wabawatch.simulator.health import health_status
from wabawatch.simulator.standing import APP_ID, NumberState, Standing, TokenState, WabaState
from wabawatch.simulator.templates import TemplateState

_PHONE_DEFAULTS = ("display_phone_number", "verified_name", "quality_rating")
_ACCOUNT_DEFAULTS = ("name", "currency", "timezone_id", "message_template_namespace")
_TEMPLATE_DEFAULTS = ("name", "parameter_format", "components", "language", "status", "category", "sub_category")
_PHONE_EMPTY = (
    "conversational_automation", "country_dial_code", "eligibility_for_api_business_global_search",
    "messaging_limit_tier", "new_certificate", "new_display_name", "username",
)  # fmt: skip
_ACCOUNT_EMPTY = (
    "audiences", "auth_international_rate_eligibility", "linked_commerce_account", "on_behalf_of_business_info",
    "purchase_order_number",
)  # fmt: skip
_TEMPLATE_EMPTY = ("degrees_of_freedom_spec", "library_template_name", "message_group_id")
"""Fields that there are, and of which this simulation has no value: they are left out, as Meta does."""
_APP_NAME = "Simulated App"
_LONG_AGO = 1_780_000_000

Read = Callable[[], object]
"""A field is worked out when it is asked for."""


class NoField(Exception):
    """A field was asked for that the node does not have."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(name)
        said = f"Tried accessing nonexisting field ({name}) on node type ({kind})"
        self.error = MetaError(100, said, said)


def phone(state: NumberState, standing: Standing, fields: Sequence[str], now: Millis) -> Json:
    """A business phone number. Raises `NoField`."""
    number = state.number
    whole: dict[str, Read] = {
        "id": lambda: number.id,
        "display_phone_number": lambda: number.display,
        "verified_name": lambda: state.verified_name,
        "quality_rating": lambda: state.quality,
        "quality_score": lambda: {"score": state.quality},
        "status": lambda: state.status,
        "name_status": lambda: state.name_status,
        "new_name_status": lambda: "NONE",
        "code_verification_status": lambda: "VERIFIED",
        "account_mode": lambda: "LIVE",
        "platform_type": lambda: "CLOUD_API",
        "is_on_biz_app": lambda: False,
        "is_official_business_account": lambda: False,
        "is_pin_enabled": lambda: True,
        "is_preverified_number": lambda: False,
        "search_visibility": lambda: "NON_VISIBLE",
        "country_code": lambda: "US",
        "certificate": lambda: "",
        "last_onboarded_time": lambda: "2026-01-05T08:00:00+0000",
        "throughput": lambda: {"level": state.throughput},
        "whatsapp_business_manager_messaging_limit": lambda: state.limit,
        "health_status": lambda: health_status("PHONE_NUMBER", number.id, number.waba, standing, now),
        "webhook_configuration": lambda: _callbacks(state, standing),
    }
    return _only(whole, fields or _PHONE_DEFAULTS, _PHONE_EMPTY, "WhatsAppBusinessPhoneNumber")


def account(
    state: WabaState, standing: Standing, fields: Sequence[str], now: Millis, more: Mapping[str, Read] | None = None
) -> Json:
    """A WhatsApp Business Account, which has *more* fields, too. Raises `NoField`."""
    waba = state.waba
    limits = [one.limit for one in standing.numbers.values() if one.number.waba.id == waba.id]
    whole: dict[str, Read] = {
        "id": lambda: waba.id,
        "name": lambda: waba.name,
        "currency": lambda: "EUR",
        "country": lambda: "DE",
        "timezone_id": lambda: "57",
        "status": lambda: state.status,
        "account_review_status": lambda: state.review,
        "business_verification_status": lambda: "verified",
        "owner_business_info": lambda: {"id": waba.portfolio, "name": waba.name},
        "ownership_type": lambda: "SELF",
        "primary_business_location": lambda: "DE",
        "message_template_namespace": lambda: f"namespace_{waba.id}",
        "is_enabled_for_insights": lambda: True,
        "disable_marketing_messages_on_cloud_api": lambda: False,
        "template_auto_archival_enabled": lambda: True,
        "marketing_messages_lite_api_status": lambda: "ONBOARDED",
        "marketing_messages_onboarding_status": lambda: "ONBOARDED",
        "creation_time": lambda: _LONG_AGO,
        "subscribed_apps": lambda: subscribed(state),
        "whatsapp_business_manager_messaging_limit": lambda: limits[0] if limits else "TIER_250",
        "health_status": lambda: health_status("WABA", waba.id, waba, standing, now),
    }
    return _only(whole | dict(more or {}), fields or _ACCOUNT_DEFAULTS, _ACCOUNT_EMPTY, "WhatsAppBusinessAccount")


def template(state: TemplateState, standing: Standing, fields: Sequence[str], now: Millis) -> Json:
    """A message template. Raises `NoField`."""
    found, waba = state.template, standing.wabas[state.template.waba].waba
    whole: dict[str, Read] = {
        "id": lambda: found.id,
        "name": lambda: found.name,
        "language": lambda: found.language,
        "status": lambda: found.status,
        "category": lambda: found.category.upper(),
        "correct_category": lambda: state.correct_category or found.category.upper(),
        "previous_category": lambda: state.previous_category or None,
        "sub_category": lambda: "CUSTOM",
        "parameter_format": lambda: state.parameter_format,
        "components": lambda: state.components,
        "quality_score": lambda: {"score": found.quality, "date": state.changed_at // 1_000},
        "rejected_reason": lambda: state.reason,
        "message_send_ttl_seconds": lambda: 43_200,
        "cta_url_link_tracking_opted_out": lambda: False,
        "health_status": lambda: health_status("MESSAGE_TEMPLATE", found.id, waba, standing, now),
    }
    return _only(whole, fields or _TEMPLATE_DEFAULTS, _TEMPLATE_EMPTY, "WhatsAppMessageTemplate")


def subscribed(state: WabaState) -> Json:
    """The apps that get an account's webhooks."""
    return {"data": [_subscribed_app(app, callback) for app, callback in state.apps.items()]}


def subscriptions(standing: Standing) -> Json:
    """What the app is subscribed to, as its own token may ask."""
    app = standing.app
    fields = [{"name": name, "version": version} for name, version in sorted(app.fields.items())]
    own: Json = {"object": "whatsapp_business_account", "callback_url": app.callback, "active": app.is_active}
    return {"data": [own | {"fields": fields}] if fields else []}


def token(state: TokenState, now: Millis) -> Json:
    """What is known of the access token."""
    error = state.error(now)
    data: Json = {
        "app_id": APP_ID,
        "type": "SYSTEM_USER",
        "application": _APP_NAME,
        "is_valid": error is None,
        "issued_at": _LONG_AGO,
        "expires_at": state.expires_at,
        "data_access_expires_at": state.data_access_expires_at,
        "scopes": list(state.scopes),
        "granular_scopes": [{"scope": scope, "target_ids": list(state.targets)} for scope in state.scopes],
    }
    return {"data": data if error is None else data | _token_error(error)}


def unknown_token() -> Json:
    """What is said of a token that nobody issued."""
    error = MetaError(190, "Invalid OAuth access token - Cannot parse access token", "")
    return {"data": {"is_valid": False, "scopes": []} | _token_error(error)}


def _token_error(error: MetaError) -> Json:
    said: Json = {"code": error.code, "message": error.title}
    return {"error": said | ({"subcode": error.subcode} if error.subcode else {})}


def _subscribed_app(app: str, callback: str) -> Json:
    name = _APP_NAME if app == APP_ID else f"App {app}"
    link = f"https://www.facebook.com/games/?app_id={app}"
    found: Json = {"whatsapp_business_api_data": {"id": app, "name": name, "link": link}}
    return found | ({"override_callback_uri": callback} if callback else {})


def _callbacks(state: NumberState, standing: Standing) -> Json:
    found: Json = {"phone_number": state.callback} if state.callback else {}
    own = standing.wabas[state.number.waba.id].apps.get(APP_ID, "")
    return found | ({"whatsapp_business_account": own} if own else {}) | {"application": standing.app.callback}


def _only(whole: Mapping[str, Read], fields: Sequence[str], empty: Sequence[str], kind: str) -> Json:
    """The wanted *fields*, in that order, and always the id. What stands in braces or after a dot is not heeded.

    What has no value is left out, as Meta does.
    """
    names = [field.partition("{")[0].partition(".")[0] for field in fields]
    missing = next((name for name in names if name not in whole and name not in empty), None)
    if missing is not None:
        raise NoField(missing, kind)
    found = {name: whole[name]() for name in (*names, "id") if name in whole}
    return {name: value for name, value in found.items() if value is not None}
