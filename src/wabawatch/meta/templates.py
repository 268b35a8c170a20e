"""Message templates: their status, quality, category and content."""

from __future__ import annotations

from wabawatch.domain.facts import Fact, Source, TemplateChanged
from wabawatch.meta import vocabulary
from wabawatch.meta.envelope import Change, Unreadable
from wabawatch.meta.reading import Json, compact, mapping, text, upper


def read_status(change: Change, value: Json, at: str) -> list[Fact]:
    """A template's new status. Quality changes are seen under this field too."""
    event = upper(value.get("event"))
    if not event:
        return read_quality(change, value, at)
    reason, title = _word(value.get("reason")), _word(mapping(value.get("other_info")).get("title"))
    return [
        _changed(change, value, "status", after=event, reason=reason or title),
        *change.strange("event", event, vocabulary.TEMPLATE_EVENTS),
        *change.strange("reason", reason, vocabulary.TEMPLATE_REASONS),
        *change.strange("other_info.title", title, vocabulary.TEMPLATE_TITLES),
    ]


def read_quality(change: Change, value: Json, at: str) -> list[Fact]:
    """A template's new quality."""
    before, after = upper(value.get("previous_quality_score")), upper(value.get("new_quality_score"))
    if not after:
        raise Unreadable("a template change has an event or a new quality")
    return [
        _changed(change, value, "quality", before, after),
        *change.strange("previous_quality_score", before, vocabulary.QUALITIES),
        *change.strange("new_quality_score", after, vocabulary.QUALITIES),
    ]


def read_components(change: Change, value: Json, at: str) -> list[Fact]:
    """A template's text or buttons were edited; the new ones are in the detail."""
    changed = _changed(change, value, "components")
    if not changed.name and not changed.template_id:
        raise Unreadable("a template has a name or an id")
    return [changed]


def read_category(change: Change, value: Json, at: str) -> list[Fact]:
    """A category was changed, or will be: in a notice ``new_category`` is still the present one."""
    previous, new = upper(value.get("previous_category")), upper(value.get("new_category"))
    correct = upper(value.get("correct_category"))
    if correct:
        return _category(change, value, "category_notice", new or upper(value.get("category")), correct)
    if not new:
        raise Unreadable("a template change has a new or a correct category")
    return _category(change, value, "category", previous, new)


def _category(change: Change, value: Json, aspect: str, before: str, after: str) -> list[Fact]:
    known = vocabulary.TEMPLATE_CATEGORIES
    return [
        _changed(change, value, aspect, before, after),
        *change.strange("previous_category" if aspect == "category" else "new_category", before, known),
        *change.strange("new_category" if aspect == "category" else "correct_category", after, known),
    ]


def _word(value: object) -> str:
    """A word of a list in which NONE stands for nothing."""
    said = upper(value)
    return "" if said == "NONE" else said


def _changed(
    change: Change, value: Json, aspect: str, before: str = "", after: str = "", reason: str = ""
) -> TemplateChanged:
    return TemplateChanged(
        when=change.told(value.get("timestamp")),
        source=Source.WEBHOOK,
        waba=change.waba,
        aspect=aspect,
        name=text(value.get("message_template_name")),
        language=text(value.get("message_template_language")),
        template_id=text(value.get("message_template_id")),
        before=before,
        after=after,
        reason=reason,
        detail=compact(value),
    )
