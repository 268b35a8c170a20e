"""`wabawatch restore`: put a backup back where no installation is yet, and see that it is what was written."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress

from wabawatch.app import System
from wabawatch.app_places import keyring_of, places_of
from wabawatch.cli.backup import installation_of, telling
from wabawatch.cli.common import HERE, Command, Where, err, note, out, print_json, progress_bar
from wabawatch.cli.copy import copy_all
from wabawatch.cli.main import FAILED, WELL
from wabawatch.cli.soundness import Soundness, soundness
from wabawatch.domain.backups import Manifest, faults_of, lacking_keys
from wabawatch.domain.errors import BadRequest, SealBroken, StoreUnavailable
from wabawatch.settings import Settings
from wabawatch.storage import backups
from wabawatch.storage.folders import make_private_folder
from wabawatch.storage.premises import GIVEN
from wabawatch.storage.sealed import add_keys
from wabawatch.wire import iso

app = Command()


@app.default
def restore(
    folder: Annotated[Path, Parameter(help="What `wabawatch backup` wrote.")],
    *,
    without_keys: Annotated[
        bool, Parameter(negative=(), help="Put the files back although keys are missing, and check no more than those.")
    ] = False,
    verify: Annotated[
        bool, Parameter(negative="--no-verify", help="Recount everything and check the audit trail afterwards.")
    ] = True,
    json: Annotated[bool, Parameter(negative=(), help="Print what was put back, as JSON.")] = False,
    where: Where = HERE,
) -> int:
    """Put a backup back where no installation is yet: into the data folder, or into the empty database DATABASE_URL.

    First every file is held against its digest. Nothing is overwritten: stop the server and move the old files away
    first. If the keys are not in the backup, put the copy of the key file in its place first. Webhooks that came after
    the backup are not in it.
    """
    settings = where.settings()
    with progress_bar() as bar:
        manifest = _read(folder, bar)
        to = installation_of(settings)
        backups.must_be_empty(to)
        is_whole = _bring_keys(folder, manifest, to, settings, without_keys)
        if to.books is not None:
            backups.put_back(folder, manifest, to)
        else:
            _pour(folder, manifest, settings, bar)
        found = _finished(settings, manifest, verify, bar) if is_whole else None
    return _tell(manifest, to, found, is_whole, json)


def _read(folder: Path, bar: Progress) -> Manifest:
    """What *folder* says of itself. Raises BadRequest when a file is not as it was written."""
    manifest = backups.read_manifest(folder)
    faults = faults_of(manifest, backups.read_files(folder, list(manifest.files), telling(bar)))
    if faults:
        wrong = "; ".join(faults)
        raise BadRequest(f"the backup in {folder} is not as it was written, and nothing was restored: {wrong}")
    return manifest


def _bring_keys(folder: Path, manifest: Manifest, to: backups.Installation, settings: Settings, anyway: bool) -> bool:
    """Put the keys of the backup into the key file. Gives whether all are there that it needs. Raises SealBroken."""
    given = settings.storage.keys
    if manifest.has_keys and given is None:
        make_private_folder(to.key_file.parent)
        add_keys(to.key_file, backups.keys_in(folder))
    known = keyring_of(settings.storage, lambda: True).ids if given is not None or to.key_file.exists() else ()
    lacking = lacking_keys(manifest, known)
    if lacking and (to.books is None or not anyway):
        place = f"the key file {to.key_file}" if given is None else GIVEN
        raise SealBroken(
            f"what is sealed in this backup opens with {', '.join(lacking)}, and {place} has no such key: put the copy "
            "of the keys there that was kept apart from the backup. Nothing was restored."
        )
    return not lacking


def _pour(folder: Path, manifest: Manifest, settings: Settings, bar: Progress) -> None:
    """Into PostgreSQL, by way of a copy of the backup: what `wabawatch copy` does."""
    target = System(settings)
    try:
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=places_of(settings).folder) as name:
            storage = replace(settings.storage, database_url=None, data_dir=Path(name), key_file=target_keys(settings))
            between = replace(settings, storage=storage)
            backups.put_back(folder, manifest, installation_of(between))
            source = System(between)
            try:
                copied = copy_all(source, target, bar)
            finally:
                source.close()
        if wrong := [each.table for each in copied if each.rows != each.copied]:
            raise StoreUnavailable(f"not all rows arrived in {', '.join(wrong)}: empty the database and restore again")
    finally:
        target.close()


def target_keys(settings: Settings) -> Path:
    """The key file, by its whole path."""
    return places_of(settings).key_file.absolute()


def _finished(settings: Settings, manifest: Manifest, verify: bool, bar: Progress) -> Soundness | None:
    """Note it in the trail, and look at what is there now."""
    system = System(settings)
    try:
        detail = {"made_at": iso(manifest.made_at), "up_to_entry": manifest.audit_entry}
        note(system, "backup_restored", "backup", **detail)
        if not verify:
            return None
        places = places_of(settings)
        return soundness(system.database, system.keyring, system.clock, places.checkpoints, telling(bar))
    finally:
        system.close()


def _tell(manifest: Manifest, to: backups.Installation, found: Soundness | None, is_whole: bool, json: bool) -> int:
    is_well = found is None or found.is_sound
    if json:
        checked = None if found is None else asdict(found)
        told = {"ok": is_well, "made_at": iso(manifest.made_at), "bytes": manifest.size, "keys_missing": not is_whole}
        print_json({**told, "verified": checked})
    else:
        place = "the database" if to.books is None else str(to.folder)
        out.print(f"{place} is as it was at {iso(manifest.made_at)} ({manifest.size:,} bytes)", markup=False)
        if found is not None and found.is_sound:
            out.print(f"checked: {found.in_words()}")
    if not is_whole:
        err.print(f"Keys are missing: put the key file at {to.key_file} before the server is started.", markup=False)
    if not is_well:
        assert found is not None
        err.print(f"wabawatch: {found.in_words()}", style="red")
    return WELL if is_well else FAILED
