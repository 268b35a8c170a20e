"""What the list of webhooks looks for: its filters as they stand in the URL, each with what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.datastructures import QueryParams

from wabawatch.domain.webhook_bodies import Result
from wabawatch.flows.webhook_desk import RECEIVED, Wanted
from wabawatch.ports import BodySource
from wabawatch.web.pages.places import Whereabouts

FILTERS = ("q", "field", "app", "answer", "result", "source")
MOST = 200
OF_MESSAGE = "message:"
"""Before our own number of a message in the search box"""
DEFAULT_APP = "default"
"""How the app without a name is called"""
ANSWERS: Mapping[str, str] = {
    "200": "200, kept",
    "202": "202, a copy was kept",
    "401": "401, signature",
    "404": "404, no such app",
    "408": "408, too slow",
    "413": "413, too large",
    "500": "500, a fault of ours",
    "503": "503, could not be kept",
    "none": "none, broken off",
}
"""How a POST may have been answered. What was not answered with 200 or 202 was not kept."""
KEPT = frozenset({"200", "202"})
SOURCES: Mapping[str, tuple[str, frozenset[BodySource]]] = {
    "live": ("Posted by Meta", frozenset({BodySource.LIVE})),
    "copy": ("Copies from middleware", frozenset({BodySource.COPY})),
    "synthetic": ("Our own test events", frozenset({BodySource.SYNTHETIC})),
    "import": ("Imported", frozenset({BodySource.IMPORT, BodySource.REPLAY})),
}
_OF_ANSWER: Mapping[str, frozenset[BodySource]] = {
    "200": frozenset({BodySource.LIVE, BodySource.SYNTHETIC}),
    "202": frozenset({BodySource.COPY}),
}


@dataclass(frozen=True, slots=True)
class WebhookQuery:
    """The filters of a list of webhooks."""

    given: Mapping[str, str]
    """As they were written; only those that say something"""
    wrong: Mapping[str, str]
    """By filter, a sentence on what is wrong with it and what to write instead"""
    wanted: Wanted
    message: str = ""
    """The message whose bodies are looked for: its wamid, or our number of it"""
    body: int | None = None
    """The number of a body"""

    @property
    def answer(self) -> str:
        """As a key of `ANSWERS`; "" any."""
        return self.given.get("answer", "")

    @property
    def is_refused(self) -> bool:
        """Whether bodies are looked for that were turned away."""
        return bool(self.answer) and self.answer not in KEPT


def webhook_query(query: QueryParams, at: Whereabouts) -> WebhookQuery:
    """The filters in *query*, of the webhooks *at* a place. Raises nothing."""
    given = {name: text for name in FILTERS if (text := query.get(name, "").strip())}
    wrong = {name: said for name, text in given.items() if (said := _wrong(name, text))}
    wanted = Wanted(at.start, at.end, waba=at.client, number=at.number)
    if wrong:
        return WebhookQuery(given, wrong, wanted)
    sources = SOURCES[given["source"]][1] if "source" in given else RECEIVED
    wanted = replace(
        wanted,
        sources=sources & _OF_ANSWER.get(given.get("answer", ""), sources),
        result=Result(given["result"]) if "result" in given else None,
        app=None if "app" not in given else "" if given["app"] == DEFAULT_APP else given["app"],
        field=given.get("field", ""),
    )
    sought = given.get("q", "")
    if sought.isdigit():
        return WebhookQuery(given, {}, wanted, body=int(sought))
    return WebhookQuery(given, {}, wanted, message=sought.removeprefix(OF_MESSAGE))


def _wrong(name: str, text: str) -> str:
    if len(text) > MOST or not text.isprintable():
        return f"This is longer than {MOST} characters, or holds some that cannot be printed; write it without them."
    match name:
        case "q" if not text.startswith("wamid.") and not re.fullmatch(r"(message:)?[0-9]{1,18}", text, re.ASCII):
            return "Write the number of a body, or the wamid of a message; other words in bodies are not searched."
        case "field" if not re.fullmatch(r"[A-Za-z0-9_]+", text, re.ASCII):
            return "A field is one word of letters and underscores, such as messages."
        case "answer" if text not in ANSWERS:
            return f"There is no such answer; choose one of {', '.join(ANSWERS)}."
        case "result" if text not in set(Result):
            return f"There is no such result; choose one of {', '.join(Result)}."
        case "source" if text not in SOURCES:
            return f"There is no such origin; choose one of {', '.join(SOURCES)}."
    return ""
