"""`wabawatch migrate`: bring the tables up to date."""

from __future__ import annotations

from wabawatch.cli.common import HERE, Command, Where, opened, out, print_json

app = Command()


@app.default
def migrate(*, json: bool = False, where: Where = HERE) -> None:
    """Take every step that the database has not taken yet.

    Parameters
    ----------
    json
        Print the names of the steps taken, as JSON.
    """
    with opened(where) as system:
        taken = system.applied
    if json:
        print_json({"taken": taken})
    else:
        out.print("\n".join(taken) if taken else "nothing to do: the tables are up to date", markup=False)
