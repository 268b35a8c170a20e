"""Whether the books of an installation are sound: what `rebuild --verify` and `audit verify` would say of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.ports import Clock
from wabawatch.storage.audit import head
from wabawatch.storage.checkpoints import Checkpoints
from wabawatch.storage.database import Database
from wabawatch.storage.recounting import recounting
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.signing_keys import SigningKeys
from wabawatch.storage.snapshots import Tell


@dataclass(frozen=True, slots=True)
class Soundness:
    """What was found."""

    rollups_that_differ: int
    """From what the messages say"""
    audit_entries: int
    audit_faults: int

    @property
    def is_sound(self) -> bool:
        return not self.rollups_that_differ and not self.audit_faults

    def in_words(self) -> str:
        """A sentence."""
        if self.is_sound:
            return f"every roll-up is what the messages say, and the {self.audit_entries:,} audit entries are sound"
        found = []
        if self.rollups_that_differ:
            found.append(f"{self.rollups_that_differ:,} roll-ups are not what the messages say (`rebuild` mends it)")
        if self.audit_faults:
            found.append(f"the audit trail has {self.audit_faults:,} faults (`audit verify` names them)")
        return " and ".join(found)


def soundness(database: Database, keyring: Keyring, clock: Clock, checkpoints: Path, tell: Tell) -> Soundness:
    """Look at all of it. Raises SealBroken, StoreUnavailable, and BadRequest when the checkpoints are unreadable."""
    with recounting(database, country_of) as books:
        differing = differences(books, lambda done, total: tell("counting messages", done, total))
    with database.reading() as connection:
        entries, _ = head(connection)
    trail = Checkpoints(database, SigningKeys(database, keyring, clock), clock, checkpoints)
    faults = trail.faults([], {}, lambda entry: tell("checking audit entries", entry, entries))
    return Soundness(len(differing), entries, len(faults.found))
