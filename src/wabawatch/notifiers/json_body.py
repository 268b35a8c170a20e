"""A notice as JSON, for programs. Pure, and byte by byte the same for the same notice."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import Notice, Told
from wabawatch.notifiers.page import LONGEST, LONGEST_NAME, Page
from wabawatch.notifiers.words import cut

MOST_LISTED = 10


def body_of(notice: Notice, page: Page, text: str) -> bytes:
    """The body of a signed webhook. Members are added, never renamed; docs/channels.md lists them."""
    body = {
        "type": f"alert.{notice.kind.value}",
        "timestamp": _iso(notice.at),
        "data": {
            "key": notice.key,
            "channel": notice.channel,
            "thread": notice.thread,
            "state": page.state,
            "subject": page.subject,
            "text": text,
            "link": notice.link,
            "total": notice.total,
            "by_type": dict(notice.by_type),
            "alerts": [_alert(told) for told in notice.told],
        },
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _alert(told: Told) -> dict[str, Any]:
    return {
        "alert": told.alert,
        "type": told.type,
        "title": cut(told.title, LONGEST_NAME),
        "severity": told.severity.value,
        "scope": {"kind": told.scope.kind.value, "id": told.scope.id, "waba": told.scope.waba},
        "about": cut(told.about, LONGEST_NAME),
        "words": cut(told.words, LONGEST),
        "since": _iso(told.since),
        "value": told.value,
        "n": told.n,
        "interval": list(told.interval) if told.interval else None,
        "threshold": told.threshold,
        "comparison": told.comparison.value,
        "unit": told.unit,
        "cause": told.cause,
        "contributors": [
            {"kind": each.kind, "id": each.id, "n": each.n, "of": each.of, "words": cut(each.words, LONGEST_NAME)}
            for each in told.contributors[:MOST_LISTED]
        ],
        "explains": told.explains,
        "ended_at": _iso(told.ended_at) if told.ended_at is not None else None,
        "ended": told.ended,
        "first_steps": [cut(step, LONGEST) for step in told.first_steps[:MOST_LISTED]],
        "runbook": told.runbook,
        "runbook_url": told.runbook_url,
        "link": told.link,
    }


def _iso(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
