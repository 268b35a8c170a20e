"""Numbers to pictures: small ones as the geometry of an SVG, large ones as Vega-Lite specs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from wabawatch.domain.alerts import Comparison
from wabawatch.domain.backtests import Tryout
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Rate
from wabawatch.domain.overview import Point
from wabawatch.notifiers import words

WIDTH, HEIGHT = 200, 48
"""Of a small chart, in its own units: it is stretched to its place"""

Values: TypeAlias = Sequence[tuple[Millis, float | None]]
Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spark:
    """A line without axes, with the lines that it is held against."""

    lines: tuple[str, ...]
    """The `points` of polylines: one for each stretch of which something is known"""
    dots: tuple[tuple[float, float], ...]
    """Values that stand alone"""
    limits: tuple[float, ...]
    """Where the hard line runs"""
    advised: tuple[float, ...]
    """Where the advised line runs"""
    low: float
    high: float
    """The values at the bottom and at the top"""


def spark(
    values: Values, start: Millis, end: Millis, limit: float, advised: float | None = None, most: float | None = None
) -> Spark | None:
    """*values* from *start* to *end*, with room for their lines. *most* is the largest value there can be.

    None where nothing is known.
    """
    known = [value for _, value in values if value is not None]
    if not known:
        return None
    shown = [*known, limit] if advised is None else [*known, limit, advised]
    low, high = min(shown), max(shown)
    margin = (high - low) * 0.15 or abs(high) * 0.05 or 0.01
    low, high = max(0.0, low - margin), high + margin if most is None else min(most, high + margin)

    def x(at: Millis) -> float:
        return round(max(0, min(1, (at - start) / max(1, end - start))) * WIDTH, 1)

    def y(value: float) -> float:
        return round((1 - (value - low) / (high - low)) * HEIGHT, 1) if high > low else HEIGHT / 2

    stretches: list[list[tuple[float, float]]] = [[]]
    for at, value in values:
        if value is not None:
            stretches[-1].append((x(at), y(value)))
        elif stretches[-1]:
            stretches.append([])
    return Spark(
        lines=tuple(" ".join(f"{a},{b}" for a, b in each) for each in stretches if len(each) > 1),
        dots=tuple(each[0] for each in stretches if len(each) == 1),
        limits=(y(limit),),
        advised=() if advised is None else (y(advised),),
        low=low,
        high=high,
    )


Rates: TypeAlias = Sequence[tuple[Millis, Rate]]


def rates_spec(
    rates: Rates, title: str, threshold: float | None, *, is_best_high: bool, before: Rates = (), later_ms: Millis = 0
) -> Json:
    """A rate over time: its line, its 95 % interval, and the threshold; a drag chooses a time range (`span`).

    *before*: the same in a period *later_ms* earlier, drawn thin beside it.
    """
    rows = [row for at, rate in rates if (row := _row(at, rate)) is not None]
    earlier = [row for at, rate in before if (row := _row(at + later_ms, rate)) is not None]
    scale, axis = _scale_of([*rows, *earlier], threshold)
    at: Json = {
        "field": "at",
        "type": "temporal",
        "title": None,
        "axis": {"grid": False, "labelOverlap": True, "labelSeparation": 8, "format": _TIMES},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": _described(title, threshold, has_earlier=bool(earlier)),
        "width": "container",
        "height": 210,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": rows},
        "encoding": {"x": at},
        "layer": [
            *_earlier(earlier, scale),
            *_layers(title, threshold, "token:series-1" if is_best_high else "token:series-3", scale, axis),
        ],
    }


def rate_charts(
    points: Sequence[Point], before: Sequence[Point], later_ms: Millis, delivery: float, failure: float
) -> dict[str, Json]:
    """The delivery and the failure rate over time, by name, each beside the period *later_ms* before."""

    def rates(some: Sequence[Point], name: str) -> Rates:
        return [(point.at, getattr(point, name)) for point in some]

    return {
        name: rates_spec(
            rates(points, name),
            title,
            line,
            is_best_high=name == "delivery",
            before=rates(before, name),
            later_ms=later_ms,
        )
        for name, title, line in (("delivery", "Delivery rate", delivery), ("failure", "Failure rate", failure))
    }


def _scale_of(rows: Sequence[Json], threshold: float | None) -> tuple[Json, Json]:
    """Scale and axis with room for the values of *rows* and the threshold.

    Intervals get half as much again at each side and are cut off beyond it: those of a few messages reach far, and
    would press all lines together.
    """
    values = [row["value"] for row in rows] + ([] if threshold is None else [threshold])
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = max((high - low) * 0.5, 0.01)
    edges = [edge for row in rows for edge in (row["low"], row["high"])]
    bottom = max(0.0, low - margin, min([*edges, low]) - margin / 6)
    top = min(1.0, high + margin, max([*edges, high]) + margin / 6)
    axis: Json = {"format": ".0%" if top - bottom > 0.08 else ".1%", "tickCount": 5}
    return {"domain": [bottom, top], "zero": False, "nice": False}, axis


def _described(title: str, threshold: float | None, *, has_earlier: bool) -> str:
    line = "" if threshold is None else f" and the threshold of {words.percent(threshold)}"
    return f"{title} over time, with its 95 % interval{line}{'; dotted: the period before' if has_earlier else ''}"


def _earlier(rows: list[Json], scale: Json) -> list[Json]:
    """The line of the period before, where there is one."""
    if not rows:
        return []
    value: Json = {"field": "value", "type": "quantitative", "scale": scale}
    mark: Json = {"type": "line", "color": "token:soft", "strokeWidth": 1.25, "strokeDash": [1, 3], "opacity": 0.9}
    return [{"data": {"values": rows}, "mark": mark, "encoding": {"y": value}}]


def backtest_spec(tried: Tryout, title: str) -> Json:
    """What a rule looked at, hour by hour, with its threshold, and the times shaded in which it would have fired."""
    rule = tried.found.rule
    threshold = rule.threshold or 0.0
    rows: list[Json] = [
        {
            "at": each.at, "utc": _utc(each.at),
            "value": round(each.value, 5), "low": round(each.low, 5), "high": round(each.high, 5),
            "n": each.n, "said": words.percent(each.value), "interval": words.interval(each.low, each.high, "share"),
        }
        for each in tried.spots
    ]  # fmt: skip
    scale, axis = _scale_of(rows, threshold)
    at: Json = {
        "field": "at", "type": "temporal", "title": None,
        "axis": {"grid": False, "labelOverlap": True, "labelSeparation": 8, "format": _TIMES},
    }  # fmt: skip
    colour = "token:series-1" if rule.comparison is Comparison.BELOW else "token:series-3"
    lines = [
        {**layer, "encoding": {"x": at} | layer["encoding"]} for layer in _layers(title, threshold, colour, scale, axis)
    ]
    lines[0].pop("params")  # a drag over it goes nowhere
    for layer in lines:
        if layer["encoding"]["x"] is None:
            del layer["encoding"]["x"]
    fired = len(tried.shaded)
    times = "once" if fired == 1 else f"{fired} times"
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": f"{title} by the hour, the threshold {words.percent(threshold)}; it would have fired {times}",
        "width": "container",
        "height": 240,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": rows},
        "layer": [*_fires(tried, at), *lines],
    }


def _fires(tried: Tryout, at: Json) -> list[Json]:
    """The times in which it would have fired, over the whole time that it was tried on."""
    span = [tried.found.start, tried.found.end]
    shaded = [{"at": each.at, "to": each.ended_at or span[1]} for each in tried.shaded]
    return [
        {
            "data": {"values": shaded},
            "mark": {"type": "rect", "color": "token:bad", "opacity": 0.18},
            "encoding": {"x": at, "x2": {"field": "to"}},
        },
        # Its ends are drawn where nobody sees them, so that all of it is shown: a domain would be at odds with `x2`.
        {
            "data": {"values": [{"at": each} for each in span]},
            "mark": {"type": "point", "opacity": 0},
            "encoding": {"x": at},
        },
    ]


_TIMES = {"year": "%Y", "month": "%b %Y", "date": "%d %b", "day": "%d %b", "hours": "%H:%M", "minutes": "%H:%M"}


def _layers(title: str, threshold: float | None, colour: str, scale: Json, axis: Json) -> list[Json]:
    """The interval, the line, the threshold, and the point that is pointed at."""
    value: Json = {"field": "value", "type": "quantitative", "scale": scale}
    told: list[Json] = [
        {"field": "at", "type": "temporal", "format": "%d %b %H:%M", "title": "from"},
        {"field": "utc", "title": "in UTC"},
        {"field": "said", "title": title},
        {"field": "interval", "title": "95 % interval"},
        {"field": "n", "title": "messages", "format": ","},
    ]
    nearest: Json = {"type": "point", "on": "pointermove", "nearest": True, "fields": ["at"]}
    return [
        {
            "params": [{"name": "span", "select": {"type": "interval", "encodings": ["x"]}}],
            "mark": {"type": "area", "opacity": 0.18, "color": colour, "clip": True},
            "encoding": {"y": value | {"field": "low", "axis": axis, "title": None}, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "line", "color": colour, "strokeWidth": 2, "point": {"size": 14, "color": colour}},
            "encoding": {"y": value},
        },
        *_line(threshold, scale),
        {
            "params": [{"name": "near", "select": nearest}],
            "mark": {"type": "point", "size": 70, "filled": True, "color": colour},
            "encoding": {
                "y": value,
                "opacity": {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0},
                "tooltip": told,
            },
        },
    ]


def _line(threshold: float | None, scale: Json) -> list[Json]:
    """The line that a requirement draws, where there is one."""
    if threshold is None:
        return []
    mark: Json = {"type": "rule", "color": "token:bad", "strokeDash": [5, 4], "strokeWidth": 1.5}
    return [{"mark": mark, "encoding": {"y": {"datum": threshold, "type": "quantitative", "scale": scale}, "x": None}}]


def _row(at: Millis, rate: Rate) -> Json | None:
    if rate.value is None or rate.interval is None:
        return None
    low, high = rate.interval
    said = {"said": words.percent(rate.value), "interval": words.interval(low, high, "share")}
    value = {"value": round(rate.value, 5), "low": round(low, 5), "high": round(high, 5)}
    return {"at": at, "utc": _utc(at), **value, "n": rate.n, **said}


def _utc(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%d %b %H:%M")
