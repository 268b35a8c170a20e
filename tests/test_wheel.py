"""What is built into a wheel, which is all that an installed package has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent


def test_a_wheel_holds_what_pages_load_and_nothing_it_was_made_of(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=200)
    (wheel,) = tmp_path.glob("*.whl")

    with ZipFile(wheel) as opened:
        names = set(opened.namelist())
        built = json.loads(opened.read("wabawatch/web/static/built/manifest.json"))

    for name in built.values():
        assert {f"wabawatch/web/static/built/{name}{suffix}" for suffix in ("", ".gz", ".br")} <= names
    assert {"wabawatch/web/templates/base.html", "wabawatch/web/static/docs.css"} <= names
    assert not [name for name in names if "node_modules" in name or name.endswith(".ts")]
