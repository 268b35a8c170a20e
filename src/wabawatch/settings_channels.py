"""Who is told of which alerts, and where: the sections `channels.NAME`."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch import kinds
from wabawatch.domain.alerts import Severity
from wabawatch.kinds import Kind
from wabawatch.sources import setting


def _severity(raw: object) -> Severity:
    text = str(raw).strip().lower()
    if text not in list(Severity):
        raise ValueError(f"{text!r} is none of {', '.join(Severity)}")
    return Severity(text)


SEVERITY = Kind(", ".join(Severity), _severity)


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: where notices go, and which."""

    severity: Severity = setting(
        "WABAWATCH_CHANNELS_<name>_SEVERITY", SEVERITY, Severity.INFO, "The least severity that it is told of."
    )
    types: tuple[str, ...] = setting(
        "WABAWATCH_CHANNELS_<name>_TYPES",
        kinds.WORDS,
        (),
        "The only types of alerts that it is told of, such as `TOKEN_INVALID`; not set: all.",
    )
    wabas: tuple[str, ...] = setting(
        "WABAWATCH_CHANNELS_<name>_WABAS",
        kinds.WORDS,
        (),
        "The only WABAs whose alerts it is told of, and of none that belongs to no WABA; not set: all.",
    )
    escalation: bool = setting(
        "WABAWATCH_CHANNELS_<name>_ESCALATION",
        kinds.SWITCH,
        False,
        "Whether it is told only when nobody acknowledges an alert in time.",
    )
