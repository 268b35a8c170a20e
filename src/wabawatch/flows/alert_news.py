"""Telling open windows what is new about alerts, and how much of it each user has not read yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wabawatch.alert_news_ports import AlertNewsBook
from wabawatch.domain.alert_news import AlertDeed, Item, Told, fresh, items
from wabawatch.domain.errors import BadRequest, NotFound
from wabawatch.domain.silences import Matcher
from wabawatch.ports import Clock

SOME = 500
"""So much of what is new is looked at: the newest"""
MOST_UNREAD = 100
LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class News:
    """What is new for one window."""

    told: Told
    """How far it has been told with this"""
    items: tuple[Item, ...]
    unread: int
    """For its user; at most `MOST_UNREAD`"""


@dataclass(frozen=True, slots=True)
class AlertNews:
    """Reads what is new, and keeps how far each user has read."""

    book: AlertNewsBook
    clock: Clock

    def told(self) -> Told:
        """How far a page that is made now tells by itself."""
        return self.book.told()

    def news(self, since: Told, kept: Collection[int], user: int) -> News:
        """What is new *since* a window was told last, with the *kept* transitions that it still shows."""
        told = self.book.told()
        begun = list(self.book.transitions_since(since.transition, SOME))
        deeds = self.book.deeds_since(since.deed, SOME)
        new = {number for number, _ in begun}
        again = [each for each in self.book.some_transitions(kept) if each[0] not in new] if kept else []
        changes = [*again, *begun]
        keys = {each.alert for _, each in fresh(changes).values()} | {each.alert for each in deeds if each.alert}
        alerts = self.book.alerts(keys)
        quiet = self._quiet()
        silenced = {a.key for a in alerts.values() if any(each.matches(a.key, a.rule, a.scope) for each in quiet)}
        return News(told, tuple(items(changes, deeds, alerts, silenced, kept)), self.unread(user))

    def unread(self, user: int) -> int:
        """How many alerts began since *user* last looked at the list; who never did has not read what fires now."""
        seen, quiet = self.book.seen(user), self._quiet()
        begun = self.book.firing() if seen is None else self.book.begun_since(seen, SOME)
        told = sum(not any(q.matches(key, rule, scope) for q in quiet) for key, (rule, scope) in begun.items())
        return min(told, MOST_UNREAD)

    def look(self, user: int) -> None:
        """Note that *user* looks at the list now."""
        newest = self.book.told().transition
        if self.book.seen(user) != newest:
            self.book.look(user, newest)

    def note(self, key: str, by: str, words: str) -> None:
        """Keep what *by* writes about an alert, also after its end. Raises NotFound, BadRequest."""
        said = words.strip()
        if not said:
            raise BadRequest("note: write what whoever looks at this alert later should know")
        if len(said) > LONGEST_NOTE:
            raise BadRequest(f"note: at most {LONGEST_NOTE} characters; shorten it")
        if not self.book.alerts([key]):
            raise NotFound(f"alert: there is no alert {key!r}; `wabawatch alerts list` shows them")
        self.book.note(key, by, said, self.clock.now())

    def deeds(self, key: str) -> Sequence[AlertDeed]:
        """What people did about one alert, the first one first."""
        return self.book.deeds_of(key)

    def _quiet(self) -> list[Matcher]:
        return [silence.matcher for silence in self.book.active_silences(self.clock.now())]
