"""Facts of one message, and what it counts as."""

from __future__ import annotations

from tests.support.facts import (
    DAY,
    LOCALS,
    NUMBERS,
    T0,
    WABA,
    WAMIDS,
    at,
    gathered,
    recorded,
)
from wabawatch.domain.facts import (
    Feed,
    MessageEchoed,
    MessageFact,
    MessageReceived,
    Person,
    SendOutcome,
    Source,
    Status,
)
from wabawatch.domain.standing import (
    Judgement,
    Standing,
    standing,
)

NEVER = 0
"""As if the expiry sweep had never run"""
LONG_AFTER = T0 + 1_000 * DAY
FIRST, SECOND = Person(phone="15550000001"), Person(phone="5511900000002")


def unlinked(offset_ms: int = 0, outcome: SendOutcome = SendOutcome.UNKNOWN) -> MessageFact:
    return recorded(offset_ms, wamid="", local_id=LOCALS[0], outcome=outcome)


def echoed(feed: Feed = Feed.ECHO, status: Status | None = None) -> MessageEchoed:
    return MessageEchoed(at(), Source.WEBHOOK, WAMIDS[0], feed, NUMBERS[0], WABA, status=status)


def received(feed: Feed = Feed.MESSAGES) -> MessageReceived:
    return MessageReceived(at(), Source.WEBHOOK, WAMIDS[0], NUMBERS[0], WABA, feed, FIRST)


def counted(*facts: MessageFact, swept_until: int = NEVER) -> Standing:
    return standing(gathered(*facts), Judgement(), swept_until)
