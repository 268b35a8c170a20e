"""What flows need from the outside, each method with its guarantee. Implementations live in the adapters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from wabawatch.domain.audit_trail import Plain
from wabawatch.domain.calls import CallCounts
from wabawatch.domain.facts import CallAnswered, MessageFact, Millis, OtherFact, TemplateRef
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.messages import ContactKey, Message
from wabawatch.domain.metrics import Tally
from wabawatch.domain.platform import Known, RatingEvent, States, Subject
from wabawatch.domain.polls import Poll, Usage
from wabawatch.domain.report import BodyCounts, MetricPoint
from wabawatch.domain.standing import NOT_JUDGED, Cell, Judgement, Standing
from wabawatch.domain.templates import ConsentEvent, TemplateEvent
from wabawatch.ports_conversations import ConversationsLedger
from wabawatch.ports_erasure import TombstonesLedger
from wabawatch.reconciliation_ports import DaysLedger

BodyId = int
"""Number of a body in the inbox; grows in the order of acceptance and is never used twice."""

MONITORING = "monitoring"
"""The mark that says whether monitoring is wanted: 0 never decided, `RUNNING`, or `STOPPED` by hand."""
RUNNING, STOPPED = 1, 2

ALIVE = "monitoring_alive_at"
"""The mark that monitoring moves while it runs."""

CLOSED_UNTIL = "closed_until"
"""The mark up to which buckets are closed."""

DIGESTED = "digested"
"""The mark that says up to which body everything is digested or set aside."""

SWEPT = "swept_until"
"""The mark that says how far the expiry sweep has come."""

PROBE_SIGNATURE = "sha256=" + "0" * 64
"""The signature header with which we try our own receiver: no app secret ever makes it."""

OUR_CHALLENGE = "wabawatch-"
"""How the challenges begin with which we try our own callback URL."""


class BodyKind(StrEnum):
    """Whose words a body holds."""

    WEBHOOK = "webhook"
    """Meta's JSON, exactly as it came."""
    RECORD = "record"
    """Our own JSON (`wabawatch.wire`): sends and statuses logged by API or SDK."""


class BodySource(StrEnum):
    """How a body came to us. Only live ones may alert and enter latency figures."""

    LIVE = "live"
    IMPORT = "import"
    REPLAY = "replay"
    SYNTHETIC = "synthetic"
    COPY = "copy"
    """Live, but the application got it itself and handed on a copy: it never goes back there"""


class Body(NamedTuple):
    """One accepted body: what digest turns into facts."""

    kind: BodyKind
    received_at: Millis
    content: bytes
    app: str = ""
    """Name of the Meta app whose callback path it arrived at; "" is the default app."""
    source: BodySource = BodySource.LIVE
    signature: str = ""
    """The signature header as it came, so that it can be verified again later."""


class StoredBody(NamedTuple):
    """A body with its number."""

    id: BodyId
    body: Body


class Clock(Protocol):
    """The time, handed in."""

    def now(self) -> Millis:
        """Milliseconds since 1970 UTC."""


class Inbox(Protocol):
    """Accepted bodies that wait to be digested: durable, ordered, sealed."""

    async def append(self, body: Body) -> BodyId:
        """Keep *body*. On return a crash cannot lose it. Bodies that wait together share one commit.

        Raises StoreUnavailable when nothing was kept (write error, or free space below the reserve).
        """

    def append_all(self, bodies: Sequence[Body]) -> list[BodyId]:
        """Keep *bodies* in one commit, from any thread. Same guarantee as `append`."""

    def read(self, after: BodyId, limit: int) -> list[StoredBody]:
        """Up to *limit* bodies numbered above *after*, in order; fewer when they are large. Raises DamagedBodies."""

    def find(self, id: BodyId) -> Body | None:
        """The body numbered *id*, if the inbox still has it."""

    def newest(self) -> BodyId:
        """Number of the newest body ever kept (0: none)."""

    def waiting(self, after: BodyId) -> int:
        """How many bodies are numbered above *after*."""

    def webhooks_waiting(self, after: BodyId) -> int:
        """How many of the bodies numbered above *after* are webhooks, and no records of our own."""

    def oldest_waiting_at(self, after: BodyId) -> Millis | None:
        """When the next body above *after* was received (up to one commit too early); None when there is none."""

    def trouble(self) -> str:
        """Why nothing can be kept now, in a sentence; "" when all is well."""

    def forget(self, up_to: BodyId) -> None:
        """Delete the bodies numbered *up_to* and below, except those in one commit with later ones. Repeatable."""

    def close(self) -> None:
        """Keep what is queued, then close: every later call raises StoreUnavailable. Repeatable."""


