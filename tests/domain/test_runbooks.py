"""Reading a runbook page."""

from __future__ import annotations

import pytest

from wabawatch.domain.runbooks import Part, parse, plain

PAGE = """\
# TOKEN_INVALID: The access token is not accepted

## What it means

Meta refuses
the token.

## How it is decided

By [evidence](x.md).

## What to check first

1. Run `wabawatch doctor`: its
   checks say it.
2. Ask **who** changed it ([how](https://example.com/a_b)).

## What usually fixes it

- A new token.

## Facts and sources

- 190: token dead.
"""


def test_a_page_is_read_part_by_part() -> None:
    page = parse(PAGE)

    assert (page.rule, page.title) == ("TOKEN_INVALID", "The access token is not accepted")
    assert page.means == "Meta refuses the token."
    assert page.steps[0] == "Run `wabawatch doctor`: its checks say it."
    assert page.first_steps[1] == "Ask who changed it (how)."
    assert (page.fixes, page.facts) == (("A new token.",), ("190: token dead.",))


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (("# TOKEN_INVALID: ", "# "), "first line"),
        ((f"## {Part.FIXES}", "## Fixes"), "headings"),
        (("- A new token.\n", ""), "nothing stands below"),
        (("1. Run", "Run"), "this is no list"),
    ],
)
def test_a_page_that_lacks_something_is_refused(change: tuple[str, str], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        parse(PAGE.replace(*change))


def test_marks_are_taken_out() -> None:
    assert plain("see `doctor` and [limits](../limits.md)") == "see doctor and limits"
