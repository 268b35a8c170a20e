"""What is shown of people to who may not see whole numbers: enough to tell two apart, not enough to call one."""

from __future__ import annotations

from typing import Final

HIDDEN: Final = "•••"
SHOWN: Final = 4
"""Characters at the end, which people know a number by"""


def masked_id(value: str) -> str:
    """A phone number, BSUID or username but for its last four characters, or fewer: at most a third of it."""
    return HIDDEN + value[-min(SHOWN, len(value) // 3) :] if len(value) >= 3 else HIDDEN


def masked_name(value: str) -> str:
    """A name but for the first letter of each word; no length of it can be told."""
    return " ".join(f"{word[0]}{HIDDEN}" for word in value.split())


def masked_wamid(wamid: str) -> str:
    """A wamid holds the number, so nothing of it is shown; "" stays ""."""
    return f"wamid.{HIDDEN}" if wamid else ""
