"""What has come through the digest."""

from __future__ import annotations

from wabawatch.domain.facts import Millis
from wabawatch.storage.body_log import seen
from wabawatch.storage.database import Database
from wabawatch.storage.premises_traffic import last_webhooks


class SqlArrivals:
    """The processing log, asked for one body at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has(self, fingerprint: bytes) -> bool:
        """Whether a body with this fingerprint was processed. Raises StoreUnavailable."""
        with self._database.reading() as connection:
            return fingerprint in seen(connection, [fingerprint])

    def newest(self) -> dict[str, Millis]:
        """When the newest live webhook of each app came. Raises StoreUnavailable."""
        with self._database.reading() as connection:
            return last_webhooks(connection)

    def answers(self) -> None:
        """Read something. Raises StoreUnavailable."""
        with self._database.reading() as connection:
            seen(connection, [b"\0" * 10])
