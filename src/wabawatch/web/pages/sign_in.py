"""Pages for who is not signed in: name and password, the code, and one-time links."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.errors import BadRequest, Forbidden, NotAllowed, ProviderDown, Refusal, TooMany
from wabawatch.domain.users import Opened, Stage, path_after
from wabawatch.flows.signing_in import DEAD_LINK, SigningIn, Whose
from wabawatch.flows.signing_in_outside import SigningInOutside
from wabawatch.outside_ports import Begun
from wabawatch.web import csrf
from wabawatch.web.forms import Form, read_form
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.sessions import Sessions, origin_of

LOGIN, CODE, SETUP, LOGOUT = "/login", "/login/code", "/setup/{secret}", "/logout"
OUTSIDE, BACK = "/login/oidc", "/login/oidc/callback"
ASIDE_S = 600
"""So long a sign-in elsewhere may take"""
NOTHING_BEGUN = Begun("", "", "")
NO_PROVIDER = "no provider is set up with which one could sign in: docs/access.md says how"
START = "/start"
"""Where the first admin goes on: the guide for the first run"""


@dataclass(frozen=True, slots=True)
class SignInPages:
    """`/login`, `/login/code`, `/setup/...` and `/logout`. They need no right: they are how one comes by it."""

    door: SigningIn
    sessions: Sessions
    views: Views
    outside: SigningInOutside | None = None
    """Where else one may sign in"""

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            self._route(LOGIN, self.login, "GET"),
            self._route(LOGIN, self.enter, "POST"),
            self._route(CODE, self.code, "GET"),
            self._route(CODE, self.enter_code, "POST"),
            self._route(SETUP, self.link, "GET"),
            self._route(SETUP, self.use_link, "POST"),
            self._route(LOGOUT, self.leave, "POST"),
            self._route(OUTSIDE, self.begin_outside, "GET"),
            self._route(BACK, self.come_back, "GET"),
        ]

    def _route(self, path: str, handle: Callable[[Request, Form], Response], method: str) -> Route:
        async def answer(request: Request) -> Response:
            form = Form() if method == "GET" else await read_form(request)
            return await run_in_threadpool(handle, request, form)

        return Route(path, answer, methods=[method])

    def login(self, request: Request, _form: Form) -> Response:
        """The page that asks for name and password; who is signed in goes on at once."""
        wanted = path_after(request.query_params.get("next", "/"))
        if self.sessions.of(request) is not None:
            return _to(wanted)
        way_out = self.outside.provider.way_out() if self.outside and "left" in request.query_params else ""
        return self._page("login.html", request, next=wanted, is_first=not self.door.users.any(), way_out=way_out)

    def enter(self, request: Request, form: Form) -> Response:
        """Take name and password."""
        wanted = path_after(form.one("next"))

        def entered() -> Response:
            old = self.sessions.secret(request)
            opened = self.door.enter(form.one("name"), form.one("password"), origin_of(request), old)
            return self._in(opened, wanted)

        given = {"next": wanted, "called": form.one("name")[:100], "is_first": False}
        return self._tried(entered, "login.html", request, form, **given)

    def code(self, request: Request, _form: Form) -> Response:
        """The page that asks for the code, of who gave the password."""
        found, wanted = self.sessions.found(request), path_after(request.query_params.get("next", "/"))
        if found is None or found[0].stage is not Stage.HALF:
            return _to(LOGIN)
        return self._page("login_code.html", request, next=wanted)

    def enter_code(self, request: Request, form: Form) -> Response:
        """Take the code."""
        wanted = path_after(form.one("next"))

        def entered() -> Response:
            try:
                opened = self.door.enter_code(self.sessions.secret(request), form.one("code"), origin_of(request))
            except NotAllowed as error:
                if error.code == "over":
                    return _to(LOGIN)
                raise
            return self._in(opened, wanted)

        return self._tried(entered, "login_code.html", request, form, next=wanted)

    def link(self, request: Request, _form: Form) -> Response:
        """What a one-time link opens. Looking uses nothing up: programs that preview links look, too."""
        found = self.door.link(request.path_params["secret"])
        if found is None:
            return self._page("setup.html", request, status=410, dead=DEAD_LINK)
        return self._page("setup.html", request, **_of_link(*found))

    def use_link(self, request: Request, form: Form) -> Response:
        """Make the first admin, or take somebody's own password."""
        secret = request.path_params["secret"]
        found = self.door.link(secret)
        if found is None:
            return self._page("setup.html", request, status=410, dead=DEAD_LINK)

        def entered() -> Response:
            if form.one("password") != form.one("again"):
                raise BadRequest("password: the two are not the same; type it again")
            old, where = self.sessions.secret(request), origin_of(request)
            opened = self.door.use_link(secret, form.one("name"), form.one("password"), where, old)
            return self._in(opened, START if found[0] is Whose.FIRST else "/")

        return self._tried(entered, "setup.html", request, form, **_of_link(*found) | {"typed": form.one("name")[:100]})

    def leave(self, request: Request, form: Form) -> Response:
        """End the session."""
        try:
            csrf.check(request.headers, form, self.sessions.secret(request), self.sessions.public_url)
        except Forbidden as error:
            return self._page("login.html", request, status=403, error=str(error), next="/", is_first=False)
        found = self.sessions.found(request)
        self.door.leave(self.sessions.secret(request))
        response = _to(f"{LOGIN}?left=1" if found and found[1].is_outside else LOGIN)
        self.sessions.end(response)
        return response

    def begin_outside(self, request: Request, _form: Form) -> Response:
        """Send the browser to the provider, with what it must come back to in a cookie of its own."""
        wanted = path_after(request.query_params.get("next", "/"))
        if self.outside is None:
            return self._page("login.html", request, status=404, error=NO_PROVIDER, next=wanted, is_first=False)
        try:
            url, begun = self.outside.provider.begin()
        except ProviderDown as error:
            return self._page("login.html", request, status=503, error=str(error), next=wanted, is_first=False)
        response = RedirectResponse(url, 303, headers=SECURE)
        self.sessions.keep_aside(response, _packed(begun, wanted), ASIDE_S)
        return response

    def come_back(self, request: Request, _form: Form) -> Response:
        """Who comes back from the provider. What they come back to counts once, however it ends."""
        begun, wanted = _unpacked(request.cookies.get(self.sessions.aside_cookie, ""))
        if self.outside is None:
            return self._page("login.html", request, status=404, error=NO_PROVIDER, next=wanted, is_first=False)
        try:
            old = self.sessions.secret(request)
            opened = self.outside.finish(begun, dict(request.query_params), origin_of(request), old)
            response = self._in(opened, wanted)
        except ProviderDown as error:
            response = self._page("login.html", request, status=503, error=str(error), next=wanted, is_first=False)
        except Refusal as error:
            status = 429 if isinstance(error, TooMany) else 401
            response = self._page(
                "login.html", request, status=status, error=error.message, next=wanted, is_first=False
            )
        self.sessions.keep_aside(response, "", 0)
        return response

    def _in(self, opened: Opened, wanted: str) -> Response:
        is_half = opened.session.stage is Stage.HALF
        response = _to(f"{CODE}?{urlencode({'next': wanted})}" if is_half else wanted)
        self.sessions.begin(response, opened)
        return response

    def _tried(
        self, act: Callable[[], Response], template: str, request: Request, form: Form, **values: Any
    ) -> Response:
        """What *act* answers, or the page again with what was wrong."""
        try:
            self.sessions.check_form(request, form)
            return act()
        except TooMany as error:
            response = self._page(template, request, status=429, error=str(error), **values)
            response.headers["retry-after"] = str(error.retry_after_s)
            return response
        except Refusal as error:
            status = 403 if isinstance(error, Forbidden) else 401 if isinstance(error, NotAllowed) else 422
            return self._page(template, request, status=status, error=error.message, **values)

    def _page(self, template: str, request: Request, *, status: int = 200, **values: Any) -> Response:
        secret = self.sessions.form_secret(request)
        given: dict[str, Any] = {"error": "", "called": "", "typed": "", "dead": "", "way_out": ""}
        provider = None if self.outside is None else self.outside.provider
        given |= {"provider": provider and provider.name, "provider_trouble": provider.trouble() if provider else ""}
        given |= {"csrf": csrf.token_of(secret)} | values
        response = self.views.render(template, request, status=status, **given)
        self.sessions.keep_form_secret(response, secret)
        return response


def _of_link(whose: Whose, user: Any) -> dict[str, Any]:
    return {"is_first": whose is Whose.FIRST, "called": "" if user is None else user.name}


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, headers=SECURE)


def _packed(begun: Begun, wanted: str) -> str:
    """*begun*, and where it leads, for the browser's own cookie: who changes it harms himself alone."""
    return urlsafe_b64encode(msgspec.json.encode((begun, wanted))).decode()


def _unpacked(kept: str) -> tuple[Begun, str]:
    try:
        begun, wanted = msgspec.json.decode(urlsafe_b64decode(kept.encode("ascii", "replace")), type=tuple[Begun, str])
    except (ValueError, msgspec.MsgspecError):
        return NOTHING_BEGUN, "/"
    return begun, path_after(wanted)
