"""The rules of the house that no linter knows: each is a sentence of CONTRIBUTING.md."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "wabawatch"
SOURCES = sorted(PACKAGE.rglob("*.py"))
BENCH = sorted((ROOT / "bench").rglob("*.py"))

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
# Name of a file or of `file::function`, with the reason why it is one thing and must stay whole.
MAY_BE_LONG: dict[str, str] = {}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def _place(path: Path) -> str:
    return path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).as_posix()


def _imports(path: Path) -> Iterator[str]:
    """Full names of the modules that *path* imports, anywhere in it."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_place(path)}:{node.lineno} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _uses(path: Path, names: set[str]) -> list[str]:
    """Lines of *path* that say one of *names*, as a name or as an attribute."""
    said = []
    for node in ast.walk(_tree(path)):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
        if name in names and isinstance(node, ast.expr):
            said.append(f"{_place(path)}:{node.lineno} {name}")
    return said


def _outside(*allowed: str) -> list[Path]:
    """The files that are none of *allowed* (files, or folders with a slash at the end)."""
    return [path for path in SOURCES if not _place(path).startswith(allowed)]


def test_only_settings_reads_the_environment() -> None:
    said = [use for path in _outside("settings.py") for use in _uses(path, {"environ", "environb", "getenv"})]

    assert not said
    assert _uses(PACKAGE / "settings.py", {"environ"})


def test_only_the_supervisor_the_forwarder_and_the_simulator_make_tasks() -> None:
    makers = {"create_task", "ensure_future", "gather", "TaskGroup", "create_task_group", "run_coroutine_threadsafe"}

    # The gateway gives up a call when its client goes away: it waits for both.
    allowed = ("loops.py", "forwarder/", "simulator/", "web/gateway.py")
    assert not [use for path in _outside(*allowed) for use in _uses(path, makers)]


def test_only_the_commands_know_the_simulator() -> None:
    importers = {
        _place(path)
        for path in _outside("cli.py", "cli/", "simulator/")
        for name in _imports(path)
        if name.startswith("wabawatch.simulator")
    }

    assert not importers


def test_only_storage_opens_databases() -> None:
    for path in _outside("storage/"):
        assert not {"sqlite3", "sqlalchemy", "psycopg"} & {name.partition(".")[0] for name in _imports(path)}, path


def test_the_domain_needs_nothing_but_the_standard_library() -> None:
    for path in (PACKAGE / "domain").rglob("*.py"):
        foreign = {name for name in _imports(path) if not name.startswith("wabawatch.domain")}

        assert {name.partition(".")[0] for name in foreign} <= sys.stdlib_module_names, path


def test_the_domain_neither_waits_nor_asks_the_time() -> None:
    asking = {"now", "utcnow", "today", "time", "monotonic", "open", "print", "uuid4"}
    for path in (PACKAGE / "domain").rglob("*.py"):
        waits = [node.lineno for node in ast.walk(_tree(path)) if isinstance(node, ast.AsyncFunctionDef | ast.Await)]

        assert not waits, path
        assert not asking & _called(path), path


def _called(path: Path) -> set[str]:
    """Names of the functions and methods that *path* calls."""
    called = [node.func for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    return {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}


def test_init_files_are_empty_except_the_face() -> None:
    full = [path for path in SOURCES if path.name == "__init__.py" and path.read_text("utf-8").strip()]

    assert full in ([], [PACKAGE / "__init__.py"])


@pytest.mark.parametrize("path", [*SOURCES, *BENCH], ids=_place)
def test_files_and_functions_stay_short(path: Path) -> None:
    place = _place(path)
    lengths = {
        f"{place}::{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES}
    if (lines := len(path.read_text("utf-8").splitlines())) > MAX_FILE_LINES:
        too_long[place] = lines

    assert not {name: lines for name, lines in too_long.items() if name not in MAY_BE_LONG}


@pytest.mark.parametrize("path", [*SOURCES, *BENCH], ids=_place)
def test_everything_public_has_a_docstring(path: Path) -> None:
    bare = [
        f"{_place(path)}:{node.lineno} {node.name}"
        for node in _tree(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]

    assert not bare
    assert path.name == "__init__.py" or ast.get_docstring(_tree(path)), "a file says in one sentence what lives in it"


def test_no_file_names_a_package_registry() -> None:
    # Put together here, so that this file does not name them either.
    hosts = ["pypi" + ".org", "python" + "hosted.org", "registry" + ".npmjs", "npmjs" + ".org", "yarnpkg" + ".com"]
    pattern = re.compile("|".join(map(re.escape, hosts)), re.IGNORECASE)

    naming = [name for name in _kept_files() if pattern.search((ROOT / name).read_text("utf-8", "replace"))]

    assert not naming


def _kept_files() -> list[str]:
    """Files that git keeps or would keep."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    listed = told.stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


def test_both_lock_files_pin_the_same_releases() -> None:
    runtime, dev = (_pins(ROOT / "requirements" / f"{name}.txt") for name in ("runtime", "dev"))

    assert {name: runtime[name] for name in runtime.keys() & dev} == {name: dev[name] for name in runtime.keys() & dev}
    assert {"starlette", "sqlalchemy", "hatchling"} <= runtime.keys()
    assert {"pytest", "ruff", "mypy"} <= dev.keys()


def _pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", path.read_text("utf-8"), re.MULTILINE))


def test_the_changelog_begins_with_this_version() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    assert version
    assert newest
    assert newest[1] == version[1]


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 443)])
def test_tests_cannot_leave_this_machine(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as outward, pytest.raises(RuntimeError, match="only reach this machine"):
        outward.connect(address)


def test_tests_cannot_ask_for_foreign_names() -> None:
    with pytest.raises(RuntimeError, match="may not look up"):
        socket.getaddrinfo("graph.facebook.com", 443)


def test_tests_can_reach_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        client.sendall(b"hello")
        there, _ = server.accept()
        with there:
            assert there.recv(5) == b"hello"
