"""The composition of the console's pages about templates."""

from __future__ import annotations

from starlette.routing import Route

from wabawatch.app_console import Console
from wabawatch.app_limits import LimitFlows
from wabawatch.flows.assessing import Rules
from wabawatch.flows.template_desk import TemplateDesk
from wabawatch.meta.template_texts import texts_of
from wabawatch.ports import Clock
from wabawatch.storage.database import Database
from wabawatch.storage.evidence import SqlEvidence
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.template_books import SqlTemplateBooks
from wabawatch.web.pages.template import TemplatePage
from wabawatch.web.pages.templates import TemplatesPage


def platform_pages(
    console: Console,
    database: Database,
    keyring: Keyring,
    limits: LimitFlows,
    rules: Rules,
    clock: Clock,
) -> list[Route]:
    """Their routes, through the door of *console*."""
    desk, views, costing = console.desk(), console.views, limits.costing
    books, judged = SqlTemplateBooks(database, keyring), SqlEvidence(database)
    templates = TemplateDesk(books, costing.charges, costing.prices, judged, texts_of, rules, clock)
    return [
        *TemplatesPage(templates, views, clock).routes(desk),
        *TemplatePage(templates, views, clock).routes(desk),
    ]
