"""Telling people: decide who is told of what has changed, and deliver it. At least once, never zero times.

Two steps that know of each other only by rows. The first turns transitions, and time that has passed, into decisions
and notices; the second delivers notices. A crash at any point loses none: what was not written is done again, and what
may have been delivered is delivered again under the same key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wabawatch.domain.facts import Millis
from wabawatch.domain.notice_making import Knowing, compose
from wabawatch.domain.notices import Delivered, Outcome
from wabawatch.domain.outbox import LEASE_MS, Attempt, Claimed, NoticeState, after
from wabawatch.domain.planning import Plan, plan
from wabawatch.domain.routing import Channel, Policy, Scene
from wabawatch.domain.silences import Window
from wabawatch.notifying_ports import Glance, NoticeBook, Notifier, Pulse
from wabawatch.ports import Clock

log = logging.getLogger(__name__)

LOOK_AGAIN_MS = 300_000
"""At least so often everything is looked at, whether or not anything seems to have changed."""

Windows = Callable[[Millis, Millis], Sequence[Window]]
"""The recurring maintenance windows that touch a span of time"""


@dataclass(slots=True)
class Looks:
    """When the planner of this process looked, and when it must look again."""

    looked_at: Millis | None = None
    look_at: Millis | None = None
    deeds: int = -1
    """What people had done then"""

    def is_due(self, pulse: Pulse, now: Millis) -> bool:
        """Whether there is a reason to look: something happened, somebody did something, or time has passed."""
        if self.looked_at is None or not self.looked_at <= now < self.looked_at + LOOK_AGAIN_MS:
            return True
        if pulse.has_unplanned or pulse.deeds != self.deeds:
            return True
        return self.look_at is not None and now >= self.look_at


@dataclass(frozen=True, slots=True)
class Planning:
    """Who is told of what. Of several processes each transition is planned by one."""

    book: NoticeBook
    channels: Sequence[Channel]
    knowing: Knowing
    windows: Windows
    policy: Policy
    clock: Clock
    on_notices: Callable[[], None]
    """Called when there is something to deliver"""
    is_watched: Callable[[], bool] = lambda: True
    """Whether monitoring is wanted: else nobody knows whether an alert still fires, and nobody is reminded of it"""
    looks: Looks = field(default_factory=Looks)

    def step(self) -> bool:
        """Plan what waits to be planned. True: there is more. Raises StoreUnavailable."""
        now, pulse = self.clock.now(), self.book.pulse()
        if not self.looks.is_due(pulse, now):
            return False
        seen = self.book.glance(now)
        policy = self.policy if self.is_watched() else replace(self.policy, remind_ms={})
        made = plan(self._scene(seen, now), policy, now)
        if not made.is_empty or seen.unplanned:
            alerts = {alert.key: alert for alert in seen.alerts}
            notices = [compose(draft, alerts, self.knowing) for draft in made.drafts]
            if not self.book.keep(seen, made, notices, now):
                return True  # another process planned meanwhile: look again at what is left
            self._tell(made)
        self.looks.looked_at, self.looks.look_at, self.looks.deeds = now, made.look_at, pulse.deeds
        return seen.has_more or bool(made.drafts)

    def _scene(self, seen: Glance, now: Millis) -> Scene:
        alerts = (*seen.past, *seen.alerts)
        known = {alert.rule: self.knowing.rule(alert.rule, alert.scope) for alert in alerts}
        return Scene(
            seen.alerts,
            seen.routes,
            self.channels,
            {name: rule for name, rule in known.items() if rule is not None},
            seen.silences,
            (*seen.windows, *self.windows(now, now + 1)),
            seen.last_told,
            seen.past,
        )

    def _tell(self, made: Plan) -> None:
        for draft in made.drafts:
            context = {"action": "notice_made", "channel": draft.channel, "kind": str(draft.kind), "key": draft.key}
            log.info("%s is told of %d alerts", draft.channel, len(draft.alerts), extra=context)
        if made.drafts:
            self.on_notices()


@dataclass(frozen=True, slots=True)
class Delivering:
    """Hands the notices of each channel to its service, one after the other."""

    book: NoticeBook
    notifiers: Mapping[str, Notifier]
    clock: Clock
    holder: str
    """The name of this process among others"""
    lease_ms: Millis = LEASE_MS

    def step(self, channel: str) -> bool:
        """Deliver the next notice of *channel* that is due. True: there may be more. Raises StoreUnavailable."""
        now = self.clock.now()
        claimed = self.book.claim(channel, self.holder, now, now + self.lease_ms)
        if claimed is None:
            return False
        delivered = self._deliver(channel, claimed)
        self._write(claimed, delivered, now)
        return True

    def _deliver(self, channel: str, claimed: Claimed) -> Delivered:
        try:
            return self.notifiers[channel].deliver(claimed.notice, claimed.thread)
        except Exception as error:  # a mistake of a channel's, perhaps of somebody else's: the notice must survive it
            context = {"action": "notifier_raised", "channel": channel, "key": claimed.notice.key}
            log.error("the channel %s raised %s", channel, type(error).__name__, extra=context, exc_info=error)
            return Delivered(Outcome.RETRY, f"a mistake in the channel itself: {type(error).__name__}")

    def _write(self, claimed: Claimed, delivered: Delivered, began_at: Millis) -> None:
        now, notice = self.clock.now(), claimed.notice
        made = after(notice.at, claimed.tries + 1, delivered, now)
        detail = "" if delivered.outcome is Outcome.SENT else delivered.detail
        attempt = Attempt(now, delivered.outcome, max(0, now - began_at), detail)
        is_ours = self.book.note(claimed, self.holder, attempt, made, delivered.thread)
        context = {"channel": notice.channel, "key": notice.key, "outcome": str(delivered.outcome), "mine": is_ours}
        if made.state is NoticeState.SENT:
            log.info("%s was told", notice.channel, extra={"action": "notice_sent", **context})
        elif made.state is NoticeState.DEAD:
            text = "%s was not told, and is tried no more: %s"
            log.error(text, notice.channel, delivered.detail, extra={"action": "notice_dead", **context})
        else:
            log.warning("%s was not told: %s", notice.channel, detail, extra={"action": "notice_failed", **context})
