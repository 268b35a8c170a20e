"""The one door of the console: every page says which right it needs, and nobody without it comes in."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from wabawatch.domain.access import Right
from wabawatch.domain.errors import ArchiveDamaged, BadRequest, Forbidden, NotFound, Refusal, Trouble
from wabawatch.web.assets import AssetsMissing
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.visitors import Visitor

log = logging.getLogger(__name__)

Handler = Callable[[Request, Visitor], Response]
Guard = Callable[[Request, Visitor], Awaitable[None]]
SAFE_METHODS = frozenset({"GET", "HEAD"})


async def refuse_changes(_request: Request, _visitor: Visitor) -> None:
    """A `Guard` that lets nobody change anything. Raises Forbidden."""
    raise Forbidden("this cannot be changed here yet")


@dataclass(frozen=True, slots=True)
class Desk:
    """Asks who a visitor is, and hands the request on to the page."""

    visitor_of: Callable[[Request], Visitor | None]
    """`Visitors.of`"""
    views: Views
    guard: Guard = refuse_changes
    """Called for every request that may change something, before the page. Raises Forbidden."""

    def page(self, path: str, right: Right, handle: Handler, *methods: str) -> Route:
        """A page at *path* for who has *right*. *handle* is called in a worker thread."""
        return Route(path, _Page(self, right, handle), methods=list(methods or ("GET",)))

    async def answer(self, request: Request, right: Right, handle: Handler) -> Response:
        """Answer one request."""
        visitor: Visitor | None = None
        try:
            visitor = await run_in_threadpool(self.visitor_of, request)
            if visitor is None:
                return _to_login(request)
            if not visitor.may(right):
                raise Forbidden("your account may not do this; ask an administrator for it")
            if request.method not in SAFE_METHODS:
                await self.guard(request, visitor)
            return await run_in_threadpool(handle, request, visitor)
        except AssetsMissing as error:
            log.error("action=assets_missing %s", error)
            return PlainTextResponse(f"wabawatch: {error}\n", 503, headers=SECURE)
        except (Refusal, Trouble, HTTPException) as error:
            return await run_in_threadpool(self._told, request, visitor, error)

    def _told(self, request: Request, visitor: Visitor | None, error: Exception) -> Response:
        """The page that says why there is none, and what to do. Without a visitor it has no navigation."""
        status, title = _status_of(error)
        said = error.detail if isinstance(error, HTTPException) else str(error)
        name = "bare_error.html" if visitor is None else "error.html"
        name = "parts/error.html" if is_part(request) else name
        opens = request.url.path if isinstance(error, BadRequest) and request.url.query else ""
        return self.views.render(name, request, visitor=visitor, status=status, title=title, said=said, opens=opens)


@dataclass(frozen=True, slots=True)
class _Page:
    """The endpoint of one page, as an ASGI app. Which right it needs can be read from it."""

    desk: Desk
    right: Right
    handle: Handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await self.desk.answer(request, self.right, self.handle)
        await answer(scope, receive, send)


def is_part(request: Request) -> bool:
    """Whether a page asks for a part of itself."""
    return request.headers.get("hx-request") == "true"


def _to_login(request: Request) -> Response:
    """To where one signs in, and back afterwards. A part of a page cannot be sent there: the whole page is."""
    if is_part(request):
        return Response(status_code=401, headers={**SECURE, "hx-refresh": "true"})
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = "/login" if wanted == "/" or request.method not in SAFE_METHODS else f"/login?next={quote(wanted, safe='')}"
    return RedirectResponse(to, 303, headers=SECURE)


def _status_of(error: Exception) -> tuple[int, str]:
    match error:
        case BadRequest():
            return 422, "This address does not make sense"
        case Forbidden():
            return 403, "You may not do this"
        case NotFound():
            return 404, "There is no such thing"
        case ArchiveDamaged():
            return 503, "The archive cannot be read"
        case Trouble():
            return 503, "The figures cannot be read now"
        case HTTPException():
            return error.status_code, "This did not work"
        case _:
            return 400, "This did not work"
