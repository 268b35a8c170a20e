"""One call to each endpoint of the simulator, and its usual refusals, by Meta's name of the operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.simulator.test_graph import TOKEN, call

from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.standing import APP_ID

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
NUMBER = "/{Phone-Number-ID}"
ACCOUNT = "/{WABA-ID}"
NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,status,quality_rating,quality_score,name_status,new_name_status,"
    "code_verification_status,account_mode,platform_type,throughput,is_on_biz_app,is_official_business_account,"
    "is_pin_enabled,is_preverified_number,search_visibility,whatsapp_business_manager_messaging_limit,health_status,"
    "webhook_configuration,last_onboarded_time,country_code,certificate"
)
ACCOUNT_FIELDS = (
    "name,currency,country,timezone_id,status,account_review_status,business_verification_status,health_status,"
    "is_enabled_for_insights,owner_business_info,ownership_type,primary_business_location,message_template_namespace,"
    "whatsapp_business_manager_messaging_limit,disable_marketing_messages_on_cloud_api,template_auto_archival_enabled,"
    "marketing_messages_lite_api_status,marketing_messages_onboarding_status,creation_time"
)
ANALYTICS = "analytics.start(1790000000).end(1790003600).granularity(HALF_HOUR)"
TEMPLATE_FIELDS = (
    "name,language,status,category,correct_category,previous_category,sub_category,rejected_reason,quality_score,"
    "components,parameter_format,message_send_ttl_seconds,cta_url_link_tracking_opted_out"
)


@dataclass(frozen=True, slots=True)
class Call:
    """A request. In *path* and *json*, words in braces stand for what this simulation has: see `Walk`."""

    operation: str
    path: str
    json: Mapping[str, Any] | None = None
    status: int = 200
    is_app: bool = False
    """With the app's own token"""
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """Its HTTP method."""
        return self.operation.partition(" ")[0]


class Walk:
    """A simulation with an upload of its own."""

    def __init__(self, made: Simulation) -> None:
        self._made = made
        number = made.world.numbers[0]
        usable = made.world.usable[number.waba.id]
        some = usable[0]
        offer = next(one for one in usable if one.category == "marketing")
        self.words = {"number": number.id, "waba": number.waba.id, "template": some.id, "app": APP_ID}
        self.words |= {"name": some.name, "language": some.language, "offer": offer.name, "tongue": offer.language}
        self.words["media"] = str(self.answer(UPLOAD).json()["id"])
        url = self.answer(LOOK).json()["url"]
        self.words["download"] = str(httpx.URL(url).raw_path, "ascii").lstrip("/")

    def path(self, asked: Call) -> str:
        """Its path, filled in."""
        filled = self._filled(asked.path)
        return f"/{filled}" if asked.path == "{download}" else f"/v25.0/{filled}"

    def answer(self, asked: Call) -> httpx.Response:
        """What the simulator says to it."""
        headers = {"Authorization": f"Bearer {self._made.app_token}"} if asked.is_app else TOKEN
        body = {} if asked.json is None else {"json": self._filled(asked.json)}
        return call(self._made, asked.method, self.path(asked), **{"headers": headers, **body, **asked.more})

    def _filled(self, said: Any) -> Any:
        if isinstance(said, str):
            for name, value in self.words.items():
                said = said.replace(f"{{{name}}}", value)
        elif isinstance(said, Mapping):
            return {key: self._filled(value) for key, value in said.items()}
        return said


def _template(name: str, language: str) -> dict[str, Any]:
    return {"type": "template", "template": {"name": name, "language": {"code": language}}}


