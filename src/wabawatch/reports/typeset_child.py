"""The process that typesets a report (`reports.typeset`): JSON on stdin, PDF/A on stdout, what is wrong on stderr."""

from __future__ import annotations

import json
import re
import sys
from importlib.resources import files
from typing import Any, Final

STANDARD: Final = "a-2a"
"""PDF/A-2, level A: for the archive, and with its structure told to screen readers"""

NO_SIGN = "could not be displayed"
"""What typst says of text that none of its fonts has signs for: PDF/A takes none of that"""


def main() -> int:
    """Typeset what stdin holds."""
    import typst

    template = files("wabawatch.reports").joinpath("templates/report.typ").read_bytes()
    said = sys.stdin.buffer.read().decode()
    # The fonts that come with typst: the same bytes on every machine. Only where they lack signs, this machine's, too.
    ways = ((said, False), (said, True), (plain(said), False))
    for text, is_at_home in ways:
        fonts = typst.Fonts(include_system_fonts=is_at_home)
        try:
            made = typst.compile(
                template, format="pdf", sys_inputs={"report": text}, pdf_standards=STANDARD, font_paths=fonts
            )
        except typst.TypstError as error:
            if NO_SIGN in str(error) and text is said:
                continue
            sys.stderr.write(f"{str(error).splitlines()[0]}\n")
            return 1
        sys.stdout.buffer.write(made)
        return 0
    return 1


def plain(said: str) -> str:
    """*said* (JSON) with a mark in place of what the fonts may have no sign for."""
    return json.dumps(_plain(json.loads(said)))


def _plain(value: Any) -> Any:
    """Any: whatever JSON holds."""
    match value:
        case str():
            return re.sub("[^\n -~\xa0-\u024f\u2010-\u203a\u202f]", "\ufffd", value)
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {name: _plain(each) for name, each in value.items()}
    return value


if __name__ == "__main__":
    sys.exit(main())
