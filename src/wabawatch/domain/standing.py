"""What a message counts as: pure functions from a `Message` to its origin, status and standing (SPEC.md 3 and 4)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.error_codes import OPT_OUT_CODE, RATE_LIMIT_CODES, TEMPLATE_VIOLATION_CODES, Fault, fault_of
from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.messages import ContactKind, Evidence, Message, Stages, earliest

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


def origin(message: Message) -> Origin:
    """Who sent it, by the best evidence there is."""
    evidence = message.evidence
    for bit, name in _ORIGINS:
        if evidence & bit:
            return name
    return Origin.UNKNOWN


_ORIGINS = (
    (Evidence.SYNTHETIC, Origin.SYNTHETIC),
    (Evidence.RECORDED, Origin.API),
    (Evidence.ECHO, Origin.BUSINESS_APP),
    (Evidence.SEEN, Origin.UNKNOWN),
    (Evidence.STANDBY, Origin.META_AGENT),
    (Evidence.HISTORY, Origin.HISTORY),
)


def is_group(message: Message) -> bool:
    """Whether it went to a group: such a message has participants and never expires."""
    return bool(message.participants) or (message.contact is not None and message.contact[2].kind == ContactKind.GROUP)


def is_reaction(message: Message) -> bool:
    """Whether it is a reaction, for which Meta sends only `sent`."""
    return message.type is not None and message.type[2] == "reaction"


def arrived_at(message: Message) -> Millis | None:
    """When it first reached a device; in a group, the first participant's."""
    at = message.stages.first_arrival()
    for _, stages in message.participants:
        at = earliest(at, stages.first_arrival())
    return at


def read_at(message: Message) -> Millis | None:
    """When it was first read or played."""
    at = earliest(message.stages.read_at, message.stages.played_at)
    for _, stages in message.participants:
        at = earliest(at, earliest(stages.read_at, stages.played_at))
    return at


def cohort_at(message: Message) -> Millis:
    """The recorded request time if there is one, else the smallest stamp. It decides where a message counts."""
    if message.requested is not None:
        return message.requested[2]
    at = earliest(message.stages.first(), message.noted_at)
    for _, stages in message.participants:
        at = earliest(at, stages.first())
    return earliest(at, message.accepted_at) or 0


def is_evidenced(message: Message) -> bool:
    """Whether the send itself is proven: a record, `sent`, or `failed`. A lone `delivered` proves no send of ours."""
    return bool(message.evidence & Evidence.RECORDED) or any(
        stages.sent_at is not None or stages.failed_at is not None for stages in _all_stages(message)
    )


def _all_stages(message: Message) -> tuple[Stages, ...]:
    return (message.stages, *(stages for _, stages in message.participants))


def is_rejected(message: Message) -> bool:
    """Meta refused the send: there is an error and never was a wamid."""
    refused = bool(message.evidence & Evidence.REJECTED) or message.stages.failed_at is not None
    return refused and not message.wamid and arrived_at(message) is None


def is_unlinked(message: Message) -> bool:
    """Recorded, not refused, and its wamid is not known (yet)."""
    return not message.wamid and not is_rejected(message)


def is_held(message: Message) -> bool:
    """Meta keeps it back for quality assessment: no status says yet that it was released or dropped."""
    is_told = any(stages.first() is not None for stages in _all_stages(message))
    return bool(message.evidence & Evidence.HELD) and not is_told


def has_failed(message: Message) -> bool:
    """A failure was reported: for the message, or for every participant of a group that is known."""
    if message.stages.failed_at is not None or is_rejected(message):
        return True
    parts = message.participants
    return bool(parts) and all(stages.failed_at is not None for _, stages in parts)


def expires_at(message: Message) -> Millis | None:
    """When Meta has given up if nothing arrives: cohort + time to live + 1 h; None where nothing expires."""
    if origin(message) not in (Origin.API, Origin.UNKNOWN) or not message.wamid or message.evidence & Evidence.INBOUND:
        return None
    if is_group(message) or is_reaction(message) or has_failed(message) or arrived_at(message) is not None:
        return None
    category = message.category[2] if message.category else ""
    return cohort_at(message) + TIME_TO_LIVE_MS.get(category, DEFAULT_TIME_TO_LIVE_MS) + EXPIRY_MARGIN_MS


