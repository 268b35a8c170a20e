"""Which webhook fields an app of Meta's must be subscribed to, and where its webhooks come in."""

from __future__ import annotations

from typing import Final

CALLBACK_PATH: Final = "/webhooks/whatsapp"
"""The callback path of the app without a name; those of others end in a slash and their name."""
FIELDS_NEEDED: Final = ("messages",)
FIELDS_WANTED: Final = (
    "standby",
    "message_template_status_update",
    "message_template_quality_update",
    "template_category_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "business_capability_update",
    "account_update",
    "account_alerts",
    "account_review_update",
    "user_preferences",
    "security",
)
"""docs/meta-setup.md says why each."""


def callback_of(url: str, app: str) -> str:
    """The callback URL of *app*, by that of the app without a name; "" where nobody can tell."""
    address, has_query, _ = url.partition("?")
    if not app or not url:
        return url
    return f"{address.rstrip('/')}/{app}" if address.rstrip("/").endswith(CALLBACK_PATH) and not has_query else ""
