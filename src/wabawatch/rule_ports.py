"""What changing rules needs from the outside, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from wabawatch.domain.facts import Millis
from wabawatch.domain.rule_edits import Edit
from wabawatch.ports import Deed

Plain = str | int | float | bool | None


class RuleEdits(Protocol):
    """What the console says of rules. Raises StoreUnavailable."""

    def mark(self) -> int:
        """Another one after each change."""

    def edits(self) -> Sequence[Edit]:
        """Everything that is said, by rule."""

    def save(self, edit: Edit, before: Millis, done: Deed, detail: Mapping[str, Plain]) -> bool:
        """Keep *edit* instead of what was said *before* (when that was changed; 0: nothing was), with an entry in the
        audit trail; one that says nothing takes it away. False: it was changed since, and nothing was written."""
