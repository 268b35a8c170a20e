"""What is recorded of a call that went through the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from wabawatch.domain.facts import CallKind, ErrorSeen, Millis
from wabawatch.flows.sending import Target
from wabawatch.meta.sends import Answered, Asked, loads_of, usage_of
from wabawatch.web.gateway_coding import unpacked
from wabawatch.web.gateway_headers import Incoming
from wabawatch.wire import CallRecord, MessageIn, uuid7
from wabawatch.wire_errors import ErrorIn

RawHeaders: TypeAlias = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """How a call went."""

    at: Millis
    """When it was passed on"""
    latency_ms: float
    http_status: int = 0
    """0: no answer came, or half of one"""
    answer: bytes = b""
    headers: RawHeaders = ()

    def plain_answer(self, limit: int) -> bytes:
        """At most *limit* bytes of the answer, unpacked; empty when it is packed in a way that we cannot read."""
        codings = [value.decode("latin-1") for name, value in self.headers if name.lower() == b"content-encoding"]
        return unpacked(self.answer, ",".join(codings), limit)


def record_of(
    method: str,
    target: Target,
    passed: Passed,
    answered: Answered,
    *,
    message: MessageIn | None,
    is_token_known: bool,
    is_ours: bool,
) -> CallRecord:
    """The record of a call, and of the message that it asked for."""
    return CallRecord(
        at=passed.at,
        method=method[:20],
        node=target.node,
        edge=target.edge,
        version=target.version,
        http_status=passed.http_status,
        latency_ms=round(passed.latency_ms, 2),
        error=_error(answered.errors[0]) if answered.errors else None,
        usage=usage_of(passed.headers),
        loads=loads_of(passed.headers),
        is_ours=is_ours,
        is_token_known=is_token_known,
        message=message,
        local_id=uuid7(passed.at) if message else "",
    )


def message_of(
    kind: CallKind, target: Target, asked: Asked, answered: Answered, incoming: Incoming
) -> MessageIn | None:
    """The message that a call asked for; None when it asked for none."""
    if kind is not CallKind.SEND:
        return None
    return MessageIn(
        # Meta's own spelling of the recipient where it says one: statuses will use it.
        phone_number=answered.person.phone or asked.person.phone or None,
        bsuid=answered.person.bsuid or asked.person.bsuid or None,
        group=asked.group or answered.group or None,
        template_name=asked.template.name if asked.template else None,
        template_language=asked.template.language if asked.template else None,
        category="marketing" if target.edge == "marketing_messages" else None,
        user_id=incoming.user or None,
        lead_id=incoming.lead or None,
        conversation_id=incoming.conversation or None,
        message_id=answered.wamid or None,
        phone_number_id=target.node,
        type=asked.type or None,
        outcome=answered.outcome,
        biz_opaque_callback_data=asked.opaque or None,
    )


def _error(error: ErrorSeen) -> ErrorIn:
    return ErrorIn(
        code=error.code,
        title=error.title,
        message=error.message,
        details=error.details,
        error_subcode=error.subcode,
        fbtrace_id=error.fbtrace_id,
        href=error.href,
        is_transient=None if error.transient < 0 else bool(error.transient),
    )