_OURS = {"messaging_product": "whatsapp"}
_TO = {**_OURS, "to": "4915123456789"}
_TEXT = {**_TO, "type": "text", "text": {"body": "hi"}}
_FILE = {"files": {"file": ("a.png", PNG, "image/png")}, "data": _OURS}
_WRONG_FILE = {"files": {"file": ("a.exe", PNG, "application/x-dos")}, "data": _OURS}
_BODY = {"type": "BODY", "text": "Your order is on its way."}
_NEW = {"name": "shipped", "language": "en_US", "category": "UTILITY", "components": [_BODY]}
_NO_TOKEN: Mapping[str, Any] = {"headers": {}}
_BAD_TOKEN = {"headers": {"Authorization": "Bearer wrong"}}
UPLOAD = Call(f"POST {NUMBER}/media", "{number}/media", more=_FILE)
LOOK = Call("GET /{Media-ID}", "{media}")

CALLS = (
    Call(f"POST {NUMBER}/messages", "{number}/messages", _TEXT),
    Call(f"POST {NUMBER}/messages", "{number}/messages", {**_TEXT, "to": "", "recipient": "DE.1234567890abcdef"}),
    Call(f"POST {NUMBER}/messages", "{number}/messages", {**_TO, **_template("{name}", "{language}")}),
    Call(f"POST {NUMBER}/messages", "{number}/messages", {**_TO, **_template("nobody", "en")}, status=404),
    Call(f"POST {NUMBER}/messages", "{number}/messages", {"status": "read", "message_id": "wamid.HBgN"}),
    Call(f"POST {NUMBER}/messages", "{number}/messages", {"to": "4915123456789"}, status=400),
    Call(f"POST {NUMBER}/messages", "{number}/messages", _TEXT, status=401, more=_NO_TOKEN),
    Call(f"POST {NUMBER}/messages", "{number}/messages", _TEXT, status=401, more=_BAD_TOKEN),
    Call(f"POST {NUMBER}/messages", "404404404/messages", _TEXT, status=400),
    Call(
        f"POST {NUMBER}/marketing_messages",
        "{number}/marketing_messages",
        {**_TO, **_template("{offer}", "{tongue}")},
    ),
    Call(f"POST {NUMBER}/marketing_messages", "{number}/marketing_messages", _TEXT, status=400),
    UPLOAD,
    Call(f"POST {NUMBER}/media", "{number}/media", status=400, more=_WRONG_FILE),
    LOOK,
    Call("DELETE /{Media-ID}", "{media}"),
    Call("GET /{Media-URL}", "{download}"),
    Call(f"GET {NUMBER}", "{number}"),
    Call(f"GET {NUMBER}", f"{{number}}?fields={NUMBER_FIELDS}"),
    Call(f"GET {NUMBER}", "{number}?fields=colour", status=400),
    Call(f"GET {NUMBER}", "404404404", status=400),
    Call(f"GET {NUMBER}", "{number}", status=401, more=_BAD_TOKEN),
    Call(
        f"POST {NUMBER}",
        "{number}",
        {"webhook_configuration": {"override_callback_uri": "https://b.example/", "verify_token": "word"}},
    ),
    Call(f"POST {NUMBER}", "{number}", {"webhook_configuration": {"override_callback_uri": "b"}}, status=400),
    Call(f"GET {NUMBER}/whatsapp_business_profile", "{number}/whatsapp_business_profile"),
    Call(f"GET {NUMBER}/whatsapp_business_profile", "404404404/whatsapp_business_profile", status=400),
    Call(f"POST {NUMBER}/whatsapp_business_profile", "{number}/whatsapp_business_profile", {**_OURS, "about": "Open"}),
    Call(f"POST {NUMBER}/register", "{number}/register", {**_OURS, "pin": "123456"}),
    Call(f"POST {NUMBER}/register", "{number}/register", {**_OURS, "pin": "1"}, status=400),
    Call(f"POST {NUMBER}/deregister", "{number}/deregister"),
    Call(f"GET {NUMBER}/settings", "{number}/settings"),
    Call(f"POST {NUMBER}/settings", "{number}/settings", {"calling": {"status": "ENABLED"}}),
    Call(f"POST {NUMBER}/block_users", "{number}/block_users", {**_OURS, "block_users": [{"user": "4915123456789"}]}),
    Call(f"POST {NUMBER}/block_users", "{number}/block_users", _OURS, status=400),
    Call(f"GET {NUMBER}/block_users", "{number}/block_users"),
    Call(f"DELETE {NUMBER}/block_users", "{number}/block_users", {**_OURS, "block_users": [{"user": "4915123456789"}]}),
    Call(f"GET {ACCOUNT}", "{waba}"),
    Call(f"GET {ACCOUNT}", f"{{waba}}?fields={ACCOUNT_FIELDS}"),
    Call(f"GET {ACCOUNT}", f"{{waba}}?fields={ACCOUNT_FIELDS},{ANALYTICS}"),
    Call(f"GET {ACCOUNT}", "{waba}?fields=analytics.start(1790000000)", status=400),
    Call(f"POST {ACCOUNT}", "{waba}", {"is_enabled_for_insights": True}),
    Call(f"GET {ACCOUNT}/phone_numbers", "{waba}/phone_numbers?fields=id,display_phone_number,status"),
    Call(f"GET {ACCOUNT}/phone_numbers", f"{{waba}}/phone_numbers?limit=1&fields={NUMBER_FIELDS}"),
    Call(f"GET {ACCOUNT}/phone_numbers", "404404404/phone_numbers", status=400),
    Call(f"GET {ACCOUNT}/subscribed_apps", "{waba}/subscribed_apps"),
    Call(f"POST {ACCOUNT}/subscribed_apps", "{waba}/subscribed_apps"),
    Call(
        f"POST {ACCOUNT}/subscribed_apps",
        "{waba}/subscribed_apps",
        {"override_callback_uri": "https://b.example/", "verify_token": "word"},
    ),
    Call(f"POST {ACCOUNT}/subscribed_apps", "{waba}/subscribed_apps", {"override_callback_uri": "b"}, status=400),
    Call(f"DELETE {ACCOUNT}/subscribed_apps", "{waba}/subscribed_apps"),
    Call(f"GET {ACCOUNT}/message_templates", "{waba}/message_templates?limit=2"),
    Call(f"GET {ACCOUNT}/message_templates", f"{{waba}}/message_templates?fields={TEMPLATE_FIELDS}"),
    Call(
        f"GET {ACCOUNT}/message_templates",
        "{waba}/message_templates?status=APPROVED&summary=total_count,message_template_count,message_template_limit",
    ),
    Call(f"POST {ACCOUNT}/message_templates", "{waba}/message_templates", _NEW),
    Call(f"POST {ACCOUNT}/message_templates", "{waba}/message_templates", {"name": "new"}, status=400),
    Call(f"DELETE {ACCOUNT}/message_templates", "{waba}/message_templates?name={name}"),
    Call(f"DELETE {ACCOUNT}/message_templates", "{waba}/message_templates?name=nobody", status=400),
    Call("GET /{TEMPLATE_ID}", "{template}"),
    Call("POST /{TEMPLATE_ID}", "{template}", {"components": [_BODY]}),
    Call("POST /{TEMPLATE_ID}/unpause", "{template}/unpause", status=400),
    Call("GET /{TEMPLATE_ID}", f"{{template}}?fields={TEMPLATE_FIELDS},health_status"),
    Call(
        "GET /oauth/access_token",
        "oauth/access_token?client_id={app}&client_secret=simulated-app-secret&grant_type=client_credentials",
        more=_NO_TOKEN,
    ),
    Call("GET /debug_token", "debug_token?input_token=right"),
    Call("GET /{Application-ID}/subscriptions", "{app}/subscriptions", is_app=True),
    Call(
        "POST /{Application-ID}/subscriptions",
        "{app}/subscriptions",
        {"object": "whatsapp_business_account", "callback_url": "https://b.example/", "fields": "messages"},
        is_app=True,
    ),
    Call("DELETE /{Application-ID}/subscriptions", "{app}/subscriptions", is_app=True),
)
