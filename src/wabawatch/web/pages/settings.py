"""`/settings`: what holds and where it comes from; channels, with a test; API tokens, made and revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import ApiToken, Right, Scope
from wabawatch.domain.errors import BadRequest, NotFound, Refusal
from wabawatch.domain.standing import DAY_MS
from wabawatch.flows.access import TokenDesk
from wabawatch.flows.channel_desk import ChannelDesk
from wabawatch.sources import InForce
from wabawatch.web.forms import Form, form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.settings_words import sections_of
from wabawatch.web.pages.views import SECURE
from wabawatch.web.visitors import Visitor

SETTINGS, CHANNELS, TOKENS = "/settings", "/settings/channels", "/settings/tokens"
SCOPES = {
    Scope.READ: ("Read", "Look at messages, figures and states."),
    Scope.WRITE: ("Write", "Log messages, statuses and what agents did."),
    Scope.ADMIN: ("Admin", "Everything, also what changes how the installation works."),
}
"""What each scope is called, and what it opens"""
LASTS = {"30": "30 days", "90": "90 days", "365": "a year", "": "until it is revoked"}
"""How long a token may last, in days"""


@dataclass(frozen=True, slots=True)
class SettingsPages:
    """What holds is only shown: it is read at the start. What is stored can be changed."""

    in_force: Sequence[InForce]
    channels: ChannelDesk
    tokens: TokenDesk
    configured_tokens: int
    """How many tokens stand in the settings"""
    desk: Desk

    def routes(self) -> list[Route]:
        """The routes."""
        page, right = self.desk.page, Right.ADMINISTER
        return [
            page(SETTINGS, right, self.show),
            page(CHANNELS, right, self.show_channels),
            page(CHANNELS + "/{name}/test", right, self.test, "POST"),
            page(TOKENS, right, self.every_token, "GET", "POST"),
            page(TOKENS + "/{number:int}/revoke", right, self.revoke, "POST"),
        ]

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Everything that holds, by subject."""
        only_given = request.query_params.get("only") == "given"
        return self.desk.views.render(
            "settings.html",
            request,
            visitor=visitor,
            sections=sections_of(self.in_force, only_given=only_given),
            only_given=only_given,
            given=sum(each.origin is not None for each in self.in_force),
        )

    def show_channels(self, request: Request, visitor: Visitor) -> Response:
        """Where notices go, and how each channel is doing."""
        standings = self.channels.standings()
        tested = request.query_params.get("tested", "")
        return self.desk.views.render(
            "settings_channels.html",
            request,
            visitor=visitor,
            channels=standings,
            tested=next((each for each in standings if each.name == tested), None),
        )

    def test(self, request: Request, visitor: Visitor) -> Response:
        """Send a test to a channel; how that went stands on the page of channels."""
        tried = self.channels.test(request.path_params["name"], visitor.actor)
        return RedirectResponse(f"{CHANNELS}?tested={tried.name}", 303, headers=SECURE)

    def every_token(self, request: Request, visitor: Visitor) -> Response:
        """The list, or a new one."""
        return self.create(request, visitor) if request.method == "POST" else self.show_tokens(request, visitor)

    def show_tokens(self, request: Request, visitor: Visitor, wrong: str = "", typed: Form | None = None) -> Response:
        """Who may use the API. *wrong*: why a token could not be made."""
        return self.desk.views.render(
            "settings_tokens.html",
            request,
            visitor=visitor,
            status=422 if wrong else 200,
            tokens=sorted(self.tokens.tokens.all(), key=lambda each: (each.revoked_at is not None, -each.id)),
            configured=self.configured_tokens,
            scopes=SCOPES,
            lasts=LASTS,
            wrong=wrong,
            typed=typed,
            day_ms=DAY_MS,
            revoked=request.query_params.get("done") == "revoked",
        )

    def create(self, request: Request, visitor: Visitor) -> Response:
        """A new token; shows it, this once."""
        form = form_of(request)
        try:
            days = _days_of(form.one("lasts"))
            token, secret = self.tokens.create(form.one("name").strip(), _scopes_of(form), days, visitor.actor)
        except Refusal as error:
            return self.show_tokens(request, visitor, error.message, form)
        return self.desk.views.render(
            "settings_token.html", request, visitor=visitor, token=token, secret=secret, scopes=SCOPES
        )

    def revoke(self, request: Request, visitor: Visitor) -> Response:
        """Let a token open nothing any more."""
        self.tokens.revoke(self._token(request.path_params["number"]).name, visitor.actor)
        return RedirectResponse(f"{TOKENS}?done=revoked", 303, headers=SECURE)

    def _token(self, number: int) -> ApiToken:
        for token in self.tokens.tokens.all():
            if token.id == number:
                return token
        raise NotFound("there is no such token; the list of tokens shows them")


def _scopes_of(form: Form) -> set[Scope]:
    given = set(form.all("scope"))
    if unknown := given - set(Scope):
        raise BadRequest(f"scope: {min(unknown)[:40]!r} is none of {', '.join(Scope)}")
    if not given:
        raise BadRequest("scope: choose at least one thing that it opens")
    return {Scope(each) for each in given}


def _days_of(text: str) -> int | None:
    if text not in LASTS:
        raise BadRequest("lasts: choose how long it lasts from the list")
    return int(text) if text else None
