"""What an id that somebody types means, and what of a message is left when nobody may know whose it is."""

from __future__ import annotations

import pytest

from tests.support.facts import WAMIDS, recorded, told
from tests.support.facts import gathered as message_of
from wabawatch.domain.erasure import Erasure, Stage, anonymous, certificate, check_unnamed, ids_meant, nobody, unnamed
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Person, Status
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.domain.standing import NOT_JUDGED, look, standing

PHONE, BSUID, USERNAME = ContactKind.PHONE, ContactKind.BSUID, ContactKind.USERNAME
SENT = message_of(
    recorded(person=Person(phone="4915123456789"), user_id="u", lead_id="l", conversation_id="c", opaque="o"),
    told(Status.DELIVERED, 5_000),
)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("+49 151 2345-6789", [(PHONE, "4915123456789")]),
        ("004915123456789", [(PHONE, "4915123456789")]),
        (" (1) 555.010.1001 ", None),
        ("+49 (0)151 2345-6789", [(PHONE, "4915123456789")]),
        ("".join(chr(0xFF10 + int(each)) for each in "4915123456789"), [(PHONE, "4915123456789")]),
        ("+++", None),
        ("...", None),
        ("wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQz", None),
        ("15550101001", [(PHONE, "15550101001")]),
        ("US.13491208655302741918", [(BSUID, "US.13491208655302741918"), (USERNAME, "US.13491208655302741918")]),
        ("@lena.k", [(USERNAME, "lena.k")]),
        ("lena.k", [(USERNAME, "lena.k")]),
        ("", None),
        ("@a", None),
        ("two words", None),
    ],
)
def test_what_somebody_types_means_an_id(text: str, means: list[tuple[ContactKind, str]] | None) -> None:
    if means is None:
        with pytest.raises(BadRequest, match="give a phone number"):
            ids_meant(text)
    else:
        assert ids_meant(text) == tuple(ContactKey(*each) for each in means)


def test_an_anonymous_message_counts_as_before_and_nothing_in_it_leads_to_anybody() -> None:
    after = anonymous(SENT, "erased.1")

    assert (after.wamid, after.user, after.lead, after.conversation, after.opaque) == ("erased.1", *[None] * 4)
    assert look(after) == look(SENT)
    assert standing(after, NOT_JUDGED, 0) == standing(SENT, NOT_JUDGED, 0)


def test_a_message_that_has_no_wamid_gets_none() -> None:
    assert anonymous(message_of(recorded(wamid="", local_id="x")), "erased.1").wamid == ""


def test_in_a_message_of_somebody_else_only_what_names_the_person_goes() -> None:
    after = unnamed(SENT, "erased.1", lambda text: text == "o")

    assert after == SENT._replace(opaque=None)
    assert unnamed(SENT, "erased.1", WAMIDS[0].__eq__).wamid == "erased.1"


def test_nobody_keeps_the_country_for_figures() -> None:
    assert nobody("DE", "x") == ContactKey(ContactKind.ERASED, "DE.x")


def test_a_certificate_says_what_was_done_and_not_to_whom() -> None:
    done = Erasure(3, 1, "cli", "asked for", Stage.DONE, ["ab"], {"messages": 2}, 9, 7, (ContactKey(PHONE, "49151"),))

    told = certificate(done)

    assert told["subject_hashes"] == ["ab"]
    assert told["erased"] == {"messages": 2}
    assert "49151" not in str(told)


@pytest.mark.parametrize("reason", ["call 49-15123 45", "Lena.K asked", "mail of de.77 came"])
def test_a_reason_that_names_the_person_is_refused(reason: str) -> None:
    keys = [
        ContactKey(ContactKind.PHONE, "491512345"),
        ContactKey(ContactKind.USERNAME, "lena.k"),
        ContactKey(ContactKind.BSUID, "DE.77"),
    ]

    with pytest.raises(BadRequest, match="names the person"):
        check_unnamed(reason, keys)
    check_unnamed("case 12 of 2026, helena.k asked, DE.778", keys)
