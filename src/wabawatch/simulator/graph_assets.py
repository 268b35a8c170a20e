"""Numbers, accounts, the token and subscriptions: what a watchman asks about, and what an owner changes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wabawatch.simulator import nodes
from wabawatch.simulator.application import Json
from wabawatch.simulator.failures import MetaError, because
from wabawatch.simulator.graph_analytics import analytics
from wabawatch.simulator.office import NO_NODE, Denied, Office, params_of, wanted_fields
from wabawatch.simulator.standing import APP_ID, NumberState

_BAD_SECRET = MetaError(1, "Error validating client secret.", "The id or the secret of the app is wrong.")
_LONGEST_URL = 200
_LISTED = (
    "verified_name", "code_verification_status", "display_phone_number", "quality_rating", "status", "platform_type",
    "throughput", "last_onboarded_time", "webhook_configuration",
)  # fmt: skip


class AssetsCounter:
    """Tells how things stand, and takes subscriptions and callbacks."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._standing = office.simulation.standing

    def routes(self) -> list[Route]:
        """Where it stands."""
        managed = self._office.management
        own = self._office.app_only
        return [
            Route("/{version}/debug_token", managed(self.debug_token)),
            Route("/{version}/oauth/access_token", self.app_token),
            Route(f"/{{version}}/{APP_ID}/subscriptions", own(self.subscriptions)),
            Route(f"/{{version}}/{APP_ID}/subscriptions", own(self.subscribe_app), methods=["POST"]),
            Route(f"/{{version}}/{APP_ID}/subscriptions", own(self.unsubscribe_app), methods=["DELETE"]),
            Route("/{version}/{node}/phone_numbers", managed(self.phone_numbers)),
            Route("/{version}/{node}/subscribed_apps", managed(self.subscribed_apps)),
            Route("/{version}/{node}/subscribed_apps", managed(self.subscribe), methods=["POST"]),
            Route("/{version}/{node}/subscribed_apps", managed(self.unsubscribe), methods=["DELETE"]),
        ]

    def look(self, request: Request) -> Response:
        """A number or account by its id."""
        node, fields, now = request.path_params["node"], wanted_fields(request), self._office.clock.now()
        if node in self._standing.numbers:
            return JSONResponse(nodes.phone(self._standing.numbers[node], self._standing, fields, now))
        if node in self._standing.wabas:
            counted = next((each for each in fields if each.partition(".")[0] == "analytics"), "analytics")
            more = {"analytics": lambda: analytics(self._office.simulation, node, counted, now)}
            return JSONResponse(nodes.account(self._standing.wabas[node], self._standing, fields, now, more))
        raise Denied(NO_NODE)

    async def change(self, request: Request) -> Response:
        """A number's own callback and PIN; an account's name and the like are taken and forgotten."""
        node, given = request.path_params["node"], await params_of(request)
        if node in self._standing.numbers:
            self._configure(self._standing.numbers[node], given)
        elif node not in self._standing.wabas:
            raise Denied(NO_NODE)
        return JSONResponse({"success": True})

    async def phone_numbers(self, request: Request) -> Response:
        """The numbers of an account."""
        waba, fields, now = (
            self._office.account(request).waba.id,
            wanted_fields(request) or _LISTED,
            self._office.clock.now(),
        )
        own = [state for state in self._standing.numbers.values() if state.number.waba.id == waba]
        return JSONResponse(self._office.page(request, [nodes.phone(one, self._standing, fields, now) for one in own]))

    async def app_token(self, request: Request) -> Response:
        """The app's own token, to whoever knows its secret."""
        query = request.query_params
        shown = f"{query.get('client_id', '')}|{query.get('client_secret', '')}"
        if shown != self._office.simulation.app_token:
            return self._office.refusal(_BAD_SECRET)
        return JSONResponse({"access_token": shown, "token_type": "bearer"})

    async def debug_token(self, request: Request) -> Response:
        """What is known of a token."""
        if request.query_params.get("input_token") != self._office.token:
            return JSONResponse(nodes.unknown_token())
        return JSONResponse(nodes.token(self._standing.token, self._office.clock.now()))

    async def subscribed_apps(self, request: Request) -> Response:
        """The apps that get an account's webhooks."""
        return JSONResponse(nodes.subscribed(self._office.account(request)))

    async def subscribe(self, request: Request) -> Response:
        """Subscribe the app to an account: to its own callback, or to another."""
        state, given = self._office.account(request), await params_of(request)
        state.apps[APP_ID] = _callback(given)
        return JSONResponse({"success": True} | (nodes.subscribed(state) if state.apps[APP_ID] else {}))

    async def unsubscribe(self, request: Request) -> Response:
        """The account's webhooks stop."""
        self._office.account(request).apps.pop(APP_ID, None)
        return JSONResponse({"success": True})

    async def subscriptions(self, request: Request) -> Response:
        """What the app is subscribed to."""
        return JSONResponse(nodes.subscriptions(self._standing))

    async def subscribe_app(self, request: Request) -> Response:
        """Replace the callback, and the fields. The new callback is not verified."""
        given, app = await params_of(request), self._standing.app
        version = request.path_params["version"]
        fields = given.get("fields", "")
        names = fields if isinstance(fields, list) else str(fields).split(",")
        app.fields |= {str(name).strip(): version for name in names if str(name).strip()}
        app.callback = str(given.get("callback_url", app.callback))
        app.is_active = True
        return JSONResponse({"success": True})

    async def unsubscribe_app(self, request: Request) -> Response:
        """Give up the named fields, or all."""
        given, app = await params_of(request), self._standing.app
        names = str(given.get("fields", "")).split(",") if given.get("fields") else list(app.fields)
        for name in names:
            app.fields.pop(name.strip(), None)
        return JSONResponse({"success": True})

    def _configure(self, state: NumberState, given: Json) -> None:
        wanted = given.get("webhook_configuration")
        if isinstance(wanted, dict):
            state.callback = _callback(wanted)
        if "pin" in given:
            state.owned.pin = str(given["pin"])


def _callback(given: Json) -> str:
    """The override that is asked for. Raises `Denied` for one that Meta would not take."""
    url = str(given.get("override_callback_uri") or "")
    if url and not given.get("verify_token"):
        raise Denied(because(100, "The parameter verify_token is required."))
    if url and (not url.startswith(("http://", "https://")) or len(url) > _LONGEST_URL):
        raise Denied(because(100, f"override_callback_uri is an address of at most {_LONGEST_URL} characters."))
    return url
