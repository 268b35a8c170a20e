"""wabawatch: monitoring and compliance for the WhatsApp Business Platform (Cloud API)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wabawatch.client import Wabawatch
    from wabawatch.sdk.aio import AsyncWabawatch

__all__ = ["AsyncWabawatch", "Wabawatch"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `import wabawatch` itself stays light."""
    if name == "Wabawatch":
        from wabawatch.client import Wabawatch

        return Wabawatch
    if name == "AsyncWabawatch":
        from wabawatch.sdk.aio import AsyncWabawatch

        return AsyncWabawatch
    raise AttributeError(f"module 'wabawatch' has no attribute {name!r}")
