"""`/start`: from nothing to a verified webhook in five steps, whose marks turn by themselves."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.first_run import Look, Step, StepState, lacking_fields, steps
from wabawatch.domain.webhook_fields import CALLBACK_PATH, FIELDS_NEEDED, FIELDS_WANTED, callback_of
from wabawatch.flows.first_run import FirstRun
from wabawatch.web.forms import form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.visitors import Visitor

TITLES = {
    "people": "Sign in",
    "secrets": "App secret and verify token",
    "address": "An address that Meta reaches",
    "verified": "Meta verifies the callback URL",
    "webhook": "The first signed webhook",
}
WORDS = {"done": ("good", "Done"), "open": ("none", "Open"), "wrong": ("bad", "Something is wrong")}
"""Of each state its colour and its word"""


@dataclass(frozen=True, slots=True)
class StartPage:
    """The page, and the marks of its steps, which are fetched again."""

    first_run: FirstRun
    views: Views

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/start", Right.VIEW, self.page),
            desk.page("/parts/start", Right.VIEW, self.marks),
            desk.page("/start/verify-token", Right.ADMINISTER, self.show_token, "POST"),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page."""
        return self._page(request, visitor, self._app(request.query_params.get("app")))

    def marks(self, request: Request, visitor: Visitor) -> Response:
        """The marks; nothing when they are as the page that asks has them, so that what is read stays as it is."""
        app = self._app(request.query_params.get("app"))
        values = self._values(app, self.first_run.look(app))
        if request.query_params.get("seen") == values["seen"]:
            return Response(status_code=204, headers=SECURE)
        return self.views.render("parts/start_marks.html", request, visitor=visitor, is_part=True, **values)

    def show_token(self, request: Request, visitor: Visitor) -> Response:
        """The page with the verify token on it, this once."""
        app = self._app(form_of(request).one("app"))
        return self._page(request, visitor, app, self.first_run.show_token(app, visitor.actor))

    def _page(self, request: Request, visitor: Visitor, app: str, token: str = "") -> Response:
        look = self.first_run.look(app)
        values = self._values(app, look) | {
            "apps": self.first_run.apps(),
            "look": look,
            "callback": look.callback or callback_of(f"https://YOUR-HOST{CALLBACK_PATH}", app),
            "path_of_callback": CALLBACK_PATH + (f"/{app}" if app else ""),
            "needed": FIELDS_NEEDED,
            "wanted": FIELDS_WANTED,
            "lacking": lacking_fields(look),
            # Made anew with each page: nobody has to think one up, and it is known nowhere but in the settings.
            "made_up": "" if look.has_token else secrets.token_urlsafe(32),
            "token": token,
            "graph": self.first_run.settings.graph.url.version,
            "may_administer": visitor.may(Right.ADMINISTER),
        }
        return self.views.render("start.html", request, visitor=visitor, is_part=False, **values)

    def _values(self, app: str, look: Look) -> dict[str, Any]:
        found = steps(look)
        first = next((step.name for step in found if step.state is not StepState.DONE), None)
        return {
            "app": app,
            "steps": found,
            "first": first,
            "titles": TITLES,
            "words": WORDS,
            "done": sum(step.state is StepState.DONE for step in found),
            "seen": _seen(found),
        }

    def _app(self, name: str | None) -> str:
        apps = self.first_run.apps()
        if name is None:
            return apps[0]
        if name not in apps:
            raise BadRequest("app: the settings have no app of that name")
        return name


def _seen(found: tuple[Step, ...]) -> str:
    """What a page shows of the steps, in few letters."""
    return hashlib.sha256(repr(found).encode()).hexdigest()[:16]
