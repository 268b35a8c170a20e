"""Ingest: what is decided at the door for webhooks, and the count of what was decided. No I/O here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hmac import compare_digest
from threading import Lock
from typing import TypeAlias

from wabawatch.domain.facts import Millis
from wabawatch.domain.handshakes import Handshake, handshake_mark
from wabawatch.domain.histograms import Histogram, index_of
from wabawatch.ports import PROBE_SIGNATURE
from wabawatch.settings import App

MINUTE_MS = 60_000

_PROBE = PROBE_SIGNATURE.encode()


@dataclass(frozen=True, slots=True)
class AppSecrets:
    """What proves that a webhook comes from one Meta app."""

    name: str
    """As in its callback path; "" is the app without a name."""
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    """App secrets, each of which may have signed. None at all: its webhooks cannot be checked."""
    verify_token: bytes | None = field(default=None, repr=False)
    """None: no handshake succeeds."""


Registry: TypeAlias = Mapping[str, AppSecrets]
"""The apps that may send webhooks, by name."""

IsGenuine: TypeAlias = Callable[[bytes, bytes | None, Sequence[bytes]], bool]
"""Whether a signature header was made over a body with one of some secrets. Does not raise."""


def registry_of(apps: Mapping[str, App]) -> dict[str, AppSecrets]:
    """The registry that the settings describe, as bytes to compare with."""
    return {
        name: AppSecrets(
            name,
            tuple(secret.reveal().encode() for secret in app.app_secret),
            app.verify_token.reveal().encode() if app.verify_token else None,
        )
        for name, app in apps.items()
    }


class Admission(StrEnum):
    """What becomes of a POST: it is accepted, or why not."""

    ACCEPTED = "accepted"
    SYNTHETIC = "synthetic"
    """Accepted, and our own test event: it is in no figure"""
    UNKNOWN_APP = "unknown_app"
    UNSIGNED = "unsigned"
    """Without a signature, though the app has a secret"""
    BAD_SIGNATURE = "bad_signature"
    PROBED = "probed"
    """As wrong, but ours: `wabawatch doctor` tries whether it is refused"""
    NO_SECRET = "no_secret"
    """The app has no secret to check it with, and unsigned webhooks are not allowed"""
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    BROKEN_OFF = "broken_off"
    """The sender went away in the middle of the body"""
    UNAVAILABLE = "unavailable"
    """It could not be kept: Meta should send it again"""
    FAILED = "failed"
    """A bug of ours: Meta should send it again"""


def admit(
    apps: Registry, app: str, body: bytes, signature: bytes | None, *, is_genuine: IsGenuine, allow_unsigned: bool
) -> Admission:
    """Decide whether *body*, posted to *app* with this signature header (None: without one), may come in.

    *allow_unsigned* opens apps without a secret, and those only. What the body says plays no part.
    """
    known = apps.get(app)
    if known is None:
        return Admission.UNKNOWN_APP
    if not known.secrets:
        return Admission.ACCEPTED if allow_unsigned else Admission.NO_SECRET
    if signature is None:
        return Admission.UNSIGNED
    if is_genuine(body, signature, known.secrets):
        return Admission.ACCEPTED
    return Admission.PROBED if signature == _PROBE else Admission.BAD_SIGNATURE


def shake_hands(apps: Registry, app: str, query: Iterable[tuple[str, str]]) -> tuple[Handshake, str]:
    """Decide on a handshake from the pairs of its query; with it the challenge to send back ("" unless confirmed).

    The names of the pairs may be spelled with a dot or, as after some proxies, with an underscore.
    """
    known = apps.get(app)
    if known is None:
        return Handshake.UNKNOWN_APP, ""
    said = {name.replace("hub_", "hub.", 1): value for name, value in query}
    token = said.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
    is_right = compare_digest(token, known.verify_token or b"") and bool(known.verify_token)
    if not is_right or said.get("hub.mode") != "subscribe" or "hub.challenge" not in said:
        return Handshake.REFUSED, ""
    return Handshake.CONFIRMED, said["hub.challenge"]


class Handshakes:
    """When Meta last asked whether a callback URL is ours, by app and by answer. Every method may be called from any
    thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: dict[str, Millis] = {}

    def note(self, app: str, at: Millis, answer: Handshake) -> None:
        """Note that it was asked. Only names of known apps may be given, so that they stay few."""
        with self._lock:
            self._asked[handshake_mark(app, answer)] = at

    def drain(self) -> dict[str, Millis]:
        """The marks to set since the last call."""
        with self._lock:
            asked, self._asked = self._asked, {}
        return asked


@dataclass(frozen=True, slots=True)
class AckTally:
    """How POSTs were answered."""

    ack_ms: Histogram
    """Answer times of the accepted ones"""
    refused: Mapping[Admission, int]

    @property
    def accepted(self) -> int:
        """How many were accepted."""
        return sum(self.ack_ms.values())


_Count: TypeAlias = tuple[Millis, str, Admission, int]
"""Minute, app, admission, bucket of the answer time (0 for what was refused)."""


class Acks:
    """Counts the answers to POSTs in memory, by minute and app. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[_Count] = Counter()
        self._drained: Counter[_Count] = Counter()

    def accepted(self, app: str, at: Millis, ack_ms: float) -> None:
        """Count a body that was received at *at* and acknowledged after *ack_ms*."""
        self._count((at - at % MINUTE_MS, app, Admission.ACCEPTED, index_of(ack_ms)))

    def refused(self, app: str, at: Millis, why: Admission) -> None:
        """Count a POST that was turned away. Only names of known apps may be given, so that they stay few."""
        self._count((at - at % MINUTE_MS, app, why, 0))

    def drain(self) -> dict[tuple[Millis, str], AckTally]:
        """Give what was counted since the last call, by start of minute and app, and begin anew.

        A minute that still runs comes again with its rest: tallies of one minute add up.
        """
        with self._lock:
            counts, self._counts = self._counts, Counter()
            for (_, app, admission, bucket), n in counts.items():
                self._drained[0, app, admission, bucket] += n
        return _by_place(counts)

    def totals(self) -> dict[str, AckTally]:
        """Everything counted since the start, drained or not, by app."""
        with self._lock:
            counts = self._drained.copy()
            for (_, app, admission, bucket), n in self._counts.items():
                counts[0, app, admission, bucket] += n
        return {app: tally for (_, app), tally in _by_place(counts).items()}

    def _count(self, count: _Count) -> None:
        with self._lock:
            self._counts[count] += 1


def _by_place(counts: Mapping[_Count, int]) -> dict[tuple[Millis, str], AckTally]:
    histograms: defaultdict[tuple[Millis, str], Counter[int]] = defaultdict(Counter)
    refusals: defaultdict[tuple[Millis, str], Counter[Admission]] = defaultdict(Counter)
    for (minute, app, admission, bucket), n in counts.items():
        if admission is Admission.ACCEPTED:
            histograms[minute, app][bucket] += n
        else:
            refusals[minute, app][admission] += n
    places = sorted(histograms.keys() | refusals.keys())
    return {place: AckTally(histograms[place], refusals[place]) for place in places}
