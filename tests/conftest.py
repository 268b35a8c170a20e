"""What holds for every test: only this machine can be reached, and a missing shared corpus is said aloud."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.places import stop_postgres

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

# No deadlines anywhere: a busy machine is not a failing test.
settings.register_profile("default", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    max_examples=300,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "default"))


class NetworkRefused(RuntimeError):
    """A test tried to leave this machine. Not an OSError, so that no code takes it for a network that is down."""


def _is_here(address: object) -> bool:
    """Whether *address* (a host, a socket address or a path) is on this machine."""
    if isinstance(address, tuple):
        address = address[0]
    if isinstance(address, bytes):
        address = address.decode("ascii", "replace")
    if not isinstance(address, str) or address in {"", "localhost"} or "/" in address:
        return True
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def _is_number(host: object) -> bool:
    """Whether *host* is an address already: looking it up asks nobody."""
    try:
        ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return True


def _guard(event: str, args: tuple[Any, ...]) -> None:
    match event:
        case "socket.connect" | "socket.sendto" | "socket.sendmsg" if not _is_here(args[1]):
            raise NetworkRefused(f"tests may only reach this machine, not {args[1]!r}")
        case "socket.getaddrinfo" | "socket.gethostbyname" if not (_is_here(args[0]) or _is_number(args[0])):
            raise NetworkRefused(f"tests may not look up {args[0]!r}")


# An audit hook sees every connection of the process, whichever library makes it, and cannot be undone by a test.
sys.addaudithook(_guard)


def _corpus() -> Path:
    named = os.environ.get("WABAWATCH_CORPUS")
    return Path(named) if named else ROOT.parent / "shared" / "payloads" / "webhooks"


@pytest.fixture(scope="session")
def shared_corpus() -> Path:
    """The folder of webhook bodies written by others. Skips where it is missing; in CI it must be there."""
    folder = _corpus()
    if folder.is_dir():
        return folder
    message = f"the shared corpus is missing: {folder} (WABAWATCH_CORPUS names another place)"
    if IN_CI:
        pytest.fail(message)
    pytest.skip(message)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop what was started; fail a CI run that had no shared corpus, whatever was selected."""
    stop_postgres()
    if IN_CI and not _corpus().is_dir():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say that the shared corpus was missing, so that a green run is not taken for more than it is."""
    if _corpus().is_dir():
        return
    terminalreporter.section("shared corpus missing", red=IN_CI, yellow=not IN_CI)
    terminalreporter.write_line(f"No folder {_corpus()}: the tests over webhook bodies written by others did not run.")
    terminalreporter.write_line("Name it with WABAWATCH_CORPUS.")
    if IN_CI:
        terminalreporter.write_line("In CI it must not be missing: this run has failed.", red=True)
