"""A client of the SDK whose records stay here."""

from __future__ import annotations

from typing import Any

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.records import Item, WebhookItem
from wabawatch.sdk.keeping import Keeper


class Shoebox:
    """`sdk.keeping.Backend` that keeps records in a list."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.is_broken = False

    def keep(self, item: Item) -> None:
        if self.is_broken:
            raise StoreUnavailable("no disk")
        self.items.append(item)

    def status(self, hours: int) -> dict[str, Any]:
        return {}

    def report(self, start: str, end: str | None, scope: str) -> dict[str, Any]:
        return {}

    def recent(self, hours: int) -> list[dict[str, Any]]:
        return []

    def control(self, wanted: str) -> bool:
        return wanted != "stop"

    def health(self) -> dict[str, Any]:
        return {"status": "ok"}

    def flush(self, timeout_s: float) -> bool:
        return True

    def close(self, timeout_s: float) -> None:
        pass


class ShoeboxClient:
    """Something with a keeper."""

    def __init__(self, is_strict: bool = False) -> None:
        self.box = Shoebox()
        self.keeper = Keeper(self.box, is_strict)

    @property
    def copies(self) -> list[WebhookItem]:
        return [item for item in self.box.items if isinstance(item, WebhookItem)]
