"""Facts for property tests: a small world, so that many of them speak of the same few messages."""

from __future__ import annotations

from functools import reduce
from typing import Any

from hypothesis import strategies as st

from wabawatch.domain.facts import (
    AccountChanged,
    ConsentChanged,
    ErrorReported,
    ErrorSeen,
    Fact,
    Feed,
    MessageEchoed,
    MessageFact,
    MessageReceived,
    NumberChanged,
    Person,
    PersonChanged,
    Pricing,
    SendOutcome,
    SendRecorded,
    Source,
    Status,
    StatusChanged,
    TemplateChanged,
    TemplateRef,
    When,
)
from wabawatch.domain.messages import Message, fold

T0 = 1_790_000_000_000
"""A moment in September 2026"""

WAMIDS = (*tuple(f"wamid.HBgLMTU1NTAwMDAwMD{i}VAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA" for i in range(4)), "wamid.odd", "?")
LOCALS = tuple(f"01920000-0000-7000-8000-00000000000{i}" for i in range(3))
NUMBERS = ("100000000000001", "100000000000002")
PERSONS = (
    Person(phone="15550000001", bsuid="US.1"),
    Person(phone="15550000001"),
    Person(bsuid="US.1"),
    Person(phone="5511900000002"),
    Person(username="somebody"),
)
ERRORS = tuple(ErrorSeen(code, f"title {code}") for code in (131026, 131049, 132015, 999_999))
TEMPLATES = (TemplateRef("hello", "en"), TemplateRef("promo", "pt_BR"))
WABA, OTHER_WABA = "200000000000001", "200000000000002"

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def at(offset_ms: int = 0) -> When:
    """A fact that happened so long after `T0`, and of which we were told at once."""
    return When(T0 + offset_ms, T0 + offset_ms)


def told(status: Status, offset_ms: int = 0, **more: Any) -> StatusChanged:
    """A webhook's status of the first message, that long after `T0`."""
    known: dict[str, Any] = {"source": Source.WEBHOOK, "wamid": WAMIDS[0], "number": NUMBERS[0], **more}
    return StatusChanged(when=at(offset_ms), status=status, **known)


def recorded(offset_ms: int = 0, **more: Any) -> SendRecorded:
    """Our own record of sending the first message, that long after `T0`."""
    known: dict[str, Any] = {"source": Source.API, "wamid": WAMIDS[0], "number": NUMBERS[0], **more}
    return SendRecorded(when=at(offset_ms), **known)


def gathered(*facts: MessageFact) -> Message:
    """What is known of one message after *facts*."""
    return reduce(fold, facts, Message())


# An id speaks of one number, and a local id of one wamid: that is what makes them ids.
_number_of = {wamid: NUMBERS[i % 2] for i, wamid in enumerate(WAMIDS)}

times = st.integers(0, 40 * 24 * 60).map(lambda minutes: T0 + minutes * 60_000)
whens = st.builds(
    lambda at, late, exact, live: When(at, at + late, is_exact=exact, is_live=live),
    times,
    st.integers(0, 3_600_000),
    st.booleans(),
    st.sampled_from((True, True, False)),
)
sources = st.sampled_from(Source)
persons = st.sampled_from((*PERSONS, Person()))


@st.composite
def sends(draw: st.DrawFn) -> SendRecorded:
    which = draw(st.integers(0, 2))
    wamid = draw(st.sampled_from((WAMIDS[which], "")))
    return SendRecorded(
        when=draw(whens),
        source=draw(st.sampled_from((Source.GATEWAY, Source.API))),
        local_id=LOCALS[which] if not wamid else draw(st.sampled_from((LOCALS[which], ""))),
        wamid=wamid,
        number=draw(st.sampled_from((_number_of[WAMIDS[which]], ""))),
        person=draw(persons),
        type=draw(st.sampled_from(("template", "text", "reaction", ""))),
        template=draw(st.sampled_from((*TEMPLATES, None))),
        category=draw(st.sampled_from(("marketing", "authentication", ""))),
        user_id=draw(st.sampled_from(("user-1", ""))),
        lead_id=draw(st.sampled_from(("lead-1", ""))),
        outcome=draw(st.sampled_from(SendOutcome)),
        errors=draw(st.sampled_from(((), ERRORS[2:3]))),
    )


