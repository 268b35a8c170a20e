"""The Graph API as polling needs it: one question, one answer as a value. No retries, and no secret in what it says."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx

from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.calls import TOKEN_REFUSED
from wabawatch.domain.platform import Seen
from wabawatch.domain.polls import Ask, Load, Problem
from wabawatch.kinds import GraphUrl, Secret
from wabawatch.meta import graph_analytics as analytics
from wabawatch.meta import graph_nodes as nodes
from wabawatch.meta.graph_answers import decoded, read_problem, read_usage
from wabawatch.meta.reading import Json, items, mapping, text
from wabawatch.net import redact
from wabawatch.polling_ports import Told

CONNECT_S, READ_S = 4.0, 8.0
"""Short, so that two calls of one step end before its loop is called stalled"""
PAGE = "100"
"""The most that Meta gives at a time"""

NO_TOKEN = Problem(0, "there is no token to ask with")


class _Question:
    """How one thing is asked: the edge below the subject, the fields, and how the answer is read."""

    def __init__(self, edge: str, fields: Sequence[str], read: Any, *, is_list: bool = False) -> None:
        self.edge, self.fields, self.read, self.is_list = edge, fields, read, is_list


_QUESTIONS: Final[Mapping[Ask, _Question]] = {
    Ask.APP: _Question("/subscriptions", (), nodes.read_app),
    Ask.NUMBERS: _Question("/phone_numbers", nodes.NUMBER_FIELDS, nodes.read_numbers, is_list=True),
    Ask.ACCOUNT: _Question("", nodes.ACCOUNT_FIELDS, nodes.read_account),
    Ask.SUBSCRIBED: _Question("/subscribed_apps", (), nodes.read_subscribed),
    Ask.TEMPLATES: _Question("/message_templates", nodes.TEMPLATE_FIELDS, nodes.read_templates, is_list=True),
    Ask.NEW_TEMPLATES: _Question("/message_templates", nodes.TEMPLATE_FIELDS, nodes.read_templates, is_list=True),
    Ask.ONE_TEMPLATE: _Question("/message_templates", nodes.TEMPLATE_FIELDS, nodes.read_templates, is_list=True),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: JSON, or the problem; and what it tells of the limits."""

    json: Json
    problem: Problem | None
    app_load: Load | None = None
    loads: Mapping[str, Load] = field(default_factory=dict)
    """By business object: a WABA or a portfolio"""


