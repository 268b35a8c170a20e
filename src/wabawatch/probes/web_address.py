"""A web address of the settings: does it answer, and as it should."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from wabawatch.domain.checks import Failure, Plan, Seen
from wabawatch.net import Guard
from wabawatch.ports import Clock
from wabawatch.probes.asking import Asked, Request, ask
from wabawatch.probes.verdicts import failing, unanswered, well

_MISSING = object()
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an answer must be."""

    statuses: tuple[tuple[int, int], ...] = ((200, 299),)
    contains: str | None = None
    json_path: str | None = None
    json_value: str | None = None
    max_latency_ms: int | None = None


@dataclass(frozen=True, slots=True)
class WebAddress:
    """Looks at one web address."""

    request: Request
    wanted: Assertion
    guard: Guard
    clock: Clock
    ask: Callable[[Request, Guard | None, float], Asked] = ask

    def __call__(self, plan: Plan) -> Seen:
        """Look once."""
        asked = self.ask(self.request, self.guard, plan.timeout_ms / 1000)
        if not asked.status:
            return unanswered(plan, self.clock, asked)
        latency, wrong = asked.latency_ms or 0.0, mistake(asked, self.wanted)
        if wrong:
            return failing(plan, self.clock, Failure.ANSWER, wrong, latency_ms=latency)
        if self.wanted.max_latency_ms is not None and latency > self.wanted.max_latency_ms:
            words = f"it took {latency:.0f} ms, and {self.wanted.max_latency_ms} ms are allowed"
            return failing(plan, self.clock, Failure.SLOW, words, latency_ms=latency)
        return well(plan, self.clock, latency)


def mistake(asked: Asked, wanted: Assertion) -> str:
    """What is wrong with an answer, in a sentence; "" nothing. Its latency is not looked at."""
    if not any(first <= asked.status <= last for first, last in wanted.statuses):
        return f"it answers with HTTP {asked.status}"
    if wanted.contains is not None and wanted.contains.encode() not in asked.body:
        return "the answer does not contain what it must"
    if wanted.json_path is None:
        return ""
    try:
        document = msgspec.json.decode(asked.body)
    except (msgspec.DecodeError, RecursionError):
        return "the answer is no JSON"
    found = at_path(document, wanted.json_path)
    if found is _MISSING:
        return f"the answer has nothing at {wanted.json_path}"
    said = text_of(found)
    if wanted.json_value is not None and said != wanted.json_value:
        return f"at {wanted.json_path} stands {said[:SHOWN]!r}, not {wanted.json_value[:SHOWN]!r}"
    return ""


def at_path(document: object, path: str) -> object:
    """What stands at *path*, such as `$.data.items[0].state`; a marker when there is nothing."""
    for name, index in re.findall(r"([^.\[\]$]+)|\[(\d+)\]", path):
        if index:
            if not (isinstance(document, list) and int(index) < len(document)):
                return _MISSING
            document = document[int(index)]
        elif isinstance(document, Mapping) and name in document:
            document = document[name]
        else:
            return _MISSING
    return document


def text_of(value: object) -> str:
    """A value of JSON as it is written there; a text without its quotes."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
