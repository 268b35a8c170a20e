"""The measured figures over time: one row for each figure, database and run; what changed; and the table of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from bench.figures import BY_KEY, FIGURES, Measured

JSON = Path(__file__).with_name("results.json")
TABLE = Path(__file__).with_name("RESULTS.md")

_HEAD = """# Measured

What SPEC.md section 12 asks for, and what was measured. Written by `make bench ARGS=--store` and
`make bench-long ARGS=--store`; [README.md](README.md) says how each row is measured. Times, CPU and memory are of this
machine; ratios carry over to others.

"""


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure as it was measured last."""

    key: str
    database: str
    run: str
    """bench | bench-long: they fill different rows"""
    value: float
    on: str
    """ISO date"""
    machine: str
    note: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        """What makes it the same row."""
        return self.key, self.database, self.run


def row_of(measured: Measured, run: str, on: str, machine: str) -> Row:
    """The row of a figure that was just measured."""
    return Row(measured.key, measured.database, run, measured.value, on, machine, measured.note)


def merged(stored: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """All rows, the *new* ones in place of those they replace, in the order of the figures. Unknown figures go."""
    rows = {row.place: row for row in (*stored, *new) if row.key in BY_KEY}
    order = {figure.key: position for position, figure in enumerate(FIGURES)}
    return sorted(rows.values(), key=lambda row: (order[row.key], row.database != "sqlite", row.database, row.run))


def change(before: Row | None, now: Row) -> str:
    """By how much a value differs from the stored one; "new" when there is none."""
    if before is None:
        return "new"
    if before.value == now.value:
        return "="
    if not before.value:
        return f"from {BY_KEY[now.key].show(before.value)}"
    return f"{now.value / before.value - 1:+.1%}"


def markdown(rows: Sequence[Row]) -> str:
    """The page with the table of *rows*."""
    machines = list(dict.fromkeys(row.machine for row in rows))
    lines = [f"{number}. {machine}" for number, machine in enumerate(machines, 1)]
    if len(machines) == 1:
        lines = [f"Machine: {machines[0]}"]
    lines += [
        "",
        "| what | on | to reach | measured | verdict | how | run |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        figure = BY_KEY[row.key]
        number = f" ({machines.index(row.machine) + 1})" if len(machines) > 1 else ""
        run = f"{row.run}, {row.on}{number}"
        cells = (
            figure.what,
            row.database,
            figure.aim,
            figure.show(row.value),
            figure.verdict(row.value),
            row.note,
            run,
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") or " " for cell in cells) + " |")
    return _HEAD + "\n".join(lines) + "\n"


def load(path: Path = JSON) -> list[Row]:
    """The stored rows; none when there is no file."""
    return msgspec.json.decode(path.read_bytes(), type=list[Row]) if path.exists() else []


def store(rows: Sequence[Row], json: Path = JSON, table: Path = TABLE) -> None:
    """Write *rows*, as values and as the page."""
    json.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")
    table.write_text(markdown(rows), "utf-8")
