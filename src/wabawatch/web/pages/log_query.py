"""What the log page looks for: its filters as they stand in the URL, each with what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from starlette.datastructures import QueryParams

from wabawatch.domain.search import Direction, MessageFilter, State
from wabawatch.web.api_messages import digits_or_word
from wabawatch.web.pages.places import Whereabouts

FILTERS = ("q", "status", "direction", "template", "error")
"""The parameters that say what is looked for; where and when, `places.OWN` says"""
UNMASK = "unmask"
"""Whether whole numbers are asked for: with any value"""
MOST = 200
"""Characters of a filter"""
KINDS = {"user": "users", "lead": "leads", "conversation": "conversations"}
"""What may stand before a colon in the search box, and which filter it is"""


@dataclass(frozen=True, slots=True)
class LogQuery:
    """The filters of a log page."""

    given: Mapping[str, str]
    """As they were written, and whether to unmask; only those that say something"""
    wrong: Mapping[str, str]
    """By filter, a sentence on what is wrong with it and what to write instead"""
    wanted: MessageFilter
    """What is looked for; of use only if nothing is wrong"""

    @property
    def filters(self) -> int:
        """How many filters are given."""
        return sum(name in FILTERS for name in self.given)


def log_query(query: QueryParams, at: Whereabouts) -> LogQuery:
    """The filters in *query*, of the messages *at* a place. Raises nothing: what is wrong stands beside its filter."""
    given = {name: text for name in (*FILTERS, UNMASK) if (text := query.get(name, "").strip())}
    wrong, found = dict[str, str](), dict[str, Any]()
    for name in FILTERS:
        if text := given.get(name, ""):
            try:
                found |= _READERS[name](_plain(text))
            except ValueError as error:
                wrong[name] = str(error)
    if "wamids" not in found:  # There is one such message at most, whenever it was.
        found |= {"since": at.start, "until": at.end}
    numbers, wabas = ((each,) if each else () for each in (at.number, at.client))
    return LogQuery(given, wrong, MessageFilter(numbers=numbers, wabas=wabas, **found))


def kept_filters(query: QueryParams) -> dict[str, str]:
    """The filters of a log page in *query*, for a link back to it."""
    return {name: text for name in FILTERS if (text := query.get(name, "").strip()[: MOST + 1])}


def _plain(text: str) -> str:
    if len(text) > MOST:
        raise ValueError(f"This is longer than {MOST} characters; write less.")
    if not text.isprintable():
        raise ValueError("This holds characters that cannot be printed; write it without them.")
    return text


def _searched(text: str) -> dict[str, Any]:
    """A wamid, a phone number however it is written, another id of a contact, or the sender's own id of something."""
    if text.startswith("wamid."):
        return {"wamids": (text,)}
    kind, colon, value = text.partition(":")
    if colon and kind in KINDS:
        if not value.strip():
            raise ValueError(f"After {kind}: the id is missing; write it as in {kind}:42.")
        return {KINDS[kind]: (value.strip(),)}
    return {"contacts": (digits_or_word(text),)}


def _one_of(kind: type[StrEnum], name: str) -> Any:
    def read(text: str) -> dict[str, Any]:
        if text not in list(kind):
            raise ValueError(f"There is no such {name}; choose one of {', '.join(kind)}.")
        return {"states": (kind(text),)} if kind is State else {"direction": kind(text)}

    return read


def _code(text: str) -> dict[str, Any]:
    if not re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII):
        raise ValueError("An error code is a whole number, such as 131026.")
    return {"error_codes": (int(text),)}


_READERS = {
    "q": _searched,
    "status": _one_of(State, "status"),
    "direction": _one_of(Direction, "direction"),
    "template": lambda text: {"templates": (text,)},
    "error": _code,
}
