"""The bodies that fuzzing starts from: our own corpus, and bodies written by others where there are any."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OURS = ROOT / "tests" / "corpus"


def theirs() -> Path:
    """The folder of bodies written by others; it may be missing."""
    named = os.environ.get("WABAWATCH_CORPUS")
    return Path(named) if named else ROOT.parent / "shared" / "payloads" / "webhooks"


def contents(*folders: Path) -> dict[str, bytes]:
    """Every body in *folders*, by the end of its path."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*.json"))]
    return {"/".join(path.parts[-2:]): path.read_bytes() for path in paths if not path.name.endswith(".facts.json")}


def documents(*folders: Path) -> dict[str, Any]:
    """As `contents`, read; without what is no JSON object."""
    read = {name: json.loads(content) for name, content in contents(*folders).items()}
    return {name: document for name, document in read.items() if isinstance(document, dict)}


@cache
def everything() -> tuple[Any, ...]:
    """All documents, for a mutator to take parts from."""
    return tuple(documents(OURS, theirs()).values())
