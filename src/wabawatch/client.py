"""The face of the package: one client for a server and for an installation in this process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from wabawatch.sdk.client import Client


class Wabawatch(Client):
    """wabawatch, to log to and to ask: a server, `Wabawatch(url, token)`, or this process, `Wabawatch.embedded()`.

    What is logged to a server is in the spool on disk when the call returns, and goes there in the background: a server
    that is away delays nobody. Nothing that goes wrong while logging raises, unless *strict*: it is in the log and in
    `health_check`. Every method may be called from any thread, also after a fork.
    """

    @classmethod
    def embedded(
        cls,
        database_url: str | None = None,
        config: Mapping[str, object] | None = None,
        toml: Path | None = None,
        *,
        strict: bool = False,
    ) -> Self:
        """Open the installation at *database_url* (default: SQLite files in the data folder), made if missing.

        What is logged is durable when the call returns, and the figures hold it. What cannot be kept raises if
        *strict*; else it is logged and counted in `health_check`. *config* overrides settings by either of their
        names, such as ``{"DELIVERY_RATE_THRESHOLD": 0.97}``.
        Raises SettingsError with every mistake, StoreUnavailable when the database cannot be opened.
        """
        from wabawatch.embedded import InProcess  # not before it is asked for: a sender's import stays light

        opened = cls.__new__(cls)
        opened._use(InProcess.open(database_url, config, toml), is_strict=strict)
        return opened
