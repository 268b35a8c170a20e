"""`wabawatch backup`: everything that is kept, as it stands at one moment, copied while the server works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress, TaskID

from wabawatch.app import System
from wabawatch.app_places import places_of
from wabawatch.archives.crew import store_of
from wabawatch.cli.common import HERE, Command, Where, err, note, opened, out, print_json, progress_bar
from wabawatch.cli.main import FAILED, WELL
from wabawatch.cli.soundness import Soundness, soundness
from wabawatch.domain.backups import Manifest
from wabawatch.settings import Settings
from wabawatch.storage import backups
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import sqlite_file
from wabawatch.storage.snapshots import Tell, close_file, must_be_sound
from wabawatch.wire import iso

app = Command()


@dataclass(frozen=True, slots=True)
class Beside:
    """The archive, which is no part of a backup."""

    files: int
    place: str


@app.default
def backup(
    folder: Annotated[Path, Parameter(help="A folder that is not there yet.")],
    *,
    with_keys: Annotated[
        bool, Parameter(negative=(), help="Put the keys in, too. Who has such a backup can open everything in it.")
    ] = False,
    verify: Annotated[
        bool, Parameter(negative="--no-verify", help="Recount the copy and check its audit trail, which takes longer.")
    ] = True,
    json: Annotated[bool, Parameter(negative=(), help="Print what was written, as JSON.")] = False,
    where: Where = HERE,
) -> int:
    """Copy everything that is kept into a new folder, while the server goes on working. `wabawatch restore` takes it.

    All of it is of one moment: what was answered with 200 before is in it. From PostgreSQL, too, it becomes a folder of
    SQLite files. The key file is left out unless it is asked for: keep a copy of that elsewhere, for without it nothing
    that is sealed can be opened. The archive, the settings file, files of exports and logs are no part of it.
    """
    settings = where.settings()
    with opened(where) as system, progress_bar() as bar:
        tell = telling(bar)
        origin, now, before = installation_of(settings), system.clock.now(), system.keyring
        with backups.new_folder(folder) as draft:
            backups.copy_installation(system.database, origin, draft, now, tell)
            if with_keys:
                backups.copy_keys(before, origin, draft)
            found = _checked(system, draft, tell) if verify else None
            manifest = backups.write_manifest(draft, now, version("wabawatch"), tell)
        detail = {"bytes": manifest.size, "with_keys": with_keys, "up_to_entry": manifest.audit_entry}
        note(system, "backup_made", "backup", **detail)
        archived = Beside(len(system.archive.books.parts()), str(store_of(system.archive.work)))
    return _tell(folder, manifest, found, archived, json)


def installation_of(settings: Settings) -> backups.Installation:
    """Where the parts of the installation of *settings* are."""
    places = places_of(settings)
    books = sqlite_file(places.database_url)
    return backups.Installation(places.folder, books, places.inbox, places.checkpoints, places.key_file)


def telling(bar: Progress) -> Tell:
    """Show on *bar* how far each part is."""
    tasks: dict[str, TaskID] = {}

    def tell(name: str, done: int, total: int) -> None:
        if name not in tasks:
            tasks[name] = bar.add_task(name, total=total)
        bar.update(tasks[name], completed=done, total=total)

    return tell


def _checked(system: System, draft: Path, tell: Callable[[str, int, int], None]) -> Soundness:
    """What is wrong with the copy. Raises StoreUnavailable when its files are damaged."""
    for name in (backups.BOOKS, backups.INBOX):
        must_be_sound(draft / name)
    copy = Database(f"sqlite:///{draft / backups.BOOKS}")
    try:
        return soundness(copy, system.keyring, system.clock, draft / backups.CHECKPOINTS, tell)
    finally:
        copy.close()
        close_file(draft / backups.BOOKS)


def _tell(folder: Path, manifest: Manifest, found: Soundness | None, archived: Beside, json: bool) -> int:
    if json:
        told = {"ok": found is None or found.is_sound, "folder": str(folder.absolute()), "bytes": manifest.size}
        keys = {"included": manifest.has_keys, "needed": manifest.keys}
        checked = None if found is None else asdict(found)
        files = {name: asdict(file) for name, file in manifest.files.items()}
        told |= {"made_at": iso(manifest.made_at), "keys": keys, "verified": checked, "files": files}
        print_json(told | {"archive_not_included": asdict(archived)})
    else:
        out.print(f"{folder}: {manifest.size:,} bytes, all as of {iso(manifest.made_at)}", markup=False)
        if found is not None and found.is_sound:
            out.print(f"checked: {found.in_words()}")
        _tell_of_keys(manifest)
        if archived.files:
            err.print(
                f"The archive is not in it ({archived.files:,} files, in {archived.place}): have that copied now, too. "
                "Its messages are nowhere else.",
                markup=False,
            )
    if found is not None and not found.is_sound:
        err.print(f"wabawatch: the backup is as the installation is: {found.in_words()}", style="red")
        return FAILED
    return WELL


def _tell_of_keys(manifest: Manifest) -> None:
    if manifest.has_keys:
        err.print("The keys are in it: who has this backup can open everything that is sealed in it.", style="bold")
    elif manifest.keys:
        keys = ", ".join(manifest.keys)
        err.print(
            f"The key file is not in it. Keep a copy of that elsewhere (keys {keys}): without it nothing that is "
            "sealed in the backup can be opened.",
            markup=False,
        )
