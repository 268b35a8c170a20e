"""The documents: what they name exists, and what exists is named in them."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App
from docs import alerts_page, cli_page, figures_page, metrics_page

from tests.support.premises import NOW, SET_UP, books
from wabawatch.app import System
from wabawatch.cli.main import COMMANDS, app
from wabawatch.domain.premises import Postgres
from wabawatch.flows.doctoring import examine
from wabawatch.flows.ingest import Admission
from wabawatch.settings import SETTINGS, load
from wabawatch.settings_rules import RuleReader
from wabawatch.web.health import liveness, readiness

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])

LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
CALL = re.compile(
    r"""^\s*(?:\$\ )?(?:ExecStart(?:Pre)?=)?   # a shell line, or one of a unit file
        (?:sudo\ (?:-u\ \S+\ )?)?(?:\w+=\S*\ )*  # as somebody, with settings
        (?:\S*/)?wabawatch(?:\ (?P<said>.*))?$""",
    re.VERBOSE,
)
AFTER_A_COMMAND = {"|", ">", ">>", "<", "&&", "||", ";", "&", "2>"}
OURS = re.compile(r"\bWABAWATCH_[A-Z_a-z<>]+")
NO_SETTINGS = {"WABAWATCH_CONFIG", "WABAWATCH_CORPUS", "WABAWATCH_META_OPENAPI", "WABAWATCH_APPS_NAME_APP_SECRET"}


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def blocks(page: Path, kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(text_of(page)) if found == kind]


def snippets(page: Path) -> Iterator[str]:
    """Every line of a code block, joined where it goes on, and every span of code."""
    text = text_of(page)
    for _, block in BLOCK.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    yield from SPAN.findall(BLOCK.sub("", text))


def calls(page: Path) -> Iterator[list[str]]:
    """The arguments of each `wabawatch` that somebody may type."""
    for snippet in snippets(page):
        if (found := CALL.match(snippet)) and found["said"]:
            words = shlex.split(found["said"], comments=True)
            end = next((at for at, word in enumerate(words) if word in AFTER_A_COMMAND), len(words))
            yield words[:end]


def mistakes_in(arguments: list[str]) -> list[str]:
    """What of *arguments* the command line does not know."""
    command, rest = app, list(arguments)
    while rest and rest[0] in command and not rest[0].startswith("-"):
        command = command[rest.pop(0)]
    if command.default_command is None and rest and not rest[0].startswith("-"):
        return [] if rest[0].isupper() else rest[:1]  # COMMAND stands for any of them
    known = {"--help", "--version", *(name for each in _options(command) for name in each.names)}
    return [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]


def _options(command: App) -> list[Any]:
    return list(command.assemble_argument_collection()) if command.default_command else []


def headings(page: Path) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", BLOCK.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(text_of(page)):
        if "://" in link or link.startswith("mailto:"):
            continue
        target, _, anchor = link.partition("#")
        place = (page.parent / target).resolve() if target else page
        assert place.exists(), link
        assert not anchor or anchor in headings(place), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_option_that_is_named_exists(page: Path) -> None:
    wrong = {" ".join(call): mistakes for call in calls(page) if (mistakes := mistakes_in(call))}

    assert not wrong


def test_the_commands_of_the_readme_are_found() -> None:
    assert ["serve", "--host", "0.0.0.0", "--port", "8080"] in calls(ROOT / "README.md")
    assert mistakes_in(["srve"]) == ["srve"]
    assert mistakes_in(["monitor", "pause"]) == ["pause"]
    assert mistakes_in(["doctor", "--jsno"]) == ["--jsno"]


def known_settings() -> set[str]:
    secret = {f"{each.name}_FILE" for each in SETTINGS if each.kind.is_secret}
    return {each.name for each in SETTINGS} | secret | NO_SETTINGS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    named = {name.rstrip("_") for name in OURS.findall(text_of(page))} - {"WABAWATCH"}
    named |= {name for line in snippets(page) for name in re.findall(r"^(?:export |Environment=)([A-Z_]+)=", line)}

    assert not {name for name in named if not is_known(name)}


def is_known(name: str) -> bool:
    own_section = re.sub(r"(?<=_APPS_)[A-Z_]+?(?=_(APP_SECRET|VERIFY_TOKEN))", "<name>", name)
    own_section = re.sub(r"(?<=_FORWARD_)[A-Z]+(?=_(URL|APP|WABA|NUMBER|SECRET)$)", "<name>", own_section)
    own_section = re.sub(r"(?<=_CHANNELS_)[A-Z]+(?=_[A-Z]+$)", "<name>", own_section)
    of_a_country = re.sub(r"(?<=_)([A-Z]{2}|DEFAULT)$", "<name>", name)
    return bool({name, own_section, of_a_country} & known_settings())


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_key_of_the_settings_file_that_is_named_exists(page: Path) -> None:
    secret = {f"{each.key}_file" for each in SETTINGS if each.kind.is_secret}
    known = {each.key for each in SETTINGS} | secret

    for block in blocks(page, "toml"):
        document = tomllib.loads(block)
        rules = RuleReader(0.95, 0.05, 0.9, 30, page.name)
        rules.take(document.pop("rules", {}), block)
        assert rules.problems == []
        keys = {
            re.sub(r"^(apps|forward|channels|checks|maintenance)\.[^.]+", r"\1.<name>", key) for key in flat(document)
        }
        keys = {re.sub(r"^(prices\.\w+)\.(default|[A-Z]{2})$", r"\1.<name>", key) for key in keys}
        assert keys <= known


def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_the_page_of_the_command_line_is_current() -> None:
    assert cli_page.PAGE.read_text("utf-8") == cli_page.page(), "run `make docs`"


def test_the_page_of_the_metrics_is_current() -> None:
    assert metrics_page.PAGE.read_text("utf-8") == metrics_page.page(), "run `make docs`"


def test_the_table_of_rules_is_current() -> None:
    assert alerts_page.PAGE.read_text("utf-8") == alerts_page.page(), "run `make docs`"


def test_the_computed_parts_of_the_page_on_figures_are_current() -> None:
    page = figures_page.PAGE.read_text("utf-8")

    assert page == figures_page.page(), "run `make docs`"
    assert {name for _, name, _ in figures_page.PART.findall(page)} == figures_page.PARTS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_says_what_its_function_says(name: str) -> None:
    command = app[name]
    doc = getattr(command.default_command, "__doc__", None) or COMMANDS[name]

    assert command.help.startswith(COMMANDS[name])
    assert doc.splitlines()[0] in command.help


def test_the_index_lists_every_page() -> None:
    listed = {link.partition("#")[0] for link in LINK.findall(text_of(DOCS / "README.md"))}

    assert {page.name for page in DOCS.glob("*.md")} - {"README.md"} <= listed


def first_column(page: Path) -> set[str]:
    """What the tables of *page* are about, row by row."""
    return set(re.findall(r"^\| `([^`]+)` \|", text_of(page), re.MULTILINE))


def test_every_check_of_the_doctor_is_explained() -> None:
    everything = books(postgres=Postgres("18.0", 18))
    checks = {each.check.partition(" (")[0] for each in examine(load(SET_UP), everything, NOW)}

    assert checks | {"settings"} <= first_column(DOCS / "health.md")


def test_every_page_that_the_doctor_sends_to_exists() -> None:
    text = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("doctor*.py"))
    pages = set(re.findall(r"docs/([a-z-]+\.md)", text))

    assert pages >= {"health.md", "meta-setup.md"}
    assert all((DOCS / page).exists() for page in pages)


def test_every_reason_to_refuse_a_webhook_is_explained() -> None:
    assert set(Admission) - {Admission.ACCEPTED, Admission.SYNTHETIC} <= first_column(DOCS / "health.md")


def test_every_check_of_the_health_routes_is_explained(tmp_path: Path) -> None:
    system = System(load({"WABAWATCH_DATA_DIR": str(tmp_path)}))
    loops = system.supervisor().health()
    system.close()
    checks = [*liveness(loops)[1]["checks"], *readiness(schema=1, schema_needed=1)[1]["checks"]]

    assert {each["name"] for each in checks} <= first_column(DOCS / "health.md")
