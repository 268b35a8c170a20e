"""A notice in plain English, part by part, before any channel gives it its shape. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum

from wabawatch.domain.alerts import Comparison, Contributor, Severity
from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import Notice, NoticeKind, Told
from wabawatch.notifiers.words import cut, duration, interval, moment, percent, quantity

FULL = 3
"""Of so many alerts everything is told; of more, only of the gravest"""
MOST_CONTRIBUTORS = 3
MOST_STEPS = 5
LONGEST, LONGEST_NAME = 500, 200


class Tone(StrEnum):
    """How a part is coloured; never without its word."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Line:
    """A fact with its label."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where to read more. `url` may be "": then the label alone helps."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """One alert."""

    state: str
    """Such as CRITICAL or RESOLVED"""
    tone: Tone
    title: str
    about: str
    says: str
    """What happened, in whole sentences; "" nothing"""
    lines: tuple[Line, ...]
    contributors: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A notice, ready to be laid out."""

    state: str
    tone: Tone
    subject: str
    """The same for all notices of a thread: mail programs group by it"""
    lead: str
    """What it is about, in a sentence that can stand alone; "" where the only section says it"""
    sections: tuple[Section, ...]
    rest: tuple[str, ...]
    """How many of each type there are, where not all are told"""
    link: Link | None
    foot: str

    @property
    def headline(self) -> str:
        """State and subject in one line, for channels that group by other means than a subject."""
        return f"{self.state}: {self.subject}"


def page_of(notice: Notice, zone: tzinfo = UTC) -> Page:
    """The page of *notice*, with its times in *zone*."""
    link = Link("All of them", notice.link) if notice.link and notice.total > 1 else None
    is_full = len(notice.told) <= FULL
    return Page(
        state=_state(notice),
        tone=_tone_of(notice),
        subject=_subject(notice),
        lead=_lead(notice),
        sections=tuple(
            _section(told, notice, zone, is_full=is_full or position == 0) for position, told in enumerate(notice.told)
        ),
        rest=_rest(notice),
        link=link,
        foot=f"Sent by wabawatch to the channel {notice.channel} on {moment(notice.at, zone)}. Notice {notice.key}.",
    )


def _state(notice: Notice) -> str:
    match notice.kind:
        case NoticeKind.RESOLVED:
            states = {_ended_as(told)[0] for told in notice.told}
            return states.pop() if len(states) == 1 else "ENDED"
        case NoticeKind.REMINDER:
            return "STILL FIRING"
        case NoticeKind.ESCALATION:
            return "ESCALATED"
        case NoticeKind.TEST:
            return "TEST"
        case NoticeKind.FIRING:
            return _gravest(notice).value.upper()


def _gravest(notice: Notice) -> Severity:
    return min((told.severity for told in notice.told), key=list(Severity).index, default=Severity.INFO)


def _tone_of(notice: Notice) -> Tone:
    if notice.kind is NoticeKind.RESOLVED:
        tones = {_ended_as(told)[1] for told in notice.told}
        return next(tone for tone in (Tone.WARNING, Tone.INFO, Tone.GOOD) if tone in tones or tone is Tone.GOOD)
    return Tone.INFO if notice.kind is NoticeKind.TEST else Tone(_gravest(notice).value)


def _subject(notice: Notice) -> str:
    if notice.kind is NoticeKind.TEST:
        return f"The channel {notice.channel} works"
    if notice.total == 1 and notice.told:
        told = notice.told[0]
        return cut(f"{told.title}: {told.about}" if told.about else told.title, 150)
    types = [name for name, _ in notice.by_type] or list(dict.fromkeys(told.type for told in notice.told))
    named = ", ".join(types[:2]) + (f" and {len(types) - 2} more types" if len(types) > 2 else "")
    return cut(f"{notice.total:,} alerts: {named}" if named else f"{notice.total:,} alerts", 150)


def _lead(notice: Notice) -> str:
    match notice.kind:
        case NoticeKind.TEST:
            return (
                f"This is a test, and nothing is wrong. If you can read this, wabawatch reaches the channel "
                f"{notice.channel}."
            )
        case NoticeKind.ESCALATION:
            return f"Nobody has acknowledged {_these(notice)} for {_longest(notice)}, so you are told as well."
        case NoticeKind.REMINDER:
            is_are = "is" if notice.total == 1 else "are"
            return f"{_these(notice).capitalize()} {is_are} still firing after {_longest(notice)}."
        case NoticeKind.RESOLVED if notice.total > 1:
            return f"{notice.total:,} alerts have ended."
        case NoticeKind.FIRING if notice.total > 1:
            shown = len(notice.told)
            return f"{notice.total:,} alerts" + (
                f", of which the gravest {shown} follow." if shown < notice.total else "."
            )
    return ""


def _these(notice: Notice) -> str:
    return "this alert" if notice.total == 1 else f"these {notice.total:,} alerts"


def _longest(notice: Notice) -> str:
    return duration(notice.at - min((told.since for told in notice.told), default=notice.at))


def _rest(notice: Notice) -> tuple[str, ...]:
    if notice.total <= len(notice.told):
        return ()
    return tuple(f"{name}: {n:,}" for name, n in notice.by_type)


