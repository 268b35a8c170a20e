"""What all commands have in common."""

from __future__ import annotations

from typing import Any

import msgspec


class Order(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A command. A field that is not given changes nothing."""


class BadOrder(ValueError):
    """A command that cannot be obeyed, with what is wrong."""


def given(wanted: Any, before: Any) -> Any:
    """*wanted*, where it was given."""
    return before if wanted is None else wanted
