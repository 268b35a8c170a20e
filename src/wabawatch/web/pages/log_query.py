"""What the log page looks for: its filters as they stand in the URL, each with what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from wabawatch.domain.log_sums import Facet
from wabawatch.domain.search import Compliance, Direction, MessageFilter, State
from wabawatch.web.api_messages import digits_or_word
from wabawatch.web.pages.archived import ARCHIVED
from wabawatch.web.pages.log_columns import PARAMETER, USUAL, columns
from wabawatch.web.pages.places import Whereabouts

SEARCH = "q"
LANGUAGE = "language"
RULE = "compliance_status"
"""How sends stand to the rule "only approved templates", as `GET /api/v1/messages` names it"""
FILTERS = (SEARCH, *Facet, LANGUAGE, RULE)
"""The parameters that say what is looked for, each but the search line as often as there are values; where and when,
`places.OWN` says"""
UNMASK = "unmask"
"""Whether whole numbers are asked for: with any value"""
KEPT = (UNMASK, PARAMETER, ARCHIVED)
"""What else stays in every link of the page"""
MOST = 200
"""Characters of a filter"""
MOST_VALUES = 20
"""Values of a filter"""
KINDS = {"user": "users", "lead": "leads", "conversation": "conversations"}
"""What may stand before a colon in the search box, and which filter it is"""
WORDS = {
    "status": Facet.STATUS,
    "template": Facet.TEMPLATE,
    "error": Facet.ERROR,
    "type": Facet.TYPE,
    "category": Facet.CATEGORY,
    "country": Facet.COUNTRY,
}
"""The same of filters that have a parameter of their own: there they go"""


@dataclass(frozen=True, slots=True)
class LogQuery:
    """The filters of a log page."""

    given: Mapping[str, tuple[str, ...]]
    """As they were written, and whether to unmask; only those that say something"""
    wrong: Mapping[str, str]
    """By filter, a sentence on what is wrong with it and what to write instead"""
    wanted: MessageFilter
    """What is looked for; of use only if nothing is wrong"""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What is looked for as parameters of an address, without where, how, and whether numbers are whole."""
        return [(name, value) for name, values in self.given.items() if name in FILTERS for value in values]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are chosen, in their order."""
        return columns(self.of(PARAMETER))

    @property
    def filters(self) -> int:
        """How many values are filtered by."""
        return sum(len(values) for name, values in self.given.items() if name in FILTERS)

    @property
    def is_archived(self) -> bool:
        """Whether the archive is searched."""
        return ARCHIVED in self.given

    @property
    def searched(self) -> str:
        """What stands in the search line."""
        return self.of(SEARCH)[0] if self.of(SEARCH) else ""

    def of(self, name: str) -> tuple[str, ...]:
        """The values of one filter."""
        return self.given.get(name, ())

    def with_value(self, name: str, value: str) -> dict[str, tuple[str, ...]]:
        """What is given, and one value more."""
        return {**self.given, name: (*self.of(name), value)}

    def without_value(self, name: str, value: str) -> dict[str, tuple[str, ...]]:
        """What is given, but for one value."""
        return {**self.given, name: tuple(each for each in self.of(name) if each != value)}


def log_query(query: QueryParams, at: Whereabouts) -> LogQuery:
    """The filters in *query*, of the messages *at* a place. Raises nothing: what is wrong stands beside its filter."""
    given = _given(query)
    wrong, found = dict[str, str](), dict[str, Any]()
    for name in FILTERS:
        if texts := given.get(name, ()):
            try:
                found |= _READERS[name](_plain(texts))
            except ValueError as error:
                wrong[name] = str(error)
    if "wamids" not in found:  # There is one such message at most, whenever it was.
        found |= {"since": at.start, "until": at.end}
    if at.number:
        if "numbers" in found and at.number not in found["numbers"]:
            wrong[Facet.NUMBER] = "Another number is chosen at the top of the page: choose all numbers there."
        found["numbers"] = (at.number,)
    found["wabas"] = (at.client,) if at.client else ()
    return LogQuery(given, wrong, MessageFilter(**found))


def kept_filters(query: QueryParams) -> dict[str, tuple[str, ...]]:
    """The filters of a log page in *query*, for a link back to it."""
    return {name: texts for name, texts in _given(query).items() if name in FILTERS}


def _given(query: QueryParams) -> dict[str, tuple[str, ...]]:
    """What is given, each value once and as long as a filter may be, or a little longer."""
    given = {name: _each_once(query.getlist(name)) for name in (*FILTERS, *KEPT)}
    searched = given[SEARCH][-1:]
    kind, colon, value = (searched[0] if searched else "").partition(":")
    if colon and kind in WORDS and value.strip():
        facet = WORDS[kind]
        given[facet] = _each_once((*given[facet], value))
        searched = ()
    elif searched and re.fullmatch(r"[0-9]{3,6}", searched[0], re.ASCII):
        # No phone number is so short, and every error code of Meta's is.
        given[Facet.ERROR] = _each_once((*given[Facet.ERROR], searched[0]))
        searched = ()
    given[SEARCH] = searched
    chosen = columns(given[PARAMETER])
    given[PARAMETER] = () if chosen == USUAL else (",".join(chosen),)
    return {name: texts for name, texts in given.items() if texts}


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each[: MOST + 1] for text in texts if (each := text.strip())))


def _plain(texts: Sequence[str]) -> Sequence[str]:
    if len(texts) > MOST_VALUES:
        raise ValueError(f"These are more than {MOST_VALUES} values; choose fewer.")
    for text in texts:
        if len(text) > MOST:
            raise ValueError(f"This is longer than {MOST} characters; write less.")
        if not text.isprintable():
            raise ValueError("This holds characters that cannot be printed; write it without them.")
    return texts


def _searched(texts: Sequence[str]) -> dict[str, Any]:
    """A wamid, a phone number however it is written, another id of a contact, or the sender's own id of something."""
    text = texts[0]
    if text.startswith("wamid."):
        return {"wamids": (text,)}
    kind, colon, value = text.partition(":")
    if colon and (kind in KINDS or kind in WORDS):
        if not value.strip():
            what = "id" if kind in KINDS else "value"
            raise ValueError(f"After {kind}: the {what} is missing; write it as in {kind}:42.")
        return {KINDS[kind]: (value.strip(),)}
    return {"contacts": (digits_or_word(text),)}


