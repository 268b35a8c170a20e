"""What checks are called on pages."""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "graph": "Graph API",
    "token": "Access token",
    "meta_status": "Meta's status page",
    "database": "Database",
    "queue": "Queue of webhooks",
    "disk": "Disk",
    "receiver": "Webhook receiver",
    "handshake": "Callback URL",
    "pipeline": "Test webhook",
    "application": "Application",
    "tls": "Certificate",
}
"""By the part of a check's name before the colon; checks of one's own are called as they were named"""


def check_title(name: str) -> str:
    """Such as `Callback URL, shop` for `handshake:shop`."""
    kind, _, of = name.partition(":")
    title = KINDS.get(kind)
    return name if title is None else f"{title}, {of}" if of else title
