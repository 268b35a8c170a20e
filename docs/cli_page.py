"""Writes docs/cli.md from the help of the commands themselves. Run by `make docs`; a test compares."""

from __future__ import annotations

import re
from pathlib import Path

from wabawatch.cli.main import app

PAGE = Path(__file__).with_name("cli.md")

OPENING = """\
# The command line

This page is generated (`make docs`) from what `wabawatch COMMAND --help` says.

Data goes to stdout, everything else to stderr. `--json` prints one JSON document on stdout and nothing else.

| exit code | means |
| --- | --- |
| 0 | it went well |
| 1 | it failed, what was checked is not as it should be, or what is asked for is not there; stderr says what to do |
| 2 | the arguments make no sense; stderr names the nearest valid one |
| 130 | it was interrupted |

Three options say which installation a command works on: `--config`, `--data-dir` and `--database-url`. They win
over the environment and over `wabawatch.toml` ([settings](settings.md)). Commands that read or write the data bring
its tables up to date first, as `migrate` does; `doctor` does not, it changes nothing.

"""


def page() -> str:
    """The page as it should be."""
    told = app.generate_docs()
    commands = told[told.index("## wabawatch serve") :]
    commands = re.sub(r"^(wabawatch .+?) -m \S+", r"\1", commands, flags=re.MULTILINE)  # how this program was started
    tidy = commands.replace(" *[default: False]*", "").replace("**Parameters**", "**Options**")
    return OPENING + tidy.rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
