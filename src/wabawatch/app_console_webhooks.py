"""The composition of the console's pages about webhooks and forwarding."""

from __future__ import annotations

from typing import Protocol

from starlette.routing import Route

from wabawatch.app_alerts import AlertFlows
from wabawatch.app_console import Console
from wabawatch.app_forwarding import Forwards
from wabawatch.app_uptime import Uptimes
from wabawatch.domain.checks import CheckKind
from wabawatch.flows.browsing import Browsing
from wabawatch.flows.forwarding import is_for
from wabawatch.flows.ingest import Registry, admit, registry_of
from wabawatch.flows.webhook_desk import WebhookDesk
from wabawatch.meta.dissecting import dissect
from wabawatch.meta.outlining import outline_of
from wabawatch.meta.signature import is_genuine
from wabawatch.meta.splitting import part_of
from wabawatch.meta.webhooks import FIELDS
from wabawatch.ports import Body, Clock
from wabawatch.settings import Settings
from wabawatch.storage.database import Database
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.inbox import DurableInbox
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.webhook_log import SqlWebhookLog
from wabawatch.web.pages.forwarding import ForwardingPages
from wabawatch.web.pages.message_webhooks import MessageWebhooks
from wabawatch.web.pages.webhook_body import WebhookBodyPage
from wabawatch.web.pages.webhooks import WebhooksPage


class WebhookParts(Protocol):
    """What they are made of: `app.System`."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: Keyring
    console: Console
    inbox: DurableInbox
    figures: SqlFigures
    forwards: Forwards
    browsing: Browsing
    alerts: AlertFlows
    uptime: Uptimes


def webhook_pages(parts: WebhookParts) -> list[Route]:
    """Their routes, through the door of the console."""
    desk, views, clock, forwards = parts.console.desk(), parts.console.views, parts.clock, parts.forwards
    registry = registry_of(parts.settings.apps)
    looking = _desk(parts, registry)
    every = WebhooksPage(
        looking,
        parts.browsing,
        parts.alerts.states.connections,
        lambda: [view for view in parts.uptime.desk.views() if view.kind is CheckKind.PIPELINE],
        parts.alerts.figures.owners,
        sorted(FIELDS),
        sorted(registry),
        views,
        clock,
    )
    checked = {name for name, app in registry.items() if app.secrets}
    one = WebhookBodyPage(looking, forwards.flow, checked.__contains__, views, clock)
    handing_on = ForwardingPages(forwards.flow, forwards.desk.tallies, views, clock)
    of_message = MessageWebhooks(looking, parts.browsing, parts.alerts.desk, views)
    return [page for pages in (every, one, handing_on, of_message) for page in pages.routes(desk)]


def _desk(parts: WebhookParts, registry: Registry) -> WebhookDesk:
    def verdict_of(body: Body) -> str:
        signature = body.signature.encode("latin-1", "replace") or None
        return admit(registry, body.app, body.content, signature, is_genuine=is_genuine, allow_unsigned=True)

    return WebhookDesk(
        SqlWebhookLog(parts.database, parts.keyring),
        parts.forwards.bodies,
        parts.inbox,
        parts.figures,
        parts.forwards.desk,
        parts.forwards.targets,
        lambda body, target: is_for(body, target, part_of),
        outline_of,
        dissect,
        verdict_of,
        parts.browsing.messages,
        parts.browsing.audit,
        parts.clock,
    )
