"""What a number's owner asks and changes: profile, registration, settings, blocked users."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wabawatch.simulator.application import Json
from wabawatch.simulator.failures import because
from wabawatch.simulator.office import NO_NODE, Denied, Office, params_of, wanted_fields
from wabawatch.simulator.owner import MOST_BLOCKED_AT_ONCE, PROFILE_FIELDS, key_of, named
from wabawatch.simulator.standing import NumberState


class NumbersCounter:
    """Takes what a number's owner keeps with Meta, and gives it back."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[Route]:
        """Where it stands."""
        asked, blocking = self._office.management, self._office.messaging
        base = "/{version}/{node}"
        return [
            Route(f"{base}/whatsapp_business_profile", blocking(self.profile)),
            Route(f"{base}/whatsapp_business_profile", blocking(self.change_profile), methods=["POST"]),
            Route(f"{base}/register", asked(self.register), methods=["POST"]),
            Route(f"{base}/deregister", asked(self.deregister), methods=["POST"]),
            Route(f"{base}/settings", asked(self.settings)),
            Route(f"{base}/settings", asked(self.change_settings), methods=["POST"]),
            Route(f"{base}/block_users", blocking(self.blocked)),
            Route(f"{base}/block_users", blocking(self.block), methods=["POST"]),
            Route(f"{base}/block_users", blocking(self.unblock), methods=["DELETE"]),
        ]

    async def profile(self, request: Request) -> Response:
        """The business profile, or the wanted fields of it."""
        profile = self._number(request).owned.profile
        wanted = wanted_fields(request) or PROFILE_FIELDS
        shown = {name: profile[name] for name in PROFILE_FIELDS if name in wanted and name in profile}
        return JSONResponse({"data": [shown | {"messaging_product": "whatsapp"}]})

    async def change_profile(self, request: Request) -> Response:
        """Replace the given fields."""
        state, given = self._number(request), await _for_whatsapp(request)
        state.owned.profile |= {name: given[name] for name in PROFILE_FIELDS if name in given}
        return JSONResponse({"success": True})

    async def register(self, request: Request) -> Response:
        """The number can send, with the PIN of its two-step verification."""
        state, given = self._number(request), await _for_whatsapp(request)
        refusal = state.owned.pin_refusal(str(given.get("pin") or ""))
        if refusal is not None:
            raise Denied(refusal)
        state.status = "CONNECTED"
        return JSONResponse({"success": True})

    async def deregister(self, request: Request) -> Response:
        """The number can no longer send."""
        self._number(request).status = "DISCONNECTED"
        return JSONResponse({"success": True})

    async def settings(self, request: Request) -> Response:
        """Calling, storage and encryption."""
        return JSONResponse(self._number(request).owned.settings)

    async def change_settings(self, request: Request) -> Response:
        """Replace the given settings, within each what is given."""
        state, given = self._number(request), await params_of(request)
        for name, value in given.items():
            before = state.owned.settings.get(name)
            if isinstance(before, dict) and isinstance(value, dict):
                state.owned.settings[name] = before | value
            else:
                state.owned.settings[name] = value
        return JSONResponse({"success": True})

    async def blocked(self, request: Request) -> Response:
        """Who is blocked."""
        names = self._number(request).owned.blocked.values()
        shown: list[Json] = [{"messaging_product": "whatsapp"} | name for name in names]
        return JSONResponse(self._office.page(request, shown))

    async def block(self, request: Request) -> Response:
        """Block users: nothing goes to them any more."""
        state, names = self._number(request), _users(await _for_whatsapp(request))
        state.owned.blocked |= {key_of(name): name for name in names}
        return JSONResponse({"messaging_product": "whatsapp", "block_users": {"added_users": names}})

    async def unblock(self, request: Request) -> Response:
        """Unblock users."""
        state, names = self._number(request), _users(await _for_whatsapp(request))
        for name in names:
            state.owned.blocked.pop(key_of(name), None)
        return JSONResponse({"messaging_product": "whatsapp", "block_users": {"removed_users": names}})

    def _number(self, request: Request) -> NumberState:
        try:
            return self._office.simulation.standing.numbers[request.path_params["node"]]
        except KeyError:
            raise Denied(NO_NODE) from None


async def _for_whatsapp(request: Request) -> Json:
    given = await params_of(request)
    if given.get("messaging_product") != "whatsapp":
        raise Denied(because(100, "The parameter messaging_product is required."))
    return given


def _users(given: Json) -> list[Json]:
    wanted = given.get("block_users")
    each = [one if isinstance(one, dict) else {} for one in wanted] if isinstance(wanted, list) else []
    users = [str(one.get("user") or one.get("user_id") or "") for one in each]
    if not users or not all(users):
        raise Denied(because(100, "The parameter block_users is a list of objects with a user each."))
    if len(users) > MOST_BLOCKED_AT_ONCE:
        raise Denied(because(100, f"At most {MOST_BLOCKED_AT_ONCE} users at a time."))
    return [named(user) for user in users]
