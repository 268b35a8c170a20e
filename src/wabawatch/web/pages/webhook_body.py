"""`/webhooks/{id}`: one body: what it told, how it came and was answered, what became of it, and who got it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.errors import BadRequest, Conflict, Forbidden, NotFound, Refusal
from wabawatch.domain.facts import Unrecognised, Why
from wabawatch.domain.histograms import percentile
from wabawatch.domain.webhook_bodies import Piece
from wabawatch.flows.forwarding import Forwarding, Pick
from wabawatch.flows.webhook_desk import Seen, WebhookDesk
from wabawatch.meta.decoding import decode
from wabawatch.meta.hiding import hidden, hidden_text
from wabawatch.ports import BodySource, Clock
from wabawatch.web.forms import form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.log_query import UNMASK
from wabawatch.web.pages.places import whereabouts
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.pages.webhook_words import (
    FATES,
    MEANT,
    OUTCOMES,
    RESULTS,
    SOURCES,
    VERDICTS,
    Became,
    became,
)
from wabawatch.web.visitors import Visitor

LONGEST = 400_000
"""So many characters of a body are shown; the API gives them all."""


class PieceView(NamedTuple):
    """An item of a body as the page shows it."""

    place: str
    field: str
    told: list[Became]
    content: str


class Unread(NamedTuple):
    """Something in a body that was not understood."""

    place: str
    why: str
    reason: str
    content: str
    is_defect: bool
    """An item of a known field gave nothing; else something is only new to this release"""


@dataclass(frozen=True, slots=True)
class WebhookBodyPage:
    """The page of one body, and its forms."""

    desk: WebhookDesk
    forwarding: Forwarding
    is_checked: Callable[[str], bool]
    """Whether an app, by its name, has a secret"""
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/webhooks/{id:int}", Right.VIEW, self.page),
            desk.page("/webhooks/{id:int}/again", Right.OPERATE, self.process_again, "POST"),
            desk.page("/webhooks/{id:int}/forward", Right.OPERATE, self.forward, "GET", "POST"),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The page."""
        return self._shown(request, visitor)

    def process_again(self, request: Request, visitor: Visitor) -> Response:
        """Have a body that was set aside tried again."""
        id_ = int(request.path_params["id"])
        try:
            self.desk.process_again(id_, visitor.actor)
        except Conflict as refused:
            return self._shown(request, visitor, refused)
        return RedirectResponse(f"/webhooks/{id_}?asked=again", 303, headers=SECURE)

    def forward(self, request: Request, visitor: Visitor) -> Response:
        """Show exactly what a target would get of a body; with POST, send it."""
        return self._send(request, visitor) if request.method == "POST" else self._preview(request, visitor)

    def _preview(self, request: Request, visitor: Visitor) -> Response:
        id_, name = int(request.path_params["id"]), request.query_params.get("target", "")
        is_unmasked = self._is_unmasked(request, visitor, id_)
        try:
            found = self.forwarding.preview(name, id_)
        except (NotFound, BadRequest) as refused:
            return self._shown(request, visitor, refused)
        address = urlsplit(found.target.url)
        return self.views.render(
            "webhook_forward.html",
            request,
            visitor=visitor,
            id=id_,
            found=found,
            # The query of a target's address may hold a secret, and what stands before the host does.
            place=f"{address.scheme}://{address.hostname}{f':{address.port}' if address.port else ''}{address.path}"
            + ("?…" if address.query else ""),
            content=written_bytes(found.parcel.content, is_masked=not is_unmasked),
            is_unmasked=is_unmasked,
            may_unmask=visitor.may(Right.UNMASK),
            fates=FATES,
            outcomes=OUTCOMES,
        )

    def _send(self, request: Request, visitor: Visitor) -> Response:
        id_, name = int(request.path_params["id"]), form_of(request).one("target")
        try:
            self.forwarding.replay(name, Pick(body_id=id_, only_dead=False), visitor.actor)
        except (NotFound, BadRequest) as refused:
            return self._shown(request, visitor, refused)
        return RedirectResponse(f"/webhooks/{id_}?asked=forward", 303, headers=SECURE)

    def _is_unmasked(self, request: Request, visitor: Visitor, id_: int) -> bool:
        if not request.query_params.get(UNMASK):
            return False
        if not visitor.may(Right.UNMASK):
            raise Forbidden("your account may not see whole phone numbers; ask an administrator for that right")
        self.desk.unmasked(id_, visitor.actor)
        return True

    def _shown(self, request: Request, visitor: Visitor, refused: Refusal | None = None) -> Response:
        id_ = int(request.path_params["id"])
        seen = self.desk.show(id_)
        # After what was asked for was refused, the page is the masked one: nothing was asked to be seen.
        is_unmasked = refused is None and self._is_unmasked(request, visitor, id_)
        status = 200 if refused is None else 409 if isinstance(refused, Conflict) else 422
        return self.views.render(
            "webhook.html",
            request,
            visitor=visitor,
            at=whereabouts(request.query_params, self.clock.now()),
            status=status,
            refused="" if refused is None else str(refused),
            asked=request.query_params.get("asked", ""),
            **self._values(seen, is_masked=not is_unmasked),
            is_unmasked=is_unmasked,
            may_unmask=visitor.may(Right.UNMASK),
            may=visitor.may(Right.OPERATE),
        )

    def _values(self, seen: Seen, *, is_masked: bool) -> dict[str, Any]:
        line, body = seen.entry.line, seen.body
        verdict = seen.verdict
        if verdict == "accepted" and not self.is_checked(line.app):
            verdict = "unchecked"
        return {
            "seen": seen,
            "line": line,
            "outline": seen.entry.outline,
            "pieces": [_piece(piece, is_masked=is_masked) for piece in seen.pieces],
            "unread": [each for piece in seen.pieces for each in _unread(piece, is_masked=is_masked)],
            "verdict": VERDICTS.get(verdict),
            "signature": "" if body is None else body.signature,
            "content": "" if body is None else written_bytes(body.content, is_masked=is_masked),
            "raw": "" if body is None or is_masked else body.content.decode("utf-8", "backslashreplace")[:LONGEST],
            "p50": percentile(seen.answers, 0.5),
            "p99": percentile(seen.answers, 0.99),
            "answered": sum(seen.answers.values()),
            "is_posted": line.source in (BodySource.LIVE, BodySource.SYNTHETIC),
            "targets": sorted(self.forwarding.targets) if line.source is not BodySource.SYNTHETIC else [],
            "results": RESULTS,
            "meant": MEANT,
            "sources": SOURCES,
            "fates": FATES,
            "outcomes": OUTCOMES,
        }


