"""Saved views of the log: one's own, and those that operators share with everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.errors import BadRequest, Forbidden, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.log_views import LONGEST_NAME, LONGEST_QUERY, MOST_VIEWS, LogView
from wabawatch.ports import Clock, Deed


class LogViews(Protocol):
    """Where views are kept. Each method raises StoreUnavailable."""

    def of(self, owner: int) -> list[LogView]:
        """The views of *owner* and those that are shared, by name."""

    def count(self, owner: int) -> int:
        """How many views *owner* has saved."""

    def find(self, id: int) -> LogView | None:
        """The view of this number."""

    def save(self, view: LogView, at: Millis, done: Deed | None) -> LogView:
        """Keep *view*, durably, in place of one of the same owner and name; with *done* in the audit trail, if any."""

    def delete(self, id: int, at: Millis, done: Deed | None) -> bool:
        """Take a view away. False: there is none of this number."""


@dataclass(frozen=True, slots=True)
class LogViewDesk:
    """Saves, lists and deletes views."""

    views: LogViews
    clock: Clock

    def listed(self, owner: int) -> list[LogView]:
        """What somebody may choose from."""
        return self.views.of(owner)

    def save(self, view: LogView, actor: str, *, may_share: bool) -> LogView:
        """Keep a view under its name; one that its owner had saved under it goes. What is shared is audited.

        Raises BadRequest, and Forbidden where it is to be shared and *may_share* is false.
        """
        name = " ".join(view.name.split())
        if not name or not name.isprintable() or len(name) > LONGEST_NAME:
            raise BadRequest(f"name: give the view a name of at most {LONGEST_NAME} characters")
        if len(view.query) > LONGEST_QUERY:
            raise BadRequest("name: this search holds too much to be saved; take some of its values away")
        if view.is_shared and not may_share:
            raise Forbidden("your account may not share views with others; save it for yourself")
        kept = self.views.of(view.owner)
        old = next((each for each in kept if (each.owner, each.name) == (view.owner, name)), None)
        if old is None and self.views.count(view.owner) >= MOST_VIEWS:
            raise BadRequest(f"name: you have saved {MOST_VIEWS} views; delete one that you no longer use")
        is_public = view.is_shared or (old is not None and old.is_shared)
        done = Deed(actor, "log_view_saved", "log_view") if is_public else None
        return self.views.save(LogView(0, view.owner, name, view.query, view.is_shared), self.clock.now(), done)

    def delete(self, id: int, owner: int, actor: str, *, may_share: bool) -> None:
        """Take a view away: one's own, or with *may_share* one that is shared. Raises NotFound and Forbidden."""
        view = self.views.find(id)
        if view is None or not (view.is_shared or view.owner == owner):
            raise NotFound("there is no such view; it may have been deleted meanwhile")
        if view.owner != owner and not may_share:
            raise Forbidden("your account may not delete views that others share")
        done = Deed(actor, "log_view_deleted", "log_view") if view.is_shared else None
        self.views.delete(id, self.clock.now(), done)
