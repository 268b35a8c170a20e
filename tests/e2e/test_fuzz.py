"""What `make fuzz` runs: every target can be started, and takes an input that a person gives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.seeds import OURS, ROOT

BODY = (OURS / "messages" / "status-sent-with-price.json").read_bytes()


def check(target: str, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"fuzz.{target}", str(path)]
    place = {**os.environ, "TMPDIR": str(path.parent)}
    return subprocess.run(command, cwd=ROOT, env=place, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.parametrize("target", ["parser", "books", "receiver", "dumps", "records"])
def test_a_target_takes_a_good_body(target: str, tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(BODY)

    done = check(target, path)

    assert done.returncode == 0, done.stderr


def test_a_message_that_is_told_under_two_numbers_is_no_finding(tmp_path: Path) -> None:
    body = json.loads(BODY)
    other = json.loads(BODY.replace(b'"phone_number_id": "', b'"phone_number_id": "9'))
    path = tmp_path / "input"
    path.write_bytes(json.dumps([body, other]).encode())

    assert check("books", path).returncode == 0
