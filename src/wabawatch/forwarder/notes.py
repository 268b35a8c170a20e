"""What a forwarder has in hand: bodies on their way, and what happened since it was written down last."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import Case, Delivery, Outcome
from wabawatch.flows.digest import fingerprint
from wabawatch.flows.forwarding import Parcel
from wabawatch.ports import Body, BodyId, StoredBody


@dataclass(slots=True)
class Attempts:
    """What a target answered since the process started."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    answer_ms: Counter[int] = field(default_factory=Counter)
    """Answer times of those that were delivered, as a histogram"""


@dataclass(slots=True)
class Item:
    """One body on its way: the first time, or again (`row`)."""

    id: BodyId
    body: Body
    parcel: Parcel
    row: Delivery | None = None
    began: float = 0.0
    is_shared: bool = False
    """Whether other targets get something of the body, too"""
    is_lent: bool = False
    """A first attempt that takes long: it has a row meanwhile"""

    @property
    def holds_cursor(self) -> bool:
        """Whether nothing in the books tells of it but the cursor."""
        return self.row is None and not self.is_lent

    def as_row(self) -> Delivery:
        """Its row, or that of a first attempt."""
        at = self.body.received_at
        return self.row or Delivery(self.id, at, at, 0, at, Outcome.HELD)


@dataclass(slots=True)
class Notes:
    """What has happened and is not written down yet."""

    failed: dict[BodyId, Delivery] = field(default_factory=dict)
    known: set[BodyId] = field(default_factory=set)
    """Those of `failed` of which the books have a row already"""
    done: set[BodyId] = field(default_factory=set)
    cases: list[Case] = field(default_factory=list)
    attempts: Counter[tuple[Millis, Outcome]] = field(default_factory=Counter)
    delivered_at: Millis | None = None
    trouble: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has happened."""
        return not (self.attempts or self.failed or self.done or self.cases)

    @property
    def new_rows(self) -> list[Delivery]:
        """Rows that the books do not have yet."""
        return [row for id_, row in self.failed.items() if id_ not in self.known]

    @property
    def changed_rows(self) -> list[Delivery]:
        """Rows that the books have, unless somebody dropped them."""
        return [row for id_, row in self.failed.items() if id_ in self.known]

    def failing(self, row: Delivery, *, has_row: bool) -> None:
        """A body has a new row, or (*has_row*) another one than in the books."""
        if has_row and row.body_id not in self.failed:
            self.known.add(row.body_id)
        self.done.discard(row.body_id)
        self.failed[row.body_id] = row

    def taken(self, id_: BodyId, has_row: bool) -> None:
        """A body was taken: its row goes, if it has one."""
        self.known.discard(id_)
        if self.failed.pop(id_, None) is not None or has_row:
            self.done.add(id_)

    def then(self, later: Notes) -> Notes:
        """These, and what came later."""
        failed = {id_: row for id_, row in self.failed.items() if id_ not in later.done} | later.failed
        new = self.failed.keys() - self.known
        return Notes(
            failed,
            ((self.known | later.known) - new) & failed.keys(),
            (self.done - later.failed.keys()) | later.done,
            self.cases + later.cases,
            self.attempts + later.attempts,
            later.delivered_at or self.delivered_at,
            self.trouble if later.trouble is None else later.trouble,
        )


def case_of(item: Item, slot: int | None) -> Case:
    """How the application answered *item* (None: not with 2xx), to be counted once however often Meta repeats it."""
    return Case(item.id, item.body.received_at, fingerprint(StoredBody(item.id, item.body)), slot, item.is_shared)
