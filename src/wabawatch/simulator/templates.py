"""Templates as they stand with Meta, and how each came to stand so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import Json
from wabawatch.simulator.failures import ERRORS, MetaError, because
from wabawatch.simulator.ids import digits, stream
from wabawatch.simulator.world import Template, World

LIMIT = 6_000
"""Templates of an account."""
CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
NOT_FOUND = MetaError(100, "Invalid parameter", "The message template was not found.", subcode=2593002)
_TAKEN = MetaError(100, "Invalid parameter", "Content in this language already exists.", subcode=2388024)
_FULL = MetaError(100, "Invalid parameter", "The account has as many templates as it may have.", subcode=2388019)
_NO_EDIT = MetaError(100, "Invalid parameter", "The template's status does not allow a change.", subcode=2388039)
_SENDABLE = ("APPROVED", "FLAGGED")
_EDITABLE = ("APPROVED", "REJECTED", "PAUSED")


@dataclass(frozen=True, slots=True)
class Stand:
    """What a template was from a time on."""

    at: Millis
    status: str
    category: str
    quality: str
    told_at: Millis | None
    """When it was told by webhook; None: whoever wants to know must ask."""


@dataclass(slots=True)
class TemplateState:
    """A template as it is now."""

    template: Template
    components: list[Json]
    reason: str = "NONE"
    """Why it was rejected."""
    correct_category: str = ""
    """What it will be, once a notice has run out."""
    previous_category: str = ""
    parameter_format: str = "POSITIONAL"
    pauses: int = 0
    history: list[Stand] = field(default_factory=list)

    @property
    def changed_at(self) -> Millis:
        """When it last changed."""
        return self.history[-1].at

    def change(self, at: Millis, told_at: Millis | None = None, **fields: Any) -> None:
        """Become what *fields* of `Template` say."""
        self.template = now = replace(self.template, **fields)
        self.history.append(Stand(at, now.status, now.category.upper(), now.quality, told_at))


class Templates:
    """Every template of a simulation, also those that were deleted."""

    def __init__(self, world: World, seed: int, start_at: Millis) -> None:
        self._ids = stream(seed, "templates")
        self._states: dict[str, TemplateState] = {}
        for one in world.templates:
            self._states[one.id] = state = TemplateState(one, [{"type": "BODY", "text": "Hello {{1}}"}])
            if one.status == "REJECTED":
                state.reason = "INVALID_FORMAT"
            state.change(start_at, start_at)

    def get(self, template_id: str) -> TemplateState | None:
        """The one with that id, unless it was deleted."""
        state = self._states.get(template_id)
        return state if state is not None and state.template.status != "DELETED" else None

    def of(self, waba: str) -> list[TemplateState]:
        """Those of an account."""
        return [one for one in self._states.values() if one.template.waba == waba and one.template.status != "DELETED"]

    def named(self, waba: str, name: str, language: str = "") -> list[TemplateState]:
        """Those of that name: in that language, or in all."""
        return [one for one in self.of(waba) if one.template.name == name and language in ("", one.template.language)]

    def sendable(self, waba: str, name: str, language: str) -> Template:
        """The template that a send chooses. Raises `Unsendable`."""
        found = self.named(waba, name, language)
        error = refusal(found[0].template.status) if found else ERRORS[132001]
        if error is not None:
            raise Unsendable(error)
        return found[0].template

    def refusal(self, template_id: str) -> MetaError | None:
        """Why a template cannot be sent now."""
        state = self.get(template_id)
        return refusal(state.template.status) if state is not None else ERRORS[132001]

    def create(self, waba: str, given: Json, at: Millis) -> TemplateState:
        """Take a new template: it waits for its review. Raises `Unsendable` where Meta would not take it."""
        name, language, category = (str(given.get(key) or "") for key in ("name", "language", "category"))
        components = given.get("components")
        error = self._objection(waba, name, language, category, components)
        if error is not None:
            raise Unsendable(error)
        new = Template(digits(self._ids, 16), waba, name, language, category.lower(), "PENDING", "UNKNOWN", 1.0)
        state = TemplateState(new, _objects(components))
        state.parameter_format = str(given.get("parameter_format") or "POSITIONAL").upper()
        state.change(at)
        self._states[new.id] = state
        return state

    def edit(self, state: TemplateState, given: Json, at: Millis) -> None:
        """Change the content, or the category: it is reviewed anew. Raises `Unsendable`."""
        if state.template.status not in _EDITABLE:
            raise Unsendable(_NO_EDIT)
        category = str(given.get("category") or state.template.category).upper()
        if category not in CATEGORIES:
            raise Unsendable(because(100, f"Param category must be one of {{{', '.join(CATEGORIES)}}}."))
        if given.get("components"):
            state.components = _objects(given["components"])
        state.reason = "NONE"
        state.change(at, category=category.lower(), status="PENDING")

    def published(self) -> list[Json]:
        """Their part of the truth: what each was over time."""
        return [_published(one) for one in self._states.values()]

    def _objection(self, waba: str, name: str, language: str, category: str, components: object) -> MetaError | None:
        given = {"name": name, "language": language, "category": category, "components": components}
        missing = next((key for key, value in given.items() if not value), None)
        if missing is not None:
            return because(100, f"The parameter {missing} is required.")
        if category.upper() not in CATEGORIES:
            return because(100, f"Param category must be one of {{{', '.join(CATEGORIES)}}}.")
        if not all(letter == "_" or letter.isdecimal() or "a" <= letter <= "z" for letter in name) or len(name) > 512:
            return because(100, "Param name may have lowercase letters, digits and underscores.")
        if self.named(waba, name, language):
            return _TAKEN
        return _FULL if len(self.of(waba)) >= LIMIT else None


class Unsendable(Exception):
    """A template that cannot be sent, created or changed."""

    def __init__(self, error: MetaError) -> None:
        super().__init__(error.details)
        self.error = error


def refusal(status: str) -> MetaError | None:
    """Why a template of that status cannot be sent; None where it can."""
    if status in _SENDABLE:
        return None
    return ERRORS[{"PAUSED": 132015, "DISABLED": 132016}.get(status, 132001)]


def chosen(states: list[TemplateState], query: Mapping[str, str]) -> Iterator[TemplateState]:
    """Those that the filters of a list let through."""
    for state in states:
        if all(_passes(state, name, value) for name, value in query.items() if value):
            yield state


def _passes(state: TemplateState, name: str, value: str) -> bool:
    one, text = state.template, str(state.components).lower()
    match name:
        case "name":
            return value.lower() in one.name
        case "content":
            return value.lower() in text
        case "name_or_content":
            return value.lower() in one.name or value.lower() in text
        case "since":
            return state.changed_at // 1_000 >= _number(value)
        case "until":
            return state.changed_at // 1_000 <= _number(value)
    own = {"status": one.status, "category": one.category, "language": one.language, "quality_score": one.quality}
    return name not in own or own[name].lower() in _choices(value)


def _choices(value: str) -> set[str]:
    """One value, several with commas, or a JSON list: Meta takes all of them."""
    return {part.strip(' []"').lower() for part in value.split(",")}


def _number(value: str) -> int:
    return int(value) if value.isdecimal() else 0


def _objects(given: object) -> list[Json]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _published(state: TemplateState) -> Json:
    one = state.template
    states = [
        {"at": each.at, "status": each.status, "category": each.category, "quality": each.quality}
        | {"told_at": each.told_at}
        for each in state.history
    ]
    return {"id": one.id, "waba": one.waba, "name": one.name, "language": one.language, "states": states}
