"""Rules in the settings file: `[rules.NAME]` changes a rule that comes with the product, or makes one of your own.

`[rules.NAME.waba.ID]` and `[rules.NAME.number.ID]` change it for one account or number. Every mistake is told with its
line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

from wabawatch import kinds
from wabawatch.domain.alert_rules import BY_NAME
from wabawatch.domain.alerts import NoData, Rule, RuleKind, ScopeKind, Severity
from wabawatch.domain.own_metrics import LEAST_RATE_WINDOW_MS, LEAST_WINDOW_MS, OWN_METRICS
from wabawatch.domain.rule_set import Place, RuleSet
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.kinds import Kind, whole
from wabawatch.sources import Reading

NAME = re.compile(r"[A-Z][A-Z0-9_]{2,63}")


def _one_of(*words: str) -> Kind:
    def read(raw: object) -> str:
        if raw in words:
            return str(raw)
        raise ValueError(f"{raw!r} is none of {', '.join(words)}")

    return Kind(" | ".join(words), read)


def _minutes(raw: object) -> int:
    return int(whole(0, 1_440, unit="minutes").read(raw)) * MINUTE_MS


_NUMBER = Kind("number", lambda raw: float(kinds.WEIGHT.read(raw)))

FIELDS: Mapping[str, tuple[str, Kind]] = {
    "enabled": ("is_enabled", kinds.SWITCH),
    "threshold": ("threshold", _NUMBER),
    "clear": ("clear", _NUMBER),
    "min_sample": ("min_sample", whole(1)),
    "severity": ("severity", _one_of(*map(str, Severity))),
    "channels": ("channels", kinds.WORDS),
    "window": ("window_ms", Kind("minutes", _minutes)),
    "for": ("for_ms", Kind("minutes", _minutes)),
    "keep_firing": ("keep_firing_ms", Kind("minutes", _minutes)),
    "no_data": ("no_data", _one_of(*map(str, NoData))),
}
"""What can be said of any rule, and which field of `alerts.Rule` it is"""
OWN_FIELDS = ("metric", "scope", "title", "runbook")
PLACES = {"waba": ScopeKind.WABA, "number": ScopeKind.NUMBER}


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the settings about a rule."""

    path: tuple[str, ...]
    """Below `rules`"""
    value: object
    line: int


