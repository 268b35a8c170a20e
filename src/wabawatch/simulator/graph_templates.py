"""Templates: listed, created, edited, deleted and unpaused."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wabawatch.simulator import nodes
from wabawatch.simulator import template_tidings as tidings
from wabawatch.simulator.application import Json
from wabawatch.simulator.failures import because
from wabawatch.simulator.office import NO_NODE, Denied, Office, params_of, wanted_fields
from wabawatch.simulator.templates import LIMIT, NOT_FOUND, TemplateState, Unsendable, chosen


class TemplatesCounter:
    """Tells of templates, and takes new ones and changes."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._standing = office.simulation.standing
        self._templates = self._standing.templates

    def routes(self) -> list[Route]:
        """Where it stands."""
        managed = self._office.management
        return [
            Route("/{version}/{node}/message_templates", managed(self.listed)),
            Route("/{version}/{node}/message_templates", managed(self.create), methods=["POST"]),
            Route("/{version}/{node}/message_templates", managed(self.delete), methods=["DELETE"]),
            Route("/{version}/{node}/unpause", managed(self.unpause), methods=["POST"]),
        ]

    async def node(self, request: Request, state: TemplateState) -> Response:
        """One template: what it is, or with POST what it is to be."""
        if request.method != "POST":
            fields, now = wanted_fields(request), self._office.clock.now()
            return JSONResponse(nodes.template(state, self._standing, fields, now))
        given, at = await params_of(request), self._office.clock.now()
        try:
            self._templates.edit(state, given, at)
        except Unsendable as refusal:
            raise Denied(refusal.error) from None
        if given.get("components"):
            self._office.simulation.engine.tell(tidings.components_changed(state, at), at)
        one = state.template
        return JSONResponse({"success": True, "id": one.id, "name": one.name, "category": one.category.upper()})

    async def listed(self, request: Request) -> Response:
        """The templates of an account that its filters let through."""
        waba, fields, now = self._office.account(request).waba.id, wanted_fields(request), self._office.clock.now()
        every = self._templates.of(waba)
        found = list(chosen(every, request.query_params))
        answer = self._office.page(request, [nodes.template(one, self._standing, fields, now) for one in found])
        wanted = [name.strip() for name in request.query_params.get("summary", "").split(",")]
        summary: Json = {
            "total_count": len(found),
            "message_template_count": len(every),
            "message_template_limit": LIMIT,
            "are_translations_complete": True,
        }
        if any(wanted):
            answer["summary"] = {name: value for name, value in summary.items() if name in wanted}
        return JSONResponse(answer)

    async def create(self, request: Request) -> Response:
        """A new template: it is PENDING until somebody commands otherwise."""
        waba, given = self._office.account(request).waba.id, await params_of(request)
        try:
            new = self._templates.create(waba, given, self._office.clock.now()).template
        except Unsendable as refusal:
            raise Denied(refusal.error) from None
        return JSONResponse({"id": new.id, "status": new.status, "category": new.category.upper()})

    async def delete(self, request: Request) -> Response:
        """All languages of a name, or the one with an id besides."""
        waba, given, at = self._office.account(request).waba.id, await params_of(request), self._office.clock.now()
        name, only = str(given.get("name") or ""), str(given.get("hsm_id") or "")
        if not name:
            raise Denied(because(100, "The parameter name is required."))
        gone = [one for one in self._templates.named(waba, name) if only in ("", one.template.id)]
        if not gone:
            raise Denied(NOT_FOUND)
        for state in gone:
            self._change(state, "DELETED", at)
        return JSONResponse({"success": True})

    async def unpause(self, request: Request) -> Response:
        """A template that was paused can be sent again."""
        state = self._templates.get(request.path_params["node"])
        if state is None:
            raise Denied(NO_NODE)
        if state.template.status != "PAUSED":
            raise Denied(because(100, "The template is not paused."))
        self._change(state, "APPROVED", self._office.clock.now())
        return JSONResponse({"success": True})

    def _change(self, state: TemplateState, status: str, at: int) -> None:
        before = state.template.status
        state.change(at, at, status=status)
        self._office.simulation.engine.tell(tidings.status_changed(state, before, at), at)
