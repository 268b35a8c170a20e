"""`/users`: who may sign in, what they may do, and where they are signed in. The console's `wabawatch users`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right, Role
from wabawatch.domain.errors import BadRequest, NotFound, Refusal
from wabawatch.domain.users import User
from wabawatch.flows.user_desk import Link, UserDesk
from wabawatch.web.forms import Form, form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.views import SECURE
from wabawatch.web.visitors import Visitor

USERS = "/users"
MOST = 2**63 - 1
"""More than a database counts to is nobody's number"""
ROLES = {
    Role.VIEWER: ("Viewer", "Looks at everything, with numbers masked."),
    Role.OPERATOR: ("Operator", "That, and acknowledges, silences, replays, exports, starts and stops monitoring."),
    Role.ADMIN: ("Admin", "Everything: users, settings and rules, too, and whole numbers."),
}
"""What each role is called, and what it may"""
DONE = {
    "role": "What they may do is changed, from their next request on.",
    "disabled": "They are let in no more; where they were signed in, they are signed out.",
    "enabled": "They are let in again, with the password they had.",
    "unlocked": "They may try to sign in at once.",
    "totp": "No code is asked of them any more; everywhere they are signed out.",
    "no-totp": "No code was asked of them, so nothing changed.",
    "unlinked": "Who signs in elsewhere is not taken for them any more; everywhere they are signed out.",
    "not-linked": "They signed in nowhere else, so nothing changed.",
    "sessions": "They are signed out there.",
}
"""What was done, by the word in the address after it"""

Act = Callable[[User, Visitor, Form], str]
"""Does something with somebody; gives a word of `DONE`"""


@dataclass(frozen=True, slots=True)
class UserPages:
    """The list, and a page for each user."""

    users: UserDesk
    desk: Desk
    public_url: str | None
    """Where people open the console; None: where who makes a link has opened it"""

    def routes(self) -> list[Route]:
        """The routes."""
        acts: dict[str, Act] = {
            "role": self._role,
            "disable": self._disable,
            "enable": self._enable,
            "unlock": self._unlock,
            "totp": self._totp,
            "unlink": self._unlink,
            "sessions": self._end_all,
        }
        page, one = self.desk.page, USERS + "/{number:int}"
        return [
            page(USERS, Right.ADMINISTER, self.everybody, "GET", "POST"),
            page(one, Right.ADMINISTER, self.show_one),
            page(f"{one}/link", Right.ADMINISTER, self.link, "POST"),
            page(one + "/sessions/{session:int}", Right.ADMINISTER, self.end_session, "POST"),
            *(page(f"{one}/{name}", Right.ADMINISTER, partial(self._done, act), "POST") for name, act in acts.items()),
        ]

    def everybody(self, request: Request, visitor: Visitor) -> Response:
        """The list, or somebody new."""
        return self.add(request, visitor) if request.method == "POST" else self.show(request, visitor)

    def show(self, request: Request, visitor: Visitor, wrong: str = "", typed: Form | None = None) -> Response:
        """The list. *wrong*: why somebody could not be added."""
        return self.desk.views.render(
            "users.html",
            request,
            visitor=visitor,
            status=422 if wrong else 200,
            users=self.users.standings(),
            roles=ROLES,
            wrong=wrong,
            typed=typed or Form(),
        )

    def add(self, request: Request, visitor: Visitor) -> Response:
        """Somebody new; shows the link with which they set their password, this once."""
        form = form_of(request)
        try:
            user, link = self.users.add(
                form.one("name"), _role_of(form), visitor.actor, is_unmasking=form.one("unmask") == "yes"
            )
        except Refusal as error:
            return self.show(request, visitor, error.message, form)
        return self._linked(request, visitor, user, link)

    def show_one(self, request: Request, visitor: Visitor, wrong: str = "") -> Response:
        """One user. *wrong*: why something could not be done with them."""
        standing = self.users.standing(_number(request))
        return self.desk.views.render(
            "user.html",
            request,
            visitor=visitor,
            status=409 if wrong else 200,
            standing=standing,
            user=standing.user,
            sessions=self.users.sessions_of(standing.user.name),
            roles=ROLES,
            wrong=wrong,
            done=DONE.get(request.query_params.get("done", ""), ""),
        )

    def link(self, request: Request, visitor: Visitor) -> Response:
        """A link with which somebody sets a new password, shown this once."""
        user = self._user(request)
        if user.disabled_at is not None:
            return self.show_one(request, visitor, "Who is disabled is let in by no link: enable them first.")
        return self._linked(request, visitor, user, self.users.password_link(user.name, visitor.actor))

    def end_session(self, request: Request, visitor: Visitor) -> Response:
        """End one session of somebody; one that has ended meanwhile is over all the same."""
        user, number = self._user(request), min(request.path_params["session"], MOST)
        with suppress(NotFound):
            self.users.revoke(user.name, number, visitor.actor)
        return _back(user, "sessions")

    def _done(self, act: Act, request: Request, visitor: Visitor) -> Response:
        user = self._user(request)
        try:
            return _back(user, act(user, visitor, form_of(request)))
        except Refusal as error:
            return self.show_one(request, visitor, error.message)

    def _role(self, user: User, visitor: Visitor, form: Form) -> str:
        self.users.set_role(user.name, _role_of(form), visitor.actor, is_unmasking=form.one("unmask") == "yes")
        return "role"

    def _disable(self, user: User, visitor: Visitor, _form: Form) -> str:
        self.users.disable(user.name, visitor.actor)
        return "disabled"

    def _enable(self, user: User, visitor: Visitor, _form: Form) -> str:
        self.users.enable(user.name, visitor.actor)
        return "enabled"

    def _unlock(self, user: User, visitor: Visitor, _form: Form) -> str:
        self.users.unlock(user.name, visitor.actor)
        return "unlocked"

    def _totp(self, user: User, visitor: Visitor, _form: Form) -> str:
        return "totp" if self.users.reset_totp(user.name, visitor.actor) else "no-totp"

    def _unlink(self, user: User, visitor: Visitor, _form: Form) -> str:
        return "unlinked" if self.users.unlink(user.name, visitor.actor) else "not-linked"

    def _end_all(self, user: User, visitor: Visitor, _form: Form) -> str:
        self.users.revoke(user.name, None, visitor.actor)
        return "sessions"

    def _user(self, request: Request) -> User:
        return self.users.standing(_number(request)).user

    def _linked(self, request: Request, visitor: Visitor, user: User, link: Link) -> Response:
        url = (self.public_url or str(request.base_url)).rstrip("/") + link.path
        return self.desk.views.render(
            "user_link.html", request, visitor=visitor, user=user, url=url, ends_at=link.ends_at
        )


def _number(request: Request) -> int:
    return min(int(request.path_params["number"]), MOST)


def _role_of(form: Form) -> Role:
    given = form.one("role")
    if given not in set(Role):
        raise BadRequest(f"role: choose one of {', '.join(Role)}")
    return Role(given)


def _back(user: User, done: str) -> Response:
    return RedirectResponse(f"{USERS}/{user.id}?done={done}", 303, headers=SECURE)
