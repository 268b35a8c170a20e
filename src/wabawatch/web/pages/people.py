"""`/settings/people`: one person found, counted, given out, held and erased; what was erased, and its certificates.

Whom somebody looks up never stands in an address: it comes in a form, and is kept under a key for an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.erasure import Erasure, Hold, Stage
from wabawatch.domain.errors import Conflict, NotFound, Refusal
from wabawatch.domain.masking import masked_id
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.flows.erasing import Watch
from wabawatch.flows.person_desk import Look, PersonDesk, Work
from wabawatch.web.forms import Form, form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.views import SECURE
from wabawatch.web.visitors import Visitor

PEOPLE = "/settings/people"
MOST = 2**63 - 1
"""More than a database counts to is nobody's number"""
KINDS = {
    ContactKind.PHONE: "Phone number",
    ContactKind.BSUID: "BSUID",
    ContactKind.USERNAME: "Username",
}
STAGES = {
    Stage.ROWS: ("warn", "Taking rows out"),
    Stage.BODIES: ("warn", "Taking bodies and archived days out"),
    Stage.DONE: ("good", "Done"),
}
DONE = {
    "held": "It is held: nobody erases this person until the hold is ended.",
    "released": "The hold is ended.",
    "begun": "It has begun, and goes on by itself: you may close this page.",
}
"""What was done, by the word in the address after it"""
SHOWN = 100
"""So many erasures are listed"""


class Books(Protocol):
    """What is kept of erasures and holds. Every method raises StoreUnavailable."""

    def all(self) -> Sequence[Erasure]:
        """All erasures, the newest first."""

    def find(self, id: int) -> Erasure | None:
        """The erasure of this number."""

    def holds(self) -> Sequence[Hold]:
        """All holds that ever were, the newest first."""

    def late(self) -> int:
        """How much was told of erased messages since, and dropped."""


