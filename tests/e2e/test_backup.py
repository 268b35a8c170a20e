"""`wabawatch backup` and `restore`: while others write, what comes back is what stood there at one moment."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.books import HandClock
from tests.support.command import run
from tests.support.places import Place, furnish, place_of
from tests.support.system import bodies_of

from wabawatch.app import System
from wabawatch.ports import DIGESTED
from wabawatch.settings import load
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.storage import backups
from wabawatch.wire import status_json

T0 = 1_795_000_000_000 - 1_795_000_000_000 % 60_000
HOUR = 3_600_000


@contextmanager
def opened(folder: Path, **settings: str) -> Iterator[System]:
    told = load({"WABAWATCH_DATA_DIR": str(folder / "data"), "WABAWATCH_FREE_SPACE_RESERVE": "0", **settings})
    with closing(System(told, HandClock(T0 + 10 * HOUR))) as system:
        yield system


def figures(system: System) -> Any:
    return msgspec.to_builtins(status_json(system.status.status(0)))


def told(folder: Path, *arguments: str, **settings: str) -> Any:
    done = run(folder, *arguments, "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fill(system: System, n: int = 60, seed: int = 7) -> None:
    """Half of the bodies are digested and packed, the others wait."""
    bodies = bodies_of(Simulation(seed, n, T0, 80 * 60_000, Mix.nasty()))
    system.inbox.append_all(bodies[: len(bodies) // 2])
    system.drain()
    pack(system)
    system.inbox.append_all(bodies[len(bodies) // 2 :])


def pack(system: System) -> None:
    """Move what is digested out of the inbox."""
    while system.raw.pack(system.inbox, system.figures.mark(DIGESTED), T0, max_wait_ms=0):
        pass


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    old = tmp_path / "old"
    furnish(old / "data")
    run(old, "users", "add", "ann", "--role", "admin")
    run(old, "audit", "checkpoint")
    with opened(old) as system:
        fill(system)
    return old


def test_what_was_copied_comes_back_and_goes_on_where_it_stood(filled: Path, tmp_path: Path) -> None:
    made = told(filled, "backup", str(tmp_path / "kept"), "--with-keys")
    assert made["verified"] == {"rollups_that_differ": 0, "audit_entries": 3, "audit_faults": 0}
    assert made["keys"]["included"]
    assert {*made["files"]} == {"wabawatch.db", "inbox.db", "keys.json", "wabawatch-audit-checkpoints.jsonl"}
    assert made["bytes"] == sum(each["size"] for each in made["files"].values())
    assert [oct(each.stat().st_mode & 0o777) for each in (tmp_path / "kept").iterdir()] == ["0o600"] * 5

    restored = told(tmp_path, "restore", str(tmp_path / "kept"))

    assert restored["ok"]
    assert restored["verified"]["audit_entries"] == 4, "that it was restored is in the trail"
    assert run(tmp_path, "rebuild", "--verify").returncode == 0
    assert run(tmp_path, "audit", "verify").returncode == 0
    with opened(filled) as old, opened(tmp_path) as new:
        assert figures(new) == figures(old)
        for system in (old, new):
            system.drain()
        assert figures(new) == figures(old)
        assert list(new.raw.read_range(0, T0 * 2)), "raw bodies can be opened"


def test_nothing_is_overwritten_and_a_failure_leaves_nothing(filled: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("mine")

    refused = run(filled, "backup", str(tmp_path / "taken"))
    assert (refused.returncode, (tmp_path / "taken" / "file").read_text()) == (1, "mine")
    assert "nothing is overwritten" in " ".join(refused.stderr.split())

    assert run(filled, "backup", str(kept), "--with-keys", "--no-verify").returncode == 0
    assert {each.name for each in tmp_path.iterdir()} == {"old", "taken", "kept"}, "no draft is left"
    again = run(filled, "restore", str(kept))
    assert again.returncode == 1
    assert "is there already, and nothing is overwritten" in " ".join(again.stderr.split())


def test_without_the_keys_it_says_what_is_missing_and_restores_nothing(filled: Path, tmp_path: Path) -> None:
    made = run(filled, "backup", str(tmp_path / "kept"))
    assert "The key file is not in it" in " ".join(made.stderr.split())
    assert not (tmp_path / "kept" / "keys.json").exists()

    refused = run(tmp_path, "restore", str(tmp_path / "kept"))
    assert refused.returncode == 1
    assert "put the copy of the keys there" in " ".join(refused.stderr.split())
    assert not (tmp_path / "data" / "wabawatch.db").exists()

    forced = run(tmp_path, "restore", str(tmp_path / "kept"), "--without-keys")
    assert forced.returncode == 0
    assert "Keys are missing" in forced.stderr
    shutil.copyfile(filled / "data" / "keys.json", tmp_path / "data" / "keys.json")
    assert run(tmp_path, "audit", "verify").returncode == 0


def test_a_backup_that_was_changed_is_refused(filled: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    run(filled, "backup", str(kept), "--with-keys", "--no-verify")
    with (kept / "inbox.db").open("r+b") as file:
        file.seek(5_000)
        file.write(b"x")
    (kept / "wabawatch-audit-checkpoints.jsonl").unlink()

    refused = run(tmp_path, "restore", str(kept))

    assert refused.returncode == 1
    said = " ".join(refused.stderr.split())
    assert "inbox.db was changed" in said
    assert "wabawatch-audit-checkpoints.jsonl is missing" in said
    assert not (tmp_path / "data").exists()
    assert "is no backup" in run(tmp_path, "restore", str(tmp_path)).stderr


def test_a_backup_of_a_newer_release_is_refused_before_anything_is_put_back(filled: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    run(filled, "backup", str(kept), "--with-keys", "--no-verify")
    manifest = json.loads((kept / "backup.json").read_text())
    (kept / "backup.json").write_text(json.dumps(manifest | {"schema": 99_999, "release": "99.0"}))

    refused = run(tmp_path, "restore", str(kept))

    assert refused.returncode == 1
    assert "was made by a newer release (99.0): use that one" in " ".join(refused.stderr.split())
    assert not (tmp_path / "data").exists()


def test_what_waits_in_a_spool_is_in_it_too(filled: Path, tmp_path: Path) -> None:
    with opened(filled) as system:
        waiting = system.inbox.read(0, 1)[0].body
        system.spool.keep(waiting)
        made = told(filled, "backup", str(tmp_path / "kept"), "--with-keys")
        assert any(name.startswith("spool-") for name in made["files"])

    told(tmp_path, "restore", str(tmp_path / "kept"))

    with opened(tmp_path) as system:
        assert system.spool.held() > 0
        system.drain()
        assert system.spool.is_empty()


def test_a_copy_that_is_made_while_others_write_is_of_one_moment(tmp_path: Path) -> None:
    """Whatever was kept before is in it, digested or not, once; and of what came meanwhile, all up to some body."""
    bodies = bodies_of(Simulation(3, 60, T0, 80 * 60_000, Mix.plain()))
    furnish(tmp_path / "data")
    ids: list[int] = []
    is_over = threading.Event()
    with opened(tmp_path) as system:

        def work() -> None:
            try:
                for start in range(0, len(bodies), 5):
                    ids.extend(system.inbox.append_all(bodies[start : start + 5]))
                    system.drain()
                    pack(system)
            finally:
                is_over.set()

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        copies: list[tuple[Path, int]] = []
        while not copies or (len(copies) < 5 and not is_over.is_set()):
            before = len(ids)
            to = tmp_path / f"copy{len(copies)}" / "data"
            to.mkdir(parents=True)
            origin = backups.Installation(
                tmp_path / "data",
                tmp_path / "data" / "wabawatch.db",
                tmp_path / "data" / "inbox.db",
                tmp_path / "data" / "wabawatch-audit-checkpoints.jsonl",
                tmp_path / "data" / "keys.json",
            )
            backups.copy_installation(system.database, origin, to, T0, lambda *_: None)
            backups.copy_keys(system.keyring, origin, to)
            copies.append((to.parent, before))
        worker.join()

    for folder, before in copies:
        with opened(folder) as copy:
            packed = [stored.id for stored in copy.raw.read_range(0, 2 * T0)]
            held = sorted({*packed, *(stored.id for stored in copy.inbox.read(0, len(ids)))})
            assert held == ids[: len(held)]
            assert len(held) >= before
            copy.drain()
            assert run(folder, "rebuild", "--verify").returncode == 0


@pytest.fixture
def server_place(tmp_path: Path) -> Iterator[Place]:
    found = place_of("postgres", tmp_path / "server")
    yield found
    found.close()


def test_from_postgresql_it_becomes_files_and_those_become_either(server_place: Place, tmp_path: Path) -> None:
    old, files, again = (tmp_path / name for name in ("old", "files", "again"))
    for each in (old, files, again):
        each.mkdir()
    url, other = server_place.url(), server_place.url("other")
    with opened(old, DATABASE_URL=url) as system:
        fill(system)
    run(old, "users", "add", "ann", "--role", "admin", settings={"DATABASE_URL": url})
    run(old, "audit", "checkpoint", settings={"DATABASE_URL": url})

    made = told(old, "backup", str(tmp_path / "kept"), "--with-keys", DATABASE_URL=url)
    assert made["ok"]
    assert told(files, "restore", str(tmp_path / "kept"))["ok"]
    assert told(again, "restore", str(tmp_path / "kept"), DATABASE_URL=other)["ok"]

    with opened(old, DATABASE_URL=url) as first, opened(files) as second, opened(again, DATABASE_URL=other) as third:
        assert figures(first) == figures(second) == figures(third)
        for system in (first, second, third):
            system.drain()
        assert figures(first) == figures(second) == figures(third)
    assert not any(each.name.startswith(".restoring") for each in (again / "data").iterdir())
    assert "is not empty" in run(again, "restore", str(tmp_path / "kept"), settings={"DATABASE_URL": other}).stderr
