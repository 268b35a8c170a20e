"""The command line `wabawatch` in this process: what it prints and how it ends, without a second for its imports.

`tests.support.server.run` runs it in a process of its own, for tests in which an event loop runs already, and so that
what installed it is seen at work.
"""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from tests.support.server import environment
from wabawatch.cli import main


def run(folder: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run it on the installation in *folder*, with the usual settings, *settings*, and nothing from outside."""
    told, said = io.StringIO(), io.StringIO()
    env = environment(folder, settings or {}) | {"COLUMNS": "80"}  # as where there is no terminal
    with patch.dict(os.environ, env, clear=True), chdir(folder), redirect_stdout(told), redirect_stderr(said):
        code = main.run(arguments)
    return subprocess.CompletedProcess(arguments, code, told.getvalue(), said.getvalue())