@st.composite
def statuses(draw: st.DrawFn) -> StatusChanged:
    wamid = draw(st.sampled_from(WAMIDS))
    status = draw(st.sampled_from(Status))
    is_group = wamid == "?"
    return StatusChanged(
        when=draw(whens),
        source=draw(sources),
        status=status,
        wamid=wamid,
        local_id=draw(st.sampled_from((LOCALS[WAMIDS.index(wamid)], ""))) if wamid in WAMIDS[:3] else "",
        number=_number_of[wamid],
        waba=draw(st.sampled_from((WABA, ""))),
        feed=draw(st.sampled_from((Feed.MESSAGES, Feed.MESSAGES, Feed.STANDBY))),
        person=Person() if is_group else draw(persons),
        group="group-1" if is_group else "",
        participant=draw(st.sampled_from(PERSONS)) if is_group else Person(),
        pricing=draw(st.sampled_from((None, Pricing("PMP", "regular", "marketing", True)))),
        errors=ERRORS[:2] if status is Status.FAILED else (),
        display_number=draw(st.sampled_from(("", "15550100001", "15550100003"))),
    )


@st.composite
def received(draw: st.DrawFn) -> MessageReceived:
    return MessageReceived(
        when=draw(whens),
        source=Source.WEBHOOK,
        wamid=f"wamid.in{draw(st.integers(0, 2))}",
        number=NUMBERS[0],
        waba=WABA,
        feed=draw(st.sampled_from((Feed.MESSAGES, Feed.HISTORY))),
        person=draw(persons),
        type="text",
    )


@st.composite
def echoes(draw: st.DrawFn) -> MessageEchoed:
    wamid = draw(st.sampled_from(WAMIDS))
    feed = draw(st.sampled_from((Feed.ECHO, Feed.STANDBY, Feed.HISTORY)))
    status = draw(st.sampled_from((None, Status.READ))) if feed is Feed.HISTORY else None
    return MessageEchoed(draw(whens), Source.WEBHOOK, wamid, feed, _number_of[wamid], WABA, status=status)


template_changes = st.builds(
    lambda when, waba, ref, news: TemplateChanged(
        when, Source.WEBHOOK, waba, news[0], ref.name, ref.language, after=news[1]
    ),
    whens,
    st.sampled_from((WABA, WABA, OTHER_WABA)),
    st.sampled_from(TEMPLATES),
    st.one_of(
        st.tuples(st.just("status"), st.sampled_from(("APPROVED", "PAUSED", "REJECTED", "NEVER_HEARD_OF"))),
        st.tuples(st.just("quality"), st.sampled_from(("GREEN", "RED"))),
        st.tuples(st.just("category"), st.sampled_from(("MARKETING", "UTILITY"))),
    ),
)
consents = st.builds(
    lambda when, person, value, waba: ConsentChanged(
        when, Source.WEBHOOK, person, "marketing_messages", value, waba=waba
    ),
    whens,
    st.sampled_from(PERSONS),
    st.sampled_from(("stop", "resume")),
    st.sampled_from((WABA, OTHER_WABA, "")),
)
person_changes = st.builds(
    lambda when, previous, current: PersonChanged(when, Source.WEBHOOK, previous, current, NUMBERS[0], WABA),
    whens,
    persons,
    persons,
)
number_changes = st.builds(
    lambda when, number, display: NumberChanged(when, Source.WEBHOOK, "name", number, display, WABA),
    whens,
    st.sampled_from((*NUMBERS, "")),
    st.sampled_from(("15550100001", "15550100002", "")),
)
account_changes = st.builds(
    lambda when, event: AccountChanged(when, Source.WEBHOOK, event, WABA, "400000000000001"),
    whens,
    st.sampled_from(("ACCOUNT_UPDATE", "ACCOUNT_RESTRICTION")),
)
reported = st.builds(
    lambda when, errors: ErrorReported(when, Source.WEBHOOK, errors, NUMBERS[0], WABA),
    whens,
    st.sampled_from((ERRORS[:1], ERRORS[:2])),
)
message_facts = st.one_of(sends(), statuses(), statuses(), received(), echoes())
other_facts = st.one_of(
    template_changes, consents, template_changes, consents, person_changes, number_changes, account_changes, reported
)
facts: st.SearchStrategy[Fact] = st.one_of(message_facts, message_facts, other_facts)
