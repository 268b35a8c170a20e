"""What the simulator has let the world know so far, message by message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from wabawatch.domain.facts import Feed, Millis, SendOutcome
from wabawatch.simulator.application import PlannedSend


@dataclass(slots=True, eq=False)
class Entry:
    """One message of the simulation and what has been told about it. Grows as steps are emitted."""

    number: str
    recipient: str
    at: Millis
    """The request, or for what others sent the time Meta gives it."""
    wamid: str = ""
    direction: str = "outbound"
    type: str = ""
    category: str = ""
    template: str = ""
    language: str = ""
    feed: Feed = Feed.MESSAGES
    """Whose message it is, apart from the application's own: ECHO, STANDBY or HISTORY."""
    is_group: bool = False

    is_shown: bool = False
    """Its own item came by webhook: an inbound message or an echo."""
    stamps: dict[str, Millis] = field(default_factory=dict)
    """By webhook: the earliest per status."""
    told_category: str = ""
    """By webhook, in a pricing object."""
    outcome: SendOutcome | None = None
    """As logged; None until it is."""
    local_id: str = ""
    is_linked: bool = False
    """The log says the wamid."""
    own_stamps: dict[str, Millis] = field(default_factory=dict)
    """By status call of the application."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message's own item came by webhook."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class StatusTold:
    """A status came by webhook."""

    entry: Entry
    status: str
    at: Millis
    category: str = ""


@dataclass(frozen=True, slots=True)
class SendLogged:
    """The application wrote a send down."""

    entry: Entry
    local_id: str
    outcome: SendOutcome
    with_wamid: bool


@dataclass(frozen=True, slots=True)
class StatusLogged:
    """The application told a status by the id of its own, and with it the wamid."""

    entry: Entry
    status: str
    at: Millis


Effect: TypeAlias = Shown | StatusTold | SendLogged | StatusLogged


class Ledger:
    """Every message of a simulation, in the order in which they came to be."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def open(self, entry: Entry) -> Entry:
        """Add a message of which nothing has been told yet."""
        self._entries.append(entry)
        return entry

    def open_send(self, send: PlannedSend, wamid: str) -> Entry:
        """Add a message that the application asked for. *wamid* is ``""`` when it was refused."""
        template = send.template
        return self.open(
            Entry(
                number=send.number.id,
                recipient=send.address,
                at=send.at,
                wamid=wamid,
                type=send.type,
                category=send.category,
                template=template.name if template else "",
                language=template.language if template else "",
                is_group=send.group is not None,
            )
        )


def note(effect: Effect) -> None:
    """Write down that *effect* has now been emitted. Repeats change nothing."""
    entry = effect.entry
    match effect:
        case Shown():
            entry.is_shown = True
        case StatusTold(_, status, at, category):
            _earliest(entry.stamps, status, at)
            entry.told_category = entry.told_category or category
        case SendLogged(_, local_id, outcome, with_wamid):
            entry.local_id = entry.local_id or local_id
            entry.outcome = entry.outcome or outcome
            entry.is_linked = entry.is_linked or with_wamid
        case StatusLogged(_, status, at):
            _earliest(entry.own_stamps, status, at)
            entry.is_linked = True


def _earliest(stamps: dict[str, Millis], status: str, at: Millis) -> None:
    stamps[status] = min(at, stamps.get(status, at))
