"""What the composition reads from the settings and from bodies, as functions of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.facts import Fact
from wabawatch.domain.report import Assessment
from wabawatch.flows.recording import facts_of
from wabawatch.meta.webhooks import parse
from wabawatch.ports import BodyKind, BodySource, StoredBody
from wabawatch.settings import Settings
from wabawatch.wire import assessment_json

if TYPE_CHECKING:
    from wabawatch.meta.graph import GraphClient


def graph_of(settings: Settings, tokens: AccessTokens) -> GraphClient | None:
    """Who asks Meta, by the settings; None: nobody, for there is no token."""
    if not tokens:
        return None
    from wabawatch.meta.graph import GraphClient  # with its HTTP library, which an installation without needs not

    return GraphClient(settings.graph.url, tokens, settings.app_tokens)


def translate(stored: StoredBody) -> Sequence[Fact]:
    """The facts in an accepted body."""
    body = stored.body
    if body.kind is BodyKind.RECORD:
        return facts_of(body.content, body.received_at)
    if body.source is BodySource.SYNTHETIC:
        return ()  # our own test event tells nothing: that it came this far is all
    is_live = body.source in (BodySource.LIVE, BodySource.COPY)
    return parse(body.content, received_at=body.received_at, is_live=is_live).facts


def assessment_text(assessment: Assessment) -> str:
    """As it is kept with its cycle."""
    return msgspec.json.encode(assessment_json(assessment)).decode()
