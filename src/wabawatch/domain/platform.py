"""What Meta says of numbers, accounts, templates and our access to them: what is known, and what a look changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.facts import (
    DAY_MS,
    AccountChanged,
    Millis,
    NumberChanged,
    Occurred,
    OtherFact,
    Source,
    TemplateChanged,
    When,
)
from wabawatch.domain.templates import status_meaning

SETTLE_MS = 60_000
"""What a webhook told less than this before a look is believed: the look may still show what was before it."""


class Kind(StrEnum):
    """What has a state at Meta."""

    NUMBER = "number"
    WABA = "waba"
    TEMPLATE = "template"
    TOKEN = "token"
    APP = "app"
    IMPORT = "import"
    """A number, and what was imported of its messages"""


class Subject(NamedTuple):
    """One thing that has a state."""

    kind: Kind
    id: str
    """Of a template `name/language`; of the token `""`"""
    waba: str = ""
    """Of a template, whose names are its account's"""


class Known(NamedTuple):
    """One aspect of a subject, as it is known."""

    value: str
    """"" nothing, such as no pending category"""
    note: str = ""
    """Why, or what to do about it, in Meta's words"""
    at: Millis = 0
    """Since when, as far as we know"""
    told_at: Millis = 0
    source: Source = Source.POLL
    is_live: bool = True
    """False: told by what was imported or replayed, which never alerts"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look showed of a subject. An aspect that it did not show is not in `values`."""

    subject: Subject
    values: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)
    waba: str = ""
    """Whose number it is"""
    display_number: str = ""
    portfolio: str = ""


class News(NamedTuple):
    """An aspect that is not as it was known."""

    aspect: str
    before: str
    known: Known


def news(seen: Seen, known: Mapping[str, Known], asked_at: Millis, told_at: Millis) -> list[News]:
    """What *seen*, asked for at *asked_at*, changes of what is *known*. Nothing where it only repeats it."""
    return [
        News(aspect, was.value if was else "", Known(value, note, asked_at, told_at))
        for aspect, value in seen.values.items()
        for was, note in [(known.get(aspect), seen.notes.get(aspect, ""))]
        if _is_news(was, value, note, asked_at)
    ]


def _is_news(was: Known | None, value: str, note: str, asked_at: Millis) -> bool:
    if was is None:
        return value != ""
    # A webhook's note is in other words than the answer to a question: only like is compared with like.
    is_same = was.value == value and (was.note == note or was.source is not Source.POLL)
    waits = SETTLE_MS if was.source is not Source.POLL else 0
    return not is_same and asked_at > was.at + waits


def fact_of(seen: Seen, change: News) -> OtherFact:
    """The event of one change that a look showed."""
    kind, key, waba = seen.subject
    after = change.known
    # Exact, for these changes have no other time: without one, a change that comes again would be one with the first.
    when = When(after.at, after.told_at)
    match kind:
        case Kind.NUMBER:
            return NumberChanged(
                when,
                Source.POLL,
                change.aspect,
                number=key,
                display_number=seen.display_number,
                waba=seen.waba,
                before=change.before,
                after=after.value,
                reason=after.note,
            )
        case Kind.TEMPLATE:
            name, _, language = key.rpartition("/")
            return TemplateChanged(
                when, Source.POLL, waba, change.aspect, name, language, "", change.before, after.value, after.note
            )
        case _:
            return AccountChanged(
                when,
                Source.POLL,
                _EVENTS.get(change.aspect, f"{kind}_{change.aspect}".upper()),
                waba=key if kind is Kind.WABA else "",
                portfolio=seen.portfolio if kind is Kind.WABA else key,
                before=change.before,
                after=after.value,
                reason=after.note,
            )


_EVENTS = {"review": "ACCOUNT_REVIEW", "limit": "BUSINESS_CAPABILITY"}
"""Aspects of an account that webhooks tell of, too, by the names of their events"""
_ASPECTS = {event: aspect for aspect, event in _EVENTS.items()}
RESTRICTION = "restriction"
"""Aspect of an account: what Meta has ever taken from it, as `terms_of` reads it"""
PAYMENT = "payment:"
"""Aspects of an account begin so that tell how each of its payment configurations stands"""
_OF_TEMPLATES = frozenset({"status", "quality", "category", "category_notice"})
_OF_NUMBERS = frozenset({"quality", "limit"})


