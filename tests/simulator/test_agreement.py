"""The truth and the watchman's own rules, made apart from each other, count the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.simulator.scenes import START, simulation

from wabawatch.domain.facts import (
    ErrorSeen,
    MessageEchoed,
    MessageFact,
    MessageReceived,
    Person,
    SendOutcome,
    SendRecorded,
    Source,
    Status,
    StatusChanged,
    TemplateRef,
    Unrecognised,
    When,
    Why,
)
from wabawatch.domain.messages import Message, join, join_stages, lift, stages_of
from wabawatch.domain.standing import Judgement, Role, cohort_at, standing
from wabawatch.meta.webhooks import parse
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.steps import LogSend, LogStatus, PostWebhook, Step
from wabawatch.simulator.truth import DELIVERY_GRACE_MS

Key = tuple[str, str]


class Watchman:
    """The smallest possible one: rows in memory, joined as the rules say."""

    def __init__(self) -> None:
        self.rows: dict[Key, Message] = {}
        self.unrecognised: list[Unrecognised] = []

    def see(self, step: Step) -> None:
        match step:
            case PostWebhook(at, body):
                for fact in parse(body, received_at=at).facts:
                    if isinstance(fact, Unrecognised):
                        self.unrecognised.append(fact)
                    if isinstance(fact, StatusChanged | MessageReceived | MessageEchoed):
                        self._join((fact.number, fact.wamid), lift(fact))
            case LogSend(_, payload):
                fact = recorded(payload)
                self._join((fact.number, fact.wamid or fact.local_id), lift(fact))
            case LogStatus(_, local_id, payload):
                self._link(local_id, payload)

    def totals(self, as_of: int) -> dict[str, Any]:
        judged = [(standing(row, Judgement(), as_of), cohort_at(row)) for row in self.rows.values()]
        counted = [one for one, _ in judged if one.role is Role.ATTEMPTED]
        rated = [one for one, at in judged if one.in_delivery and at <= as_of - DELIVERY_GRACE_MS]
        return {
            **Counter(one.status.value for one in counted),
            "attempted": len(counted),
            "accepted": sum(one.is_accepted for one in counted),
            "rejected": sum(one.is_rejected for one in counted),
            "unlinked": sum(one.is_unlinked for one in counted),
            "orphan": sum(one.role is Role.ORPHAN for one, _ in judged),
            "inbound": sum(one.role is Role.INBOUND for one, _ in judged),
            "delivery_rate": (sum(one.status.value in ("delivered", "read") for one in rated), len(rated)),
            "failure_rate": (
                sum(one.status.value == "failed" for one in counted),
                sum(one.in_failure for one in counted),
            ),
        }

    def _join(self, key: Key, message: Message) -> None:
        self.rows[key] = join(self.rows[key], message) if key in self.rows else message

    def _link(self, local_id: str, payload: Any) -> None:
        key = next(key for key in self.rows if key[1] == local_id)
        told = stages_of(Status(payload["status"]), payload["at"])
        row = self.rows.pop(key)
        linked = row._replace(wamid=payload["wamid"], stages=join_stages(row.stages, told))
        self._join((key[0], payload["wamid"]), linked)


def recorded(payload: Any) -> SendRecorded:
    template = TemplateRef(payload["template_name"], payload["template_language"]) if payload["template_name"] else None
    return SendRecorded(
        When(payload["at"], payload["at"]),
        Source.API,
        local_id=payload["local_id"],
        wamid=payload["message_id"] or "",
        number=payload["phone_number_id"],
        person=Person(phone=(payload["phone_number"] or "").lstrip("+"), bsuid=payload.get("bsuid", "")),
        group=payload.get("group", ""),
        type=payload["type"],
        template=template,
        category=payload["category"],
        outcome=SendOutcome(payload["outcome"]),
        errors=(ErrorSeen(payload["error"]["code"]),) if "error" in payload else (),
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mix", [Mix.plain(), Mix.nasty()], ids=["plain", "nasty"])
def test_both_count_the_same(mix: Mix, seed: int) -> None:
    made, watchman = simulation(seed, messages=600, mix=mix), Watchman()
    for step in made.steps():
        watchman.see(step)

    as_of = max(made.now, START + 3 * 3_600_000)

    empty = dict.fromkeys(("sent", "delivered", "read", "failed", "expired", "pending"), 0)
    assert empty | watchman.totals(as_of) == made.totals(as_of)


def test_the_parser_understands_all_that_is_told_but_the_field_nobody_knows() -> None:
    made, watchman = simulation(5, messages=2_000), Watchman()
    for step in made.steps():
        watchman.see(step)

    assert {fact.why for fact in watchman.unrecognised} == {Why.UNKNOWN_FIELD}


def test_message_facts_are_those_the_truth_is_about() -> None:
    """Guards `Watchman` itself: a kind of message fact that it does not join would hide here."""
    assert set(MessageFact.__args__) == {SendRecorded, StatusChanged, MessageReceived, MessageEchoed}
