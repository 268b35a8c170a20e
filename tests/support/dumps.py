"""Webhook bodies to be dumped and imported: each tells one status of one message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.facts import T0

STATUSES = ("sent", "delivered", "read")


def body(number: int) -> dict[str, Any]:
    """The body of this number: three in a row tell of one message."""
    message, step = divmod(number, len(STATUSES))
    status = {
        "id": f"wamid.IMPORTED{message:06}",
        "status": STATUSES[step],
        "timestamp": str(T0 // 1000 + number),
        "recipient_id": f"1555{message % 50:07}",
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550009999", "phone_number_id": "100000000000009"},
        "statuses": [status],
    }
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "200000000000009", "changes": [change]}]}


def lines(n: int, first: int = 0) -> bytes:
    """*n* bodies as JSON lines."""
    return b"".join(json.dumps(body(number)).encode() + b"\n" for number in range(first, first + n))


def dump(folder: Path, name: str, content: bytes) -> Path:
    """A file with *content*."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
