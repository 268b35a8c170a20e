"""What a message counts as: pure functions from a `Message` to its origin, status and standing (SPEC.md 3 and 4)."""

from __future__ import annotations

from enum import StrEnum
from functools import reduce
from typing import NamedTuple

from wabawatch.domain.billing import charged_as, is_billable
from wabawatch.domain.error_codes import LIMIT_HIT_CODES, OPT_OUT_CODE, TEMPLATE_VIOLATION_CODES, Fault, fault_of
from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.messages import ContactKind, Evidence, Message, earliest, join_stages

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

TIME_TO_LIVE_MS = {"authentication": 10 * MINUTE_MS, "authentication_international": 10 * MINUTE_MS}
"""By category (META.md 3.4); 30 days for all others."""
DEFAULT_TIME_TO_LIVE_MS = 30 * DAY_MS
EXPIRY_MARGIN_MS = HOUR_MS


class Origin(StrEnum):
    """Who sent it. Rates, attempted and accepted count `api` and `unknown` only."""

    API = "api"
    UNKNOWN = "unknown"
    BUSINESS_APP = "business_app"
    META_AGENT = "meta_agent"
    HISTORY = "history"
    SYNTHETIC = "synthetic"


SELDOM = frozenset({Origin.BUSINESS_APP, Origin.META_AGENT, Origin.HISTORY, Origin.SYNTHETIC})
"""Origins that few messages have"""


class Outcome(StrEnum):
    """The effective status: each attempted message has exactly one."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"


class Role(StrEnum):
    """In which book a message is counted."""

    ATTEMPTED = "attempted"
    ORPHAN = "orphan"
    """Delivered or read, but its send is not evidenced: kept, listed, in no rate."""
    INBOUND = "inbound"
    APART = "apart"
    """Echoes, Meta's agent, history, synthetic: kept and listed, in no figure."""


class TemplateUse(StrEnum):
    """How the send stands to the rule "only approved templates"."""

    NONE = ""
    """Not a template send, or not known to be one."""
    COMPLIANT = "compliant"
    UNVERIFIED = "unverified"
    VIOLATION = "violation"


class Pace(StrEnum):
    """Within what time of its send a message arrived. Set from stamps, never from now."""

    NONE = ""
    FIVE_MINUTES = "5m"
    QUARTER_HOUR = "15m"
    HOUR = "1h"
    DAY = "24h"
    LATER = "later"


class Judgement(NamedTuple):
    """What the histories of its template and its recipient say about a send."""

    use: TemplateUse = TemplateUse.NONE
    template_status: str = ""
    """The template's status at cohort time as far as we had been told; "" unknown"""
    template_health: str = ""
    """healthy | unhealthy | "" unknown"""
    reason: str = ""
    """Why it violates or is unverified, as a stable word"""
    quality_rating: str = ""
    """The number's at cohort time, as far as we had been told; "" unknown"""


NOT_JUDGED = Judgement()
"""The rule says nothing about it"""


class Standing(NamedTuple):
    """All that a figure may ask of one message. Roll-ups count messages by standing."""

    role: Role
    status: Outcome
    is_accepted: bool = False
    is_rejected: bool = False
    is_unlinked: bool = False
    is_recorded: bool = False
    in_delivery: bool = False
    """In the denominator of the delivery rate (once its cohort has matured)"""
    in_failure: bool = False
    pace: Pace = Pace.NONE
    template_use: TemplateUse = TemplateUse.NONE
    template_health: str = ""
    fault: str = ""
    """Whose fault a failure is"""
    is_billable: bool = False
    is_contradictory: bool = False


class Look(NamedTuple):
    """What the stamps and evidence of a message say, taken together once; in a group, with every participant's."""

    cohort_at: Millis
    """The recorded request time if there is one, else the smallest stamp. It decides where the message counts."""
    arrived_at: Millis | None
    """When it first reached a device; in a group, the first participant's"""
    read_at: Millis | None
    """When it was first read or played"""
    is_sent: bool
    is_failed_somewhere: bool
    """A failure was reported, whatever else was"""
    has_failed: bool
    """A failure was reported for the message, or for every participant of a group that is known"""
    is_told: bool
    """There was a status of any kind"""
    is_rejected: bool
    """Meta refused the send: there is an error and never was a wamid"""
    origin: Origin
    role: Role


