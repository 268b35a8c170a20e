"""The ground truth: what any observer of the simulation ought to have counted by now.

Written from the simulator's own books, apart from the rules of the watchman, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypedDict

from wabawatch.domain.facts import Feed, Millis, SendOutcome
from wabawatch.simulator.ledger import Entry, Ledger

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
DELIVERY_GRACE_MS = 15 * _MINUTE
_EXPIRY_SLACK_MS = _HOUR
_LIFE_MS = 30 * 24 * _HOUR
_LIFE_OF_CODE_MS = 10 * _MINUTE
_OWN = ("api", "unknown")


class TruthMessage(TypedDict):
    """One message as an attentive observer knows it. Ready to be written as JSON."""

    number: str
    wamid: str | None
    local_id: str | None
    recipient: str
    template: str | None
    language: str | None
    type: str
    category: str
    origin: str
    """api | unknown | business_app | meta_agent | history"""
    direction: str
    status: str
    """pending | sent | delivered | read | failed | expired; of inbound messages: received"""
    rejected: bool
    accepted: bool
    unlinked: bool
    held: bool
    reaction: bool
    group: bool
    orphan: bool
    partial_failure: bool
    recorded: bool
    requested_at: Millis | None
    cohort_at: Millis
    expires_at: Millis | None
    """When it expires if nothing more comes; None if it never does."""
    stamps: dict[str, Millis]


class Totals(TypedDict):
    """The counts of ``status --json``, and the two rates as (numerator, denominator)."""

    attempted: int
    accepted: int
    sent: int
    delivered: int
    read: int
    failed: int
    expired: int
    pending: int
    rejected: int
    unlinked: int
    orphan: int
    inbound: int
    delivery_rate: tuple[int, int]
    failure_rate: tuple[int, int]


def messages(ledger: Ledger, as_of: Millis) -> list[TruthMessage]:
    """Every message of which anything has been told, with its status as of that time."""
    found = [row for entry in ledger for row in _rows(entry)]
    for row in found:
        row["status"] = status_at(row, as_of)
    return found


def totals(found: Iterable[TruthMessage], as_of: Millis, since: Millis = 0) -> Totals:
    """Count the messages whose cohort time lies from *since* until *as_of*, as they stand at *as_of*."""
    rows = [row for row in found if since <= row["cohort_at"] <= as_of]
    counted = [row for row in rows if _is_counted(row)]
    states = [status_at(row, as_of) for row in counted]
    rated = [row for row in counted if _is_rated(row) and row["cohort_at"] <= as_of - DELIVERY_GRACE_MS]
    arrived = sum(status_at(row, as_of) in ("delivered", "read") for row in rated)
    unlinked = sum(row["unlinked"] for row in counted)
    return Totals(
        attempted=len(counted),
        accepted=sum(row["accepted"] for row in counted),
        sent=states.count("sent"),
        delivered=states.count("delivered"),
        read=states.count("read"),
        failed=states.count("failed"),
        expired=states.count("expired"),
        pending=states.count("pending"),
        rejected=sum(row["rejected"] for row in counted),
        unlinked=unlinked,
        orphan=sum(row["orphan"] for row in rows),
        inbound=sum(row["direction"] == "inbound" and row["origin"] != "history" for row in rows),
        delivery_rate=(arrived, len(rated)),
        failure_rate=(states.count("failed"), len(counted) - unlinked),
    )


def status_at(row: TruthMessage, as_of: Millis) -> str:
    """The one status that a message has at that time. Whatever reached a device wins over a failure."""
    if row["direction"] == "inbound":
        return "received"
    stamps = row["stamps"]
    if "read" in stamps or "played" in stamps:
        return "read"
    if "delivered" in stamps:
        return "delivered"
    if "failed" in stamps or row["rejected"]:
        return "failed"
    if row["expires_at"] is not None and row["expires_at"] <= as_of:
        return "expired"
    return "sent" if "sent" in stamps else "pending"


def _is_counted(row: TruthMessage) -> bool:
    return row["direction"] == "outbound" and row["origin"] in _OWN and not row["orphan"]


def _is_rated(row: TruthMessage) -> bool:
    is_waiting = row["held"] and not row["stamps"]
    return row["accepted"] and not row["reaction"] and not is_waiting


def _rows(entry: Entry) -> Iterator[TruthMessage]:
    """One row, or none, or two: a send whose wamid was never logged and the same message seen by webhook."""
    if entry.direction == "inbound":
        if entry.is_shown:
            yield _row(entry, _inbound_origin(entry), by_webhook=True)
        return
    is_refused = entry.outcome is SendOutcome.REJECTED
    if entry.outcome is not None and (entry.is_linked or is_refused):
        yield _row(entry, "api", by_webhook=True, by_log=True)
        return
    if entry.outcome is not None:
        yield _row(entry, "api", by_log=True)
    if entry.is_shown or entry.stamps:
        yield _row(entry, _webhook_origin(entry), by_webhook=True)


def _inbound_origin(entry: Entry) -> str:
    return {Feed.STANDBY: "meta_agent", Feed.HISTORY: "history"}.get(entry.feed, "unknown")


def _webhook_origin(entry: Entry) -> str:
    if entry.feed is Feed.ECHO:
        return "business_app" if entry.is_shown else "unknown"
    return {Feed.STANDBY: "meta_agent", Feed.HISTORY: "history"}.get(entry.feed, "unknown")


def _row(entry: Entry, origin: str, *, by_webhook: bool = False, by_log: bool = False) -> TruthMessage:
    """What is known of *entry* by those ways."""
    stamps = _stamps(entry, by_webhook=by_webhook, by_log=by_log)
    outcome = entry.outcome if by_log else None
    is_rejected = outcome is SendOutcome.REJECTED
    wamid = entry.wamid if by_webhook and not is_rejected else ""
    is_sent_by_us = entry.direction == "outbound" and origin in _OWN
    row = TruthMessage(
        number=entry.number,
        wamid=wamid or None,
        local_id=(entry.local_id or None) if by_log else None,
        recipient=entry.recipient,
        template=(entry.template or None) if by_log else None,
        language=(entry.language or None) if by_log else None,
        type=entry.type if by_log or entry.is_shown else "",
        category=entry.category if by_log else entry.told_category,
        origin=origin,
        direction=entry.direction,
        status="",
        rejected=is_rejected,
        accepted=is_sent_by_us and bool(wamid),
        unlinked=by_log and not wamid and not is_rejected,
        held=outcome is SendOutcome.HELD,
        reaction=by_log and entry.type == "reaction",
        group=entry.is_group,
        orphan=is_sent_by_us and not by_log and stamps.keys().isdisjoint(("sent", "failed")),
        partial_failure="failed" in stamps and not stamps.keys().isdisjoint(("delivered", "read", "played")),
        recorded=by_log,
        requested_at=entry.at if by_log else None,
        cohort_at=entry.at if by_log or entry.is_shown else min(stamps.values(), default=entry.at),
        expires_at=None,
        stamps=stamps,
    )
    row["expires_at"] = _expiry(row)
    return row


def _stamps(entry: Entry, *, by_webhook: bool, by_log: bool) -> dict[str, Millis]:
    told = entry.stamps if by_webhook else {}
    own = entry.own_stamps if by_log else {}
    return {name: min(way[name] for way in (told, own) if name in way) for name in sorted(told.keys() | own.keys())}


def _expiry(row: TruthMessage) -> Millis | None:
    if not row["accepted"] or row["group"] or row["reaction"]:
        return None
    life = _LIFE_OF_CODE_MS if row["category"].startswith("authentication") else _LIFE_MS
    return row["cohort_at"] + life + _EXPIRY_SLACK_MS
