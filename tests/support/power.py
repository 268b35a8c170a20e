"""What a disk holds after a power cut, opened and looked at with the real code."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.support.disk import Disk
from wabawatch.app import System
from wabawatch.ports import BodyId, Inbox, StoredBody
from wabawatch.settings import Settings, load
from wabawatch.storage.inbox import SqliteInbox
from wabawatch.storage.sealed import load_or_create

EVERYTHING = 1 << 62


def usual_settings(folder: Path) -> Settings:
    """The settings of the installation in *folder*."""
    return load({"WABAWATCH_DATA_DIR": str(folder / "data"), "WABAWATCH_FREE_SPACE_RESERVE": "0"})


def webhook(wamid: str, at: int) -> bytes:
    """A webhook that tells that the message *wamid* was sent at *at* (seconds)."""
    status = f'{{"id":"{wamid}","status":"sent","timestamp":"{at}","recipient_id":"15550101001"}}'
    metadata = '{"display_phone_number":"15550100000","phone_number_id":"301100000000001"}'
    value = f'{{"messaging_product":"whatsapp","metadata":{metadata},"statuses":[{status}]}}'
    entry = f'{{"id":"201100000000001","changes":[{{"field":"messages","value":{value}}}]}}'
    return f'{{"object":"whatsapp_business_account","entry":[{entry}]}}'.encode()


@contextmanager
def what_is_left(disk: Disk, within: Path, chance: random.Random | None = None) -> Iterator[Path]:
    """A folder with what is left of *disk*: what is safe; with *chance*, any part of the rest too."""
    folder = within / "left"
    if chance:
        disk.ravaged(folder, chance)
    else:
        disk.survivors(folder)
    yield folder
    shutil.rmtree(folder)


def inbox_of(folder: Path) -> set[bytes]:
    """Every body in the inbox of the installation in *folder*."""
    keyring = load_or_create(folder / "data" / "keys.json", lambda: True)
    with closing(SqliteInbox(folder / "data" / "inbox.db", keyring, reserve_bytes=0)) as inbox:
        return {each.body.content for each in _waiting(inbox, 0)}


def check_everything(folder: Path, answered: Iterable[bytes]) -> None:
    """Start the installation in *folder* again: every body of *answered* is there, and all that is there counts once.

    Each body must be a `webhook` with a wamid of its own.
    """
    with closing(System(usual_settings(folder))) as system:
        kept = _bodies(system)
        lost = set(answered) - kept.keys()
        assert not lost, f"{len(lost)} bodies that were answered with 200 are lost, such as {min(lost)!r}"
        system.drain()
        status = system.status.status(0)
        counted, bodies = status.assessment.messages, status.bodies
        assert (counted.attempted, counted.sent) == (len(kept), len(kept))
        assert (bodies.received, bodies.processed, bodies.backlog) == (kept.total(), kept.total(), 0)
        assert bodies.duplicates == kept.total() - len(kept)
        assert _bodies(system) == kept


def _bodies(system: System) -> Counter[bytes]:
    """Every body that is kept: packed, or in the inbox. One that is in both counts once."""
    packed = list(system.raw.read_range(0, EVERYTHING))
    assert system.raw.newest() == (packed[-1].id if packed else 0)
    return Counter(each.body.content for each in (*packed, *_waiting(system.inbox, system.raw.newest())))


def _waiting(inbox: Inbox, after: BodyId) -> Iterator[StoredBody]:
    while stored := inbox.read(after, 1_000):
        yield from stored
        after = stored[-1].id
