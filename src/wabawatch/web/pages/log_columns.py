"""The columns of the log, of which a reader chooses: they stand in the address as `cols=status,contact`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

PARAMETER = "cols"
COLUMNS: Mapping[str, str] = {
    "status": "status",
    "contact": "contact",
    "number": "number",
    "client": "client",
    "what": "template or type",
    "type": "type",
    "category": "category",
    "error": "error",
    "took": "delivered after",
    "read": "read at",
    "rule": "template rule",
    "user": "user",
    "lead": "lead",
    "conversation": "conversation",
    "wamid": "wamid",
}
"""By name, in the order in which they stand: the heading. The time is always there, and first."""
USUAL = ("status", "contact", "number", "what", "error")


def columns(given: Iterable[str]) -> tuple[str, ...]:
    """The columns that are *given*, each text one or several with commas between; those that there are none of go.

    Without any, the usual ones.
    """
    named = {name.strip() for text in given for name in text.split(",")}
    return tuple(name for name in COLUMNS if name in named) or USUAL