def written(content: object, *, is_masked: bool) -> str:
    """*content*, made of what JSON has, for reading."""
    if isinstance(content, str):
        return content if not is_masked else hidden_text(content)
    shown = hidden(content) if is_masked else content
    text = json.dumps(shown, ensure_ascii=False, indent=2)
    # Lone surrogates stand for bytes that are no UTF-8; no page can hold them.
    return text.encode("utf-8", "backslashreplace").decode()[:LONGEST]


def written_bytes(content: bytes, *, is_masked: bool) -> str:
    """A body for reading. Masked, one that is no JSON is not shown: nobody knows what in it tells of whom."""
    try:
        return written(decode(content), is_masked=is_masked)
    except (ValueError, RecursionError):
        if is_masked:
            return "These bytes are no JSON. They are shown to who may see whole numbers."
        return content.decode("utf-8", "backslashreplace")[:LONGEST]


def _piece(piece: Piece, *, is_masked: bool) -> PieceView:
    told = [became(fact) for fact in piece.facts]
    if is_masked:
        told = [each._replace(detail=hidden_text(each.detail)) for each in told]
    return PieceView(piece.place, piece.field, told, _content_of(piece, is_masked=is_masked))


def _content_of(piece: Piece, *, is_masked: bool) -> str:
    """An item; what is no webhook of Meta's is one item, as text."""
    if not piece.field and isinstance(piece.content, str):
        return written_bytes(piece.content.encode("utf-8", "replace"), is_masked=is_masked)
    return written(piece.content, is_masked=is_masked)


def _unread(piece: Piece, *, is_masked: bool) -> list[Unread]:
    return [
        Unread(
            fact.path or "the whole body",
            "Not understood" if fact.why is Why.UNPARSED else "New to this release",
            hidden_text(fact.reason) if is_masked else fact.reason,
            written_bytes(fact.raw.encode("utf-8", "replace"), is_masked=is_masked)
            if fact.raw[:1] in ("{", "[")
            else (hidden_text(fact.raw) if is_masked else fact.raw),
            fact.why is Why.UNPARSED,
        )
        for fact in piece.facts
        if isinstance(fact, Unrecognised)
    ]