def _statuses(texts: Sequence[str]) -> dict[str, Any]:
    for text in texts:
        if text not in list(State):
            raise ValueError(f"There is no such status; choose one of {', '.join(State)}.")
    return {"states": tuple(State(text) for text in texts)}


def _direction(texts: Sequence[str]) -> dict[str, Any]:
    for text in texts:
        if text not in list(Direction):
            raise ValueError(f"There is no such direction; choose one of {', '.join(Direction)}.")
    # Both of them is any.
    return {"direction": Direction(texts[0]) if len(texts) == 1 else None}


def _rule(texts: Sequence[str]) -> dict[str, Any]:
    for text in texts:
        if text not in list(Compliance):
            raise ValueError(f"A send is not judged so; choose one of {', '.join(Compliance)}.")
    return {"compliance": tuple(Compliance(text) for text in texts)}


def _codes(texts: Sequence[str]) -> dict[str, Any]:
    for text in texts:
        if not re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII):
            raise ValueError("An error code is a whole number, such as 131026.")
    return {"error_codes": tuple(int(text) for text in texts)}


_READERS: Mapping[str, Callable[[Sequence[str]], dict[str, Any]]] = {
    SEARCH: _searched,
    Facet.STATUS: _statuses,
    Facet.DIRECTION: _direction,
    Facet.TYPE: lambda texts: {"types": tuple(texts)},
    Facet.NUMBER: lambda texts: {"numbers": tuple(texts)},
    Facet.TEMPLATE: lambda texts: {"templates": tuple(texts)},
    Facet.ERROR: _codes,
    Facet.CATEGORY: lambda texts: {"categories": tuple(text.lower() for text in texts)},
    Facet.COUNTRY: lambda texts: {"countries": tuple(text.upper() for text in texts)},
    LANGUAGE: lambda texts: {"languages": tuple(texts)},
    RULE: _rule,
}