def told_by(fact: OtherFact) -> tuple[Subject, str, Known] | None:
    """The aspect of which *fact* tells the state, in the words in which a look shows it; None: of none."""
    match fact:
        case TemplateChanged(name=name, aspect=aspect) if name and aspect in _OF_TEMPLATES:
            subject, value = Subject(Kind.TEMPLATE, template_key(name, fact.language), fact.waba), fact.after
            if aspect == "status":
                value = status_meaning(fact.after, fact.reason) or fact.after
        case NumberChanged(number=number, aspect=aspect, after=value) if number and aspect in _OF_NUMBERS and value:
            subject = Subject(Kind.NUMBER, number)
        case AccountChanged(waba=waba, terms=value) if waba and value:
            subject, aspect = Subject(Kind.WABA, waba), RESTRICTION
        case Occurred(kind="payment", waba=waba, event=value, subject=name) if waba and value:
            subject, aspect = Subject(Kind.WABA, waba), f"{PAYMENT}{name}"
        case AccountChanged(waba=waba, event=event, after=value) if waba and event in _ASPECTS and value:
            subject, aspect = Subject(Kind.WABA, waba), _ASPECTS[event]
        case _:
            return None
    if len(subject.id) + len(subject.waba) + len(aspect) > MOST_KEY:
        return None
    why, when = getattr(fact, "reason", ""), fact.when
    return subject, aspect, Known(value, why, when.at, when.seen_at, fact.source, when.is_live)


MOST_KEY = 600
"""Of letters: longer ids are nobody's, and would not fit into an index"""


def template_key(name: str, language: str) -> str:
    """The id of a template as a subject."""
    return f"{name}/{language}"


def is_overruled(told: Known, was: Known | None, looked_at: Millis) -> bool:
    """Whether *told*, of a webhook that came late, is older than a look that showed *was*: it is no longer so.

    *looked_at* is when the newest look at the subject began; 0: there was none.
    """
    return was is not None and was.value != told.value and was.at <= told.at < looked_at - SETTLE_MS


def gone(listed: Collection[Subject], known: Mapping[Subject, Mapping[str, Known]], began_at: Millis) -> list[Subject]:
    """The templates that are known, and in a whole list of their account's, asked for at *began_at*, are not."""
    return [
        subject
        for subject, aspects in known.items()
        if subject not in listed and "status" in aspects
        if aspects["status"].value != "DELETED" and aspects["status"].at < began_at - SETTLE_MS
    ]


class RatingEvent(NamedTuple):
    """One line of the history of a number's quality rating."""

    at: Millis
    told_at: Millis
    value: str


def rating_at(history: Iterable[RatingEvent], at: Millis) -> str:
    """The quality rating of a number at the time *at* as it was known then; "" unknown."""
    return max((event for event in history if event.told_at <= at), default=_NO_RATING).value


_NO_RATING = RatingEvent(0, 0, "")

States = Mapping[Subject, Mapping[str, Known]]
"""Every aspect of every subject"""


def of_kind(states: States, kind: Kind) -> Iterator[tuple[Subject, Mapping[str, Known]]]:
    """The subjects of *kind* with their aspects, in order."""
    return ((subject, states[subject]) for subject in sorted(states) if subject.kind is kind)


def value(aspects: Mapping[str, Known], aspect: str) -> str:
    """The value of an aspect, "" where it is not known."""
    known = aspects.get(aspect)
    return known.value if known else ""


def with_terms(was: Known, told: Known) -> Known:
    """Both of what was told of the restrictions of an account: of each kind, what was told last."""
    older, newer = (was, told) if told.at >= was.at else (told, was)
    terms = terms_of(older.value) | terms_of(newer.value)
    of_late = {kind: end for kind, end in terms.items() if end is None or end > newer.at - _REMEMBERED_MS}
    kept = [kind if end is None else f"{kind}={end // 1_000}" for kind, end in of_late.items()]
    return newer._replace(value=",".join(kept[-MOST_TERMS:]))


_REMEMBERED_MS = 30 * DAY_MS
"""The end of a restriction is remembered so long after it: Meta's health may not agree at once."""
MOST_TERMS = 50


def until_of(kinds: str, terms: Mapping[str, Millis | None]) -> Millis | None:
    """When the last of some restrictions ends, a comma list; None: that was not told of all of them."""
    ends = [terms.get(kind) for kind in listed(kinds)]
    return None if None in ends else max((end for end in ends if end is not None), default=None)


def terms_of(text: str) -> dict[str, Millis | None]:
    """The restrictions of an account, as `facts.AccountChanged.terms` spells them, with their ends."""
    found: dict[str, Millis | None] = {}
    for term in listed(text):
        kind, _, end = term.partition("=")
        found[kind] = int(end) * 1_000 if end.isdecimal() else None
    return found


def held(aspects: Mapping[str, Known], now: Millis) -> dict[str, Millis]:
    """The restrictions of an account whose end was told and is yet to come, with it."""
    terms = terms_of(value(aspects, RESTRICTION))
    return {kind: end for kind, end in terms.items() if end is not None and end > now}


def listed(text: str) -> tuple[str, ...]:
    """The words of a value that is a comma list."""
    return tuple(word for word in text.split(",") if word)
