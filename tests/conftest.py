"""What holds for every test: only this machine can be reached, and a missing shared corpus is said aloud."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.places import delete_blank_file, stop_postgres
from tests.support.shared import ALL, CORPUS, META_OPENAPI, Shared
from tests.support.zygote import stop_zygote

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

# No deadlines anywhere: a busy machine is not a failing test.
settings.register_profile("default", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=50,  # the same in every run: more are tried by who changes something, and by `make thorough`
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
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


def _found(shared: Shared) -> Path:
    """Its folder. Skips where it is missing; in CI it must be there."""
    if not shared.is_missing:
        return shared.folder
    if IN_CI:
        pytest.fail(shared.missing)
    pytest.skip(shared.missing)


@pytest.fixture(scope="session")
def shared_corpus() -> Path:
    """The folder of webhook bodies written by others."""
    return _found(CORPUS)


@pytest.fixture(scope="session")
def meta_openapi() -> Path:
    """The folder of Meta's own description of its Graph endpoints."""
    return _found(META_OPENAPI)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop what was started; fail a CI run that had not all shared folders, whatever was selected."""
    stop_postgres()
    delete_blank_file()
    stop_zygote()
    if IN_CI and any(shared.is_missing for shared in ALL):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which shared folders were missing, so that a green run is not taken for more than it is."""
    for shared in ALL:
        if shared.is_missing:
            terminalreporter.section(shared.missing, red=IN_CI, yellow=not IN_CI)
            terminalreporter.write_line(f"So {shared.lost} did not run.")
            if IN_CI:
                terminalreporter.write_line("In CI it must not be missing: this run has failed.", red=True)
