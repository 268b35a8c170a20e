"""All of it, one after the other, in the time of `FUZZ_SECONDS` (600): `make fuzz`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")
"""Where there is such a folder, books and inboxes stand in it: what they do to a disk is no matter here."""

SHARES: Final = {
    "structure": 0.1,
    "sizes": 0.1,
    "parser": 0.2,
    "books": 0.25,
    "receiver": 0.15,
    "dumps": 0.1,
    "records": 0.1,
}
"""How much of the time each target gets."""


def main() -> int:
    """Run every target, also after one that found something; 1 when any did."""
    seconds = int(os.environ.get("FUZZ_SECONDS") or 600)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        found = _run(seconds, {**os.environ, "TMPDIR": folder})
    print(f"found something: {', '.join(found)}; the inputs are below .fuzz/broken" if found else "nothing found")
    return 1 if found else 0


def _run(seconds: int, environment: dict[str, str]) -> list[str]:
    found = []
    for name, share in SHARES.items():
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", f"fuzz.{name}", "--seconds", str(max(1, round(seconds * share)))]
        if subprocess.run(command, env=environment, check=False).returncode:
            found.append(name)
    return found


if __name__ == "__main__":
    sys.exit(main())
