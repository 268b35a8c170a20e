"""Meta's Graph API: a read that costs little, and whether our token is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.checks import MOST_REST_MS, Failure, Outcome, Plan, Seen
from wabawatch.domain.error_codes import BAD_TOKEN_CODES, RATE_LIMIT_CODES
from wabawatch.domain.polls import Ask, Problem
from wabawatch.domain.standing import DAY_MS
from wabawatch.kinds import GraphUrl
from wabawatch.meta.graph_answers import read_problem
from wabawatch.net import Guard
from wabawatch.polling_ports import Graph
from wabawatch.ports import Clock
from wabawatch.probes.asking import Asked, Request, ask
from wabawatch.probes.verdicts import failing, unanswered, unknown, well

NOT_WELL = frozenset({1, 2})
"""Codes by which Meta says that it cannot answer now."""


@dataclass(frozen=True, slots=True)
class GraphApi:
    """Asks for the id of something, as the bearer of our token. Whatever Meta thinks of the token: it has answered."""

    url: GraphUrl
    tokens: AccessTokens
    subject: Callable[[], str]
    """Id of an account or number that the token reaches; `me` where none is known"""
    clock: Clock
    ask: Callable[[Request, Guard | None, float], Asked] = ask

    def __call__(self, plan: Plan) -> Seen:
        """Look once."""
        headers = {"Authorization": f"Bearer {self.tokens.current.reveal()}", "Accept": "application/json"}
        request = Request("GET", f"{self.url}/{self.subject()}?fields=id", headers)
        asked = self.ask(request, None, plan.timeout_ms / 1000)
        if not asked.status:
            return unanswered(plan, self.clock, asked)
        problem = _problem(asked)
        latency = asked.latency_ms
        if asked.status >= 500 or (problem is not None and problem.code in NOT_WELL):
            words = f"it answers with HTTP {asked.status}: {problem.sentence if problem else 'no reason given'}"
            return failing(plan, self.clock, Failure.ANSWER, words, latency_ms=latency)
        if problem is None:
            return well(plan, self.clock, latency)
        if not problem.code:
            words = f"what answers is not Meta's API: {problem.sentence}"
            return failing(plan, self.clock, Failure.ANSWER, words, latency_ms=latency)
        rest = MOST_REST_MS if problem.code in RATE_LIMIT_CODES else 0
        words = f"it answers, and refuses this call: {problem.sentence} (code {problem.code})"
        failure = Failure.REFUSED if problem.code in BAD_TOKEN_CODES else Failure.NONE
        return Seen(plan.name, self.clock.now(), Outcome.OK, failure, words, latency, rest_ms=rest)


def _problem(asked: Asked) -> Problem | None:
    try:
        body = msgspec.json.decode(asked.body)
    except (msgspec.DecodeError, RecursionError):
        body = None
    return read_problem(asked.status, body if isinstance(body, dict) else None)


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """Asks Meta about our token. While the API does not answer, nothing is known of it."""

    graph: Graph
    clock: Clock

    def __call__(self, plan: Plan) -> Seen:
        """Look once."""
        told = self.graph.ask(Ask.TOKEN, "")
        if told.problem is not None:
            return unknown(plan, self.clock, f"Meta does not tell: {told.problem.sentence}", Failure.ANSWER)
        values = {aspect: value for seen in told.seen for aspect, value in seen.values.items()}
        notes = {aspect: note for seen in told.seen for aspect, note in seen.notes.items()}
        if "valid" not in values:
            return unknown(plan, self.clock, "Meta does not tell whether the token is valid", Failure.ANSWER)
        days = _days_left(values.get("expires_at", ""), self.clock.now())
        if values["valid"] != "true":
            words = f"Meta does not take the access token: {notes.get('valid') or 'no reason given'}"
            return failing(plan, self.clock, Failure.ANSWER, words, value=days)
        return well(plan, self.clock, value=days, words="" if days is None else f"it expires in {days:.1f} days")


def _days_left(expires_at: str, now: int) -> float | None:
    """None: it does not expire, or nobody told."""
    seconds = int(expires_at) if expires_at.isdecimal() else 0
    return (seconds * 1000 - now) / DAY_MS if seconds else None
