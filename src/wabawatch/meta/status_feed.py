"""Meta's status feed (RSS) to outages. Never raises on content: what is no feed gives None.

The feed of July 2026 (https://metastatus.com/outage-events-feed-whatsapp-business-api.rss) lists disruptions that are
open, and is empty otherwise. An item that says it is resolved is left out, should Meta ever list such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from xml.etree import ElementTree

from wabawatch.domain.checks import Outage
from wabawatch.domain.facts import Millis

MOST_BYTES = 1 << 20
MOST_ITEMS = 50
TITLE_LIMIT = 200
_OVER = re.compile(r"\b(resolved|restored|fixed|no known issues|completed|operational)\b", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")


def read_outages(content: bytes, now: Millis) -> tuple[Outage, ...] | None:
    """The outages that are open by *content*, the newest first; None: it is no feed, so nobody knows."""
    # A feed has no need of entities of its own, and a few of them can become gigabytes.
    if len(content) > MOST_BYTES or b"<!DOCTYPE" in content[:4096].upper() or b"<!ENTITY" in content.upper():
        return None
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError):
        return None
    if _name(root) not in ("rss", "feed", "rdf"):
        return None
    found = list(_items(root, now))[:MOST_ITEMS]
    return tuple(sorted(found, key=lambda outage: -outage.at))


def _items(root: ElementTree.Element, now: Millis) -> Iterator[Outage]:
    for item in root.iter():
        if _name(item) not in ("item", "entry"):
            continue
        said = {_name(child): (child.text or child.get("href") or "").strip() for child in item}
        title = _plain(said.get("title", "")) or _plain(said.get("description", "")) or "a disruption without a title"
        if _OVER.search(title) or _OVER.search(_plain(said.get("status", ""))):
            continue
        key = said.get("guid") or said.get("id") or said.get("link") or title
        at = _time(said.get("pubdate") or said.get("published") or said.get("updated") or "", now)
        yield Outage(blake2b(key.encode(), digest_size=8).hexdigest(), title[:TITLE_LIMIT], at, said.get("link", ""))


def _name(element: ElementTree.Element) -> str:
    """The name of an element, in small letters and without its namespace."""
    return str(element.tag).rpartition("}")[2].lower()


def _plain(text: str) -> str:
    return " ".join(_TAGS.sub(" ", text).split())


def _time(text: str, now: Millis) -> Millis:
    """When something began; now where that is not told, or lies ahead."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text)
            at = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return min(at, now) if at > 0 else now
    return now
