"""The desk of rules: how they hold and stand, and what people change about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from wabawatch.alerting_ports import AlertBook, AlertFigures
from wabawatch.domain.alert_rules import BY_NAME
from wabawatch.domain.alerts import AlertScope, AlertState, Phase, Rule, RuleKind
from wabawatch.domain.errors import BadRequest, Conflict, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.rule_edits import (
    EVERYWHERE,
    TARGETS,
    Edit,
    changed,
    check,
    editable,
    merged,
    places,
    read,
    said_of,
)
from wabawatch.domain.rule_set import Place, RuleSet
from wabawatch.ports import Clock, Deed
from wabawatch.rule_ports import Plain, RuleEdits


class LiveRules:
    """`domain.rule_set.Ruling`: what the settings say and what the console says, as it was when `refresh` looked last.

    May be used from any thread: who looks while it is refreshed sees the rules before or after, each whole.
    """

    def __init__(self, settings: RuleSet, edits: RuleEdits) -> None:
        self.settings = settings
        self._edits = edits
        self._mark = -1
        self._now = settings
        self.refresh()

    def refresh(self) -> bool:
        """Look whether somebody changed a rule, in whichever process. True: so it was."""
        mark = self._edits.mark()
        if mark == self._mark:
            return False
        self._now, self._mark = merged(self.settings, self._edits.edits()), mark
        return True

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by name, as it holds where nothing else is said."""
        return self._now.rules

    @property
    def overrides(self) -> Mapping[str, Mapping[Place, Mapping[str, object]]]:
        """By rule and place: what is otherwise there."""
        return self._now.overrides

    def rule(self, name: str, scope: AlertScope) -> Rule | None:
        """The rule as it holds for *scope*; None: there is none, or it is not wanted there."""
        return self._now.rule(name, scope)

    def of_kind(self, kind: RuleKind) -> Iterator[Rule]:
        """The rules of one kind that are wanted anywhere, in order."""
        return self._now.of_kind(kind)

    def at(self, name: str, place: Place) -> Rule:
        """The rule *name* as it holds at *place*, whether it is wanted there or not."""
        return replace(self._now.rules[name], **dict(self._now.overrides.get(name, {}).get(place, {})))

    def fixed(self, name: str, place: Place) -> frozenset[str]:
        """What the settings file says of it there, by the names of `TARGETS`: that cannot be changed here."""
        if place == EVERYWHERE:
            fields = self.settings.told.get(name, frozenset())
        else:
            fields = frozenset(self.settings.overrides.get(name, {}).get(place, {}))
        return frozenset(said for said, target in TARGETS.items() if target in fields)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands: for how many things it fires, and for how many nothing is known."""

    firing: int = 0
    pending: int = 0
    no_data: int = 0


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in the list."""

    rule: Rule
    standing: Standing
    places: int
    """For so many accounts and numbers it is otherwise"""
    is_own: bool
    is_fixed: bool
    """Whether the settings file says anything of it"""
    edit: Edit | None
    """What the console says of it everywhere"""


@dataclass(frozen=True, slots=True)
class OtherPlace:
    """How a rule is otherwise at one account or number."""

    place: Place
    said: Mapping[str, object]
    """By the names of `TARGETS`"""
    edit: Edit | None
    fixed: frozenset[str]


@dataclass(frozen=True, slots=True)
class RuleSheet:
    """One rule with everything that can be said of it."""

    line: RuleLine
    usual: Rule
    """As it is where the console says nothing"""
    editable: tuple[str, ...]
    fixed: frozenset[str]
    others: tuple[OtherPlace, ...]


