"""The part of `ports.Ledger` on conversations, and on applications that answer webhooks themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from wabawatch.domain.conversations import Parties, ServiceWindow
from wabawatch.domain.facts import AgentActed, WebhookAnswered


class ConversationsLedger(Protocol):
    """Conversations inside one transaction that writes. Repeats change nothing, but in `note_answers`."""

    def note_windows(self, opened: Mapping[Parties, Sequence[ServiceWindow]]) -> None:
        """Join service windows with those that are known."""

    def note_agents(self, acted: Sequence[AgentActed]) -> None:
        """Write down what agents did."""

    def note_answers(self, answered: Sequence[WebhookAnswered]) -> None:
        """Count how the application answered webhooks, and how long it took."""