class Spool(Protocol):
    """Where bodies wait that the inbox could not take."""

    def keep(self, body: Body) -> None:
        """Keep *body*. On return a crash cannot lose it, unless the disk failed too. Never raises for that."""


class Held(NamedTuple):
    """A message in the books. `id` 0: not yet written."""

    id: int
    message: Message
    judgement: Judgement = NOT_JUDGED


class BodyResult(StrEnum):
    """What became of an accepted body."""

    PROCESSED = "processed"
    DUPLICATE = "duplicate"
    """Processed: byte for byte a body seen before, so there was nothing new in it"""
    RETRYING = "retrying"
    PARKED = "parked"


class BodyNote(NamedTuple):
    """One line of the webhook processing log."""

    id: BodyId
    body: Body
    fingerprint: bytes
    result: BodyResult
    facts: int = 0
    unparsed: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Failing:
    """A body that could not be digested: kept, tried again at `next_try_at`, given up when that is None."""

    stored: StoredBody
    tries: int
    next_try_at: Millis | None
    error: str


@dataclass(frozen=True, slots=True)
class Recheck:
    """Messages to judge again, because earlier history of their template or recipient arrived."""

    id: int
    kind: str
    """template | contact | number"""
    ref: int
    from_at: Millis
    cursor: int
    """Messages up to this id are done"""


RollupKey = tuple[int, ...]
"""(tier, bucket, scope, number id, what it is about, standing id)"""

Moves = Mapping[tuple[Cell, Standing], int]
"""By how much the number of messages of a standing in a cell changes."""


class Ledger(ConversationsLedger, DaysLedger, TombstonesLedger, Protocol):
    """The books inside one transaction that writes: all of it is kept, or none."""

    def mark(self, name: str) -> int:
        """A cursor or watermark (0: never set)."""

    def set_mark(self, name: str, value: int) -> None:
        """Set a cursor or watermark."""

    def find(self, wamids: Collection[str], local_ids: Collection[str]) -> tuple[list[Held], dict[str, int]]:
        """The messages known by any of these ids, and which message each known local id means."""

    def save(self, held: Sequence[Held]) -> list[Held]:
        """Write messages; new ones (id 0) get their id. Gives all of them with their ids."""

    def remove(self, became: Mapping[int, int]) -> None:
        """Delete messages that were found to be one with another (removed id -> id it became)."""

    def save_locals(self, meant: Mapping[str, int]) -> None:
        """Remember which message each local id means."""

    def move(self, moves: Moves) -> None:
        """Apply differences to the roll-ups."""

    def country(self, message: Message) -> str:
        """The country of the message's contact, "" if unknown."""

    def template_histories(
        self, refs: Collection[TemplateRef]
    ) -> Mapping[TemplateRef, Mapping[str, list[TemplateEvent]]]:
        """The history of each template, by WABA."""

    def consents(self, contacts: Collection[ContactKey]) -> Mapping[ContactKey, Mapping[str, list[ConsentEvent]]]:
        """The marketing consent history of each contact and of the ids linked to it, by WABA ("": unknown)."""

    def ratings(self, numbers: Collection[str]) -> Mapping[str, Sequence[RatingEvent]]:
        """The history of the quality rating of each number that has one."""

    def states(self, subjects: Collection[Subject]) -> States:
        """What is known of each of *subjects* that Meta ever told the state of."""

    def templates(self, waba: str) -> States:
        """What is known of the templates of an account."""

    def save_states(self, states: Mapping[tuple[Subject, str], Known]) -> None:
        """Keep the newest of each aspect. What is older than what is known changes nothing."""

    def listed_at(self, wabas: Collection[str]) -> Mapping[str, Millis]:
        """When the newest whole list of each account's templates was begun, of those that were ever listed."""

    def save_poll(self, poll: Poll, usages: Sequence[Usage]) -> None:
        """Keep how a question went, and what it told of Meta's limits."""

    def note(self, facts: Sequence[OtherFact]) -> None:
        """Write down what is no message. Repeats change nothing; what needs judging again is queued."""

    def note_people(self, facts: Sequence[MessageFact]) -> None:
        """Write down which ids, numbers and accounts were seen together."""

    def note_same(self, seen: Sequence[tuple[Collection[ContactKey], str, Millis]]) -> None:
        """Write down ids of one person, with WABA and time. What needs judging again is queued."""

    def seen(self, fingerprints: Collection[bytes]) -> set[bytes]:
        """Those of *fingerprints* that a body kept before has."""

    def note_bodies(self, notes: Sequence[BodyNote]) -> None:
        """Write the processing log and its counters. A repeated id replaces its line."""

    def note_delays(self, delays: Sequence[tuple[str, Millis, Millis]]) -> None:
        """Add to Meta's delay histogram: (phone_number_id, receipt time, delay in ms)."""

    def known_numbers(self, numbers: Collection[str]) -> set[str]:
        """Those of *numbers* (phone_number_ids) that anything ever spoke of."""

    def note_calls(self, calls: Sequence[tuple[CallAnswered, str]]) -> None:
        """Count calls to the Graph API and how long they took, each for the number beside it ("": for none)."""

    def fail(self, failing: Failing) -> None:
        """Keep a body that could not be digested."""

    def heal(self, body_id: BodyId) -> bool:
        """Forget that a body could not be digested. False: somebody else has done so already."""

    def failing(self, due_at: Millis, limit: int) -> list[Failing]:
        """Bodies to try again by *due_at*."""

    def expiring(self, until: Millis, limit: int) -> tuple[list[Held], Millis]:
        """Messages whose time runs out by *until*, the earliest *limit* of them (and all of the same time as the
        last), and how far that reaches: *until*, or the time of the last one."""

    def recheck(self) -> Recheck | None:
        """The next piece of judging again that waits."""

    def recheck_page(self, recheck: Recheck, limit: int) -> list[Held]:
        """The next messages of *recheck*, in the order of their ids."""

    def close_recheck(self, recheck: Recheck, cursor: int | None) -> None:
        """Note how far *recheck* has come; None: it is done."""

    def swept_until(self) -> Millis:
        """How far the expiry sweep has come."""


