"""SPEC.md 5 on template sends, sentence by sentence: each row is one case of the sentence in front of it."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.support.facts import DAY, HOUR, LOCALS, MINUTE, T0, TEMPLATES, gathered, recorded, told
from wabawatch.domain.facts import ErrorSeen, MessageFact, SendOutcome, Source, Status
from wabawatch.domain.standing import TemplateUse
from wabawatch.domain.templates import ConsentEvent, TemplateEvent, judge

GOOD, OPEN, BAD = TemplateUse.COMPLIANT, TemplateUse.UNVERIFIED, TemplateUse.VIOLATION


class Case(NamedTuple):
    sentence: str
    case: str
    expected: TemplateUse
    reason: str
    facts: tuple[MessageFact, ...]
    history: tuple[TemplateEvent, ...] = ()
    consent: tuple[ConsentEvent, ...] = ()


def send(answered: int | None = None, category: str = "utility", **more: object) -> MessageFact:
    at = None if answered is None else T0 + answered
    return recorded(0, template=TEMPLATES[0], category=category, answered_at=at, **more)


def event(value: str, offset: int, known: int | None = None, by: Source = Source.WEBHOOK) -> TemplateEvent:
    return TemplateEvent(T0 + offset, T0 + (offset if known is None else known), "status", value, "", by)


def refused(code: int) -> MessageFact:
    return send(wamid="", outcome=SendOutcome.REJECTED, errors=(ErrorSeen(code),))


def failed(code: int) -> MessageFact:
    return told(Status.FAILED, 5, errors=(ErrorSeen(code),))


APPROVED = event("APPROVED", -9 * DAY)
UNSENDABLE = (
    *("ARCHIVED", "DELETED", "DISABLED", "IN_APPEAL", "LIMIT_EXCEEDED"),
    *("PAUSED", "PENDING", "PENDING_DELETION", "REJECTED"),
)
REFUSED = "refused or failed with 132001, 132007, 132015 or 132016"
ACCEPTED = "accepted >= 10 min after a webhook or poll had told us that the template was not sendable"
LOOKED_UP = "looked up in the template's history as of cohort time"
OPTED_OUT = "or a marketing template sent after an opt-out"
UNVERIFIED = "within the margin, or with an unknown template: unverified, shown, no violation"
MEANS = "REINSTATED, UNARCHIVED and un-paused mean APPROVED; FLAGGED is APPROVED with a flag"
STOP = (ConsentEvent(T0 - HOUR, "stop"),)

CASES = [
    *[Case(REFUSED, f"refused {c}", BAD, f"refused_{c}", (refused(c),)) for c in (132001, 132007, 132015, 132016)],
    *[Case(REFUSED, f"failed {c}", BAD, f"refused_{c}", (send(), failed(c))) for c in (132001, 132007, 132015, 132016)],
    Case(REFUSED, "although approved", BAD, "refused_132015", (send(), failed(132015)), (APPROVED,)),
    Case(REFUSED, "another code", GOOD, "", (refused(132000),), (APPROVED,)),
    *[Case(ACCEPTED, v, BAD, f"template_{v.lower()}", (send(),), (event(v, -HOUR),)) for v in UNSENDABLE],
    Case(ACCEPTED, "told by poll", BAD, "template_paused", (send(),), (event("PAUSED", -HOUR, by=Source.POLL),)),
    Case(ACCEPTED, "10 min to the ms", BAD, "template_paused", (send(),), (event("PAUSED", -10 * MINUTE),)),
    Case(ACCEPTED, "1 ms less", OPEN, "within_margin", (send(),), (event("PAUSED", -10 * MINUTE + 1),)),
    Case(ACCEPTED, "the answer counts", BAD, "template_paused", (send(1),), (event("PAUSED", -10 * MINUTE + 1),)),
    Case(ACCEPTED, "told late", OPEN, "within_margin", (send(),), (event("PAUSED", -HOUR, known=-MINUTE),)),
    Case(ACCEPTED, "nobody accepted it", OPEN, "not_accepted", (send(wamid="", local_id=LOCALS[0]),),
         (event("PAUSED", -HOUR),)),
    Case(LOOKED_UP, "told between request and answer", GOOD, "", (send(HOUR),), (APPROVED, event("PAUSED", 10))),
    Case(LOOKED_UP, "told after the send", GOOD, "", (send(),), (APPROVED, event("PAUSED", -HOUR, known=1))),
    Case(LOOKED_UP, "approved again before", GOOD, "", (send(),), (event("PAUSED", -DAY), event("APPROVED", -HOUR))),
    Case(LOOKED_UP, "earlier history came late", BAD, "template_paused", (send(),),
         (event("PAUSED", -DAY), APPROVED)),
    Case(LOOKED_UP, "good news came late", GOOD, "", (send(),),
         (event("PAUSED", -DAY), event("APPROVED", -HOUR, known=HOUR))),
    Case(LOOKED_UP, "good and bad news came late", BAD, "template_paused", (send(),),
         (event("PAUSED", -DAY), event("APPROVED", -HOUR, known=HOUR), event("PAUSED", -MINUTE, known=HOUR))),
    Case(LOOKED_UP, "a webhook told when it was un-paused", BAD, "template_paused", (send(),),
         (event("PAUSED", -HOUR), event("APPROVED", MINUTE))),
    Case(LOOKED_UP, "a look found it un-paused", OPEN, "ended_unseen", (send(),),
         (event("PAUSED", -HOUR), event("APPROVED", MINUTE, by=Source.POLL))),
    Case(LOOKED_UP, "a look found it paused before one found it un-paused", BAD, "template_paused", (send(),),
         (event("PAUSED", -HOUR), event("PAUSED", MINUTE, by=Source.POLL), event("APPROVED", HOUR, by=Source.POLL))),
    Case(OPTED_OUT, "marketing", BAD, "opted_out", (send(category="marketing"),), (APPROVED,), STOP),
    Case(OPTED_OUT, "utility", GOOD, "", (send(),), (APPROVED,), STOP),
    Case(OPTED_OUT, "taken back", GOOD, "", (send(category="marketing"),), (APPROVED,),
         (*STOP, ConsentEvent(T0 - MINUTE, "resume"))),
    Case(OPTED_OUT, "after the send", GOOD, "", (send(category="marketing"),), (APPROVED,),
         (ConsentEvent(T0 + 1, "stop"),)),
    Case(UNVERIFIED, "no history", OPEN, "template_unknown", (send(),)),
    Case(UNVERIFIED, "an unknown status", OPEN, "template_unknown", (send(),), (event("NEW_WORD", -DAY),)),
    Case(UNVERIFIED, "a template without a name", OPEN, "template_unknown", (recorded(type="template"),)),
    *[Case(MEANS, v, GOOD, "", (send(),), (event("PAUSED", -DAY), event(v, -HOUR)))
      for v in ("APPROVED", "REINSTATED", "UNARCHIVED", "FLAGGED")],
    Case(MEANS, "un-paused", GOOD, "", (send(),),
         (event("PAUSED", -DAY), TemplateEvent(T0 - HOUR, T0 - HOUR, "status", "PAUSED", "UNPAUSE"))),
]  # fmt: skip


@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row.sentence[:40]}: {row.case}")
def test_the_rule_says_what_the_specification_says(row: Case) -> None:
    found = judge(gathered(*row.facts), row.history, row.consent)

    assert (found.use, found.reason) == (row.expected, row.reason)
