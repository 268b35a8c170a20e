"""Whether Meta charges for a message, and as what (META.md 3.2)."""

from __future__ import annotations

from wabawatch.domain.messages import Message

REGULAR = "regular"
"""The pricing type of messages that are charged; those of all others begin with `free_`"""

UNCATEGORISED = "unknown"
"""The category of a message that is charged, and nobody says as what"""


def is_billable(message: Message) -> bool:
    """Whether Meta says that it costs something.

    Where `billable` is not said (Meta is to drop it), the type and category of the pricing tell.
    """
    if message.pricing is None:
        return False
    _, kind, billable, category = message.pricing[2]
    return is_charge(kind, billable, category)


def is_charge(kind: str, billable: int, category: str) -> bool:
    """Whether pricing of this type and category says so. *billable*: 1 yes, 0 no, below 0 not said."""
    return billable == 1 or (billable < 0 and kind == REGULAR and category != "")


def charged_as(message: Message) -> str:
    """The category by which a billable message is charged: that of its pricing, else that of the message."""
    told = message.pricing[2].category if message.pricing else ""
    return told or (message.category[2] if message.category else "") or UNCATEGORISED
