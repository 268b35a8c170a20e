"""A Meta that says what a test wants, and polling of it on real books."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.support.books import HandClock, Shelf
from tests.support.facts import NUMBERS, T0, WABA
from tests.support.places import Place
from wabawatch.domain.platform import Kind, Seen, Subject
from wabawatch.domain.polls import Ask, Load, Problem
from wabawatch.flows.polling import Polling
from wabawatch.polling_ports import Told
from wabawatch.ports import MONITORING, RUNNING
from wabawatch.storage.platform import SqlPlatform

MINUTE = 60_000
GAP = 12_000


@dataclass
class SaysMeta:
    """A fake of `polling_ports.Graph`: answers that are set by hand, and what was asked."""

    answers: dict[tuple[Ask, str], Told] = field(default_factory=dict)
    asked: list[tuple[Ask, str, str]] = field(default_factory=list)

    def ask(self, ask: Ask, subject: str, after: str = "", since_s: int = 0, until_s: int = 0) -> Told:
        self.asked.append((ask, subject, after))
        if ask is Ask.ONE_TEMPLATE:
            waba, _, key = subject.partition("/")
            listed = self.answers.get((Ask.TEMPLATES, waba)) or Told()
            return replace(listed, seen=tuple(each for each in listed.seen if each.subject.id == key))
        if ask is Ask.NEW_TEMPLATES:
            ask = Ask.TEMPLATES
        told = self.answers.get((ask, f"{subject}@{after}" if after else subject))
        return told or Told()

    def says(self, ask: Ask, subject: str, *seen: Seen, **more: Any) -> None:
        self.answers[ask, subject] = Told(tuple(seen), **more)

    def refuses(self, ask: Ask, subject: str, code: int, sentence: str = "no") -> None:
        self.answers[ask, subject] = Told(problem=Problem(code, sentence))


def number(quality: str = "GREEN", *, id: str = NUMBERS[0], **more: str) -> Seen:
    values = {"quality": quality, "status": "CONNECTED", **more}
    return Seen(Subject(Kind.NUMBER, id), values, waba=WABA, display_number="15550100001")


def template(status: str = "APPROVED", name: str = "hello/en", **more: str) -> Seen:
    return Seen(Subject(Kind.TEMPLATE, name, WABA), {"status": status, **more})


def token(valid: str = "true", **more: str) -> Seen:
    return Seen(Subject(Kind.TOKEN, ""), {"valid": valid, **more})


def loads(percent: float, regain_ms: int = 0) -> Mapping[str, Load]:
    return {WABA: Load(percent, regain_ms)}


class Watch:
    """Polling of one account on real books, at times set by hand."""

    def __init__(self, place: Place | Path, wabas: Collection[str] = (WABA,), apps: Collection[str] = ()) -> None:
        self.shelf = Shelf(place)
        self.clock = HandClock(T0)
        self.meta = SaysMeta()
        self.platform = SqlPlatform(self.shelf.database)
        self.polling = Polling(self.meta, self.platform, self.shelf.books, self.clock, wabas, apps)
        with self.shelf.books.writing() as ledger:
            ledger.set_mark(MONITORING, RUNNING)

    def run(self, minutes: float, *, step_ms: int = 30_000) -> None:
        """Let so much time pass, with a step every half minute. A server has one every few seconds."""
        end = self.clock.now() + int(minutes * MINUTE)
        while self.clock.now() < end:
            self.clock.turn_to(self.clock.now() + step_ms)
            self.polling.step()

    def asked(self, ask: Ask) -> int:
        return sum(each == ask for each, _, _ in self.meta.asked)
