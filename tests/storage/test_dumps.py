"""What a dump holds: every way of writing bodies down gives the same bodies, and nothing is lost."""

from __future__ import annotations

import gzip
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tests.support.dumps import body, dump, lines
from wabawatch.domain.dumps import Dumped
from wabawatch.domain.errors import BadRequest
from wabawatch.storage import dump_text
from wabawatch.storage.dump_text import bodies_in
from wabawatch.storage.dumps import dumps_at

THREE = [body(number) for number in range(3)]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('a"\\[]{},:\n é😀')),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"{', max_size=3), inner, max_size=3),
    max_leaves=8,
)
documents = st.lists(
    st.dictionaries(st.text("xyz", min_size=1), values, min_size=1, max_size=3), min_size=1, max_size=5
)


def as_lines(found: list[Any]) -> str:
    return "\n".join(map(json.dumps, found)) + "\n"


def as_lines_of_windows(found: list[Any]) -> str:
    return "\ufeff" + "\r\n\r\n".join(map(json.dumps, found))


def as_array(found: list[Any]) -> str:
    return json.dumps(found)


def as_readable_array(found: list[Any]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False)


def as_readable_values(found: list[Any]) -> str:
    return "\n".join(json.dumps(each, indent=1) for each in found)


def as_lines_of_arrays(found: list[Any]) -> str:
    return as_lines([found[:1], found[1:]])


def read(text: bytes, size: int = 1 << 20) -> list[Dumped]:
    return list(bodies_in(text[at : at + size] for at in range(0, len(text), size)))


def contents(path: Path, spool: Path | None = None) -> list[Any]:
    (found,) = dumps_at([str(path)], spool)
    try:
        return [json.loads(each.content) for each in found.bodies()]
    finally:
        found.close()


FORMS = (as_lines, as_lines_of_windows, as_array, as_readable_array, as_readable_values, as_lines_of_arrays)


@pytest.mark.parametrize("form", FORMS)
@given(found=documents, size=st.integers(1, 40))
def test_every_form_gives_the_same_bodies_in_pieces_of_any_size(
    form: Callable[[list[Any]], str], found: list[Any], size: int
) -> None:
    assert [json.loads(each.content) for each in read(form(found).encode(), size)] == found


@given(st.binary(max_size=60), st.integers(1, 9))
def test_any_bytes_are_read_and_what_is_no_blank_is_given(text: bytes, size: int) -> None:
    given_ = b"".join(each.content for each in read(text, size))

    assert bool(given_) or not text.removeprefix(b"\xef\xbb\xbf").strip(b" \t\n\r\x0b\x0c,[]{}")


def test_lines_that_are_no_json_are_given_with_their_numbers() -> None:
    text = b'{"a": 1}\n\nno json\n{"cut": \n{"b": 2}\n'

    found = read(text)

    assert [(each.line, each.content) for each in found] == [
        (1, b'{"a": 1}'),
        (3, b"no json"),
        (4, b'{"cut":'),
        (5, b'{"b": 2}'),
    ]


@pytest.mark.parametrize("first", [b"no json", b'{"cut": "of', b'"}]}'])
def test_a_first_line_that_is_no_json_costs_no_other(first: bytes) -> None:
    found = read(first + b'\n{"a": 1}\n{"b": 2}')

    assert [each.content for each in found] == [first, b'{"a": 1}', b'{"b": 2}']


@pytest.mark.parametrize("text", [b"no json", b"no, json", b'{"cut": "of, {}', b'{"cut": [1, 2'])
def test_one_line_that_is_no_json_is_one_body(text: bytes) -> None:
    assert [each.content for each in read(text)] == [text]


def test_an_element_of_an_array_is_known_by_the_line_on_which_it_begins() -> None:
    found = read(b'[\n {"a":\n 1},\n\n "odd", {"b": 2}\n]\n')

    assert [(each.line, each.content) for each in found] == [(2, b'{"a":\n 1}'), (5, b"odd"), (5, b'{"b": 2}')]


def test_an_array_that_is_cut_off_gives_what_is_there() -> None:
    assert [each.content for each in read(b'[{"a": 1}, {"b": [')] == [b'{"a": 1}', b'{"b": [']


def test_a_body_is_taken_out_of_our_wrapper_byte_for_byte() -> None:
    found = read(
        b'{"body": {"object":  "x"}, "received_at": "2026-01-02T03:04:05Z", "app": "shop", "more": 1}\n'
        b'{"body": "{\\"object\\":\\"\\u00e9\\"}", "received_at": 1767323045000}\n'
    )

    assert found == [
        Dumped(b'{"object":  "x"}', 1, 1_767_323_045_000, "shop"),
        Dumped('{"object":"é"}'.encode(), 2, 1_767_323_045_000, ""),
    ]


@pytest.mark.parametrize(
    "text", [b'{"object": "x", "body": {}}', b'{"entry": [], "body": "x"}', b'{"text": {"body": "hi"}}', b"[[1]]"]
)
def test_a_body_of_meta_is_no_wrapper_whatever_is_in_it(text: bytes) -> None:
    (found,) = read(text)

    assert found.content in text


def test_half_a_character_does_not_hide_the_body_in_a_wrapper() -> None:
    (found,) = read(b'{"body": {"object": "\\ud83d"}, "received_at": "no time", "app": 5}')

    assert found == Dumped(b'{"object": "\\ud83d"}', 1)


