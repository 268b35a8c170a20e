"""How a fact that is no message becomes a line of the table `events`: one pure function per kind of fact."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from wabawatch.domain.facts import (
    AccountChanged,
    ConsentChanged,
    ErrorReported,
    Millis,
    NumberChanged,
    Occurred,
    OtherFact,
    PersonChanged,
    Source,
    TemplateChanged,
    Unrecognised,
    When,
)
from wabawatch.storage.sealed import Keyring

MINUTE_MS = 60_000
MOST_CODES = 16
"""So many codes of one notice are shown in its line; all of them stand in the detail."""

DETAIL = b"events.detail"
"""The context that sealed details are bound to."""


def told_at(when: When) -> Millis:
    """When we were told, for rules that ask what we knew: an import tells of a time when its sender was told."""
    return when.seen_at if when.is_live else when.at


def event_row(fact: OtherFact, keyring: Keyring) -> dict[str, Any]:
    """The line of *fact*, without its account. Equal facts told at different times have one fingerprint.

    Only errors without a time of their own are kept once per minute of receipt: the same may happen again any day.
    """
    line = {"kind": "", "event": "", "subject": "", "before": "", "after": "", "reason": "", **_line(fact)}
    detail = _detail(fact)
    identity = (getattr(fact, "number", ""), getattr(fact, "waba", ""), _moment(fact), *line.values(), detail)
    text = "\0".join(map(str, identity)).encode("utf-8", "surrogatepass")
    return {
        **line,
        "fingerprint": blake2b(text, digest_size=16).digest(),
        "at": fact.when.at,
        "seen_at": fact.when.seen_at,
        "told_by": int(getattr(fact, "source", Source.WEBHOOK)),
        "is_live": int(fact.when.is_live),
        "detail": keyring.seal(detail.encode("utf-8", "surrogatepass"), context=DETAIL) if detail else None,
    }


def _moment(fact: OtherFact) -> Millis:
    """The time that tells a fact from its like; 0: it has none of its own."""
    if fact.when.is_exact:
        return fact.when.at
    return fact.when.seen_at // MINUTE_MS if isinstance(fact, ErrorReported) else 0


def _line(fact: OtherFact) -> dict[str, str]:
    match fact:
        case TemplateChanged():
            subject = f"{fact.name}/{fact.language}" if fact.name else fact.template_id
            return {
                "kind": "template",
                "event": fact.aspect,
                "subject": subject,
                "before": fact.before,
                "after": fact.after,
                "reason": fact.reason,
            }
        case NumberChanged():
            return {
                "kind": "number",
                "event": fact.aspect,
                "subject": fact.number or fact.display_number,
                "before": fact.before,
                "after": fact.after,
                "reason": fact.reason,
            }
        case AccountChanged():
            subject = fact.waba or fact.portfolio or fact.display_number
            return {
                "kind": "account",
                "event": fact.event,
                "subject": subject,
                "before": fact.before,
                "after": fact.after,
                "reason": fact.reason,
            }
        case ConsentChanged():
            return {"kind": "consent", "event": fact.category, "after": fact.value}
        case PersonChanged():
            return {"kind": "person", "event": fact.event}
        case Occurred():
            return {"kind": fact.kind, "event": fact.event, "subject": fact.subject}
        case ErrorReported():
            codes = ",".join(str(error.code) for error in fact.errors[:MOST_CODES])
            return {"kind": "error", "event": codes}
        case Unrecognised():
            return {"kind": "unrecognised", "event": fact.why, "subject": fact.field, "reason": fact.reason}


def _detail(fact: OtherFact) -> str:
    match fact:
        case Unrecognised():
            return f"{fact.path}\n{fact.raw}"
        case ErrorReported():
            return "\n".join(f"{e.code} {e.title} {e.message} {e.details}" for e in fact.errors)
        case PersonChanged():
            return f"{fact.previous} -> {fact.current}"
        case ConsentChanged():
            return f"{fact.person}\n{fact.detail}"
        case _:
            return fact.detail
