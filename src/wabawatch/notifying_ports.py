"""What telling people needs: channels that deliver, and what is known of rules and their runbooks."""

from __future__ import annotations

from typing import Protocol

from wabawatch.domain.alerts import AlertScope, Rule
from wabawatch.domain.notices import Delivered, Notice


class Notifier(Protocol):
    """One channel."""

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        """Hand *notice* to the service, and say how that went. It may have been handed over before, under the same key.

        *thread*: what the service called the thread that an earlier notice of the same `Notice.thread` began; "" none.
        Ends within half a minute, and raises nothing that the world may do. Called from several threads.
        """


class RuleBook(Protocol):
    """The rules, as they hold for each scope."""

    def rule(self, name: str, scope: AlertScope) -> Rule | None:
        """The rule with what is overridden for *scope*; None: there is none any more."""


class Runbooks(Protocol):
    """What to do about alerts."""

    def first_steps(self, runbook: str) -> tuple[str, ...]:
        """What to check first, a sentence each; empty: there is no such page."""

    def url(self, runbook: str) -> str:
        """Where the page is shown; "" nowhere."""
