"""Asks Meta about our access to it, a few questions and nothing that changes anything."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from wabawatch.domain.facts import Millis
from wabawatch.domain.meta_look import MetaLook, questions, with_seen
from wabawatch.domain.platform import Kind, Subject, listed, value
from wabawatch.domain.polls import Ask, Problem
from wabawatch.polling_ports import Graph

MOST_WABAS = 5


def look_at_meta(graph: Graph, known: MetaLook, wabas: Collection[str], apps: Collection[str], now: Millis) -> MetaLook:
    """*known*, as Meta tells it now. Of the WABAs, *wabas* and the token's targets, it asks about the first few."""
    problems: dict[tuple[Ask, str], Problem] = {}
    told = graph.ask(Ask.TOKEN, "")
    if told.problem is not None:
        return replace(known, has_asked=True, problems={(Ask.TOKEN, ""): told.problem})
    states = with_seen(known.states, told.seen, now)
    token = states.get(Subject(Kind.TOKEN, ""), {})
    if value(token, "valid") == "false":  # each further question would be refused
        return replace(known, has_asked=True, states=states)
    targets = listed(value(token, "wabas"))
    for ask, subject in questions(sorted({*wabas, *targets}), sorted(apps), MOST_WABAS):
        told = graph.ask(ask, subject)
        if told.problem is not None:
            problems[ask, subject] = told.problem
        states = with_seen(states, told.seen, now)
    return replace(known, has_asked=True, states=states, problems=problems)
