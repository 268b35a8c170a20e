"""Sealing: what opens, what does not, and how the key file comes to be."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select, text

from tests.support.children import ending
from wabawatch.domain.errors import SealBroken, StoreUnavailable
from wabawatch.storage import sealed as sealed_module
from wabawatch.storage.sealed import Keyring, Sealed, drop_keys, load_or_create, rotate

PLAIN = b"the quick brown fox"


def test_what_was_sealed_opens_again() -> None:
    ring = Keyring.generate()

    assert ring.open(ring.seal(PLAIN, context=b"notes"), context=b"notes") == PLAIN


def test_the_same_words_never_look_the_same_twice() -> None:
    ring = Keyring.generate()

    assert ring.seal(PLAIN, context=b"notes") != ring.seal(PLAIN, context=b"notes")


def test_a_change_at_any_byte_is_found() -> None:
    ring = Keyring.generate()
    sealed = ring.seal(PLAIN, context=b"notes")

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            ring.open(bytes(changed), context=b"notes")


def test_a_cut_at_any_byte_is_found() -> None:
    ring = Keyring.generate()
    sealed = ring.seal(PLAIN, context=b"notes")

    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            ring.open(sealed[:length], context=b"notes")


def test_sealed_data_moved_to_another_place_does_not_open() -> None:
    ring = Keyring.generate()

    with pytest.raises(SealBroken, match="another place"):
        ring.open(ring.seal(PLAIN, context=b"notes"), context=b"tokens")


def test_a_key_that_is_missing_is_named() -> None:
    sealed = Keyring.generate().seal(PLAIN, context=b"notes")

    with pytest.raises(SealBroken, match=f"sealed with key {sealed[1:5].hex()}, which is not in the key file"):
        Keyring.generate().open(sealed, context=b"notes")


def test_another_key_under_the_same_id_does_not_open() -> None:
    sealed = Keyring({"00000001": b"a" * 32}, "00000001").seal(PLAIN, context=b"notes")

    with pytest.raises(SealBroken, match="changed"):
        Keyring({"00000001": b"b" * 32}, "00000001").open(sealed, context=b"notes")


def test_after_a_rotation_old_seals_open_and_new_ones_use_the_new_key() -> None:
    old = Keyring.generate()
    new = old.with_new_key()

    assert new.open(old.seal(PLAIN, context=b"notes"), context=b"notes") == PLAIN
    with pytest.raises(SealBroken):
        old.open(new.seal(PLAIN, context=b"notes"), context=b"notes")


def test_a_keyring_does_not_print_its_keys() -> None:
    ring = Keyring({"00000001": b"secretsecretsecretsecretsecret!!"}, "00000001")

    assert repr(ring) == "Keyring(1 keys, current 00000001)"


@pytest.mark.parametrize(
    ("keys", "current"),
    [({}, "00000001"), ({"00000001": b"short"}, "00000001"), ({"01": b"a" * 32}, "01"), ({"zz": b"a" * 32}, "zz")],
)
def test_keys_of_a_wrong_form_are_refused(keys: dict[str, bytes], current: str) -> None:
    with pytest.raises(ValueError, match=r"key|hex"):
        Keyring(keys, current)


def test_the_first_start_makes_a_key_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "data" / "keys.json"

    ring = load_or_create(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert load_or_create(path).open(ring.seal(PLAIN, context=b"notes"), context=b"notes") == PLAIN


def test_a_draft_left_by_a_crash_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    (tmp_path / ".keys.json.new").write_text("half a k")

    load_or_create(path)

    assert list(tmp_path.iterdir()) == [path]


def test_rotating_the_file_keeps_the_old_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    sealed = load_or_create(path).seal(PLAIN, context=b"notes")

    rotate(path)

    assert load_or_create(path).open(sealed, context=b"notes") == PLAIN
    assert load_or_create(path).seal(PLAIN, context=b"notes")[1:5] != sealed[1:5]


def test_a_ring_in_use_knows_a_key_that_was_added_to_its_file_when_it_meets_it(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    running = load_or_create(path)
    old = running.seal(PLAIN, context=b"notes")

    rotated = rotate(path)

    assert running.open(rotated.seal(PLAIN, context=b"notes"), context=b"notes") == PLAIN
    assert running.current == rotated.current
    drop_keys(path, rotated.ids)
    assert running.open(old, context=b"notes") == PLAIN, "what it has in hand it can still open"
    with pytest.raises(SealBroken, match="not in the key file"):
        load_or_create(path).open(old, context=b"notes")


def test_a_ring_in_use_seals_with_the_new_key_soon_and_outlives_a_file_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.json"
    running = load_or_create(path)
    derived = running.derived(b"purpose")
    first = running.current
    assert running.seal(PLAIN, context=b"notes")[1:5].hex() == first

    rotated = rotate(path)
    assert running.seal(PLAIN, context=b"notes")[1:5].hex() == first, "not yet"
    monkeypatch.setattr(sealed_module, "REFRESH_S", -1.0)
    assert running.seal(PLAIN, context=b"notes")[1:5].hex() == rotated.current
    assert running.derived(b"purpose") == (rotated.derived(b"purpose")[0], derived[0])

    path.write_text("damaged")
    running.seal(PLAIN, context=b"notes")
    path.unlink()
    assert running.open(running.seal(PLAIN, context=b"notes"), context=b"notes") == PLAIN


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[]",
        '{"version": 2, "current": "00000001", "keys": {}}',
        '{"version": 1}',
        '{"version": 1, "current": "00000001", "keys": {"00000001": 5}}',
        '{"version": 1, "current": "00000001", "keys": {"00000001": "dG9vIHNob3J0"}}',
        '{"version": 1, "current": "00000002", "keys": {}}',
        "ü",
    ],
)
def test_a_damaged_key_file_stops_with_advice_and_stays_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content, encoding="utf-8")

    for use in (load_or_create, rotate):
        with pytest.raises(SealBroken, match=r"is damaged .* Put back a copy"):
            use(path)
    assert path.read_text(encoding="utf-8") == content


def test_a_key_file_that_cannot_be_read_is_no_reason_to_make_another(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.mkdir()

    with pytest.raises(SealBroken, match="cannot be read"):
        load_or_create(path)


def test_a_key_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / ".keys.json.new").mkdir()

    with pytest.raises(StoreUnavailable, match="cannot be written"):
        load_or_create(tmp_path / "keys.json")


_RACER = """
import sys
from pathlib import Path
from wabawatch.storage.sealed import load_or_create
print("ready", flush=True)
sys.stdin.readline()
print(load_or_create(Path(sys.argv[1])).to_json().replace("\\n", ""))
"""


def test_processes_that_race_for_the_first_key_get_the_same_one(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    command = [sys.executable, "-c", _RACER, str(path)]
    with ExitStack() as stack:
        racers = [
            stack.enter_context(
                ending(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            )
            for _ in range(4)
        ]
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"

        rings = [racer.communicate("go\n", timeout=60)[0] for racer in racers]

    assert {json.dumps(json.loads(ring)) for ring in rings} == {json.dumps(json.loads(path.read_text()))}


def test_a_sealed_column_is_text_in_python_and_sealed_bytes_on_disk() -> None:
    ring = Keyring.generate()
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("word", Sealed(ring, b"t.word")))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"word": "grüezi"}, {"word": None}])

        assert connection.execute(select(table.c.word)).scalars().all() == ["grüezi", None]
        on_disk: bytes = connection.execute(text("SELECT word FROM t LIMIT 1")).scalar_one()
        assert ring.open(on_disk, context=b"t.word") == "grüezi".encode()
    engine.dispose()
