"""What a simulation does to the outside world, one step at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import Json


@dataclass(frozen=True, slots=True)
class PostWebhook:
    """Meta brings a body to the webhook of an app."""

    at: Millis
    body: bytes
    signature: str
    """Value of ``X-Hub-Signature-256``."""
    app: str


@dataclass(frozen=True, slots=True)
class LogSend:
    """The application writes a send down: ``POST /api/v1/messages``."""

    at: Millis
    payload: Json


@dataclass(frozen=True, slots=True)
class LogStatus:
    """The application tells a status by its own id: ``POST /api/v1/messages/{id}/status``."""

    at: Millis
    id: str
    payload: Json


@dataclass(frozen=True, slots=True)
class CallGraph:
    """The application makes a Graph call that is no send. Whoever has no gateway may skip it."""

    at: Millis
    path: str
    """Below the version, such as ``106540352242922/messages``."""
    payload: Json


Step: TypeAlias = PostWebhook | LogSend | LogStatus | CallGraph
