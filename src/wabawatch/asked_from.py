"""From where what is being done was asked for: known at the door, written down in the audit trail.

It goes with a request, through worker threads, too, without every flow having to hand it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_address: ContextVar[str] = ContextVar("address", default="")


@contextmanager
def asked_from(address: str) -> Iterator[None]:
    """Whatever is done meanwhile, by this request, was asked for from *address*."""
    before = _address.set(address)
    try:
        yield
    finally:
        _address.reset(before)


def where_from() -> str:
    """The address that asks; "" when nobody does from elsewhere, as on the command line or in a loop."""
    return _address.get()
