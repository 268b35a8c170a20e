"""Charts of a report as SVG: plain shapes that a page and a typesetter both draw. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor, log10
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 160
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 30
INK, FAINT, GRID = "#1f2933", "#6b7785", "#dfe4ea"
TICKS = 4
LABELS = 7


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or bars, over the period. None where nothing is known: there it is broken."""

    name: str
    values: Sequence[float | None]
    colour: str
    is_bars: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn."""

    title: str
    at: Sequence[datetime]
    lines: Sequence[Line]
    spell: Callable[[float], str]
    threshold: float | None = None
    low: float | None = None
    """Where the axis begins; None: below the lowest value"""
    said: str = ""
    """The same in words, for who does not see it"""


def svg(chart: Chart, font: str) -> str:
    """The chart as one SVG."""
    bottom, top = _range(chart)
    place = _Place(len(chart.at), bottom, top)
    drawn = [_axis(chart, place), *(_bars(line, place) for line in chart.lines if line.is_bars)]
    drawn += [_path(line, place) for line in chart.lines if not line.is_bars]
    if chart.threshold is not None:
        y = place.y(chart.threshold)
        drawn.append(
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#b42318"'
            ' stroke-width="1.2" stroke-dasharray="5 4"/>'
        )
    label = escape(chart.said or chart.title, {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' role="img" aria-label="{label}" font-family="{font}" font-size="12">{"".join(drawn)}</svg>'
    )


@dataclass(frozen=True, slots=True)
class _Place:
    n: int
    bottom: float
    top: float

    def x(self, i: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (i + 0.5) / max(1, self.n)

    def y(self, value: float) -> float:
        share = (value - self.bottom) / (self.top - self.bottom)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1.0, max(0.0, share))


def _range(chart: Chart) -> tuple[float, float]:
    """Where the axis begins and ends: whole steps of a round number, around everything that is drawn."""
    known = [value for line in chart.lines for value in line.values if value is not None]
    known += [chart.threshold] if chart.threshold is not None else []
    low, high = min(known, default=0.0), max(known, default=1.0)
    low = low if chart.low is None else chart.low
    step = _step((high - low) / TICKS or abs(high) / TICKS or 1.0 / TICKS)
    bottom = floor(low / step + 1e-9) * step
    while bottom + TICKS * step < high - 1e-12:
        step = _step(step * 1.01)
        bottom = floor(low / step + 1e-9) * step
    return bottom, bottom + TICKS * step


def _step(least: float) -> float:
    """The round number that is not below *least*: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(least))
    return next(part * power for part in (1, 2, 2.5, 5, 10) if part * power >= least * (1 - 1e-9))


def _axis(chart: Chart, place: _Place) -> str:
    drawn = []
    for i in range(TICKS + 1):
        value = place.bottom + (place.top - place.bottom) * i / TICKS
        y = place.y(value)
        drawn.append(
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{GRID}"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{FAINT}">{escape(chart.spell(value))}</text>'
        )
    step = max(1, -(-place.n // LABELS))
    for i in range(0, place.n, step):
        said = f"{chart.at[i]:%d %b}" if place.n < 2 or chart.at[-1] - chart.at[0] >= _DAYS else f"{chart.at[i]:%H:%M}"
        drawn.append(
            f'<text x="{place.x(i):.1f}" y="{HEIGHT - 10}" text-anchor="middle" fill="{FAINT}">{escape(said)}</text>'
        )
    return "".join(drawn)


_DAYS = datetime(2000, 1, 3) - datetime(2000, 1, 1)


def _bars(line: Line, place: _Place) -> str:
    width = max(1.0, (WIDTH - LEFT - RIGHT) / max(1, place.n) * 0.7)
    floor = HEIGHT - BOTTOM
    return "".join(
        f'<rect x="{place.x(i) - width / 2:.1f}" y="{place.y(value):.1f}" width="{width:.1f}"'
        f' height="{max(0.0, floor - place.y(value)):.1f}" fill="{line.colour}"/>'
        for i, value in enumerate(line.values)
        if value is not None
    )


def _path(line: Line, place: _Place) -> str:
    drawn, piece = [], list[str]()
    for i, value in enumerate([*line.values, None]):
        if value is not None:
            piece.append(f"{place.x(i):.1f},{place.y(value):.1f}")
        elif len(piece) == 1:
            x, y = piece[0].split(",")
            drawn.append(f'<circle cx="{x}" cy="{y}" r="2.4" fill="{line.colour}"/>')
            piece = []
        elif piece:
            drawn.append(
                f'<polyline points="{" ".join(piece)}" fill="none" stroke="{line.colour}" stroke-width="2"'
                ' stroke-linejoin="round" stroke-linecap="round"/>'
            )
            piece = []
    return "".join(drawn)
