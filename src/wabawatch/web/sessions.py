"""Cookies of the console: which session a browser shows, who it belongs to, and whether its request is its own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, cast

from starlette.requests import Request
from starlette.responses import Response

from wabawatch.access_ports import Origin
from wabawatch.domain.users import Opened, Session, Stage, User
from wabawatch.flows.signing_in import SigningIn
from wabawatch.web import csrf
from wabawatch.web.forms import Form, read_form
from wabawatch.web.visitors import Visitor

FORM_S: Final = 3600
"""So long a page to sign in may stand open before its form is refused as too old."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """`visitors.Visitors` by cookie. One for all requests of a process."""

    door: SigningIn
    public_url: str | None
    """Where people open the console; when it is https, cookies are sent over nothing else"""

    @property
    def is_secure(self) -> bool:
        """Whether cookies are for https only."""
        return self.public_url is not None and self.public_url.lower().startswith("https://")

    @property
    def cookie(self) -> str:
        """The cookie of a session. `__Host-`: set by this very host, over https, for all of it, by no neighbour."""
        return "__Host-wabawatch" if self.is_secure else "wabawatch"

    @property
    def form_cookie(self) -> str:
        """The cookie of who is not signed in yet: their forms are their own, too."""
        return f"{self.cookie}-form"

    def of(self, request: Request) -> Visitor | None:
        """Who makes *request*; None: nobody who is signed in, or somebody whose code is missing."""
        found = self.found(request)
        if found is None or found[0].stage is not Stage.WHOLE:
            return None
        user = found[1]
        return Visitor(user.name, user.rights, csrf.token_of(self.secret(request)), user.id)

    def found(self, request: Request) -> tuple[Session, User] | None:
        """The session that *request* shows, also one whose code is missing."""
        found = self.door.who(self.secret(request))
        request.state.signed_in = found
        return found

    def secret(self, request: Request) -> str:
        """What the cookie holds; "" nothing."""
        return request.cookies.get(self.cookie, "")

    async def guard(self, request: Request, _visitor: Visitor) -> None:
        """Raise Forbidden unless a page of ours, opened in this session, makes a request that changes something."""
        csrf.check(request.headers, await read_form(request), self.secret(request), self.public_url)

    def begin(self, response: Response, opened: Opened) -> None:
        """Let *response* bring the cookie of a session that was opened."""
        lasts_s = (opened.session.ends_at - opened.session.created_at) // 1000
        self._put(response, self.cookie, opened.secret, lasts_s)

    def end(self, response: Response) -> None:
        """Let *response* take the cookie back."""
        self._put(response, self.cookie, "", 0)

    def form_secret(self, request: Request) -> str:
        """What the cookie of a page to sign in holds, or a new secret for it."""
        return request.cookies.get(self.form_cookie) or secrets.token_urlsafe(32)

    def keep_form_secret(self, response: Response, secret: str) -> None:
        """Let *response*, a page to sign in, bring its cookie."""
        self._put(response, self.form_cookie, secret, FORM_S)

    def check_form(self, request: Request, form: Form) -> None:
        """As `guard`, for a page to sign in."""
        csrf.check(request.headers, form, request.cookies.get(self.form_cookie, ""), self.public_url)

    def keep_aside(self, response: Response, value: str, lasts_s: int) -> None:
        """Let *response* bring a cookie with what a sign-in elsewhere must come back to; 0 s: take it back."""
        self._put(response, self.aside_cookie, value, lasts_s)

    @property
    def aside_cookie(self) -> str:
        """The cookie of `keep_aside`."""
        return f"{self.cookie}-aside"

    def _put(self, response: Response, name: str, value: str, lasts_s: int) -> None:
        # Lax, not Strict: a link in a notice must find its reader signed in. It is never sent with a foreign POST.
        response.set_cookie(name, value, lasts_s, path="/", secure=self.is_secure, httponly=True, samesite="lax")


def signed_in(request: Request) -> tuple[Session, User]:
    """Session and user of a request that `Sessions.of` has let in."""
    return cast(tuple[Session, User], request.state.signed_in)


def origin_of(request: Request) -> Origin:
    """Where *request* comes from. Behind a proxy on this machine uvicorn takes the address that the proxy tells."""
    return Origin(request.client.host if request.client else "", request.headers.get("user-agent", ""))
