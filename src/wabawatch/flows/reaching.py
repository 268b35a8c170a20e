"""Reaching: how many people each portfolio reached, known at any time and counted seldom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.headroom import LIMIT_WINDOW_MS, MessagingLimit, NumberPlace, messaging_limit, placed
from wabawatch.domain.platform import States
from wabawatch.domain.reach_counts import Count, Reached, Sent, bounds, must_count
from wabawatch.limits_ports import Reach
from wabawatch.polling_ports import Platform
from wabawatch.ports import MONITORING, RUNNING, Books, Clock


@dataclass(slots=True)
class Reaching:
    """Counts people in a loop of its own. What it knows can be asked for in each monitoring cycle: that counts nobody.

    After a start there is no count yet, and only the most is known.
    """

    reach: Reach
    platform: Platform
    books: Books
    clock: Clock
    _counts: dict[str, Count] = field(default_factory=dict)
    _has_counted: bool = False
    """Whether everybody was counted since the start who is worth it"""
    _since: Millis | None = None
    """From when on messages are added up: a whole day, so that the widest buckets will do"""

    def step(self) -> bool:
        """Count the people of one portfolio, if monitoring is wanted. True: another waits for it."""
        if self.books.mark(MONITORING) != RUNNING:
            return False
        now = self.clock.now()
        waiting = [(each, sent) for each, sent in self._limits(now) if self._must_count(each, sent, now)]
        if waiting:
            # First of all who never was counted, then whoever was longest ago.
            limit, sent = min(waiting, key=lambda each: self._counted_at(each[0].owner))
            last_at, is_whole = self.reach.last_reached(limit.numbers, now - LIMIT_WINDOW_MS, now + 1)
            self._counts[limit.owner] = Count(now, sorted(last_at), is_whole, sent.total)
        self._has_counted |= len(waiting) <= 1
        return len(waiting) > 1

    def limits(self) -> list[Reached]:
        """Every messaging limit, and what is used of it, without counting anybody."""
        now = self.clock.now()
        return [self._reached(limit, sent, now) for limit, sent in self._limits(now)]

    def used(self, states: States) -> list[MessagingLimit]:
        """Every messaging limit, and what is used of it at least: what was counted last, of which time takes away.

        After a start that is not known (None) until people were counted. Adds up no message. *states*: what is known of
        numbers and accounts.
        """
        now = self.clock.now()
        found = []
        for limit in self._known(states):
            count = self._counts.get(limit.owner)
            if limit.limit is not None and count is not None:
                limit = replace(limit, used=count.still(now), is_whole=count.is_whole)
            elif not self._has_counted:
                limit = replace(limit, used=None)
            found.append(limit)
        return found

    def _known(self, states: States) -> list[MessagingLimit]:
        """The limits, as if nothing was used of those that are finite."""
        owned: defaultdict[str, list[NumberPlace]] = defaultdict(list)
        for place in placed(self.reach.places(), states):
            owned[place.owner].append(place)
        return [messaging_limit(owner, owned[owner], states, lambda _: (0, True)) for owner in sorted(owned)]

    def _limits(self, now: Millis) -> list[tuple[MessagingLimit, Sent]]:
        if self._since is None:
            self._since = now - now % DAY_MS - DAY_MS
        limits = self._known(self.platform.states())
        if all(limit.limit is None for limit in limits):  # nobody asks how much was sent
            return [(limit, Sent(0, 0)) for limit in limits]
        day, total = self.reach.accepted(now - LIMIT_WINDOW_MS, now + 1), self.reach.accepted(self._since, now + 1)
        return [
            (limit, Sent(*(sum(counted.get(number, 0) for number in limit.numbers) for counted in (day, total))))
            for limit in limits
        ]

    def _must_count(self, limit: MessagingLimit, sent: Sent, now: Millis) -> bool:
        return limit.limit is not None and must_count(limit.limit, self._counts.get(limit.owner), sent, now)

    def _counted_at(self, owner: str) -> Millis:
        count = self._counts.get(owner)
        return 0 if count is None else count.at

    def _reached(self, limit: MessagingLimit, sent: Sent, now: Millis) -> Reached:
        if limit.limit is None:
            return Reached(limit, None, None)
        count = self._counts.get(limit.owner)
        least, most = bounds(count, sent, now)
        known = replace(limit, used=least, is_whole=count is None or count.is_whole)
        return Reached(known, most, count.at if count else None)
