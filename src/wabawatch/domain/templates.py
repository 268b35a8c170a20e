"""Whether a send kept the rule "only approved templates": judged on what we had been told by then (SPEC.md 5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from wabawatch.domain.error_codes import TEMPLATE_VIOLATION_CODES
from wabawatch.domain.facts import Millis, Source
from wabawatch.domain.messages import Message
from wabawatch.domain.standing import (
    MINUTE_MS,
    NOT_JUDGED,
    Judgement,
    Look,
    Role,
    TemplateUse,
    look,
)

MARGIN_MS = 10 * MINUTE_MS
"""A send within this time after we were told is unverified, not a violation: it may have been on its way."""

APPROVED = "APPROVED"
_MEANS_APPROVED = frozenset({"APPROVED", "REINSTATED", "UNARCHIVED", "FLAGGED"})
_NOT_SENDABLE = frozenset(
    {
        "ARCHIVED",
        "DELETED",
        "DISABLED",
        "IN_APPEAL",
        "LIMIT_EXCEEDED",
        "PAUSED",
        "PENDING",
        "PENDING_DELETION",
        "REJECTED",
    }
)
_UNPAUSED = frozenset({"UNPAUSE", "UNPAUSED"})


class TemplateEvent(NamedTuple):
    """One line of a template's history."""

    at: Millis
    told_at: Millis
    """When we were told; for imported history, when it happened"""
    aspect: str
    """status | quality | category"""
    value: str
    reason: str = ""
    told_by: Source = Source.WEBHOOK
    """Who told us first"""


class ConsentEvent(NamedTuple):
    """One line of a person's consent history, for one category."""

    at: Millis
    value: str
    """stop | resume | signup"""


def status_meaning(value: str, reason: str = "") -> str:
    """Meta's status event in the words of the rule: APPROVED, a status that cannot be sent, or "" (cannot tell)."""
    if value in _MEANS_APPROVED or reason in _UNPAUSED:
        return APPROVED
    return value if value in _NOT_SENDABLE else ""


def in_force(events: Iterable[TemplateEvent], aspect: str, at: Millis) -> TemplateEvent | None:
    """The newest event of *aspect* among those we had been told by *at*."""
    told = (event for event in events if event.aspect == aspect and event.told_at <= at)
    return max(told, default=None)


def judge(message: Message, history: Sequence[TemplateEvent], consent: Sequence[ConsentEvent]) -> Judgement:
    """How the send of *message* stands to the template rule.

    *history* is its template's, *consent* its recipient's for marketing messages; both in any order.
    """
    seen = look(message)
    if seen.role is not _ATTEMPTED:
        return NOT_JUDGED
    at = seen.cohort_at
    event = in_force(history, "status", at) if history else None
    status = status_meaning(event.value, event.reason) if event else ""
    if status not in ("", APPROVED) and _was_sendable(history, at):
        status = APPROVED
    refused = _refusal(message, seen)
    if refused:
        return Judgement(TemplateUse.VIOLATION, status, _health(status, history, at), f"refused_{refused}")
    if not is_template_send(message):
        return NOT_JUDGED
    use, reason = _use(message, status, history, at)
    if use is not TemplateUse.VIOLATION and _is_marketing(message, history, at) and has_opted_out(consent, at):
        use, reason = TemplateUse.VIOLATION, OPTED_OUT
    return Judgement(use, status, _health(status, history, at), reason)


def is_template_send(message: Message) -> bool:
    """Whether a template was sent, named or not."""
    return message.template is not None or (message.type is not None and message.type[2] == "template")


OPTED_OUT = "opted_out"
"""The reason of a marketing template that was sent to somebody who had stopped them."""
ENDED_UNSEEN = "ended_unseen"
"""The reason where a template that was not sendable was later found to be so, and nobody told since when."""

_ATTEMPTED = Role.ATTEMPTED


def may_need_consent(message: Message) -> bool:
    """Whether it may play a part what the recipient said to marketing: not when it is known to be something else."""
    return is_template_send(message) and (message.category is None or _is_marketing(message, (), 0))


