"""`/webhooks/forwarding`: how the targets are doing, what each has not taken, and what is done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.audit_trail import reason_of
from wabawatch.domain.errors import BadRequest, NotFound, Refusal
from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import Letters, Outcome, Target, TargetState
from wabawatch.domain.histograms import percentile
from wabawatch.domain.metrics import wilson
from wabawatch.flows.forwarding import Forwarding, Pick, Replay
from wabawatch.ports import Clock, Window
from wabawatch.web.forms import Form, form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.places import whereabouts
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.pages.webhook_words import OUTCOMES, state_of
from wabawatch.web.visitors import Visitor
from wabawatch.webhook_ports import ForwardTally
from wabawatch.wire import instant

PAGE = 50
LISTED = 100
"""So many bodies of a dry run are listed; the count tells of all"""
PARTS: Mapping[str, str] = {"dead": "Dead letters", "retrying": "Tried again"}


class Doing(NamedTuple):
    """How a target is doing."""

    state: TargetState
    target: Target | None
    """None: the settings do not name it any more"""
    word: tuple[str, str]
    delivered: int
    attempts: int
    interval: tuple[float, float] | None
    p50: float | None
    p95: float | None
    failures: list[tuple[str, int]]
    """How attempts failed, the most frequent first"""


class Sought(NamedTuple):
    """Which bodies of a target are looked at."""

    part: str
    outcome: Outcome | None
    from_at: Millis | None
    to_at: Millis | None
    after: int

    @property
    def parameters(self) -> dict[str, str]:
        """As they stand in the URL."""
        given = {"part": "" if self.part == "dead" else self.part, "outcome": str(self.outcome or "")}
        times = {"from": "" if self.from_at is None else str(self.from_at), "to": str(self.to_at or "")}
        return {name: value for name, value in (given | times).items() if value}

    @property
    def letters(self) -> Letters:
        """The deliveries that are meant."""
        return Letters(self.part == "dead", self.outcome, self.from_at, self.to_at)

    def pick(self, ids: frozenset[int] | None = None) -> Pick:
        """The dead letters that are meant."""
        return Pick(from_at=self.from_at, to_at=self.to_at, ids=ids, outcome=self.outcome)


@dataclass(frozen=True, slots=True)
class ForwardingPages:
    """Targets, and what they have not taken."""

    forwarding: Forwarding
    tallies: Callable[[Window], Mapping[str, ForwardTally]]
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/webhooks/forwarding", Right.VIEW, self.page),
            desk.page("/parts/webhooks/forwarding", Right.VIEW, self.targets),
            desk.page("/webhooks/forwarding/{name}", Right.VIEW, self.target),
            desk.page("/webhooks/forwarding/{name}/control", Right.OPERATE, self.control, "POST"),
            desk.page("/webhooks/forwarding/{name}/replay", Right.OPERATE, self.replay, "POST"),
            desk.page("/webhooks/forwarding/{name}/drop", Right.OPERATE, self.drop, "POST"),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """All targets."""
        return self._all("forwarding.html", request, visitor)

    def targets(self, request: Request, visitor: Visitor) -> Response:
        """The targets, which change."""
        return self._all("parts/forward_targets.html", request, visitor)

    def target(self, request: Request, visitor: Visitor) -> Response:
        """One target, with what it has not taken. Raises NotFound."""
        return self._one(request, visitor)

    def control(self, request: Request, visitor: Visitor) -> Response:
        """Pause a target, or have it go on."""
        name, wanted = _name(request), form_of(request).one("wanted")
        if wanted not in ("pause", "resume"):
            raise BadRequest("wanted: choose pause or resume")
        self.forwarding.pause(name, wanted == "pause", visitor.actor)
        return RedirectResponse(f"/webhooks/forwarding/{name}", 303, headers=SECURE)

    def replay(self, request: Request, visitor: Visitor) -> Response:
        """Say which dead letters would be sent again; once that was seen, send them."""
        name, form = _name(request), form_of(request)
        is_dry = form.one("step") != "send"
        try:
            sought, ids = _sought(QueryParams(list(form.pairs)), self.clock.now()), _ids(form)
            at = self.clock.now()
            found = self.forwarding.replay(name, sought.pick(ids), visitor.actor, dry_run=is_dry, at=at)
            if not found.bodies:
                raise BadRequest("none of these is a dead letter whose body is still kept, so nothing can be sent")
        except (BadRequest, NotFound) as refused:
            return self._one(request, visitor, refused)
        if is_dry:
            return self._would(request, visitor, name, found, sought, ids)
        return RedirectResponse(f"/webhooks/forwarding/{name}?sent={at}-{len(found.bodies)}", 303, headers=SECURE)

    def drop(self, request: Request, visitor: Visitor) -> Response:
        """Give dead letters up for good, with a reason."""
        name, form = _name(request), form_of(request)
        try:
            sought, ids = _sought(QueryParams(list(form.pairs)), self.clock.now()), _ids(form)
            reason = reason_of(form.one("reason"))
            doomed = [each.body_id for each in self.forwarding.dead(name, sought.pick(ids))]
            if not doomed:
                raise BadRequest("nothing was chosen, or it is no dead letter any more")
            n = self.forwarding.drop(name, doomed, visitor.actor, reason=reason)
        except (BadRequest, NotFound) as refused:
            return self._one(request, visitor, refused)
        return RedirectResponse(f"/webhooks/forwarding/{name}?dropped={n}", 303, headers=SECURE)

    def _all(self, template: str, request: Request, visitor: Visitor) -> Response:
        at = whereabouts(request.query_params, self.clock.now())
        doing = self._doing(at.start, at.end)
        return self.views.render(
            template, request, visitor=visitor, at=at, doing=doing, outcomes=OUTCOMES, may=visitor.may(Right.OPERATE)
        )

    def _one(self, request: Request, visitor: Visitor, refused: Refusal | None = None) -> Response:
        name, now = _name(request), self.clock.now()
        form = form_of(request) if request.method == "POST" else Form()
        at = whereabouts(QueryParams(), now)
        found = next((each for each in self._doing(at.start, at.end) if each.state.name == name), None)
        if found is None:
            raise NotFound("there is no such forward target; the list of targets has those that there are")
        query = QueryParams(list(form.pairs)) if refused else request.query_params
        try:
            sought, wrong = _sought(query, now), ""
        except BadRequest as mistake:
            sought, wrong = Sought("dead", None, None, None, 0), str(mistake)
        letters, total = self.forwarding.letters(name, sought.letters, sought.after, PAGE + 1)
        here = letters[:PAGE]
        return self.views.render(
            "forward_target.html",
            request,
            visitor=visitor,
            at=at,
            status=200 if refused is None and not wrong else 422,
            one=found,
            sought=sought,
            letters=here,
            total=total,
            following=here[-1].body_id if len(letters) > PAGE else None,
            refused=str(refused) if refused else "",
            wrong=wrong,
            progress=self._progress(name, request.query_params.get("sent", "")),
            dropped=_count(request.query_params.get("dropped", "")),
            reason=form.one("reason"),
            parts=PARTS,
            outcomes=OUTCOMES,
            may=visitor.may(Right.OPERATE),
        )

    def _would(
        self, request: Request, visitor: Visitor, name: str, would: Replay, sought: Sought, ids: frozenset[int] | None
    ) -> Response:
        return self.views.render(
            "forward_replay.html",
            request,
            visitor=visitor,
            target=name,
            would=would,
            listed=would.bodies[:LISTED],
            size=sum(each.size for each in would.bodies),
            sought=sought,
            ids=sorted(ids or ()),
        )

    def _progress(self, name: str, sent: str) -> dict[str, int] | None:
        """How far a replay has come; None: none is asked about."""
        at, _, n = sent.partition("-")
        if not (at.isascii() and at.isdecimal() and n.isascii() and n.isdecimal() and len(sent) < 40):
            return None
        left, failed = self.forwarding.left_of(name, int(at))
        return {"at": int(at), "of": int(n), "taken": max(0, int(n) - left), "failed": failed, "left": left}

    def _doing(self, start: Millis, end: Millis) -> list[Doing]:
        tallies = self.tallies(Window(start, end))
        return [self._of(state, tallies.get(state.name)) for state in self.forwarding.states()]

    def _of(self, state: TargetState, tally: ForwardTally | None) -> Doing:
        attempts = dict(tally.attempts) if tally else {}
        delivered, n = attempts.pop(Outcome.DELIVERED, 0), sum(attempts.values())
        times = tally.answer_ms if tally else {}
        failures = [(OUTCOMES[outcome], count) for outcome, count in sorted(attempts.items(), key=lambda p: -p[1])]
        return Doing(
            state,
            self.forwarding.targets.get(state.name),
            state_of(state),
            delivered,
            delivered + n,
            wilson(delivered, delivered + n) if delivered + n else None,
            percentile(times, 0.5),
            percentile(times, 0.95),
            failures,
        )


def _name(request: Request) -> str:
    return str(request.path_params["name"])


def _sought(query: QueryParams, now: Millis) -> Sought:
    """What *query* asks for. Raises BadRequest that names the parameter."""
    part, outcome = query.get("part") or "dead", query.get("outcome") or ""
    if part not in PARTS:
        raise BadRequest(f"part: choose one of {', '.join(PARTS)}")
    if outcome and outcome not in set(Outcome):
        raise BadRequest(f"outcome: there is no such outcome; choose one of {', '.join(Outcome)}")
    from_at, to_at = (instant(name, query.get(name) or None, now) for name in ("from", "to"))
    after = query.get("after") or "0"
    if not (after.isascii() and after.isdecimal() and len(after) <= 18):
        raise BadRequest("after: this is no place in the list; begin with the oldest again")
    return Sought(part, Outcome(outcome) if outcome else None, from_at, to_at, int(after))


def _ids(form: Form) -> frozenset[int] | None:
    """The bodies that were chosen; None: all that fit. Raises BadRequest when it is neither."""
    chosen = form.all("body")
    if form.one("all"):
        return None
    if not chosen:
        raise BadRequest("choose some of them first, or take all that fit")
    if not all(each.isascii() and each.isdecimal() and len(each) <= 18 for each in chosen):
        raise BadRequest("body: these are no numbers of bodies")
    return frozenset(map(int, chosen))


def _count(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None
