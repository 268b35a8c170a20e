"""The public names that are views: what is stored compactly, readable with plain SQL (docs/tables.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from wabawatch.meta.wamid import unpack
from wabawatch.storage.views_alerts import alert_history
from wabawatch.storage.views_conversations import agent_interactions, conversations
from wabawatch.storage.views_logs import logs
from wabawatch.storage.views_messages import queue
from wabawatch.storage.views_metrics import metrics

VIEWS: Mapping[str, Callable[[Connection], str]] = {
    "whatsapp_message_queue": queue,
    "whatsapp_logs": logs,
    "monitoring_metrics": metrics,
    "conversations": conversations,
    "agent_interaction_logs": agent_interactions,
    "alert_history": alert_history,
}
"""What each view selects. A change takes effect in existing databases with the next step of `migrations`."""


def create_views(connection: Connection) -> None:
    """Make the views. Call it in a writing transaction, with the tables there and the views not."""
    for name, select in VIEWS.items():
        # As it is: to a driver that looks for parameters a percent sign would be one.
        as_it_is = {"no_parameters": True}
        connection.exec_driver_sql(f"CREATE VIEW {name} AS\n{select(connection)}", execution_options=as_it_is)


def drop_views(connection: Connection) -> None:
    """Take away the views that are there."""
    for name in VIEWS:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")


def wamid_of(hex: str) -> str:
    """The wamid that a view shows packed, in hex. Raises ValueError for what no view shows."""
    return unpack(bytes.fromhex(hex))