class GraphClient:
    """Asks Meta, one call at a time. Every outcome is a value; nothing is tried again."""

    def __init__(
        self,
        url: GraphUrl,
        tokens: AccessTokens,
        app_tokens: Mapping[str, Secret] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """*app_tokens*: by app id. *transport*: instead of the network."""
        # It would write whole addresses into the log, and debug_token takes the token as a parameter.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._url, self.tokens, self._app_tokens = url, tokens, dict(app_tokens or {})
        self._client = httpx.Client(
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
            http2=False,
        )
        self._refused: set[tuple[str, str]] = set()
        """Fields that this version of the API does not have: to ask for one is an error"""

    def ask(self, ask: Ask, subject: str, after: str = "", since_s: int = 0, until_s: int = 0) -> Told:
        """Ask about *subject*; of a list, one page: that *after* a cursor. *since_s*: what changed since, or of
        analytics where to begin, and *until_s* where to end."""
        if ask is Ask.TOKEN:
            return self._ask_token()
        if ask is Ask.ANALYTICS:
            return self._ask_analytics(subject, since_s, until_s)
        question = _QUESTIONS[ask]
        token = self._app_tokens.get(subject) if ask is Ask.APP else None
        if token is None and ask is Ask.APP:
            return Told(problem=NO_TOKEN)
        node, only = _node(ask, subject)
        more = _page(question, after, since_s) | only
        answer = self._get_fields(f"{node}{question.edge}", question, token, more)
        if answer.problem is not None:
            return _told(answer)
        cursor = _next(answer.json) if question.is_list else ""
        seen = tuple(each for each in question.read(node, answer.json) if not only or _name(each) == subject)
        return _told(answer, seen, cursor if cursor != after else "")

    def _ask_token(self) -> Told:
        """About the token that is wanted most, also while calls are made with another."""
        # The app's own token may look at any of the app's; without it, a token may look at itself while it works.
        token = self.tokens.first
        asking = next(iter(self._app_tokens.values()), token)
        answer = self.get("debug_token", asking, {"input_token": token.reveal()})
        if answer.problem is not None and asking is not token:
            answer = self.get("debug_token", token, {"input_token": token.reveal()})
        if answer.problem is None:
            self.tokens.learn(token, is_refused=nodes.is_dead(answer.json))
        if answer.problem is not None and answer.problem.code == TOKEN_REFUSED:
            self.tokens.learn(token, is_refused=True)
            return _told(Answer({}, None, answer.app_load, answer.loads), nodes.dead_token(answer.problem))
        return _told(answer, tuple(nodes.read_token(answer.json)) if answer.problem is None else ())

    def _ask_analytics(self, subject: str, since_s: int, until_s: int) -> Told:
        waba, _, line = subject.partition("/")
        answer = self._get(waba, None, {"fields": analytics.field(since_s, until_s, line.rpartition("/")[2])})
        if answer.problem is not None:
            return _told(answer)
        return replace(_told(answer), days=analytics.read_days(answer.json, since_s, until_s))

    def _get_fields(self, path: str, question: _Question, token: Secret | None, more: Mapping[str, str]) -> Answer:
        while True:
            fields = [name for name in question.fields if (question.edge, name) not in self._refused]
            answer = self._get(path, token, {**({"fields": ",".join(fields)} if fields else {}), **more})
            unknown = _NO_SUCH_FIELD.search(answer.problem.sentence) if answer.problem else None
            if unknown is None or unknown[1] not in fields:
                return answer
            self._refused.add((question.edge, unknown[1]))

    def _get(self, path: str, token: Secret | None, params: Mapping[str, str]) -> Answer:
        """Ask as the bearer of *token*; None: of ours, and once more with another of them if Meta refuses that one."""
        asking = token or self.tokens.current
        answer = self.get(path, asking, params)
        if token is not None or (answer.problem is not None and not answer.problem.code):
            return answer
        is_refused = answer.problem is not None and answer.problem.code == TOKEN_REFUSED
        if self.tokens.learn(asking, is_refused=is_refused):
            return self.get(path, self.tokens.current, params)
        return answer

    def get(self, path: str, token: Secret, params: Mapping[str, str]) -> Answer:
        """Ask for *path* as the bearer of *token*."""
        headers = {"Authorization": f"Bearer {token.reveal()}", "Accept": "application/json"}
        try:
            answer = self._client.get(f"{self._url}/{path}", params=dict(params), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return Answer({}, Problem(0, f"no answer: {redact(f'{type(error).__name__} {error}').strip()}"))
        body = decoded(answer.content)
        app = read_usage(answer.headers.get("x-app-usage", "")).get("")
        loads = read_usage(answer.headers.get("x-business-use-case-usage", ""))
        loads.pop("", None)
        return Answer(body or {}, read_problem(answer.status_code, body), app, loads)

    def close(self) -> None:
        """Close the connections. Repeatable."""
        self._client.close()


def _node(ask: Ask, subject: str) -> tuple[str, dict[str, str]]:
    """The node that is asked, and the filters that leave only what is asked for and what is called much like it."""
    if ask is not Ask.ONE_TEMPLATE:
        return subject, {}
    waba, _, key = subject.partition("/")
    name, _, language = key.rpartition("/")
    return waba, {"name": name, "language": language}


def _name(seen: Seen) -> str:
    return f"{seen.subject.waba}/{seen.subject.id}"


_NO_SUCH_FIELD = re.compile(r"nonexisting field \((\w+)\)")


def _page(question: _Question, after: str, since_s: int) -> dict[str, str]:
    if not question.is_list:
        return {}
    more = {"limit": PAGE}
    if after:
        more["after"] = after
    if since_s:
        more["since"] = str(since_s)
    return more


def _told(answer: Answer, seen: tuple[Seen, ...] = (), after: str = "") -> Told:
    return Told(seen, after, answer.problem, answer.app_load, answer.loads)


def _next(answer: Json) -> str:
    """The cursor of the next page; "" on the last, which either has no `next` or nothing in it."""
    paging = mapping(answer.get("paging"))
    cursor = text(mapping(paging.get("cursors")).get("after"))
    data = items(answer.get("data"))
    return cursor if data and (paging.get("next") or len(data) >= int(PAGE)) else ""
