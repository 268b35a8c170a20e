"""Copies of the webhooks that an application gets itself: which ones, and how they are handed on. No framework here."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wabawatch.domain.facts import Millis
from wabawatch.meta.signature import is_genuine
from wabawatch.sdk import items
from wabawatch.sdk.keeping import Keeper

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 4 << 20
"""A larger body is no webhook of Meta's (3 MB at most), and is not copied"""
SIGNATURE = "X-Hub-Signature-256"

_SIGNATURE = re.compile(r"sha256=[0-9a-fA-F]{64}")


class HasKeeper(Protocol):
    """A client: `Wabawatch(url, token)` or `AsyncWabawatch(url, token)`."""

    @property
    def keeper(self) -> Keeper:
        """What keeps the records."""


@dataclass(slots=True)
class Copy:
    """One webhook while the application answers it."""

    app: str
    """The Meta app, as in the settings of the server"""
    signature: str
    at: Millis
    body: bytearray | None = field(default_factory=bytearray)
    """What the application has read so far; None: too much"""
    is_whole: bool = False
    """The application has read all of it"""

    def add(self, chunk: bytes) -> None:
        """The application has read *chunk*."""
        if self.body is not None:
            self.body += chunk
            if len(self.body) > MAX_BODY_BYTES:
                self.body = None


class Copies:
    """Which requests are copied, and to whom the copies go."""

    def __init__(self, client: HasKeeper, paths: str | Mapping[str, str], app_secrets: Sequence[str]) -> None:
        """*paths*: the path of the webhook; with several Meta apps, the app's name in wabawatch for each path.

        With *app_secrets* a body that none of them signed is not copied; without, the server looks at that alone.
        """
        self._keeper = client.keeper
        self._apps = {paths: ""} if isinstance(paths, str) else dict(paths)
        self._secrets = [secret.encode() for secret in app_secrets]

    def begin(self, method: str, path: str, signature: str, at: Millis) -> Copy | None:
        """The copy of a request, if it is a webhook. One without a signature is none: anybody may have sent it."""
        app = self._apps.get(path)
        if app is None or method != "POST" or not _SIGNATURE.fullmatch(signature):
            return None
        return Copy(app, signature, at)

    def end(self, copy: Copy, status: int, ms: float) -> None:
        """Hand on *copy*, which was answered with *status* (0: not at all) after *ms*. Never raises."""
        try:
            if copy.body is None or not copy.is_whole:
                return
            body = bytes(copy.body)
            if self._secrets and not is_genuine(body, copy.signature, self._secrets):
                return
            self._keeper.keep(lambda _: items.webhook(copy.at, body, copy.signature, copy.app, status, ms))
        except Exception:
            log.exception("the copy of a webhook for wabawatch is lost")
