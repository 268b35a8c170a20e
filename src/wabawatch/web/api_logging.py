"""Logging over HTTP: messages, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.flows.recording import body_of, record_message, record_status
from wabawatch.ports import Clock, Inbox
from wabawatch.web.answers import Id
from wabawatch.web.operations import Call, Operation
from wabawatch.wire import MessageIn, StatusIn


class WhichMessage(msgspec.Struct, forbid_unknown_fields=True):
    """A message."""

    id: Annotated[
        str, msgspec.Meta(min_length=1, description="The id that logging it gave, or its wamid", examples=["wamid.HBg"])
    ]


@dataclass(frozen=True, slots=True)
class LoggingApi:
    """What an application tells of its messages."""

    inbox: Inbox
    clock: Clock

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        return [
            Operation(
                "POST", "/messages", Scope.WRITE, self.log_message, "Log a message", Id, body=MessageIn, status=202,
                description="Answered once it is durably kept. Say to whom by `phone_number`, `bsuid` or `group`.",
            ),
            Operation(
                "POST", "/messages/{id}/status", Scope.WRITE, self.log_status, "Tell what became of a message", Id,
                parameters=WhichMessage, body=StatusIn, status=202,
                description="With `wamid` it also links a message that was logged without.",
            ),
        ]  # fmt: skip

    async def log_message(self, call: Call) -> Id:
        """202 with its id once it is durably kept."""
        message: MessageIn = call.body
        now = self.clock.now()
        record = record_message(message, now)
        await self.inbox.append(body_of(record, now))
        return Id(record.local_id)

    async def log_status(self, call: Call) -> Id:
        """By our id or its wamid."""
        which: WhichMessage = call.parameters
        told: StatusIn = call.body
        now = self.clock.now()
        record = record_status(which.id, told, now)
        await self.inbox.append(body_of(record, now))
        return Id(record.id)