class RuleReader:
    """Reads the rules of one settings file, with every mistake on the way."""

    def __init__(self, delivery: float, failure: float, quality: float, min_sample: int, file: str) -> None:
        """With the thresholds of everything else, from which the rules start."""
        self.problems: list[str] = []
        self._rules = dict(BY_NAME)
        for name, line in (
            ("DELIVERY_RATE_LOW", delivery),
            ("FAILURE_RATE_HIGH", failure),
            ("QUALITY_SCORE_LOW", quality),
        ):
            self._rules[name] = replace(BY_NAME[name], threshold=line, min_sample=min_sample)
        self._overrides: dict[str, dict[Place, dict[str, Any]]] = {}
        self._told: dict[str, set[str]] = {}
        self._file = file

    def take(self, table: Mapping[str, Any], text: str) -> RuleSet:
        """The rules as *table* (below `rules`) changes them; *text* is the file it stands in."""
        for name, told in table.items():
            line = _line(text, ("rules", name))
            if not NAME.fullmatch(name) or not isinstance(told, dict):
                self._wrong(line, name, "a rule is a section with a name in capitals, such as [rules.MY_RULE]")
            elif name in BY_NAME or self._made(name, told, line):
                self._changed(name, told, text)
        return RuleSet(self._rules, self._overrides, {name: frozenset(told) for name, told in self._told.items()})

    def _made(self, name: str, told: Mapping[str, Any], line: int) -> bool:
        """Make an own rule. False: it cannot be made, and a mistake says why."""
        metric = str(told.get("metric"))
        if metric not in OWN_METRICS:
            known = get_close_matches(name, BY_NAME, 1, 0.75)
            hint = f"; did you mean {known[0]}?" if known and "metric" not in told else ""
            self._wrong(line, name, f"metric: {told.get('metric')!r} is none of {', '.join(OWN_METRICS)}{hint}")
            return False
        own = OWN_METRICS[metric]
        scope = told.get("scope", str(own.scopes[0]))
        if scope not in own.scopes or "threshold" not in told:
            wrong = f"scope: {scope!r} is none of {', '.join(own.scopes)}"
            self._wrong(line, name, wrong if "threshold" in told else "threshold: missing")
            return False
        self._rules[name] = Rule(
            name,
            str(told.get("title", name.replace("_", " ").capitalize())),
            own.kind,
            ScopeKind(scope),
            Severity.WARNING,
            metric=own.metric or metric,
            comparison=own.comparison,
            unit=own.unit,
            window_ms=own.window_ms,
            min_sample=own.min_sample,
            keep_firing_ms=(30 if own.kind is RuleKind.RATE else 5) * MINUTE_MS,
            no_data=NoData.KEEP,
            runbook=str(told.get("runbook", "")),
        )
        return True

    def _changed(self, name: str, told: Mapping[str, Any], text: str) -> None:
        for said in _said(told, (name,), text):
            match said.path:
                case (_, field) if field in FIELDS or (field in OWN_FIELDS and name not in BY_NAME):
                    if field in FIELDS:
                        self._rules[name] = replace(self._rules[name], **self._read(said, field, name))
                        self._told.setdefault(name, set()).add(FIELDS[field][0])
                case (_, place, id_, field) if place in PLACES and field in FIELDS:
                    known = self._overrides.setdefault(name, {}).setdefault((PLACES[place], id_), {})
                    known.update(self._read(said, field, name))
                case _:
                    near = get_close_matches(said.path[-1], [*FIELDS, *PLACES], 1, 0)
                    self._wrong(said.line, ".".join(said.path), f"unknown; the nearest valid name is {near[0]}")

    def _read(self, said: Said, field: str, name: str) -> dict[str, Any]:
        target, kind = FIELDS[field]
        rule = self._rules[name]
        try:
            if field in ("threshold", "clear") and rule.unit == "share":
                return {target: kinds.SHARE.read(said.value)}
            if field == "window":
                _check_window(rule, said.value)
            value = kind.read(said.value)
        except ValueError as wrong:
            self._wrong(said.line, ".".join(said.path), str(wrong))
            return {}
        enums = {"severity": Severity, "no_data": NoData}
        return {target: enums[field](value) if field in enums else value}

    def _wrong(self, line: int, where: str, what: str) -> None:
        at = f", line {line}" if line else ""
        self.problems.append(f"rules.{where} ({self._file}{at}): {what}")


def _check_window(rule: Rule, minutes: object) -> None:
    """Raises ValueError when *rule* cannot look back so far."""
    own = None if rule.name in BY_NAME else OWN_METRICS.get(rule.metric)
    if rule.kind is not RuleKind.RATE and not (own and own.window_ms):
        raise ValueError("only rates, percentiles and uptime have a window")
    least = LEAST_RATE_WINDOW_MS if rule.kind is RuleKind.RATE else LEAST_WINDOW_MS
    if _minutes(minutes) < least:
        raise ValueError(f"{minutes!r} is below {least // MINUTE_MS} minutes")


class Lines(Protocol):
    """The thresholds of everything else, from which the rules start."""

    @property
    def delivery_rate(self) -> float: ...
    @property
    def failure_rate(self) -> float: ...
    @property
    def quality_score(self) -> float: ...
    @property
    def min_sample(self) -> int: ...


def read_rules(lines: Lines, reading: Reading, path: Path | None) -> RuleSet:
    """The rules of the settings file. Mistakes go to *reading*."""
    file = path.name if path else ""
    reader = RuleReader(lines.delivery_rate, lines.failure_rate, lines.quality_score, lines.min_sample, file)
    found = reader.take(reading.apart.get("rules", {}), reading.text)
    reading.problems += reader.problems
    return found


def _said(told: Mapping[str, Any], path: tuple[str, ...], text: str) -> Iterator[Said]:
    for name, value in told.items():
        here = (*path, name)
        if isinstance(value, dict):
            yield from _said(value, here, text)
        else:
            yield Said(here, value, _line(text, ("rules", *here)))


def _line(text: str, path: tuple[str, ...]) -> int:
    """The line on which *path* is set or its section begins, counted from 1; 0: it stands there in another spelling."""
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.split("#")[0].strip()
        if bare.startswith("[") and bare.endswith("]"):
            section = _words(bare.strip("[]"))
            if section == path:
                return number
        elif "=" in bare and (*section, *_words(bare.split("=")[0])) == path:
            return number
    return 0


def _words(dotted: str) -> tuple[str, ...]:
    return tuple(word.strip().strip("\"'") for word in dotted.split("."))
