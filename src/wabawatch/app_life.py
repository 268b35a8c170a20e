"""The composition of what the audit trail says of a server: that it was started and stopped, and its settings."""

from __future__ import annotations

import hmac
import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version

from wabawatch import kinds
from wabawatch.domain.audit_trail import Plain
from wabawatch.domain.settings_trail import LONGEST
from wabawatch.flows.server_life import ServerLife
from wabawatch.kinds import Kind, Secret
from wabawatch.ports import Clock, Deed
from wabawatch.settings import Settings
from wabawatch.sources import in_force
from wabawatch.storage.audit_entries import SqlTrail
from wabawatch.storage.database import Database
from wabawatch.storage.deeds import SqlAuditTrail
from wabawatch.storage.migrations import STEPS
from wabawatch.storage.signing_keys import SigningKeys

PURPOSE = b"settings in the audit trail"
DIGITS = 12


def server_life(database: Database, clock: Clock) -> ServerLife:
    """That of this process."""
    about: dict[str, Plain] = {"version": version("wabawatch"), "host": platform.node(), "pid": os.getpid()}
    return ServerLife(SqlAuditTrail(database), SqlTrail(database), clock, about)


def told_settings(settings: Settings, signing: SigningKeys) -> dict[str, tuple[str, ...]]:
    """What was given of *settings*, as it may stand in the audit trail, in each way it may have been written there.

    Secrets, and addresses of people, are told by digests that nobody can make without the key file. Raises SealBroken,
    StoreUnavailable.
    """
    keys = signing.derived(PURPOSE)
    given = [each for each in in_force(settings, settings.told) if each.origin is not None]
    told = {each.setting.name: _ways(each.value, each.setting.kind, keys) for each in given}
    return told | {"[rules]": _digests("rules", repr(settings.rules), keys)}


def note_steps(database: Database, clock: Clock, taken: Sequence[str]) -> None:
    """Write down which steps of the schema a database has taken that was there before. Raises StoreUnavailable."""
    if taken and taken[0] != STEPS[0].name:
        deed = Deed("system", "schema_changed", "schema", {"steps": ", ".join(taken)})
        SqlAuditTrail(database).note(clock.now(), deed)


def _ways(value: object, kind: Kind, keys: Iterable[bytes]) -> tuple[str, ...]:
    if kind.is_secret:
        return _digests("secret", "\n".join(each.reveal() for each in _secrets(value)), keys)
    if kind is kinds.ADDRESSES:
        return _digests("addresses", str(value), keys)
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return (text,) if len(text) <= LONGEST else _digests("text", text, keys)


def _secrets(value: object) -> Iterable[Secret]:
    values = value if isinstance(value, tuple) else (value,)
    return [each for each in values if isinstance(each, Secret)]


def _digests(what: str, text: str, keys: Iterable[bytes]) -> tuple[str, ...]:
    """Of *text*, by each of *keys*: one that was written with an older key is known again."""
    return tuple(f"{what} {hmac.digest(key, text.encode(), 'sha256').hex()[:DIGITS]}" for key in keys)