@dataclass(frozen=True, slots=True)
class PeoplePages:
    """The list of what was done, and a page for somebody who was looked up."""

    people: PersonDesk
    books: Books
    exports: Callable[[], int]
    """How many exports there are: an erasure deletes them all"""
    certificate: Callable[[Erasure], bytes]
    """The signed certificate, as a file"""
    watch: Watch
    desk: Desk

    def routes(self) -> list[Route]:
        """Their routes."""
        page, right, one = self.desk.page, Right.ADMINISTER, PEOPLE + "/{key}"
        return [
            page(PEOPLE, right, self.list, "GET", "POST"),
            page("/parts/erasures", right, self.erasures),
            page(PEOPLE + "/holds/{number:int}/release", right, self.release, "POST"),
            page(PEOPLE + "/erasures/{number:int}/certificate", right, self.fetch_certificate),
            page(one, right, self.show),
            page("/parts/people/{key}", right, self.kept),
            page(f"{one}/file", right, self.file, "GET", "POST"),
            page(f"{one}/hold", right, self.hold, "POST"),
            page(f"{one}/erase", right, self.erase, "POST"),
        ]

    # ---------------------------------------------------------------- everybody

    def list(self, request: Request, visitor: Visitor) -> Response:
        """What was erased and who is held, and the form in which somebody is looked up."""
        if request.method != "POST":
            return self._list(request, visitor)
        form = form_of(request)
        try:
            look = self.people.look_up(form.one("contact"), visitor.actor, is_alone=form.one("alone") == "yes")
        except Refusal as error:
            return self._list(request, visitor, error.message, form)
        return _to(f"{PEOPLE}/{look.key}")

    def _list(self, request: Request, visitor: Visitor, wrong: str = "", typed: Form | None = None) -> Response:
        return self.desk.views.render(
            "settings_people.html",
            request,
            visitor=visitor,
            status=422 if wrong else 200,
            wrong=wrong,
            typed=typed or Form(),
            holds=self.books.holds(),
            shown=_shown,
            done=DONE.get(request.query_params.get("done", ""), ""),
            **self._erasures(),
        )

    def erasures(self, request: Request, visitor: Visitor) -> Response:
        """The list of erasures, which a page asks for again while one is under way."""
        return self.desk.views.render("parts/erasures.html", request, visitor=visitor, **self._erasures())

    def _erasures(self) -> dict[str, Any]:
        found = self.books.all()
        return {
            "erasures": found[:SHOWN],
            "n_erasures": len(found),
            "is_busy": any(each.stage is not Stage.DONE for each in found),
            "late": self.books.late(),
            "stages": STAGES,
            "watch": self.watch,
        }

    def release(self, request: Request, visitor: Visitor) -> Response:
        """End a legal hold; one that is ended already is over all the same."""
        try:
            self.people.release(min(request.path_params["number"], MOST), visitor.actor)
        except NotFound as error:
            return self._list(request, visitor, error.message)
        return _to(f"{PEOPLE}?done=released")

    def fetch_certificate(self, request: Request, visitor: Visitor) -> Response:
        """The signed certificate of an erasure."""
        number = min(request.path_params["number"], MOST)
        found = self.books.find(number)
        if found is None or found.stage is not Stage.DONE:
            raise NotFound(f"there is no erasure {number} that is done")
        return _file(self.certificate(found), f"erasure-{found.id}.json")

    # ---------------------------------------------------------------- somebody

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Whom somebody looked up."""
        return self._person(request, visitor, self.people.now(request.path_params["key"], visitor.actor))

    def kept(self, request: Request, visitor: Visitor) -> Response:
        """How much is kept where, and the file, which a page asks for again while they are made."""
        look = self.people.of(request.path_params["key"], visitor.actor)
        return self.desk.views.render("parts/person_kept.html", request, visitor=visitor, **self._kept(look))

    def file(self, request: Request, visitor: Visitor) -> Response:
        """Everything that is kept of somebody, asked for and then fetched."""
        key = request.path_params["key"]
        if request.method != "POST":
            return _file(self.people.file(key, visitor.actor), "person.json")
        return self._done(request, visitor, lambda _: self.people.ask_for_file(key, visitor.actor), f"{PEOPLE}/{key}")

    def hold(self, request: Request, visitor: Visitor) -> Response:
        """Let nobody erase this person."""
        key = request.path_params["key"]
        to = f"{PEOPLE}/{key}?done=held"
        return self._done(request, visitor, lambda form: self.people.hold(key, visitor.actor, form.one("reason")), to)

    def erase(self, request: Request, visitor: Visitor) -> Response:
        """Erase this person for good."""
        key = request.path_params["key"]

        def act(form: Form) -> object:
            return self.people.erase(key, visitor.actor, form.one("typed"), form.one("reason"))

        return self._done(request, visitor, act, f"{PEOPLE}?done=begun")

    def _done(self, request: Request, visitor: Visitor, act: Callable[[Form], object], to: str) -> Response:
        look = self.people.of(request.path_params["key"], visitor.actor)
        form = form_of(request)
        try:
            act(form)
        except NotFound:
            raise
        except Refusal as error:
            status = 409 if isinstance(error, Conflict) else 422
            return self._person(request, visitor, look, error.message, status, form)
        return _to(to)

    def _person(
        self,
        request: Request,
        visitor: Visitor,
        look: Look,
        wrong: str = "",
        status: int = 200,
        typed: Form | None = None,
    ) -> Response:
        return self.desk.views.render(
            "settings_person.html",
            request,
            visitor=visitor,
            status=status,
            wrong=wrong,
            typed=typed or Form(),
            kinds=KINDS,
            done=DONE.get(request.query_params.get("done", ""), ""),
            **self._kept(look),
        )

    def _kept(self, look: Look) -> dict[str, Any]:
        return {"look": look, "work": Work, "exports": self.exports()}


def _shown(key: ContactKey) -> str:
    return "erased since" if key.kind == ContactKind.ERASED else masked_id(key.value)


def _file(content: bytes, name: str) -> Response:
    headers = {**SECURE, "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers=headers)


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, headers=SECURE)
