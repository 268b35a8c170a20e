"""wabawatch: monitoring and compliance for the WhatsApp Business Platform (Cloud API)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wabawatch.embedded import Wabawatch

__all__ = ["Wabawatch"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `import wabawatch` itself stays light."""
    if name == "Wabawatch":
        from wabawatch.embedded import Wabawatch

        return Wabawatch
    raise AttributeError(f"module 'wabawatch' has no attribute {name!r}")
