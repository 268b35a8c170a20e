"""`wabawatch rebuild`: hold the figures against the messages they count, and mend what differs."""

from __future__ import annotations

from wabawatch.cli.common import HERE, Command, Where, err, note, opened, out, print_json, progress_bar
from wabawatch.cli.main import FAILED, WELL
from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.ports import RollupKey
from wabawatch.storage.recounting import mend, recounting

app = Command()

NAMES = ("tier", "bucket", "scope", "number_id", "ref", "standing_id")
SHOWN = 20


@app.default
def rebuild(*, verify: bool = False, json: bool = False, where: Where = HERE) -> int:
    """Count all messages again, and put roll-ups right that differ. May be run while the server works.

    Parameters
    ----------
    verify
        Change nothing; exit with 1 if anything differs.
    json
        Print the rows that differ, as JSON.
    """
    with opened(where) as system, progress_bar() as bar:
        counting = bar.add_task("counting messages", total=None)
        with recounting(system.database, country_of) as books:
            found = differences(books, lambda done, total: bar.update(counting, completed=done, total=total))
        if found and not verify:
            mend(system.database, found)
            note(system, "rollups_mended", "rollups", rows=len(found))
    if json:
        print_json({"differences": [_row(key, n) for key, n in found.items()], "mended": bool(found) and not verify})
    else:
        _show(found, verify)
    return FAILED if found and verify else WELL


def _row(key: RollupKey, n: int) -> dict[str, int]:
    return {**dict(zip(NAMES, key, strict=True)), "missing": n}


def _show(found: dict[RollupKey, int], verify: bool) -> None:
    if not found:
        out.print("no difference: every roll-up is what the messages say")
        return
    for key, n in list(found.items())[:SHOWN]:
        err.print(_row(key, n))
    done = "differ; run `wabawatch rebuild` to put them right" if verify else "differed and were put right"
    out.print(f"{len(found)} roll-up rows {done}")
