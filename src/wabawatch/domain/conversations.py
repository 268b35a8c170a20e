"""Conversations: the 24-hour service windows that people open by writing to a business number.

Each message of a person opens a window of 24 hours, or refreshes the one that is open; outside of it only templates may
be sent (https://developers.facebook.com/docs/whatsapp/pricing). What the business writes opens none. A window is the
union of spans, so in whatever order, how often and in how many parts messages come, the windows are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from wabawatch.domain.facts import DAY_MS, Fact, Feed, MessageReceived, Millis
from wabawatch.domain.messages import ContactKey, person_key

WINDOW_MS: Millis = DAY_MS


class ServiceWindow(NamedTuple):
    """One service window: from its first message until 24 hours after its last."""

    opened_at: Millis
    last_at: Millis

    @property
    def expires_at(self) -> Millis:
        """From then on only templates may be sent."""
        return self.last_at + WINDOW_MS


Parties: TypeAlias = tuple[str, ContactKey]
"""A business number (phone_number_id; "" unknown) and a person."""


def windows_of(facts: Iterable[Fact]) -> Mapping[Parties, list[ServiceWindow]]:
    """The windows that *facts* open, by who talks to whom. Groups have none; nor does Meta open one in our name."""
    found: dict[Parties, list[ServiceWindow]] = {}
    for fact in facts:
        if isinstance(fact, MessageReceived) and _opens(fact):
            at = fact.when.at
            found.setdefault((fact.number, person_key(fact.person)), []).append(ServiceWindow(at, at))
    return {parties: joined(some) for parties, some in found.items()}


def joined(windows: Iterable[ServiceWindow]) -> list[ServiceWindow]:
    """*windows* of the same parties in their order, those that overlap made one."""
    found: list[ServiceWindow] = []
    for window in sorted(windows):
        if found and window.opened_at < found[-1].expires_at:
            found[-1] = ServiceWindow(found[-1].opened_at, max(found[-1].last_at, window.last_at))
        else:
            found.append(window)
    return found


def _opens(fact: MessageReceived) -> bool:
    is_of_a_person = bool(fact.person) and not fact.group and fact.type != "system"
    return is_of_a_person and fact.feed is not Feed.SYNTHETIC
