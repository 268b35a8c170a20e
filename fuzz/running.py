"""How a target is fuzzed: coverage-guided by atheris, for a bounded time, from seeds, with a mutator of its own."""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any, Final

import atheris

from fuzz.mutants import mutated
from fuzz.seeds import ROOT, everything

WORK: Final = ROOT / ".fuzz"
"""Inputs that reached something new (they are where the next run begins), and those that broke something."""
MAX_BYTES: Final = 32_768

Check = Callable[[bytes], Any]
Mutate = Callable[[bytes, int, int], bytes]

instrumented = atheris.instrument_imports
"""Imports inside `with instrumented(include=["wabawatch"]):` tell atheris which branches are taken."""


def run(name: str, check: Check, seeds: Iterable[bytes], mutate: Mutate | None = None) -> None:
    """Fuzz *check* as the command line says. Ends the process: with 0, or with what it raised and the input kept."""
    options = argparse.ArgumentParser(prog=f"python -m fuzz.{name}")
    options.add_argument("--seconds", type=int, default=60, help="how long")
    options.add_argument("input", nargs="*", type=Path, help="only check these files")
    chosen = options.parse_args()
    logging.disable(logging.CRITICAL)
    if chosen.input:
        for path in chosen.input:
            check(path.read_bytes())
        return
    corpus, broken = WORK / name, WORK / "broken" / name
    for folder in (corpus, broken):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (corpus / hashlib.blake2b(seed, digest_size=10).hexdigest()).write_bytes(seed)
    limits = ["-rss_limit_mb=2048", "-timeout=20", f"-max_len={MAX_BYTES}", f"-max_total_time={chosen.seconds}"]
    usual = [sys.argv[0], *limits, "-verbosity=0", "-print_final_stats=1", f"-artifact_prefix={broken}/", str(corpus)]
    more: dict[str, Any] = {"custom_mutator": mutate} if mutate else {}
    atheris.Setup(usual, check, **more)
    atheris.Fuzz()


def mutate_json(content: bytes, size: int, seed: int) -> bytes:
    """*content* with something changed: mostly as JSON, sometimes as bytes."""
    random = Random(seed)
    document = _read(content)
    if document is None or random.random() < 0.15:
        return bytes(atheris.Mutate(content, size))
    made = mutated(document, random, everything())
    return made if len(made) <= size else bytes(atheris.Mutate(content, size))


def _read(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