def look(message: Message) -> Look:
    """What is to be seen of *message*. Each rule below is about this."""
    stages, parts, evidence = message.stages, message.participants, message.evidence
    has_failed = is_refused = stages.failed_at is not None
    if parts:
        has_failed = has_failed or all(each.failed_at is not None for _, each in parts)
        stages = reduce(join_stages, (each for _, each in parts), stages)
    sent, delivered, read, played, failed = stages
    read = earliest(read, played)
    arrived = earliest(delivered, read)
    first = earliest(earliest(sent, failed), arrived)
    cohort = _cohort(message, first)
    is_refused = is_refused or evidence & Evidence.REJECTED != 0
    is_rejected = is_refused and arrived is None and not message.wamid
    # A lone `delivered` proves no send of ours.
    is_evidenced = evidence & Evidence.RECORDED != 0 or sent is not None or failed is not None
    source = _ORIGIN_OF[evidence & _ORIGIN_BITS]
    return Look(
        cohort,
        arrived,
        read,
        sent is not None,
        failed is not None,
        has_failed or is_rejected,
        first is not None,
        is_rejected,
        source,
        _role(source, is_evidenced, evidence & Evidence.INBOUND != 0),
    )


def cohort_at(message: Message) -> Millis:
    """The recorded request time if there is one, else the smallest stamp. It decides where a message counts."""
    if message.requested is not None:
        return message.requested[2]
    return look(message).cohort_at


def _cohort(message: Message, first: Millis | None) -> Millis:
    if message.requested is not None:
        return message.requested[2]
    return earliest(earliest(first, message.noted_at), message.accepted_at) or 0


def origin(message: Message) -> Origin:
    """Who sent it, by the best evidence there is."""
    return _ORIGIN_OF[message.evidence & _ORIGIN_BITS]


_ORIGINS = (
    (Evidence.SYNTHETIC, Origin.SYNTHETIC),
    (Evidence.RECORDED, Origin.API),
    (Evidence.ECHO, Origin.BUSINESS_APP),
    (Evidence.SEEN, Origin.UNKNOWN),
    (Evidence.STANDBY, Origin.META_AGENT),
    (Evidence.HISTORY, Origin.HISTORY),
)
_ORIGIN_BITS = sum(bit for bit, _ in _ORIGINS)
_ORIGIN_OF = [
    next((name for bit, name in _ORIGINS if evidence & bit), Origin.UNKNOWN) for evidence in range(_ORIGIN_BITS + 1)
]


def role(message: Message) -> Role:
    """In which book it is counted."""
    return look(message).role


def _role(source: Origin, is_evidenced: bool, is_inbound: bool) -> Role:
    # A lone `read` of a message that a person wrote is our own mark-as-read, not a sign of a send.
    if is_inbound and not is_evidenced:
        return _APART if source in _NOT_OURS else _INBOUND
    if source not in _COUNTED:
        return _APART
    return _ATTEMPTED if is_evidenced else _ORPHAN


# A member of an enumeration is looked up slowly by name: those that every status needs have names of their own.
_ATTEMPTED, _ORPHAN, _INBOUND, _APART = Role.ATTEMPTED, Role.ORPHAN, Role.INBOUND, Role.APART
_COUNTED = (Origin.API, Origin.UNKNOWN)
_NOT_OURS = (Origin.HISTORY, Origin.SYNTHETIC)
_PENDING, _SENT, _DELIVERED = Outcome.PENDING, Outcome.SENT, Outcome.DELIVERED
_READ, _FAILED, _EXPIRED = Outcome.READ, Outcome.FAILED, Outcome.EXPIRED


def is_group(message: Message) -> bool:
    """Whether it went to a group: such a message has participants and never expires."""
    return bool(message.participants) or (message.contact is not None and message.contact[2].kind == _GROUP)


_GROUP = ContactKind.GROUP


def is_reaction(message: Message) -> bool:
    """Whether it is a reaction, for which Meta sends only `sent`."""
    return message.type is not None and message.type[2] == "reaction"


def expires_at(message: Message, seen: Look | None = None) -> Millis | None:
    """When Meta has given up if nothing arrives: cohort + time to live + 1 h; None where nothing expires."""
    seen = seen or look(message)
    if seen.arrived_at is not None or seen.has_failed or seen.origin not in _COUNTED or not message.wamid:
        return None
    if message.evidence & Evidence.INBOUND or is_group(message) or is_reaction(message):
        return None
    category = message.category[2] if message.category else ""
    return seen.cohort_at + TIME_TO_LIVE_MS.get(category, DEFAULT_TIME_TO_LIVE_MS) + EXPIRY_MARGIN_MS


def outcome(message: Message, swept_until: Millis, seen: Look | None = None) -> Outcome:
    """The effective status. Arrival wins over failure, failure over expiry, whatever came first.

    *swept_until* is how far the expiry sweep has come: a message whose time ran out before it is expired.
    """
    seen = seen or look(message)
    if seen.read_at is not None:
        return _READ
    if seen.arrived_at is not None:
        return _DELIVERED
    if seen.has_failed:
        return _FAILED
    deadline = expires_at(message, seen)
    if deadline is not None and deadline <= swept_until:
        return _EXPIRED
    return _SENT if seen.is_sent else _PENDING


