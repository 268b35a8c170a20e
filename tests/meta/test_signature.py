"""The signature check: right is right, everything else is refused and nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.meta.signature import is_genuine, sign

SECRET = b"test_app_secret"
BODY = b'{"object":"whatsapp_business_account","entry":[]}'
HEX = "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"


def test_the_known_vector_is_genuine() -> None:
    assert is_genuine(BODY, f"sha256={HEX}", [SECRET])
    assert sign(BODY, SECRET) == f"sha256={HEX}"


@pytest.mark.parametrize(
    "header",
    [
        f"sha256={HEX.upper()}",
        f"  sha256={HEX}\r\n",
        f"\tsha256={HEX} ",
        f"sha256={HEX}".encode(),
        f" sha256={HEX.upper()} ".encode(),
    ],
)
def test_case_and_white_space_around_do_not_matter(header: str | bytes) -> None:
    assert is_genuine(BODY, header, [SECRET])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        HEX,
        f"sha1={HEX}",
        f"sha256={HEX[:-1]}",
        f"sha256={HEX[:-2]}",
        f"sha256={HEX}00",
        f"sha256= {HEX}",
        f"sha256={HEX[:32]} {HEX[33:]}",
        f"sha256={HEX},sha256={HEX}",
        f"sha256={HEX[:-1]}g",
        f"sha256={HEX[:-1]}é",
        f"sha256={HEX[:-1]}٣",
        "sha256=\ud800",
        f"sha256={HEX}\xa0",
        b"sha256=" + b"\xff" * 64,
        b"\x00",
    ],
)
def test_a_malformed_header_is_refused(header: str | bytes | None) -> None:
    assert not is_genuine(BODY, header, [SECRET])


@given(st.one_of(st.text(), st.binary(), st.text("0123456789abcdefABCDEF ", min_size=64, max_size=64)))
def test_no_header_raises_or_slips_through(header: str | bytes) -> None:
    forged = header if isinstance(header, bytes) else "sha256=" + header

    assert not is_genuine(BODY, header, [SECRET])
    assert not is_genuine(BODY, forged, [SECRET])


@given(st.binary(), st.lists(st.binary(min_size=1), min_size=1, max_size=4, unique=True), st.data())
def test_any_of_several_secrets_is_enough(body: bytes, secrets: list[bytes], data: st.DataObject) -> None:
    used = data.draw(st.sampled_from(secrets))

    assert is_genuine(body, sign(body, used), secrets)
    assert is_genuine(body, sign(body, used), tuple(reversed(secrets)))


def test_a_retired_secret_is_refused() -> None:
    assert not is_genuine(BODY, sign(BODY, b"old"), [b"new", SECRET])


def test_without_secrets_nothing_is_genuine() -> None:
    assert not is_genuine(BODY, sign(BODY, SECRET), [])


def test_an_empty_secret_opens_no_door() -> None:
    assert not is_genuine(BODY, sign(BODY, b""), [b""])
    assert is_genuine(BODY, sign(BODY, SECRET), [b"", SECRET])


@pytest.mark.parametrize("changed", [b"", BODY + b" ", BODY.replace(b":", b": "), b"\x00" + BODY])
def test_one_changed_byte_breaks_the_signature(changed: bytes) -> None:
    assert not is_genuine(changed, sign(BODY, SECRET), [SECRET])


def test_escaped_and_plain_text_have_different_signatures() -> None:
    escaped, plain = rb'{"name":"\u00e4"}', '{"name":"ä"}'.encode()

    assert not is_genuine(plain, sign(escaped, SECRET), [SECRET])
