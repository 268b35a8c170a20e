"""Rules of the house for tests: none of them can keep a run from ending, and their files are short."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
FILES = sorted(TESTS.rglob("*.py"))
MAX_FILE_LINES = 400

LONG_LIVED = {"support/children.py", "support/server.py", "support/postgres.py", "support/zygote.py"}
"""They start processes for longer than a block, and end them with a limit of their own."""


WAITING = {"Popen", "run", "check_output", "check_call", "Thread"}


def calls(path: Path) -> Iterator[tuple[ast.Call, str, str]]:
    """Each call in *path* that may wait, whom it calls, and whom the call calls whose argument it is."""
    tree = ast.parse(path.read_text("utf-8"), str(path))
    around = {id(part): call for call in ast.walk(tree) if isinstance(call, ast.Call) for part in call.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _last(node.func) in WAITING:
            outer = around.get(id(node))
            yield node, ast.unparse(node.func), "" if outer is None else ast.unparse(outer.func)


def _last(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def unlimited(path: Path) -> list[str]:
    """Lines of *path* that may wait for ever for a process or a thread."""
    found = []
    for call, name, outer in calls(path):
        given = {each.arg for each in call.keywords}
        is_process = name == "subprocess.Popen" and outer != "ending"
        is_run = name in {"subprocess.run", "subprocess.check_output", "subprocess.check_call"}
        is_thread = name in {"threading.Thread", "Thread"}
        if is_process or (is_run and "timeout" not in given) or (is_thread and "daemon" not in given):
            found.append(f"{path}:{call.lineno} {name}")
    return found


def test_processes_and_threads_of_tests_end_with_them() -> None:
    bound = [path for path in FILES if path.relative_to(TESTS).as_posix() not in LONG_LIVED]

    assert not [line for path in bound for line in unlimited(path)]


def test_no_file_of_tests_is_long() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in FILES}

    assert not {f"{path.relative_to(TESTS)}": n for path, n in lengths.items() if n > MAX_FILE_LINES}


@pytest.mark.parametrize(
    ("line", "is_bad"),
    [
        ("with subprocess.Popen(command) as process: pass", True),
        ("with ending(subprocess.Popen(command)) as process: pass", False),
        ("subprocess.run(command)", True),
        ("subprocess.run(command, timeout=60)", False),
        ("threading.Thread(target=run)", True),
        ("threading.Thread(target=run, daemon=True)", False),
    ],
)
def test_the_rule_sees_what_waits_for_ever(line: str, is_bad: bool, tmp_path: Path) -> None:
    path = tmp_path / "test_it.py"
    path.write_text(line, "utf-8")

    assert bool(unlimited(path)) is is_bad