def is_contradictory(message: Message, seen: Look | None = None) -> bool:
    """Delivered and failed: legal with several devices, kept and listed (`partial_failure`)."""
    seen = seen or look(message)
    return seen.arrived_at is not None and seen.is_failed_somewhere


def error_code(message: Message) -> int | None:
    """The code that a failure is counted under: the earliest reported one, then the smallest."""
    return min((note.at, note.error.code) for note in message.errors)[1] if message.errors else None


def pace(message: Message, seen: Look | None = None) -> Pace:
    """How soon it arrived after its send."""
    seen = seen or look(message)
    if seen.arrived_at is None or message.evidence & Evidence.INEXACT:
        return _NO_PACE
    took = seen.arrived_at - seen.cohort_at
    for limit, name in _PACES:
        if took <= limit:
            return name
    return _LATER


_PACES = (
    (5 * MINUTE_MS, Pace.FIVE_MINUTES),
    (15 * MINUTE_MS, Pace.QUARTER_HOUR),
    (HOUR_MS, Pace.HOUR),
    (DAY_MS, Pace.DAY),
)
_NO_PACE, _LATER = Pace.NONE, Pace.LATER


def standing(message: Message, judgement: Judgement, swept_until: Millis, seen: Look | None = None) -> Standing:
    """What *message* counts as."""
    seen = seen or look(message)
    if seen.role is not _ATTEMPTED:
        return Standing(seen.role, outcome(message, swept_until, seen) if seen.role is _ORPHAN else _PENDING)
    status = outcome(message, swept_until, seen)
    accepted = bool(message.wamid)
    is_linked = accepted or seen.is_rejected  # else it is in no rate: nobody knows what became of it
    is_held = message.evidence & Evidence.HELD != 0 and not seen.is_told
    return Standing(
        seen.role,
        status,
        is_accepted=accepted,
        is_rejected=seen.is_rejected,
        is_unlinked=not is_linked,
        is_recorded=message.evidence & Evidence.RECORDED != 0,
        in_delivery=accepted and not is_held and not is_reaction(message),
        in_failure=is_linked,
        pace=pace(message, seen),
        template_use=judgement.use if is_linked else _NO_USE,
        template_health=judgement.template_health if is_linked else "",
        fault=str(_fault(message)) if status is _FAILED else "",
        is_billable=is_billable(message),
        is_contradictory=is_contradictory(message, seen),
    )


_NO_USE = TemplateUse.NONE


def _fault(message: Message) -> Fault:
    code = error_code(message)
    return Fault.UNKNOWN if code is None else fault_of(code)  # no code is not code 0, which is a dead token


class Cell(NamedTuple):
    """Where a message is counted: its minute and its slices."""

    minute: int
    """Cohort time in whole minutes since 1970"""
    number: str
    waba: str
    template: TemplateRef | None
    category: str
    country: str
    error: int
    """Error code of a failed message, else 0"""
    charge: str = ""
    """The category by which it is charged; "" when it costs nothing, as one that did not arrive"""


def cell(message: Message, country: str, status: Outcome, seen: Look | None = None) -> Cell:
    """The slices of *message*; *country* comes from its contact."""
    return Cell(
        (seen.cohort_at if seen else cohort_at(message)) // MINUTE_MS,
        message.number,
        message.waba[2] if message.waba else "",
        message.template[2] if message.template else None,
        message.category[2] if message.category else "",
        country,
        (error_code(message) or 0) if status is _FAILED else 0,
        _charge(message, status, seen),
    )


def _charge(message: Message, status: Outcome, seen: Look | None) -> str:
    if message.pricing is None or not is_billable(message) or status is _FAILED or status is _EXPIRED:
        return ""
    if (seen.role if seen else role(message)) is not _ATTEMPTED:
        return ""
    return charged_as(message)


class Purpose(StrEnum):
    """`meta_compliance_purpose`: which of Meta's requirements a logged thing is evidence for."""

    DELIVERY = "delivery"
    TEMPLATE_USE = "template_use"
    WEBHOOK = "webhook"
    RATE_LIMIT = "rate_limit"
    OPT_OUT = "opt_out"
    ACCOUNT = "account"


def purpose(message: Message) -> Purpose:
    """The requirement that *message* is evidence for."""
    codes = {note.error.code for note in message.errors}
    if codes & LIMIT_HIT_CODES:
        return Purpose.RATE_LIMIT
    if OPT_OUT_CODE in codes:
        return Purpose.OPT_OUT
    if message.template is not None or codes & TEMPLATE_VIOLATION_CODES:
        return Purpose.TEMPLATE_USE
    return Purpose.DELIVERY