def outcome(message: Message, swept_until: Millis) -> Outcome:
    """The effective status. Arrival wins over failure, failure over expiry, whatever came first.

    *swept_until* is how far the expiry sweep has come: a message whose time ran out before it is expired.
    """
    if read_at(message) is not None:
        return Outcome.READ
    if arrived_at(message) is not None:
        return Outcome.DELIVERED
    if has_failed(message):
        return Outcome.FAILED
    deadline = expires_at(message)
    if deadline is not None and deadline <= swept_until:
        return Outcome.EXPIRED
    is_sent = any(stages.sent_at is not None for stages in _all_stages(message))
    return Outcome.SENT if is_sent else Outcome.PENDING


def is_contradictory(message: Message) -> bool:
    """Delivered and failed: legal with several devices, kept and listed (`partial_failure`)."""
    return arrived_at(message) is not None and any(s.failed_at is not None for s in _all_stages(message))


def error_code(message: Message) -> int | None:
    """The code that a failure is counted under: the earliest reported one, then the smallest."""
    return min(((note.at, note.error.code) for note in message.errors), default=(0, None))[1]


def role(message: Message) -> Role:
    """In which book it is counted."""
    source = origin(message)
    # A lone `read` of a message that a person wrote is our own mark-as-read, not a sign of a send.
    if message.evidence & Evidence.INBOUND and not is_evidenced(message):
        return Role.APART if source in (Origin.HISTORY, Origin.SYNTHETIC) else Role.INBOUND
    if source not in (Origin.API, Origin.UNKNOWN):
        return Role.APART
    return Role.ATTEMPTED if is_evidenced(message) else Role.ORPHAN


def pace(message: Message) -> Pace:
    """How soon it arrived after its send."""
    arrival = arrived_at(message)
    if arrival is None or message.evidence & Evidence.INEXACT:
        return Pace.NONE
    took = arrival - cohort_at(message)
    for limit, name in _PACES:
        if took <= limit:
            return name
    return Pace.LATER


_PACES = (
    (5 * MINUTE_MS, Pace.FIVE_MINUTES),
    (15 * MINUTE_MS, Pace.QUARTER_HOUR),
    (HOUR_MS, Pace.HOUR),
    (DAY_MS, Pace.DAY),
)


def standing(message: Message, judgement: Judgement, swept_until: Millis) -> Standing:
    """What *message* counts as."""
    book = role(message)
    if book is not Role.ATTEMPTED:
        return Standing(book, Outcome.PENDING if book is not Role.ORPHAN else outcome(message, swept_until))
    status = outcome(message, swept_until)
    accepted = bool(message.wamid)
    rejected = is_rejected(message)
    is_linked = accepted or rejected  # else it is in no rate: nobody knows what became of it
    return Standing(
        role=book,
        status=status,
        is_accepted=accepted,
        is_rejected=rejected,
        is_unlinked=not is_linked,
        is_recorded=bool(message.evidence & Evidence.RECORDED),
        in_delivery=accepted and not is_held(message) and not is_reaction(message),
        in_failure=is_linked,
        pace=pace(message),
        template_use=judgement.use if is_linked else TemplateUse.NONE,
        template_health=judgement.template_health if is_linked else "",
        fault=str(_fault(message)) if status is Outcome.FAILED else "",
        is_billable=message.pricing is not None and message.pricing[2].billable == 1,
        is_contradictory=is_contradictory(message),
    )


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


def cell(message: Message, country: str, status: Outcome) -> Cell:
    """The slices of *message*; *country* comes from its contact."""
    return Cell(
        minute=cohort_at(message) // MINUTE_MS,
        number=message.number,
        waba=message.waba[2] if message.waba else "",
        template=message.template[2] if message.template else None,
        category=message.category[2] if message.category else "",
        country=country,
        error=(error_code(message) or 0) if status is Outcome.FAILED else 0,
    )


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
    if codes & RATE_LIMIT_CODES:
        return Purpose.RATE_LIMIT
    if OPT_OUT_CODE in codes:
        return Purpose.OPT_OUT
    if message.template is not None or codes & TEMPLATE_VIOLATION_CODES:
        return Purpose.TEMPLATE_USE
    return Purpose.DELIVERY