def _refusal(message: Message, seen: Look) -> int:
    if not seen.has_failed or seen.arrived_at is not None:
        return 0
    return min((n.error.code for n in message.errors if n.error.code in TEMPLATE_VIOLATION_CODES), default=0)


def _use(message: Message, status: str, history: Sequence[TemplateEvent], at: Millis) -> tuple[TemplateUse, str]:
    if not status:
        return TemplateUse.UNVERIFIED, "template_unknown"
    if status == APPROVED:
        return TemplateUse.COMPLIANT, ""
    if not message.wamid:
        return TemplateUse.UNVERIFIED, "not_accepted"
    since = unsendable_since(history, at)
    # The status is looked up as of the request; the margin runs until the message was accepted.
    accepted_at = at if message.accepted_at is None else max(at, message.accepted_at)
    if since is None or since.told_at + MARGIN_MS > accepted_at:
        return TemplateUse.UNVERIFIED, "within_margin"
    if _may_have_ended(history, at):
        return TemplateUse.UNVERIFIED, ENDED_UNSEEN
    return TemplateUse.VIOLATION, f"template_{status.lower()}"


def unsendable_since(history: Iterable[TemplateEvent], at: Millis) -> TemplateEvent | None:
    """The event that first told that the template is not sendable, as it was not at the time *at*; None: it was.

    Worse news gives no new margin.
    """
    since: TemplateEvent | None = None
    for event in sorted((e for e in history if e.aspect == "status" and e.told_at <= at), reverse=True):
        if status_meaning(event.value, event.reason) in ("", APPROVED):
            break
        if since is None or event.told_at <= since.told_at:
            since = event
    return since


def _was_sendable(history: Iterable[TemplateEvent], at: Millis) -> bool:
    """Whether the template could be sent at the time *at*, by all that we know now.

    Good news that came late clears a send; bad news that came late blames none.
    """
    newest = max((event for event in history if event.aspect == "status" and event.at <= at), default=None)
    return newest is not None and status_meaning(newest.value, newest.reason) == APPROVED


def _may_have_ended(history: Iterable[TemplateEvent], at: Millis) -> bool:
    """Whether the template may have become sendable before the time *at*: the next that we know is a look that found it
    so. A webhook tells when that happened; a look only that it had."""
    following = min((event for event in history if event.aspect == "status" and event.at > at), default=None)
    if following is None or following.told_by is not Source.POLL:
        return False
    return status_meaning(following.value, following.reason) == APPROVED


def bears_on_since(event: TemplateEvent, history: Iterable[TemplateEvent]) -> Millis:
    """From which cohort time on *event*, new in *history*, can change a verdict: since it happened, or we were told;
    where the template was not sendable before it, since that."""
    since = min(event.at, event.told_at)
    if event.aspect != "status":
        return since
    earlier = (each for each in history if each.aspect == "status" and each.at <= event.at and each != event)
    before = max(earlier, default=None)
    if before is None or status_meaning(before.value, before.reason) in ("", APPROVED):
        return since
    return min(since, before.at)


def _health(status: str, history: Sequence[TemplateEvent], at: Millis) -> str:
    if not status:
        return ""
    quality = in_force(history, "quality", at)
    is_red = quality is not None and quality.value == "RED"
    return "healthy" if status == APPROVED and not is_red else "unhealthy"


def _is_marketing(message: Message, history: Sequence[TemplateEvent], at: Millis) -> bool:
    if message.category is not None:
        return message.category[2].lower().startswith("marketing")
    category = in_force(history, "category", at)
    return category is not None and category.value.lower() == "marketing"


def has_opted_out(consent: Iterable[ConsentEvent], at: Millis) -> bool:
    """Whether the newest word of the person before *at* was "stop"."""
    return opted_out_at(consent, at) is not None


def opted_out_at(consent: Iterable[ConsentEvent], at: Millis) -> Millis | None:
    """When the person last said "stop" before *at*; None: they did not, or took it back since."""
    newest = max((event for event in consent if event.at < at), default=None)
    return newest.at if newest is not None and newest.value == "stop" else None
