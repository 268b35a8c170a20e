"""Logging many records at once, as the SDK does, and what agents did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.flows.digest import fingerprint
from wabawatch.flows.ingest import Admission
from wabawatch.flows.recording import body_of, record_agent, record_item
from wabawatch.ports import Body, BodyKind, BodySource, Clock, Inbox, StoredBody
from wabawatch.records import AgentItem, BatchIn, Item, MessageItem, RecordItem, StatusItem, WebhookItem
from wabawatch.web.answers import Id, Strict
from wabawatch.web.operations import Call, Operation
from wabawatch.wire import AgentIn, AnswerRecord

Admit: TypeAlias = Callable[[str, bytes, bytes | None], Admission]
"""What becomes of a webhook of an app with this body and signature."""

MAX_BATCH_BYTES = 8 << 20
"""Room for the copy of the largest webhook, in Base64"""


class Kept(Strict):
    """What became of a batch."""

    kept: Annotated[int, msgspec.Meta(description="Records that are durably kept")]
    refused: Annotated[int, msgspec.Meta(description="Copies of webhooks without a right signature: not kept")]


@dataclass(frozen=True, slots=True)
class BatchesApi:
    """Many records in one commit, and what agents did."""

    inbox: Inbox
    clock: Clock
    admit: Admit

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        return [
            Operation(
                "POST", "/batches", Scope.WRITE, self.log_batch, "Log many records at once", Kept,
                body=BatchIn, status=202, most_bytes=MAX_BATCH_BYTES,
                description="Answered once all of them are durably kept, in one commit. If one of them is wrong none is"
                " kept, and the problem says which. A repeated batch changes nothing where its records carry their own"
                " `local_id` and `at`.",
            ),
            Operation(
                "POST", "/agent-interactions", Scope.WRITE, self.log_agent_interaction, "Log what an agent did", Id,
                body=AgentIn, status=202,
                description="An agent is a person or a program that acts in a conversation. Answered once it is"
                " durably kept.",
            ),
        ]  # fmt: skip

    def log_batch(self, call: Call) -> Kept:
        """All of them are kept in one commit, or none."""
        batch: BatchIn = call.body
        now = self.clock.now()
        bodies = [body for place, item in enumerate(batch.records) for body in self._bodies(place, item, now)]
        self.inbox.append_all(bodies)
        # Of a webhook two things are kept: the copy, and how it was answered.
        copies = sum(body.source is BodySource.COPY for body in bodies)
        kept = len(bodies) - copies
        return Kept(kept, len(batch.records) - kept)

    async def log_agent_interaction(self, call: Call) -> Id:
        """202 with its id once it is durably kept."""
        acted: AgentIn = call.body
        now = self.clock.now()
        record = record_agent(acted, now)
        await self.inbox.append(body_of(record, now))
        return Id(record.local_id)

    def _bodies(self, place: int, item: Item, now: Millis) -> list[Body]:
        if not isinstance(item, WebhookItem):
            try:
                return [body_of(record_item(item, now), now)]
            except BadRequest as error:
                raise BadRequest(f"records[{place}].{_within(item, error.message)}{error}") from error
        # The application's door may be open to anybody: what nobody signed is no webhook.
        if self.admit(item.app, item.body, item.signature.encode() or None) is not Admission.ACCEPTED:
            return []
        at = min(item.at or now, now)
        copy = Body(BodyKind.WEBHOOK, at, item.body, item.app, BodySource.COPY, item.signature)
        answer = AnswerRecord(fingerprint(StoredBody(0, copy)).hex(), at, item.status, item.ms)
        return [body_of(answer, now), copy]  # in this order: `flows.digest.take_in`


def _within(item: RecordItem, sentence: str) -> str:
    """What of a record holds the member that *sentence* names."""
    match item:
        case MessageItem():
            return "message."
        case AgentItem():
            return "interaction."
        case StatusItem():
            return "" if sentence.startswith("id:") else "status."
