"""The status held against the simulator's truth, count by count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from wabawatch.simulator.simulation import Brought
from wabawatch.simulator.truth import Totals

MESSAGE_COUNTS = (
    "attempted", "accepted", "sent", "delivered", "read", "failed", "expired", "pending",
    "rejected", "unlinked", "orphan", "inbound",
)  # fmt: skip
WEBHOOK_COUNTS = ("received", "processed", "backlog", "parked", "duplicates", "unparsed_items")
RATES = ("delivery_rate", "failure_rate")


@dataclass(frozen=True, slots=True)
class Difference:
    """A count that is not what it should be."""

    name: str
    wanted: int
    found: int | None
    """None where there is no such count."""


def wanted_counts(totals: Totals, brought: Brought) -> dict[str, int]:
    """What every count must be, by the simulator's truth, once all has been processed."""
    told: Mapping[str, Any] = totals
    counts = {f"messages.{name}": int(told[name]) for name in MESSAGE_COUNTS}
    for rate in RATES:
        counts[f"{rate}.numerator"], counts[f"{rate}.n"] = told[rate]
    webhooks = dict.fromkeys(WEBHOOK_COUNTS, 0)
    webhooks |= {"received": brought.received, "processed": brought.received, "duplicates": brought.duplicates}
    return counts | {f"webhooks.{name}": n for name, n in webhooks.items()}


def shown_counts(status: Mapping[str, Any]) -> dict[str, int]:
    """The same counts, as a `status --json` shows them."""
    counts = {f"messages.{name}": int(n) for name, n in status["messages"].items()}
    for rate in RATES:
        requirement = status["requirements"][rate]
        counts[f"{rate}.n"] = requirement["n"]
        counts[f"{rate}.numerator"] = round((requirement["value"] or 0.0) * requirement["n"])
    return counts | {f"webhooks.{name}": int(n) for name, n in status["webhooks"].items()}


def differences(wanted: Mapping[str, int], found: Mapping[str, int]) -> list[Difference]:
    """Every count of *wanted* that *found* gives otherwise, or not at all."""
    return [Difference(name, n, found.get(name)) for name, n in wanted.items() if found.get(name) != n]


def differences_table(found: list[Difference]) -> Table:
    """*found* for a person."""
    table = Table("count", "truth", "shown", "difference", box=None, pad_edge=False)
    for one in found:
        by = "missing" if one.found is None else f"{one.found - one.wanted:+}"
        table.add_row(one.name, str(one.wanted), "-" if one.found is None else str(one.found), by)
    return table
