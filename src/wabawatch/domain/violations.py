"""The evidence behind "only approved templates": what a send was judged by (SPEC.md 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wabawatch.domain.error_codes import TEMPLATE_VIOLATION_CODES
from wabawatch.domain.facts import Millis, Source, TemplateRef
from wabawatch.domain.messages import Message
from wabawatch.domain.standing import Judgement, cohort_at
from wabawatch.domain.templates import (
    ENDED_UNSEEN,
    OPTED_OUT,
    ConsentEvent,
    TemplateEvent,
    opted_out_at,
    unsendable_since,
)

SENTENCES = {
    "template_unknown": "nobody had told us the template's status by then",
    "within_margin": "we had been told less than 10 minutes before: it may have been on its way",
    "not_accepted": "the template was not sendable, but nothing tells that Meta accepted the message",
    ENDED_UNSEEN: "the template was not sendable by the last word, and was at the next look: nobody knows since when",
    OPTED_OUT: "a marketing template, sent after the person had stopped marketing messages",
}


@dataclass(frozen=True, slots=True)
class SendEvidence:
    """One send and what it was judged by. Internal ids only: no phone number, BSUID or wamid."""

    message_id: int
    """As in the public tables"""
    at: Millis
    """Cohort time"""
    number: str
    waba: str
    template: TemplateRef | None
    category: str
    use: str
    """violation | unverified"""
    reason: str
    """A stable word"""
    template_status: str
    """At that time, as far as we had been told; "" unknown"""
    told_at: Millis | None
    """Since when we knew that the template was not sendable; None: that is not the reason"""
    told_by: Source | None
    """Who told first"""
    opted_out_at: Millis | None
    """When the person had stopped marketing messages"""
    error_code: int | None
    """With which Meta refused it"""

    @property
    def sentence(self) -> str:
        """The reason, for a person."""
        if self.error_code is not None:
            return f"Meta refused the template with {self.error_code}"
        if self.told_at is not None and self.reason.startswith("template_"):
            return f"accepted 10 minutes or more after we were told that the template is {self.template_status}"
        return SENTENCES.get(self.reason, self.reason)


def evidence(
    message_id: int,
    message: Message,
    judgement: Judgement,
    history: Sequence[TemplateEvent],
    consent: Sequence[ConsentEvent],
) -> SendEvidence:
    """What the send of *message* was judged by. *history* and *consent* are those that the judge had."""
    at = cohort_at(message)
    since = unsendable_since(history, at) if judgement.template_status not in ("", "APPROVED") else None
    codes = {note.error.code for note in message.errors} & TEMPLATE_VIOLATION_CODES
    return SendEvidence(
        message_id,
        at,
        message.number,
        message.waba[2] if message.waba else "",
        message.template[2] if message.template else None,
        message.category[2] if message.category else "",
        judgement.use.value,
        judgement.reason,
        judgement.template_status,
        since.told_at if since else None,
        since.told_by if since else None,
        opted_out_at(consent, at) if judgement.reason == OPTED_OUT else None,
        min(codes) if judgement.reason.startswith("refused_") and codes else None,
    )


class OptOut(NamedTuple):
    """A person's word that they want no more marketing messages."""

    at: Millis
    contact_id: int
    """Our id of the person"""
    waba: str
    """Whose messages it is about; "" unknown"""


@dataclass(frozen=True, slots=True)
class Violations:
    """How the template sends of a window stand to the rule, with the evidence."""

    start: Millis | None
    end: Millis
    violations: int
    unverified: int
    """How many there are; listed are the newest"""
    violating: tuple[SendEvidence, ...]
    unproven: tuple[SendEvidence, ...]
    opt_outs: tuple[OptOut, ...]
