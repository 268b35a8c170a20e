"""One's own account: password, second factor, and where one is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.errors import BadRequest, Refusal, TooMany
from wabawatch.flows.own_account import Offer, OwnAccount
from wabawatch.flows.signing_in import SigningIn
from wabawatch.flows.signing_in_outside import SigningInOutside
from wabawatch.web.forms import Form, form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.views import SECURE
from wabawatch.web.sessions import origin_of, signed_in
from wabawatch.web.visitors import Visitor

ACCOUNT = "/account"
DONE = {
    "password": "Your password is changed. Everywhere else you are signed out.",
    "totp-off": "No code is asked any more. Everywhere else you are signed out.",
    "session": "That session is over.",
    "others": "Everywhere else you are signed out.",
}
"""What was done, by the word in the address after it."""

Act = Callable[[Request, Visitor, Form], Response | None]


@dataclass(frozen=True, slots=True)
class AccountPages:
    """`/account` and what can be done there. Everybody has an account, so it needs no more than to be signed in."""

    account: OwnAccount
    door: SigningIn
    desk: Desk
    outside: SigningInOutside | None = None
    """Where else one may sign in"""

    def routes(self) -> list[Route]:
        """The routes."""
        acts: dict[str, tuple[str, Act]] = {
            "/password": ("password", self.change_password),
            "/totp": ("totp", self.offer),
            "/totp/confirm": ("totp", self.confirm),
            "/totp/off": ("totp", self.drop_totp),
            "/codes": ("codes", self.renew_codes),
            "/sessions/others": ("sessions", self.end_others),
            "/sessions/{number:int}": ("sessions", self.end_session),
        }
        return [
            self.desk.page(ACCOUNT, Right.VIEW, self.show),
            *(
                self.desk.page(ACCOUNT + path, Right.VIEW, partial(self._done, place, act), "POST")
                for path, (place, act) in acts.items()
            ),
        ]

    def show(
        self, request: Request, visitor: Visitor, wrong: tuple[str, str] = ("", ""), status: int = 200
    ) -> Response:
        """The page. *wrong*: in which part of it something did not work, and why."""
        session, user = signed_in(request)
        offer = self.account.offered(user)
        return self.desk.views.render(
            "account.html",
            request,
            visitor=visitor,
            status=status,
            user=user,
            provider=self.outside.provider.name if self.outside and user.is_outside else "",
            here=session.id,
            sessions=self.account.signed_in(user),
            codes_left=self.account.codes_left(user) if user.has_totp else 0,
            offer=offer,
            picture="" if offer is None else picture_of(offer),
            wrong={wrong[0]: wrong[1]},
            done=DONE.get(request.query_params.get("done", ""), ""),
        )

    def _done(self, place: str, act: Act, request: Request, visitor: Visitor) -> Response:
        try:
            return act(request, visitor, form_of(request)) or _back("")
        except Refusal as error:
            status = 429 if isinstance(error, TooMany) else 422
            return self.show(request, visitor, (place, error.message), status)

    def change_password(self, request: Request, _visitor: Visitor, form: Form) -> Response:
        """Another password."""
        session, user = signed_in(request)
        if form.one("password") != form.one("again"):
            raise BadRequest("password: the two are not the same; type it again")
        self._ask(request, form)
        self.account.change_password(user, session, form.one("password"))
        return _back("password")

    def offer(self, request: Request, _visitor: Visitor, form: Form) -> None:
        """Show the picture for an authenticator."""
        self._ask(request, form)
        self.account.offer(signed_in(request)[1])

    def confirm(self, request: Request, visitor: Visitor, form: Form) -> Response:
        """Ask for codes from now on, and show the recovery codes, this once."""
        session, user = signed_in(request)
        return self._codes(request, visitor, self.account.confirm(user, session, form.one("code")))

    def drop_totp(self, request: Request, _visitor: Visitor, form: Form) -> Response:
        """Ask for codes no more."""
        session, user = signed_in(request)
        self._ask(request, form)
        self.account.drop_totp(user, session)
        return _back("totp-off")

    def renew_codes(self, request: Request, visitor: Visitor, form: Form) -> Response:
        """Show other recovery codes, this once."""
        self._ask(request, form)
        return self._codes(request, visitor, self.account.renew_codes(signed_in(request)[1]))

    def end_session(self, request: Request, _visitor: Visitor, _form: Form) -> Response:
        """End one of one's sessions."""
        # More than a database counts to is no session's number.
        self.account.end_session(signed_in(request)[1], min(request.path_params["number"], 2**63 - 1))
        return _back("session")

    def end_others(self, request: Request, _visitor: Visitor, _form: Form) -> Response:
        """End all of one's sessions but this one."""
        session, user = signed_in(request)
        self.account.end_others(user, session)
        return _back("others")

    def _ask(self, request: Request, form: Form) -> None:
        self.door.confirm(signed_in(request)[1], form.one("current"), origin_of(request))

    def _codes(self, request: Request, visitor: Visitor, codes: Any) -> Response:
        return self.desk.views.render("account_codes.html", request, visitor=visitor, codes=codes)


def picture_of(offer: Offer) -> Any:
    """The picture that an authenticator reads, as markup: black on white in any theme, or cameras do not see it."""
    import segno
    from markupsafe import Markup

    drawn = segno.make(offer.address, error="m", micro=False)
    return Markup(drawn.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=False))


def _back(done: str) -> Response:
    return RedirectResponse(f"{ACCOUNT}?done={done}" if done else ACCOUNT, 303, headers=SECURE)
