"""The wamid codec: nothing is lost, nothing collides, and the usual case is small."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.meta.wamid import counterparty, pack, unpack

HEX = "0123456789ABCDEF"
USUAL_LENGTHS = {
    (10, 18): 58,
    (10, 20): 62,
    (10, 32): 78,
    (11, 18): 58,
    (11, 20): 62,
    (11, 32): 78,
    (12, 18): 62,
    (12, 20): 62,
    (12, 32): 78,
    (13, 18): 62,
    (13, 20): 66,
    (13, 32): 82,
    (15, 18): 66,
    (15, 20): 66,
    (15, 32): 82,
}


def wamid_of(raw: bytes) -> str:
    return "wamid." + base64.b64encode(raw).decode()


def layout(phone: str, flag: int, message: str) -> bytes:
    parts = (b"\x1c\x18", bytes([len(phone)]), phone.encode(), b"\x15\x02\x00", bytes([flag]), b"\x18")
    return b"".join(parts) + bytes([len(message)]) + message.encode() + b"\x00"


phones = st.text("0123456789", min_size=1, max_size=20)
message_ids = st.sampled_from([10, 18, 20, 32]).flatmap(lambda n: st.text(HEX, min_size=n, max_size=n))
usual_wamids = st.builds(layout, phones, st.sampled_from([0x11, 0x12]), message_ids).map(wamid_of)
any_text = st.text(st.characters(codec=None, exclude_categories=()))
near_wamids = st.one_of(
    any_text.map(lambda text: "wamid." + text),
    st.binary().map(wamid_of),
    usual_wamids.map(lambda wamid: wamid.rstrip("=")),
    usual_wamids.map(str.lower),
    usual_wamids.map(lambda wamid: wamid + "\n"),
    st.tuples(usual_wamids, st.integers(6, 60), st.characters()).map(lambda t: t[0][: t[1]] + t[2] + t[0][t[1] + 1 :]),
    st.tuples(
        st.builds(layout, phones, st.integers(0, 255), st.text("09afAF -_+xG", max_size=130)), st.binary(max_size=2)
    ).map(lambda t: wamid_of(t[0] + t[1])),
    st.tuples(st.builds(layout, phones, st.just(0x11), message_ids), st.integers(1, 30)).map(
        lambda t: wamid_of(t[0][: -t[1]])
    ),
)
anything = st.one_of(any_text, near_wamids, usual_wamids)


@given(anything)
def test_any_string_survives_the_round_trip(text: str) -> None:
    assert unpack(pack(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "wamid.",
        "wamid",
        "\ud800",
        "wamid.\udfff",
        "\ud83d\ude00",
        "😀",
        "wamid.QQ==",
        "wamid.QQ=",
        "wamid.QQ",
        "wamid.QQ===",
        "wamid.QR==",
        "wamid.Q Q==",
        "wamid.HBg_-w==",
        "wamid.٣٤",
        "x" * 100_000,
    ],
)
def test_odd_strings_survive_the_round_trip(text: str) -> None:
    assert unpack(pack(text)) == text


@given(st.lists(anything, unique=True, min_size=2, max_size=20))
def test_two_strings_never_share_their_bytes(texts: list[str]) -> None:
    assert len({pack(text) for text in texts}) == len(texts)


@given(st.binary(max_size=40))
def test_bytes_are_either_refused_or_the_one_packed_form(packed: bytes) -> None:
    try:
        text = unpack(packed)
    except ValueError:
        return
    assert pack(text) == packed


@given(usual_wamids)
def test_a_usual_wamid_is_packed_without_its_text(wamid: str) -> None:
    phone = counterparty(wamid)

    assert phone is not None
    assert len(pack(wamid)) <= 2 + len(phone) // 2 + (len(base64.b64decode(wamid[6:])) - len(phone) - 10) // 2


@pytest.mark.parametrize(("sizes", "total"), USUAL_LENGTHS.items())
@pytest.mark.parametrize("flag", [0x11, 0x12])
def test_every_usual_length_is_packed_small(sizes: tuple[int, int], total: int, flag: int) -> None:
    digits, hex_digits = sizes
    wamid = wamid_of(layout("9" * digits, flag, "F" * hex_digits))

    packed = pack(wamid)

    assert len(wamid) == total
    assert len(packed) <= 8 + hex_digits // 2
    assert unpack(packed) == wamid


def test_a_wamid_of_62_characters_takes_16_bytes() -> None:
    wamid = wamid_of(layout("15550001234", 0x12, "3A00000000000000000B"))

    assert len(wamid) == 62
    assert len(pack(wamid)) == 16


def test_leading_zeros_of_the_phone_number_are_kept() -> None:
    wamids = [wamid_of(layout(phone, 0x11, "AB" * 9)) for phone in ("0", "00", "007", "7")]

    assert [unpack(pack(wamid)) for wamid in wamids] == wamids
    assert len({pack(wamid) for wamid in wamids}) == 4


def test_a_layout_that_lacks_only_its_last_byte_is_not_completed() -> None:
    cut = wamid_of(layout("15550001234", 0x11, "")[:-1])

    assert unpack(pack(cut)) == cut


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x02abc",
        b"\x7f",
        b"\x00\xff",
        b"\x00wamid.QQ==",
        b"\x80",
        b"\x80\x01",
        b"\x8b\x00\x00",
        b"\x81\x0a\xab",
        b"\x82\x64",
        b"\xff" * 40,
        b"\x8b" + bytes(5) + bytes(64),
        b"\x01" + layout("15550001234", 0x11, "ABCD"),
    ],
)
def test_damaged_bytes_are_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"packed wamid|packed form|codec"):
        unpack(packed)


@pytest.mark.parametrize(
    ("wamid", "phone"),
    [
        (wamid_of(layout("15550001234", 0x12, "3A00000000000000000B")), "15550001234"),
        (wamid_of(layout("5511900001234", 0x11, "not hex at all")), "5511900001234"),
        (wamid_of(layout("15550001234", 0x11, "AB" * 9)).rstrip("="), "15550001234"),
        (wamid_of(layout("user", 0x11, "AB" * 9)), None),
        (wamid_of(b"\x1c\x18\x0b1555"), None),
        (wamid_of(b"\x1c\x18"), None),
        ("wamid.é", None),
        ("15550001234", None),
        ("", None),
    ],
)
def test_the_phone_inside_is_found_where_there_is_one(wamid: str, phone: str | None) -> None:
    assert counterparty(wamid) == phone


@given(anything)
def test_looking_for_a_phone_never_raises(text: str) -> None:
    phone = counterparty(text)

    assert phone is None or phone.isdigit()
