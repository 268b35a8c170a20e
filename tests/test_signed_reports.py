"""The file of a report: any change of it shows."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.report_values import REPORT
from wabawatch import signed_reports
from wabawatch.signatures import PrivateKey, Signature
from wabawatch.signed_reports import FILE_PURPOSE, PURPOSE, Fault, check, check_beside, encode, to_file

KEY = PrivateKey(bytes(range(32)))
KEYS = [KEY.public]
OTHER = PrivateKey(bytes(32))
DOCUMENT = encode(REPORT)


def signed(document: bytes = DOCUMENT, key: PrivateKey = KEY) -> bytes:
    digest = signed_reports.digest_of(document)
    return to_file(document, digest, key.sign(PURPOSE, digest.encode()))


@cache
def whole() -> bytes:
    return signed()


def fault(content: bytes) -> Fault | None:
    return check(content, KEYS).fault


def test_a_file_as_it_was_made_is_sound_and_says_what_it_is() -> None:
    found = check(whole(), KEYS)

    assert (found.fault, found.report, found.id, found.revision) == (None, REPORT, REPORT.id, REPORT.revision)
    assert found.key_id == KEY.public.key_id


def test_the_same_report_is_the_same_bytes_and_comes_back_from_them() -> None:
    assert encode(signed_reports.decode(DOCUMENT)) == DOCUMENT


def test_it_is_as_its_schema_says_and_the_schema_knows_each_member() -> None:
    schema = signed_reports.schema()
    validator = jsonschema_rs.validator_for(schema)

    assert validator.is_valid(msgspec.json.decode(DOCUMENT))
    assert not validator.is_valid(msgspec.json.decode(DOCUMENT) | {"verdict": "fine"})
    assert set(schema["$defs"]["ComplianceReport"]["properties"]) == set(msgspec.json.decode(DOCUMENT))


def test_an_edited_figure_is_found() -> None:
    assert fault(whole().replace(b'"revision": 2', b'"revision": 3')) is Fault.CHANGED


def test_a_line_taken_out_or_put_in_is_found() -> None:
    lines = whole().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if b'"refusals_seen"' in line)

    assert fault(b"".join(lines[:at] + lines[at + 1 :])) is Fault.UNREADABLE
    assert fault(b"".join([*lines[:at], b'    "more": 1,\n', *lines[at:]])) is Fault.CHANGED


def test_two_lines_swapped_are_found() -> None:
    lines = whole().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if b'"attempted"' in line)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]

    assert fault(b"".join(lines)) is Fault.CHANGED


def test_a_tail_cut_off_is_found() -> None:
    assert fault(whole()[:-40]) is Fault.UNREADABLE


def test_a_new_checksum_does_not_help() -> None:
    edited = DOCUMENT.replace(b'"revision": 2', b'"revision": 3')
    digest = signed_reports.digest_of(edited)
    old = KEY.sign(PURPOSE, signed_reports.digest_of(DOCUMENT).encode())

    assert fault(to_file(edited, digest, old)) is Fault.FORGED


def test_a_new_signature_of_another_key_does_not_help() -> None:
    assert fault(signed(key=OTHER)) is Fault.UNKNOWN_KEY


def test_nor_does_another_key_that_calls_itself_by_the_right_name() -> None:
    digest = signed_reports.digest_of(DOCUMENT)
    forged = Signature(KEY.public.key_id, OTHER.sign(PURPOSE, digest.encode()).value)

    assert fault(to_file(DOCUMENT, digest, forged)) is Fault.FORGED


def test_a_signature_of_something_else_counts_nothing() -> None:
    digest = signed_reports.digest_of(DOCUMENT)

    assert fault(to_file(DOCUMENT, digest, KEY.sign(FILE_PURPOSE, digest.encode()))) is Fault.FORGED


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text + b"\n",
        lambda text: text.replace(b',\n"sha256"', b', \n"sha256"'),
        lambda text: text.replace(b'"Ed25519"', b'"Ed25519" '),
        lambda text: text.replace(b"}\n}\n", b'},"approved": true\n}\n'),
        lambda text: text.replace(b'{\n"report": ', b'{\n"report": {}, "report": '),
    ],
)
def test_what_was_changed_around_the_report_is_found(edit) -> None:  # type: ignore[no-untyped-def]
    assert fault(edit(whole())) is not None


@settings(max_examples=60)
@given(st.data())
def test_no_byte_can_be_changed_unseen(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(whole()) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != whole()[at]))

    assert fault(whole()[:at] + bytes([byte]) + whole()[at + 1 :]) is not None


def test_of_other_files_the_signature_stands_beside_them() -> None:
    content = b"%PDF-1.7 and so on"
    digest = signed_reports.digest_of(content)
    signature = KEY.sign(FILE_PURPOSE, signed_reports.signed_of_file("abc", 2, "pdf", digest))
    beside = signed_reports.to_file_beside("abc", 2, "pdf", digest, signature)

    assert check_beside(content, beside, KEYS).fault is None
    assert check_beside(content + b" ", beside, KEYS).fault is Fault.CHANGED
    assert check_beside(content, beside.replace(b'"revision":2', b'"revision":3'), KEYS).fault is Fault.FORGED
    assert check_beside(content, beside, [OTHER.public]).fault is Fault.UNKNOWN_KEY
    assert check_beside(content, beside[:-9], KEYS).fault is Fault.UNREADABLE


def test_anybody_can_check_it_without_wabawatch() -> None:
    """As docs/reports.md says: the bytes between two marks, their SHA-256, and an Ed25519 signature of that."""
    text = whole()
    begin, end = text.index(b'"report": ') + len(b'"report": '), text.rindex(b',\n"sha256"')
    told = msgspec.json.decode(text)

    assert signed_reports.digest_of(text[begin:end]) == told["sha256"]
    signature = Signature(told["signature"]["key_id"], bytes.fromhex(told["signature"]["value"]))
    assert KEY.public.is_signed(b"wabawatch-report-v1", told["sha256"].encode(), signature)
    assert REPORT.end - REPORT.start == timedelta(days=30)