def _section(told: Told, notice: Notice, zone: tzinfo, *, is_full: bool) -> Section:
    has_ended = told.ended_at is not None
    state, tone = _ended_as(told) if has_ended else (told.severity.value.upper(), Tone(told.severity.value))
    runbook = told.runbook.upper() or told.type
    links = (Link("Details", told.link), *([Link(f"Runbook {runbook}", told.runbook_url)] if is_full else []))
    return Section(
        state=state,
        tone=tone,
        title=cut(told.title, LONGEST_NAME),
        about=cut(told.about, LONGEST_NAME),
        # Of many, those that are measured are told by what was measured.
        says=_says(told, zone) if is_full or told.value is None or has_ended else "",
        lines=tuple(_lines(told, notice.at, zone, is_full=is_full)),
        contributors=()
        if has_ended or not is_full
        else tuple(_contributor(each) for each in told.contributors[:MOST_CONTRIBUTORS]),
        steps=() if has_ended or not is_full else tuple(cut(step, LONGEST) for step in told.first_steps[:MOST_STEPS]),
        links=tuple(link for link in links if link.url),
    )


def _ended_as(told: Told) -> tuple[str, Tone]:
    """Only what recovered is well again."""
    match told.ended:
        case "recovered" | "":
            return "RESOLVED", Tone.GOOD
        case "went_dark":
            return "NO DATA", Tone.WARNING
        case _:
            return "CLOSED", Tone.INFO


def _says(told: Told, zone: tzinfo) -> str:
    words = cut(told.words, LONGEST)
    if told.ended_at is None:
        return words
    return f"{_ending(told, told.ended_at, zone)} It was: {words}" if words else _ending(told, told.ended_at, zone)


def _ending(told: Told, at: Millis, zone: tzinfo) -> str:
    """How it ended, readable without the notice that told of its beginning."""
    when, lasted = moment(at, zone), duration(at - told.since)
    match told.ended:
        case "acknowledged":
            return f"Somebody acknowledged it, so it ended on {when}, after {lasted}."
        case "aged":
            return f"It happened once and was not told again, so it ended by itself on {when}, after {lasted}."
        case "went_dark":
            return (
                f"It ended on {when}, after {lasted}, because nothing is known about it any more. "
                "That is no sign that all is well again."
            )
        case "replaced":
            return (
                f"It ended on {when}, after {lasted}, because another alert of this kind tells of it now, "
                "about a part of it or about the whole. That is no sign that all is well again."
            )
        case "rule_gone":
            return f"It ended on {when}, after {lasted}: its rule was switched off, or what it is about is gone."
        case _:
            return f"It is well again since {when}, after {lasted}."


def _lines(told: Told, at: Millis, zone: tzinfo, *, is_full: bool) -> list[Line]:
    found = []
    if told.value is not None:
        found.append(Line("Last measured" if told.ended_at is not None else "Measured", measured(told)))
    ago = "" if told.ended_at is not None else f", {duration(at - told.since)} ago"
    found.append(Line("Began" if told.ended_at is not None else "Since", moment(told.since, zone) + ago))
    if told.cause and is_full:
        found.append(Line("Cause", _CAUSES.get(told.cause, cut(told.cause, LONGEST_NAME))))
    if told.explains:
        others = "1 other alert is" if told.explains == 1 else f"{told.explains:,} other alerts are"
        why = "this one explains them" if told.ended_at is None else "what they count began before this end"
        found.append(Line("Explains", f"{others} not sent, because {why}"))
    return found


_CAUSES = {
    "us": "on our side",
    "Meta": "at Meta",
    "network": "the network between Meta and us",
    "account": "the WhatsApp Business Account",
    "template": "a template",
    "sender": "what the application sends",
    "recipient": "the recipients",
}

_PHRASES = {
    "DELIVERY_ANOMALY": "{value} above the usual, of {n}",
    "DELIVERY_RATE_LOW": "{value} of {n} delivered",
    "FAILURE_RATE_HIGH": "{value} of {n} failed",
    "QUALITY_SCORE_LOW": "a score of {value}, from {n} messages",
    "API_ERRORS_HIGH": "{value} of {n} calls failed",
    "WEBHOOK_ERRORS": "{value} of {n} webhooks failed",
    "WEBHOOK_TIMEOUT": "{value} of {n} webhooks not answered in time",
    "WEBHOOK_SLOW": "{value} of {n} webhooks answered too slowly",
    "SIGNATURE_FAILURES": "{value} of {n} webhooks with a wrong signature",
}
"""What a share is a share of, by type of alert"""


def measured(told: Told) -> str:
    """Value, count and interval, and what the rule asks for: `91.2 % of 2,000 delivered (90.1–92.2 %); the rule asks
    for at least 95 %`. "" without a value."""
    if told.value is None:
        return ""
    value, n = quantity(told.value, told.unit), f"{told.n:,}"
    if told.n and told.unit == "share":
        said = _PHRASES.get(told.type, "{value} of {n}").format(value=value, n=n)
    else:
        # What is counted is the count.
        said = f"{value}, from {n}" if told.n and told.unit != "count" else value
    if told.interval is not None:
        said += f" ({interval(*told.interval, told.unit)})"
    return said + _asked(told)


def _asked(told: Told) -> str:
    if told.threshold is None:
        return ""
    limit = quantity(told.threshold, told.unit)
    if told.comparison is Comparison.BELOW:
        return f"; the rule asks for at least {limit}"
    return f"; the rule allows at most {limit}"


def _contributor(each: Contributor) -> str:
    share = f", {percent(each.n / each.of)}" if each.of > 0 else ""
    # An error is part of all that failed; anything else is what failed of what was sent there.
    of = f"{each.of:,} failures" if each.kind == "error" else f"{each.of:,}"
    counts = f": {each.n:,} of {of}{share}" if each.of > 0 else f": {each.n:,}" if each.n else ""
    words = f" – {each.words}" if each.words else ""
    return cut(f"{each.kind} {each.id}{counts}{words}", LONGEST_NAME)
