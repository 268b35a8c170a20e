"""`/exports`: files made of searches: how far they are, to fetch, cancel or delete; and the form that asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.errors import BadRequest, Conflict, Refusal
from wabawatch.domain.export_columns import NAMES
from wabawatch.domain.exports import Export, ExportState, Format, Order, expected_rows
from wabawatch.domain.masking import HIDDEN, masked_id
from wabawatch.domain.search import MessageFilter
from wabawatch.flows.export_desk import Asker, ExportDesk
from wabawatch.ports import Clock
from wabawatch.web.export_files import file_answer
from wabawatch.web.forms import form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.log_query import log_query
from wabawatch.web.pages.places import whereabouts
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.visitors import Visitor

STATES: Mapping[ExportState, tuple[str, str]] = {
    ExportState.WAITING: ("none", "Waiting"),
    ExportState.RUNNING: ("none", "Being made"),
    ExportState.DONE: ("good", "Done"),
    ExportState.FAILED: ("bad", "Failed"),
    ExportState.CANCELLED: ("none", "Cancelled"),
}
"""Of each state its colour and its word"""
FORMATS: Mapping[Format, str] = {
    Format.CSV: "CSV",
    Format.XLSX: "Excel (XLSX)",
    Format.JSONL: "JSON lines",
    Format.PARQUET: "Parquet",
}
_WORDS = {
    "numbers": "number", "wabas": "client", "states": "status", "direction": "direction", "templates": "template",
    "languages": "language", "categories": "category", "types": "type", "users": "user", "leads": "lead",
    "conversations": "conversation", "wamids": "wamid", "contacts": "contact", "countries": "country",
    "error_codes": "error", "origins": "origin", "roles": "book", "compliance": "compliance", "purposes": "purpose",
    "approvals": "template status", "ratings": "quality rating", "partial_failure": "partial failure",
}  # fmt: skip
"""Of each filter its word"""


class Shown(NamedTuple):
    """An export as the list shows it."""

    export: Export
    what: Sequence[str]
    """Its filters, in words; numbers in them masked"""
    expected: int | None
    """Rows that there will be, about"""
    may_fetch: bool


@dataclass(frozen=True, slots=True)
class ExportsPage:
    """The list of exports, and what can be done with one."""

    exports: ExportDesk
    views: Views
    clock: Clock
    keep_days: int

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        one = "/exports/{key}"
        return [
            desk.page("/exports", Right.OPERATE, self._by(self.page, self.request), "GET", "POST"),
            desk.page("/parts/exports", Right.OPERATE, self.part),
            desk.page(f"{one}/file", Right.OPERATE, self.file),
            desk.page(f"{one}/cancel", Right.OPERATE, self.cancel, "POST"),
            desk.page(f"{one}/delete", Right.OPERATE, self.delete, "POST"),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The list."""
        return self._list(request, visitor)

    def part(self, request: Request, visitor: Visitor) -> Response:
        """The list without what is around it, which a page asks for again while something is under way."""
        return self.views.render("parts/export_list.html", request, visitor=visitor, **self._values(visitor))

    def request(self, request: Request, visitor: Visitor) -> Response:
        """Have the search in the address, as `/logs` has it, made into a file."""
        form = form_of(request)
        try:
            wanted = self._wanted(request)
            format = form.one("format")
            if format not in list(Format):
                raise BadRequest(f"format: choose one of {', '.join(Format)}")
            order = Order(Format(format), NAMES, not form.one("unmask"), bool(form.one("bom")))
            self.exports.request(_asker(visitor), order, wanted)
        except Refusal as error:
            return self._list(request, visitor, str(error), 422)
        return _to_list()

    def file(self, request: Request, visitor: Visitor) -> Response:
        """The file of one."""
        return file_answer(*self.exports.file(_asker(visitor), request.path_params["key"]))

    def cancel(self, request: Request, visitor: Visitor) -> Response:
        """End one."""
        return self._done(request, visitor, self.exports.cancel)

    def delete(self, request: Request, visitor: Visitor) -> Response:
        """Delete one, with its file."""
        return self._done(request, visitor, self.exports.delete)

    def _done(self, request: Request, visitor: Visitor, act: Callable[[Asker, str], None]) -> Response:
        try:
            act(_asker(visitor), request.path_params["key"])
        except Conflict as error:  # it is over already, or somebody else was quicker: the list says how it is
            return self._list(request, visitor, str(error), 409)
        return _to_list()

    def _wanted(self, request: Request) -> MessageFilter:
        at = whereabouts(request.query_params, self.clock.now())
        query = log_query(request.query_params, at)
        if query.wrong:
            name, said = next(iter(query.wrong.items()))
            raise BadRequest(f"{name}: {said}")
        return query.wanted

    def _list(self, request: Request, visitor: Visitor, trouble: str = "", status: int = 200) -> Response:
        values = self._values(visitor) | {"trouble": trouble}
        return self.views.render("exports.html", request, visitor=visitor, status=status, **values)

    def _values(self, visitor: Visitor) -> dict[str, Any]:
        found = self.exports.all(_asker(visitor))
        return {
            "shown": [_shown(each, visitor) for each in found],
            "is_busy": any(each.is_under_way for each in found),
            "sees_all": _asker(visitor).sees_all,
            "states": STATES,
            "formats": FORMATS,
            "keep_days": self.keep_days,
        }

    @staticmethod
    def _by(get: Callable[..., Response], post: Callable[..., Response]) -> Callable[[Request, Visitor], Response]:
        """One route for both: another method at the same path is 405."""
        return lambda request, visitor: (post if request.method == "POST" else get)(request, visitor)


def _asker(visitor: Visitor) -> Asker:
    return Asker(visitor.actor, visitor.may(Right.UNMASK), visitor.may(Right.ADMINISTER))


def _to_list() -> Response:
    return RedirectResponse("/exports", 303, headers=SECURE)


def _shown(export: Export, visitor: Visitor) -> Shown:
    may_fetch = export.made is not None and (export.order.is_masked or visitor.may(Right.UNMASK))
    return Shown(export, list(_described(export.wanted)), expected_rows(export.progress), may_fetch)


def _described(wanted: MessageFilter) -> Iterator[str]:
    """The filters in words, without anybody's number."""
    for each in fields(wanted):
        value = getattr(wanted, each.name)
        if each.name in ("since", "until") or value is None or value == ():
            continue
        some = list(value) if isinstance(value, tuple | list) else [value]
        if each.name == "contacts":
            some = [masked_id(one) for one in some]
        elif each.name == "wamids":
            some = [f"wamid.{HIDDEN}" for _ in some]
        yield f"{_WORDS.get(each.name, each.name)}: {' or '.join(_word(one) for one in some)}"


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