@dataclass(frozen=True, slots=True)
class RuleDesk:
    """Shows rules, and changes what the console says of them."""

    rules: LiveRules
    edits: RuleEdits
    book: AlertBook
    figures: AlertFigures
    clock: Clock
    on_change: Callable[[], None]
    """Called after a change, so that it takes effect at once"""

    def has_looked(self) -> bool:
        """Whether monitoring has looked at anything at all: else nothing can be said of any rule."""
        return self.figures.last_cycle(self.clock.now()) is not None

    def listed(self) -> list[RuleLine]:
        """Every rule: what fires first, then by name."""
        self.rules.refresh()
        standing, edits = standings(self.book.states()), self._edits()
        lines = [self._line(name, standing, edits) for name in self.rules.rules]
        return sorted(lines, key=lambda each: (-each.standing.firing, each.rule.name))

    def sheet(self, name: str) -> RuleSheet:
        """One rule. Raises NotFound."""
        self.rules.refresh()
        self._known(name)
        edits, rule = self._edits(), self.rules.rules[name]
        line = self._line(name, standings(self.book.states([name])), edits)
        others = []
        for place, fields in sorted(self.rules.overrides.get(name, {}).items()):
            here = self.rules.at(name, place)
            said = {said: said_of(here, said) for said, target in TARGETS.items() if target in fields}
            others.append(OtherPlace(place, said, edits.get((name, place)), self.rules.fixed(name, place)))
        usual = self.rules.settings.rules[name]
        return RuleSheet(line, usual, editable(rule), self.rules.fixed(name, EVERYWHERE), tuple(others))

    def tried(self, name: str, typed: Mapping[str, str]) -> Rule:
        """The rule *name* as it would be with what was *typed*; nothing is kept. Raises NotFound, BadRequest."""
        self.rules.refresh()
        self._known(name)
        rule = self.rules.rules[name]
        found = changed(rule, self._read(rule, EVERYWHERE, typed))
        check(found)
        return found

    def change(self, name: str, place: Place, typed: Mapping[str, str], by: str, before: Millis) -> None:
        """Have the rule be as it was *typed*, at *place*, where it was changed last at the time *before* (0: never).

        Takes effect at the next look. Raises NotFound, BadRequest that begins with the field's name, Conflict when
        somebody else was faster or the settings file says it.
        """
        self.rules.refresh()
        self._known(name)
        rule = self.rules.rules[name]
        if place != EVERYWHERE:
            if place[0] not in places(rule):
                raise BadRequest(f"place: {name} cannot be otherwise for one {place[0]}")
            if not (place[1].isascii() and place[1].isalnum() and len(place[1]) <= 40):
                raise BadRequest("place_id: that is no id of Meta's: letters and digits only, at most 40")
        told = self._read(rule, place, typed)
        # Against what holds without it: what is the same as that need not be said.
        usual = self.rules.settings.rules[name] if place == EVERYWHERE else rule
        said = {each: value for each, value in told.items() if place != EVERYWHERE or said_of(usual, each) != value}
        if place != EVERYWHERE and not said:
            raise BadRequest("threshold: say what is to be otherwise there")
        after = changed(self.rules.at(name, place), told)
        check(after)
        self._save(
            Edit(name, place, said, self.clock.now(), by), before, self.rules.at(name, place), after, "rule_changed"
        )

    def reset(self, name: str, place: Place, by: str, before: Millis) -> None:
        """Take away what the console says of the rule at *place*. Raises NotFound, Conflict."""
        self.rules.refresh()
        self._known(name)
        usual = self.rules.settings.rules[name] if place == EVERYWHERE else self.rules.rules[name]
        now = self.rules.at(name, place)
        self._save(Edit(name, place, {}, self.clock.now(), by), before, now, usual, "rule_reset")

    def _save(self, edit: Edit, before: Millis, was: Rule, now: Rule, action: str) -> None:
        kind, id_ = edit.place
        subject = f"rule:{edit.rule}" + ("" if edit.place == EVERYWHERE else f":{kind}:{id_}")
        detail: dict[str, Plain] = {}
        for name in TARGETS:
            if (old := said_of(was, name)) != (new := said_of(now, name)):
                detail |= {f"before_{name}": old, name: new}
        if not edit.said and not before:
            return  # nothing is said, and nothing was
        if not self.edits.save(edit, before, Deed(edit.changed_by, action, subject), detail):
            raise Conflict("somebody else changed this rule meanwhile; look at what they said, and change it again")
        self.rules.refresh()
        self.on_change()

    def _read(self, rule: Rule, place: Place, typed: Mapping[str, str]) -> dict[str, object]:
        fixed = self.rules.fixed(rule.name, place)
        wanted = [name for name in editable(rule, place) if name in typed and name not in fixed]
        return {name: read(rule, name, typed[name]) for name in wanted}

    def _line(self, name: str, standing: Mapping[str, Standing], edits: Mapping[tuple[str, Place], Edit]) -> RuleLine:
        rule = self.rules.rules[name]
        return RuleLine(
            rule,
            standing.get(name, Standing()),
            len(self.rules.overrides.get(name, {})),
            name not in BY_NAME,
            bool(self.rules.settings.told.get(name) or self.rules.settings.overrides.get(name)),
            edits.get((name, EVERYWHERE)),
        )

    def _edits(self) -> dict[tuple[str, Place], Edit]:
        return {(edit.rule, edit.place): edit for edit in self.edits.edits()}

    def _known(self, name: str) -> None:
        if name not in self.rules.rules:
            near = get_close_matches(name.upper(), self.rules.rules, 1, 0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise NotFound(f"rule: there is no rule {name[:100]!r}{hint}")


def standings(states: Mapping[tuple[str, AlertScope], AlertState]) -> dict[str, Standing]:
    """How each rule stands, by *states*."""
    found: dict[str, Standing] = {}
    for (name, _), state in states.items():
        was = found.get(name, Standing())
        found[name] = Standing(
            was.firing + (state.phase is Phase.FIRING),
            was.pending + (state.phase is Phase.PENDING),
            was.no_data + (state.phase is Phase.NO_DATA),
        )
    return found
