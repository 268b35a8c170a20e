"""Meta's status feed: RSS 2.0 of the disruptions that are open, as metastatus.com served it in July 2026."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from wabawatch.simulator.incidents import Incident

_LINK = "https://metastatus.com/whatsapp-business-api"
TITLE = "Cloud API: messages may be delayed"


def status_feed(outages: Iterable[Incident]) -> bytes:
    """The feed with an item for each of *outages*."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>WhatsApp Business Platform Status</title><link>{_LINK}</link><description>Outages</description>"
        f"{''.join(map(_item, outages))}</channel></rss>"
    ).encode()


def _item(outage: Incident) -> str:
    began = format_datetime(datetime.fromtimestamp(outage.at / 1000, UTC), usegmt=True)
    return (
        f"<item><title>{escape(TITLE)}</title><link>{_LINK}</link><guid>outage-{outage.at}</guid>"
        f"<pubDate>{began}</pubDate></item>"
    )