class Books(Protocol):
    """The main database, as the flows that write see it."""

    def mark(self, name: str) -> int:
        """A cursor or watermark (0: never set), read by itself."""

    def has_work(self, due_at: Millis) -> bool:
        """Whether anything waits to be judged again, or set-aside bodies to be tried again by *due_at*."""

    def writing(self) -> AbstractContextManager[Ledger]:
        """A transaction. Durable when the block ends, undone if it raises. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, from `start` up to but not including `end`. None: from the beginning, or without end."""

    start: Millis | None
    end: Millis | None


class Figures(Protocol):
    """The counts in the books, as the flows that read see them."""

    def tally(self, window: Window) -> Tally:
        """How many messages of each standing have their cohort time in *window*."""

    def bodies(self, window: Window) -> BodyCounts:
        """The webhook bodies received in *window*."""

    def answers(self, window: Window) -> Histogram:
        """How long the receiver took to answer the bodies of *window*."""

    def application_answers(self, window: Window) -> tuple[Histogram, int]:
        """How long the application took to answer distinct live bodies of *window* with 2xx; how many it did not."""

    def calls(self, window: Window) -> CallCounts:
        """The calls through the gateway that were passed on in *window*."""

    def accepted_by_rating(self, window: Window) -> Mapping[str, int]:
        """How many accepted messages have their cohort time in *window*, by the quality rating that their number has
        at its end as far as is known then ("" unknown)."""

    def mark(self, name: str) -> int:
        """A cursor or watermark (0: never set)."""

    def recent(self, since: Millis) -> list[MetricPoint]:
        """The figures of every closed bucket since then, for everything and for each WABA and number.

        Buckets of five minutes for up to 6 hours, of an hour for up to 31 days, of a day beyond.
        """

    def last_cycle_at(self) -> Millis | None:
        """The end of the newest window that monitoring has judged."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did, for the audit trail. Never a phone number, BSUID or wamid."""

    actor: str
    """Such as `cli`, `api`, `embedded`, `serve`"""
    action: str
    subject: str = ""
    detail: Mapping[str, Plain] = field(default_factory=dict)
    """Why, or what was changed: `domain.audit_trail.differences`"""


class Recount(Protocol):
    """One consistent view of messages and roll-ups, to hold them against each other."""

    def swept_until(self) -> Millis:
        """How far the expiry sweep had come."""

    def how_many(self) -> int:
        """About how many messages there are."""

    def pages(self) -> Iterator[list[tuple[Held, str]]]:
        """All messages with the country of their contact, some at a time."""

    def rows_of(self, moves: Moves) -> Mapping[RollupKey, int]:
        """The roll-up rows that *moves* amount to."""

    def rows(self) -> Mapping[RollupKey, int]:
        """The roll-up rows as they are."""
