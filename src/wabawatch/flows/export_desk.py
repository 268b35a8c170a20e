"""What people ask of exports: to make one, to see how far it is, to have its file, to have it ended or deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from wabawatch.domain.errors import BadRequest, Conflict, Forbidden, NotFound, TooMany
from wabawatch.domain.exports import ROOM_BYTES, Export, ExportState, Order, is_key
from wabawatch.domain.facts import Millis
from wabawatch.domain.search import MessageFilter
from wabawatch.domain.standing import DAY_MS
from wabawatch.exports_ports import ExportBook, Shelf
from wabawatch.ports import Clock, Deed

SHOWN = 200
"""So many of the newest are listed"""


class Asker(NamedTuple):
    """Who asks."""

    actor: str
    """As in the audit trail"""
    may_unmask: bool
    sees_all: bool
    """Also those of others"""


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """Exports, for those who ask for them."""

    book: ExportBook
    shelf: Shelf
    clock: Clock
    new_key: Callable[[], str]
    keep_ms: int
    most: int
    """So many of one owner may be under way"""
    reserve_bytes: int
    wake: Callable[[], None]
    """Called when there is something to do"""

    def request(self, who: Asker, order: Order, wanted: MessageFilter) -> Export:
        """Have the whole result of a search made into a file.

        Without a time range it is that of the last 24 hours; a search for certain wamids has none. Raises BadRequest
        when nothing can be in it, Forbidden when *who* may not see whole numbers, TooMany, Conflict when the disk is
        nearly full.
        """
        now = self.clock.now()
        if not order.is_masked and not who.may_unmask:
            raise Forbidden(
                "you may not see whole phone numbers; leave them masked, or ask an administrator for that right"
            )
        fixed = ranged(wanted, now)
        free = self.shelf.free_bytes()
        if free < self.reserve_bytes + ROOM_BYTES:
            raise Conflict(
                f"the disk is nearly full: of the {free >> 20} MiB that are free, {self.reserve_bytes >> 20} MiB must "
                "stay free for webhooks; delete exports that nobody needs, or make room otherwise, then ask again",
                code="disk_full",
            )
        export = Export(self.new_key(), who.actor, order, fixed, now)
        if not self.book.add(export, self.most, Deed(who.actor, "export_requested")):
            raise TooMany(
                f"{self.most} exports of yours are under way; wait until one is done, or cancel one", retry_after_s=30
            )
        self.wake()
        return export

    def all(self, who: Asker) -> Sequence[Export]:
        """The newest, the newest first."""
        return self.book.all(None if who.sees_all else who.actor, SHOWN)

    def one(self, who: Asker, key: str) -> Export:
        """The one with this key. Raises NotFound, also when it is somebody else's."""
        found = self.book.find(key) if is_key(key) else None
        if found is None or not (who.sees_all or found.owner == who.actor):
            raise NotFound("id: no such export; one is deleted some days after it was made")
        return found

    def file(self, who: Asker, key: str) -> tuple[Export, Path]:
        """The file of one, which is noted in the audit trail.

        Raises NotFound, Conflict when it is not done, Forbidden when *who* may not see the whole numbers in it.
        """
        export = self.one(who, key)
        if export.state is not ExportState.DONE:
            raise Conflict(f"this export is {export.state}: it has no file", code="not_done")
        if not export.order.is_masked and not who.may_unmask:
            raise Forbidden("there are whole phone numbers in this file, which you may not see; ask an administrator")
        path = self.shelf.path(export.file_name)
        if not path.is_file():
            raise NotFound(
                "id: its file is not in this server's folder; where several servers run, give them one folder "
                "(WABAWATCH_EXPORTS_DIR)"
            )
        self.book.note(self.clock.now(), Deed(who.actor, "export_downloaded", f"export:{export.key}"))
        return export, path

    def cancel(self, who: Asker, key: str) -> None:
        """End one that is under way. Raises NotFound, Conflict when it is not."""
        export, now = self.one(who, key), self.clock.now()
        if not self.book.cancel(export.key, now, now + self.keep_ms, Deed(who.actor, "export_cancelled")):
            raise Conflict("this export is not under way any more, so there is nothing to cancel", code="not_under_way")

    def delete(self, who: Asker, key: str) -> None:
        """Forget one, with its file; one under way ends. Raises NotFound."""
        export = self.one(who, key)
        self.book.delete(export.key, self.clock.now(), Deed(who.actor, "export_deleted"))
        self.shelf.drop(export.file_name)


def ranged(wanted: MessageFilter, now: Millis) -> MessageFilter:
    """*wanted* in a range that stays: what comes while a file is made is not in it. Raises BadRequest."""
    until = now if wanted.until is None else wanted.until
    since = until - DAY_MS if wanted.since is None and not wanted.wamids else wanted.since
    if since is not None and since >= until:
        raise BadRequest("until: it is not after since, so there is nothing between them")
    return replace(wanted, since=since, until=until)
