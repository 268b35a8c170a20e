"""`wabawatch keys`: the key that signs, and the keys that seal."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from getpass import getpass
from typing import Annotated

from cyclopts import App, Parameter

from wabawatch.app import System
from wabawatch.app_places import places_of
from wabawatch.cli.common import HERE, Where, note, opened, out, print_json, progress_bar
from wabawatch.cli.main import FAILED, WELL, errors
from wabawatch.domain.audit_trail import AuditFilter, Plain
from wabawatch.domain.errors import BadRequest, Conflict, SealBroken
from wabawatch.settings import secret_setting
from wabawatch.storage import inbox_reseal
from wabawatch.storage.audit_entries import SqlTrail
from wabawatch.storage.premises import GIVEN
from wabawatch.storage.resealing import ON_POSTGRES, PLACES, Place, Resealed, in_use, reseal
from wabawatch.storage.sealed import REFRESH_S, drop_keys
from wabawatch.storage.sealed import rotate as add_new_key
from wabawatch.storage.sealed_text import check_sealable, key_of_text, seal_text

app = App(name="keys")

FINISHED = "keys_rotated"
OTHERS = "set what `wabawatch keys new` prints there, restart all servers"
WAIT_S = REFRESH_S + 2
"""Afterwards every process that works with the key file seals with its current key"""


@app.command
def public(*, json: bool = False, where: Where = HERE) -> None:
    """Print the public keys with which signatures of reports and of checkpoints can be checked, the newest first.

    Parameters
    ----------
    json
        Print JSON.
    """
    with opened(where) as system:
        system.signing.sign(b"", b"")  # so that there is one
        keys = system.signing.public_keys()
    if json:
        print_json([{"key": key.key_id, "pem": key.to_pem()} for key in keys])
    else:
        sys.stdout.write("".join(key.to_pem() for key in keys))


@app.command(name="list")
def list_(*, json: bool = False, where: Where = HERE) -> None:
    """Show the keys of the key file, by their ids, and how much is sealed with each. The keys themselves never show.

    Parameters
    ----------
    json
        Print JSON.
    """
    with opened(where) as system:
        used, ids, current = _in_use(system), system.keyring.ids, system.keyring.current
    rows = [
        {"key": id, "current": id == current, "known": id in ids, "sealed": used[id]}
        for id in dict.fromkeys([*ids, *used])
    ]
    if json:
        print_json(rows)
        return
    for row in rows:
        state = "current" if row["current"] else "older" if row["known"] else "MISSING from the key file"
        out.print(f"{row['key']}  {row['sealed']:>9} values  {state}", markup=False)


@app.command
def new(*, where: Where = HERE) -> None:
    """Print the keys of the installation with a new one in front, as the setting WABAWATCH_KEYS takes them.

    They are secrets: lead the output into a file or a store for secrets. Nothing is changed, but that they were printed
    is written into the audit trail. Once they are set and all
    servers were restarted, `keys rotate` seals everything anew.
    """
    with opened(where) as system:
        _note(system, "keys_printed")
        sys.stdout.write(system.keyring.with_new_key().to_json().replace("\n", "") + "\n")


@app.command
def seal(setting: str, *, where: Where = HERE) -> None:
    """Seal a secret for the settings: it is read from standard input, and printed as it can stand there.

    What is printed opens only for this setting, and only with the keys of this installation. It may stand in the
    settings file, in the environment, or in the file of a `*_FILE` setting.

    Parameters
    ----------
    setting
        The setting that it is for, such as WHATSAPP_TOKEN, or by its key as in apps.shop.app_secret.
    """
    try:
        key, kind = secret_setting(setting)
        check_sealable(key)
        plain = getpass("The secret (it does not show): ") if sys.stdin.isatty() else sys.stdin.read().strip()
        kind.read(plain)
    except ValueError as wrong:
        raise BadRequest(f"{setting}: {wrong}") from wrong
    with opened(where) as system:
        sys.stdout.write(seal_text(system.keyring, key, plain) + "\n")


@app.command
def rotate(*, json: bool = False, anyway: bool = False, where: Where = HERE) -> int:
    """Make a new key and seal everything anew with it, while the server works. The older keys stay in the key file.

    A run that was interrupted is finished by the next one, which makes no further key. Nothing is lost at any moment:
    what is not sealed anew yet opens with its older key. `keys drop` takes those away.

    Parameters
    ----------
    json
        Print what was done as JSON.
    anyway
        Go on although a key is missing from the key file, and leave what is sealed with that as it is. If the key
        that signs is among that, a new one is made: what the lost one signed is told as forged from then on.
    """
    settings = where.settings()
    with opened(where) as system:
        is_unfinished, known = _is_unfinished(system), system.keyring.ids
        if not anyway and (missing := {id: n for id, n in _in_use(system).items() if id not in known}):
            raise SealBroken(" ".join(_missing(id, n) for id, n in missing.items()))
    if not is_unfinished and settings.storage.keys is not None:
        raise Conflict(f"everything is sealed with the newest key in {GIVEN}: {OTHERS}, and then run this again")
    if not is_unfinished:
        add_new_key(places_of(settings).key_file)
    with opened(where) as system:
        if not is_unfinished:
            _note(system, "key_added")
        result = _reseal_all(system)
        if anyway:
            system.signing.replace_lost()
        _note(system, FINISHED, values=result.rows, unopened=result.unknown.total() + result.damaged.total())
        current = system.keyring.current
    older = [key for key, text in settings.sealed.items() if key_of_text(text) != current]
    _tell(result, current, older, is_unfinished, json)
    return FAILED if result.unknown or result.damaged else WELL


@app.command
def drop(
    *,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
    json: bool = False,
    where: Where = HERE,
) -> int:
    """Take the keys out of the key file that nothing is sealed with any more.

    Backups that were made before need them: keep a copy of the key file as it is now with those, apart from them. So
    may secrets that stand sealed in the settings of other machines: only those at hand are looked at.

    Parameters
    ----------
    json
        Print the ids of the keys that were taken out, as JSON.
    """
    key_file = places_of(where.settings()).key_file
    with opened(where) as system:
        if not system.spool.is_empty():
            raise Conflict("records wait in the spool, which may be sealed with an older key; try again in a minute")
        used = _in_use(system)
        gone = [id for id in system.keyring.ids if id != system.keyring.current and not used[id]]
        if gone and where.settings().storage.keys is not None:
            raise Conflict(f"take out of {GIVEN} what nothing is sealed with any more: {', '.join(gone)}")
        if gone and not _is_agreed(gone, yes or json):
            errors.print("nothing was taken out")
            return FAILED
        if gone:
            drop_keys(key_file, gone)
            _note(system, "keys_dropped", keys=" ".join(gone))
    if json:
        print_json({"dropped": gone})
    else:
        out.print(f"taken out of the key file: {', '.join(gone)}" if gone else "every key of the key file is in use")
    return WELL


def _is_agreed(gone: Sequence[str], yes: bool) -> bool:
    """Whether these keys may go. Who cannot be asked has read the help."""
    if yes or not sys.stdin.isatty():
        return True
    errors.print(
        f"Nothing here is sealed with {', '.join(gone)} any more. Backups made before need them; so may secrets sealed "
        "in the settings of other machines, which were not looked at. Is there a copy of the key file?"
    )
    return input("Take them out? [y/N] ").strip().lower() in ("y", "yes")


def _places(system: System) -> Sequence[Place]:
    return [*PLACES, ON_POSTGRES] if system.is_on_postgres else PLACES


def _in_use(system: System) -> Counter[str]:
    used = in_use(system.database, _places(system))
    inbox = places_of(system.settings).inbox
    used += Counter(key_of_text(text) for text in system.settings.sealed.values())
    return used if inbox is None else used + inbox_reseal.in_use(inbox)


def _is_unfinished(system: System) -> bool:
    """Whether the current key came to others, and nothing says that all of theirs was sealed anew with it."""
    ring = system.keyring
    wanted = AuditFilter(action=FINISHED, subject=f"key:{ring.current}")
    return len(ring.ids) > 1 and not SqlTrail(system.database).entries(wanted, 1)


def _reseal_all(system: System) -> Resealed:
    """Twice: what processes sealed with the older key, before they saw the new one, is met by the second pass."""
    first = _pass(system)
    time.sleep(WAIT_S)
    second = _pass(system)
    second.rows += first.rows
    return second


def _pass(system: System) -> Resealed:
    result, inbox = Resealed(), places_of(system.settings).inbox
    with progress_bar() as bar:
        for place in _places(system):
            task = bar.add_task(place.name, total=None)
            reseal(system.database, system.keyring, place, result, partial(bar.advance, task))
        if inbox is not None:
            inbox_reseal.reseal(inbox, system.keyring, result)
    return result


def _note(system: System, action: str, **detail: Plain) -> None:
    note(system, action, f"key:{system.keyring.current}", **detail)


def _tell(result: Resealed, current: str, older: Sequence[str], is_finished: bool, json: bool) -> None:
    if json:
        told = {"current": current, "finished_earlier_run": is_finished, "resealed": result.rows}
        told["settings_with_older_keys"] = list(older)
        print_json({**told, "missing_keys": dict(result.unknown), "damaged": dict(result.damaged)})
    else:
        begun = "an earlier run is finished: " if is_finished else ""
        out.print(f"{begun}{result.rows} values are sealed anew with key {current}", markup=False)
    for setting in older:
        errors.print(f"{setting} stands in the settings sealed with an older key: seal it with `wabawatch keys seal`")
    for key, n in result.unknown.items():
        errors.print(_missing(key, n))
    for name, n in result.damaged.items():
        errors.print(f"{n} values of {name} are damaged: no key opens them. They were left as they are.")


def _missing(key: str, n: int) -> str:
    return f"{n} values are sealed with key {key}, which is not in the key file. Put back a copy that has it."
