"""What telling people needs: channels that deliver."""

from __future__ import annotations

from typing import Protocol

from wabawatch.domain.notices import Delivered, Notice


class Notifier(Protocol):
    """One channel."""

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        """Hand *notice* to the service, and say how that went. It may have been handed over before, under the same key.

        *thread*: what the service called the thread that an earlier notice of the same `Notice.thread` began; "" none.
        Ends within half a minute, and raises nothing that the world may do. Called from several threads.
        """
