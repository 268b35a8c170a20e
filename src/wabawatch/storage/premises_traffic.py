"""What the books tell about the webhooks of the last days. Every query is bounded, however much there is."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from wabawatch.domain.calls import VERSION
from wabawatch.domain.facts import Millis, Why
from wabawatch.domain.premises import Traffic
from wabawatch.domain.rollups import Span, Tier, bucket_of
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import BodyKind, BodySource
from wabawatch.storage.body_log import count_failing, meaning_of
from wabawatch.storage.counts import read_counters, read_histogram
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.schema import bodies, events, parked

NEWEST_BODIES = 20_000
"""Among so many each app's last webhook is looked for."""
STRANGE_DAYS = 7


def read_traffic(connection: Connection, now: Millis) -> Traffic:
    """The traffic up to *now*."""
    retrying, given_up = count_failing(connection, 0)
    days = [Span(Tier.DAY, bucket_of(Tier.DAY, now) - 1, bucket_of(Tier.DAY, now) + 1)]
    counted = read_counters(connection, days)
    return Traffic(
        last_at=last_webhooks(connection),
        retrying=retrying,
        parked=given_up,
        parked_error=_newest_error(connection),
        processed=counted.get("processed", 0),
        duplicates=counted.get("duplicates", 0),
        answers=read_histogram(connection, "ack", days),
        delays=read_histogram(connection, "meta_delay", days),
        unparsed=_strange(connection, (Why.UNPARSED,), now),
        unknown=_strange(connection, (Why.UNKNOWN_FIELD, Why.UNKNOWN_VALUE), now),
        versions={name.removeprefix(VERSION): n for name, n in counted.items() if name.startswith(VERSION)},
    )


def last_webhooks(connection: Connection) -> dict[str, Millis]:
    """When the newest live webhook of each app came."""
    some = select(bodies.c.app_id, bodies.c.code, bodies.c.received_at).order_by(bodies.c.id.desc())
    newest = some.limit(NEWEST_BODIES).subquery().c
    query = select(newest.app_id, newest.code, func.max(newest.received_at)).group_by(newest.app_id, newest.code)
    rows = connection.execute(query).all()
    names = Dictionary(lambda _: "").labels.words(connection, [app_id for app_id, _, _ in rows if app_id])
    found: dict[str, Millis] = {}
    for app_id, code, at in rows:
        kind, source, _ = meaning_of(code)
        if kind is BodyKind.WEBHOOK and source is BodySource.LIVE:
            name = names[app_id][1] if app_id else ""
            found[name] = max(int(at), found.get(name, 0))
    return found


def _newest_error(connection: Connection) -> str:
    newest = select(parked.c.error).where(parked.c.next_try_at.is_(None)).order_by(parked.c.body_id.desc()).limit(1)
    return str(connection.execute(newest).scalar() or "")


def _strange(connection: Connection, why: tuple[Why, ...], now: Millis) -> Mapping[str, int]:
    c = events.c
    query = (
        select(c.subject, func.count())
        .where(c.kind == "unrecognised", c.at >= now - STRANGE_DAYS * DAY_MS, c.event.in_([str(each) for each in why]))
        .group_by(c.subject)
    )
    return {field: int(n) for field, n in connection.execute(query)}
