"""The composition of the desk at which channels are asked about."""

from __future__ import annotations

from collections.abc import Mapping

from wabawatch.flows.channel_desk import ChannelDesk, Fitted
from wabawatch.notifiers.channels import place_of
from wabawatch.notifying_ports import Notifier
from wabawatch.ports import Clock
from wabawatch.settings import Settings
from wabawatch.storage.database import Database
from wabawatch.storage.deeds import SqlAuditTrail
from wabawatch.storage.notice_book import SqlNotices
from wabawatch.storage.notice_desk import NoticeDesk
from wabawatch.wire import uuid7


def channel_desk(
    settings: Settings, notifiers: Mapping[str, Notifier], database: Database, clock: Clock
) -> ChannelDesk:
    """The desk of one installation; *notifiers*: its channels by name."""
    channels, server = settings.all_channels, settings.mail.server
    fitted = {
        name: Fitted(channels[name].kind or "", place_of(channels[name], server), notifier)
        for name, notifier in notifiers.items()
    }
    book, audit = SqlNotices(database), SqlAuditTrail(database)
    return ChannelDesk(fitted, NoticeDesk(database), book, audit, clock, lambda: f"test-{uuid7()}")
