"""Where the simulator answers otherwise than Meta's OpenAPI file says, on purpose, and why.

The file is of November 2025, for Graph v23.0, and its own examples contradict it in places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_LEFT_OUT = "a field of this node, which the file leaves out (META.md 8.1)"
_NUMBER = (
    *("certificate", "health_status", "is_on_biz_app", "is_pin_enabled", "is_preverified_number"),
    *("last_onboarded_time", "new_name_status", "platform_type", "quality_score", "search_visibility"),
    *("throughput", "webhook_configuration", "whatsapp_business_manager_messaging_limit"),
)
_TEMPLATE = (
    *("correct_category", "cta_url_link_tracking_opted_out", "message_send_ttl_seconds"),
    *("quality_score", "rejected_reason", "sub_category"),
)
_ACCOUNT = (
    *("creation_time", "disable_marketing_messages_on_cloud_api", "health_status", "message_template_namespace"),
    *("marketing_messages_lite_api_status", "marketing_messages_onboarding_status", "owner_business_info"),
    *("primary_business_location", "status", "template_auto_archival_enabled"),
    "whatsapp_business_manager_messaging_limit",
)
_APP_DATA = "the app stands in an object of its own (META.md 8.1, subscribed_apps); the file has it flat"

NOT_DESCRIBED: Mapping[str, str] = {
    "GET /oauth/access_token": "of the Graph API at large",
    "GET /debug_token": "of the Graph API at large (META.md 8.1)",
    "GET /{Application-ID}/subscriptions": "of the Graph API at large (META.md 8.1)",
    "POST /{Application-ID}/subscriptions": "of the Graph API at large (META.md 8.1)",
    "DELETE /{Application-ID}/subscriptions": "of the Graph API at large (META.md 8.1)",
    "POST /{TEMPLATE_ID}/unpause": "named only in the guide on pausing (META.md 7.2)",
}
"""Operations that the file does not have"""

BYTES: Mapping[str, str] = {"GET /{Media-URL}": "the file calls it text; it is the upload, in its own type"}
"""Operations whose answer is no JSON"""


def _each(members: Iterable[str], reason: str, at: str = "") -> dict[str, str]:
    return {at + member: reason for member in members}


DIFFERENCES: Mapping[str, Mapping[str, str]] = {
    "*": {
        "error.error_data": "where the Cloud API says what is wrong (META.md 5)",
        "error.fbtrace_id": "in every error; one of the file's two schemas of errors leaves it out",
    },
    "POST /{Phone-Number-ID}/messages": {
        "contacts[].user_id": "who has a BSUID and no number (META.md 8.3); newer than the file",
        "success": "the answer to mark-as-read and typing, which go to the same path",
    },
    "GET /{Media-ID}": {"file_size": "a number in all answers seen; the file has it as text"},
    "GET /{Phone-Number-ID}": {
        **_each(_NUMBER, _LEFT_OUT),
        **_each(("account_mode", "country_code", "is_official_business_account", "status"), _LEFT_OUT),
    },
    "GET /{Phone-Number-ID}/whatsapp_business_profile": _each(
        ("about", "messaging_product", "vertical"),
        "in answers seen they stand in the item itself; the file has them in an object business_profile",
        "data[].",
    ),
    "GET /{WABA-ID}/phone_numbers": {
        **_each((*_NUMBER, "name_status"), _LEFT_OUT, "data[]."),
        "data[].status": "CONNECTED, without which no number can send (META.md 7.1), is not in this list of the file",
    },
    "GET /{WABA-ID}": {
        **_each(_ACCOUNT, _LEFT_OUT),
        "analytics": "a field of this node with parameters, which the file leaves out (META.md 8.2)",
        "business_verification_status": "words in small letters, of a longer list (META.md 8.1)",
        "ownership_type": "SELF in answers seen; the file has SELF_OWNED",
    },
    "GET /{WABA-ID}/subscribed_apps": {"data[].whatsapp_business_api_data": _APP_DATA},
    "POST /{WABA-ID}/subscribed_apps": {
        "data[].whatsapp_business_api_data": _APP_DATA,
        "data[].override_callback_uri": "where an override is set (META.md 8.1)",
    },
    "GET /{WABA-ID}/message_templates": {
        **_each((*_TEMPLATE, "parameter_format"), _LEFT_OUT, "data[]."),
        "paging.next": "in all lists of the Graph API that go on; other lists of the file have it",
        "summary": "where it is asked for (META.md 8.1)",
    },
    "POST /{TEMPLATE_ID}": _each(("category", "id", "name"), "newer than the file; client libraries read them"),
    "GET /{TEMPLATE_ID}": _each((*_TEMPLATE, "health_status", "parameter_format"), _LEFT_OUT),
}
"""Members of answers that differ, by operation (``*``: of all)"""


def differences_of(operation: str) -> Mapping[str, str]:
    """The members of an operation's answers that may differ, each with its reason."""
    return {**DIFFERENCES["*"], **DIFFERENCES.get(operation, {})}
