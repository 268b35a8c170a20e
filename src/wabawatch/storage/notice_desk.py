"""What was decided, made and sent, as it is asked for: `flows.telling.TellingBook` on one `Database`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.outbox import ChannelState, NoticeState, Sent
from wabawatch.domain.routing import Because, Decision
from wabawatch.domain.standing import DAY_MS
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks
from wabawatch.storage.schema_alerts import alerts
from wabawatch.storage.schema_notices import alert_decisions, channel_states, notices

TALLIED = ("waiting", "retrying", str(NoticeState.SENT), str(NoticeState.DEAD))


class NoticeDesk:
    """Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_alert(self, alert: str) -> bool:
        """Whether there is, or was, an alert of that key."""
        with self._database.reading() as connection:
            return connection.execute(select(alerts.c.alert).where(alerts.c.alert == alert)).first() is not None

    def decisions(self, alert: str) -> Sequence[Decision]:
        """Every decision about an alert, the oldest first."""
        c = alert_decisions.c
        with self._database.reading() as connection:
            rows = connection.execute(select(alert_decisions).where(c.alert == alert).order_by(c.id)).all()
        return [_decision_of(row) for row in rows]

    def notices(self, keys: Collection[str]) -> Mapping[str, Sent]:
        """What became of notices, by key."""
        found: dict[str, Sent] = {}
        with self._database.reading() as connection:
            for some in chunks(sorted(keys)):
                rows = connection.execute(select(notices).where(notices.c.key.in_(some)))
                found |= {row.key: _sent_of(row) for row in rows}
        return found

    def newest_notices(self, channel: str, state: NoticeState | None, limit: int) -> Sequence[Sent]:
        """The newest notices of *channel* ("": of all), in *state* (None: any)."""
        c = notices.c
        query = select(notices).order_by(c.id.desc()).limit(limit)
        query = query.where(c.channel == channel) if channel else query
        query = query.where(c.state == str(state)) if state is not None else query
        with self._database.reading() as connection:
            return [_sent_of(row) for row in connection.execute(query)]

    def channels(self, now: Millis) -> Sequence[ChannelState]:
        """How every channel is doing that was ever tried, by name."""
        c = notices.c
        waits = select(c.channel, func.count()).where(c.state == str(NoticeState.WAITING)).group_by(c.channel)
        gone = (c.state == str(NoticeState.DEAD), c.at > now - 2 * DAY_MS, c.ended_at > now - DAY_MS)
        with self._database.reading() as connection:
            waiting = {name: int(n) for name, n in connection.execute(waits)}
            given_up = select(c.channel, func.count()).where(*gone).group_by(c.channel)
            dead = {name: int(n) for name, n in connection.execute(given_up)}
            rows = {row.channel: row for row in connection.execute(select(channel_states))}
        return [
            _state_of(name, rows.get(name), waiting.get(name, 0), dead.get(name, 0))
            for name in sorted({*rows, *waiting})
        ]

    def tallies(self, now: Millis) -> Mapping[tuple[str, str], int]:
        """How many notices wait, are tried again, and were sent or given up within a day, by channel and state."""
        c = notices.c
        waits, tried = c.state == str(NoticeState.WAITING), c.tries > 0
        ended = (c.at > now - 2 * DAY_MS, c.ended_at > now - DAY_MS, c.state != str(NoticeState.WAITING))
        found: dict[tuple[str, str], int] = {}
        with self._database.reading() as connection:
            for channel, is_retried, n in connection.execute(
                select(c.channel, tried, func.count()).where(waits).group_by(c.channel, tried)
            ):
                found[channel, "retrying" if is_retried else "waiting"] = int(n)
            for channel, state, n in connection.execute(
                select(c.channel, c.state, func.count()).where(*ended).group_by(c.channel, c.state)
            ):
                found[channel, str(state)] = int(n)
        names = {channel for channel, _ in found}
        return {(name, state): found.get((name, state), 0) for name in names for state in TALLIED}


def _state_of(name: str, row: Any, waiting: int, dead: int) -> ChannelState:
    if row is None:
        return ChannelState(name, waiting=waiting, dead=dead)
    return ChannelState(name, row.failures, row.failing_since, row.sent_at, row.trouble, waiting, dead)


def _decision_of(row: Any) -> Decision:
    return Decision(
        row.alert,
        row.channel,
        row.transition_id,
        row.at,
        row.decision == "tell",
        Because(row.reason),
        row.detail,
        row.until,
        row.notice,
    )


def _sent_of(row: Any) -> Sent:
    return Sent(
        row.id,
        row.key,
        row.channel,
        NoticeKind(row.kind),
        row.at,
        row.total,
        NoticeState(row.state),
        row.tries,
        row.next_try_at,
        row.ended_at,
        row.detail,
    )