@pytest.mark.parametrize(
    "text",
    [
        b'{"body":"\xff","received_at":1}',
        b'{"body":{"a":1},"received_at":' + b"[" * 3_000 + b"]" * 3_000 + b"}",
        b'{"body":' + b"[" * 998 + b"]" * 998 + b',"app":"\xff"}',
    ],
)
def test_a_wrapper_that_is_no_json_inside_is_given_as_it_stands(text: bytes) -> None:
    assert list(bodies_in([text])) == [Dumped(text, 1)]


@pytest.mark.parametrize("told", [b"1" * 5_000, b"1e400", b'"\xff"', b"true", b"-1", b'"soon"', b"{}"])
def test_a_wrapper_that_tells_no_time_gives_its_body_all_the_same(told: bytes) -> None:
    (dumped,) = bodies_in([b'{"body":{"a":1},"received_at":' + told + b"}"])

    assert (json.loads(dumped.content), dumped.received_at) == ({"a": 1}, None)


@pytest.mark.parametrize("app", [b"\\ud800", b"a\\u0000b", b"x" * 1_000, b"\\n", b"\xff"])
def test_an_app_that_cannot_be_kept_is_none(app: bytes) -> None:
    (dumped,) = bodies_in([b'{"body":{"a":1},"app":"' + app + b'"}'])

    assert (json.loads(dumped.content), dumped.app) == ({"a": 1}, "")


def test_a_body_that_would_fill_the_memory_is_refused_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump_text, "LARGEST", 1000)

    with pytest.raises(BadRequest, match="line 2"):
        read(b"{}\n" + b"x" * 2000, 100)
    with pytest.raises(BadRequest, match="line 3"):
        read(b'[{},\n\n{"a": "' + b"x" * 2000, 100)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip in two members": lambda text: gzip.compress(text[:99]) + gzip.compress(text[99:]) + b"\0" * 5,
    "zstd": zstandard.compress,
    "zstd in two frames": lambda text: zstandard.compress(text[:99]) + zstandard.compress(text[99:]),
}


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS.keys())
def test_packed_dumps_are_told_by_their_content_not_by_their_name(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = dump(tmp_path, "dump.txt", pack(lines(3)))

    assert contents(path) == THREE


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_packed_dump_that_is_cut_off_gives_what_is_there_and_says_so(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    text = os.urandom(300_000).hex().encode()  # hardly to be packed
    packed = pack(lines(3) + text)
    (found,) = dumps_at([str(dump(tmp_path, "cut", packed[: len(packed) // 2]))])
    bodies = found.bodies()

    assert [json.loads(next(bodies).content) for _ in THREE] == THREE
    with pytest.raises(BadRequest, match="cut off"):
        next(bodies)
    found.close()


def test_a_damaged_dump_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(lines(50)))
    packed[100] ^= 0xFF

    with pytest.raises(BadRequest, match="damaged"):
        contents(dump(tmp_path, "damaged.gz", bytes(packed)))


@pytest.mark.parametrize(("name", "reason"), [("missing.json", "no such file"), ("empty", "no .json, .jsonl, .ndjson")])
def test_what_is_not_there_is_refused_in_words(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(BadRequest, match=reason):
        contents(tmp_path / name)


def test_folders_give_the_files_below_them_in_order(tmp_path: Path) -> None:
    for name in ("b.json", "a/z.JSONL.gz", "a/b/c.ndjson.zst", "notes.txt", "x.json.bak"):
        dump(tmp_path, name, b"{}")

    found = [Path(each.name).relative_to(tmp_path).as_posix() for each in dumps_at([str(tmp_path)])]

    assert found == ["a/b/c.ndjson.zst", "a/z.JSONL.gz", "b.json"]


def test_a_dump_is_known_by_its_content(tmp_path: Path) -> None:
    names = [str(dump(tmp_path, name, content)) for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2"))]
    dumps = dumps_at(names)

    a, b, c = (each.identity() for each in dumps)

    assert a == b != c
    for each in dumps:
        each.close()


def test_a_pipe_is_read_after_its_identity_was_asked_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(lines(3),), daemon=True)
    writer.start()
    (found,) = dumps_at([str(pipe)], tmp_path)

    identity = found.identity()
    read_ = [json.loads(each.content) for each in found.bodies()]
    found.close()
    writer.join(30)

    (same,) = dumps_at([str(dump(tmp_path, "same", lines(3)))])
    assert (identity, read_) == (same.identity(), THREE)
    same.close()


def test_two_imports_do_not_read_one_file_at_once(tmp_path: Path) -> None:
    path = dump(tmp_path, "dump.json", b"{}")
    one, other = dumps_at([str(path), str(path)])
    one.identity()

    with pytest.raises(BadRequest, match="another import"):
        other.identity()

    one.close()
    assert other.identity()
    other.close()


def test_progress_adds_up_to_the_size_whatever_was_read(tmp_path: Path) -> None:
    told: list[int] = []
    paths = [dump(tmp_path, "a.gz", gzip.compress(lines(3))), dump(tmp_path, "b", lines(3))]
    whole, skipped = dumps_at(map(str, paths), None, told.append)

    assert len(list(whole.bodies())) == 3
    whole.close()
    skipped.close()

    assert sum(told) == sum(path.stat().st_size for path in paths)
