"""The composition of the console's pages about one person."""

from __future__ import annotations

from functools import partial

from starlette.routing import Route

from wabawatch.app_console import Console
from wabawatch.app_erasure import ErasureFlows
from wabawatch.app_person import signed_certificate
from wabawatch.storage.signing_keys import SigningKeys
from wabawatch.web.pages.people import PeoplePages


def people_pages(console: Console, erasure: ErasureFlows, signing: SigningKeys) -> list[Route]:
    """Their routes, through the door of *console*."""
    certificate, desk = partial(signed_certificate, signing), console.desk()
    return PeoplePages(erasure.people, erasure.book, erasure.exports, certificate, erasure.flow.watch, desk).routes()
