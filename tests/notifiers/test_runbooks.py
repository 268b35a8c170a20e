"""The pages themselves: every rule has one, and each is what somebody needs at night."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from wabawatch.domain.alert_rules import BY_NAME
from wabawatch.domain.alerts import Rule, RuleKind
from wabawatch.notifiers.runbooks import Shelf, load, names
from wabawatch.notifiers.words import quantity

ROOT = Path(__file__).resolve().parents[2]
INDEX = ROOT / "docs" / "runbooks" / "README.md"
RULES = sorted(BY_NAME)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_a_runbook_that_can_be_quoted(rule: str) -> None:
    page = load(rule)

    assert page is not None, f"write docs/runbooks/{rule.lower()}.md"
    assert page.rule == rule
    assert 3 <= len(page.steps) <= 6
    assert len(page.fixes) >= 3
    assert any("https://" in fact for fact in page.facts) or rule in {
        "MONITORING_STALLED",
        "CHANNEL_FAILING",
        "CHECK_FAILED",
    }
    for step in page.first_steps:
        assert len(step) <= 260, "a notice quotes it"
        assert not re.search(r"[`*\[\]]", step)
        assert step.endswith((".", "?", ":"))


@pytest.mark.parametrize("rule", BY_NAME.values(), ids=lambda rule: rule.name)
def test_a_runbook_tells_the_rule_as_it_is(rule: Rule) -> None:
    page = load(rule.runbook)

    assert page is not None
    assert page.title == rule.title
    if rule.threshold:
        assert quantity(rule.threshold, rule.unit).removesuffix(" s").removesuffix(" days") in page.decided
    if rule.kind is RuleKind.EVENT:
        assert "after 24 hours" in page.decided


def test_there_is_no_runbook_of_no_rule() -> None:
    assert names() == sorted(rule.lower() for rule in RULES)


def test_the_index_lists_every_runbook() -> None:
    listed = re.findall(r"^\| \[`([A-Z_]+)`\]\(([a-z_]+)\.md\) \| (.+?) \|", INDEX.read_text("utf-8"), re.MULTILINE)

    assert {rule: title for rule, _, title in listed} == {page.rule: page.title for page in map(load, names()) if page}
    assert all(rule.lower() == name for rule, name, _ in listed)


@pytest.mark.parametrize("name", ["", "../README", "README", "nothing_of_the_kind", "a/b", "\0"])
def test_there_is_no_other_page(name: str) -> None:
    assert load(name) is None
    assert Shelf("https://watch.example.com").url(name) == ""


def test_a_notice_links_to_it_where_people_can_open_it() -> None:
    assert (
        Shelf("https://watch.example.com/").url("TOKEN_INVALID") == "https://watch.example.com/runbooks/token_invalid"
    )
    assert Shelf().url("TOKEN_INVALID") == ""
    assert len(Shelf().first_steps("token_invalid")) == 3


def test_the_pages_are_in_the_wheel(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=200)

    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {f"wabawatch/runbooks/{name}.md" for name in names()} <= set(archive.namelist())
