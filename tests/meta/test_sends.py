"""What is read of calls to the Graph API, whatever their bodies hold."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.facts import Person, SendOutcome, TemplateRef
from wabawatch.meta.sends import read_answer, read_request, usage_of

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda some: st.lists(some) | st.dictionaries(st.text(), some),
)


def asked(**members: Any) -> Any:
    return read_request(json.dumps(members).encode())


@pytest.mark.parametrize(
    ("members", "person"),
    [
        ({"to": "+1 (555) 123-4567"}, Person(phone="15551234567")),
        ({"to": 15551234567}, Person(phone="15551234567")),
        ({"recipient": "US.13491208655302741918"}, Person(bsuid="US.13491208655302741918")),
        ({"to": "US.13491208655302741918"}, Person(bsuid="US.13491208655302741918")),
        ({"recipient": "15551234567"}, Person(phone="15551234567")),
        ({"to": "15551234567", "recipient": "US.1"}, Person(phone="15551234567", bsuid="US.1")),
        ({"to": "nobody"}, Person()),
    ],
)
def test_the_recipient_is_a_phone_number_or_a_bsuid(members: dict[str, Any], person: Person) -> None:
    found = asked(**members)

    assert (found.person, found.has_recipient) == (person, True)


def test_a_group_is_no_person() -> None:
    found = asked(to="120363418770915618@g.us", recipient_type="group")

    assert (found.person, found.group) == (Person(), "120363418770915618@g.us")


def test_a_template_is_read_with_its_language() -> None:
    found = asked(to="1555", type="template", template={"name": "hello", "language": {"code": "en_US"}})

    assert (found.type, found.template) == ("template", TemplateRef("hello", "en_US"))


def test_a_form_is_read_like_json() -> None:
    form = urlencode({"to": "1555", "type": "template", "template": '{"name":"hello","language":{"code":"en"}}'})

    found = read_request(form.encode(), "application/x-www-form-urlencoded; charset=utf-8")

    assert (found.person.phone, found.template) == ("1555", TemplateRef("hello", "en"))


MULTIPART = (
    b"preamble\r\n--X y\r\n"
    b'Content-Disposition: form-data; name="to"\r\n\r\n1555\r\n--X y\r\n'
    b"content-disposition: form-data; name=type\r\nContent-Type: text/plain\r\n\r\ntemplate\r\n--X y\r\n"
    b'Content-Disposition: form-data; name="template"\r\n\r\n{"name":"hello","language":{"code":"en"}}\r\n--X y\r\n'
    b'Content-Disposition: form-data; name="status"; filename="status"\r\n\r\nread\r\n--X y--\r\n'
    b'Content-Disposition: form-data; name="status"\r\n\r\nread\r\n'
)


@pytest.mark.parametrize("boundary", ['"X y"', '"X y"; charset=utf-8'])
def test_a_form_in_parts_is_read_like_json_without_its_files(boundary: str) -> None:
    found = read_request(MULTIPART, f"multipart/form-data; boundary={boundary}")

    assert (found.person.phone, found.type, found.template) == ("1555", "template", TemplateRef("hello", "en"))
    assert (found.has_recipient, found.has_status) == (True, False)


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed"])
def test_a_form_without_a_boundary_says_nothing(content_type: str) -> None:
    assert not read_request(MULTIPART, content_type).has_recipient


def test_the_query_stands_in_for_what_the_body_does_not_say() -> None:
    found = read_request(b'{"text":{"body":"x"}}', query=b"to=%2B1555&type=text")

    assert (found.person.phone, found.type, found.has_status) == ("1555", "text", False)


@pytest.mark.parametrize("word", ["held_for_quality_assessment", "paused"])
def test_a_message_that_is_kept_back_is_held(word: str) -> None:
    body = json.dumps({"messages": [{"id": "wamid.X", "message_status": word}]}).encode()

    assert read_answer(200, body).outcome is SendOutcome.HELD


def test_the_answer_names_the_person_as_statuses_will() -> None:
    body = b'{"contacts":[{"input":"+55 11","wa_id":"5511","user_id":"BR.7"}],"messages":[{"id":"wamid.X"}]}'

    assert read_answer(200, body).person == Person(phone="5511", bsuid="BR.7")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            {"error": {"code": 131030, "message": "(#131030) not allowed", "type": "OAuthException"}},
            131030,
            "(#131030) not allowed",
        ),
        ({"error": {"message": "odd"}, "code": 7}, 7, "odd"),
        ({"code": 100, "message": "bare"}, 100, "bare"),
        ({"error": "a text", "code": 5}, 5, "a text"),
        ({"error": "a text"}, 0, "a text"),
    ],
)
def test_an_error_is_read_in_every_shape(body: dict[str, Any], code: int, message: str) -> None:
    [error] = read_answer(400, json.dumps(body).encode()).errors

    assert (error.code, error.message) == (code, message)


def test_every_field_of_an_error_is_kept() -> None:
    told = {
        "message": "m",
        "type": "OAuthException",
        "code": 132000,
        "error_subcode": 2494073,
        "fbtrace_id": "T",
        "error_data": {"messaging_product": "whatsapp", "details": "d"},
        "error_user_title": "t",
        "error_user_msg": "u",
    }

    [error] = read_answer(400, json.dumps({"error": told}).encode()).errors

    assert (error.title, error.message, error.details) == ("t", "m", "d\nu")
    assert (error.subcode, error.fbtrace_id) == (2494073, "T")


@pytest.mark.parametrize(("status", "body"), [(0, b""), (200, b"<html>"), (200, b'{"messages":[]}'), (200, b"{}")])
def test_without_a_wamid_nobody_knows(status: int, body: bytes) -> None:
    assert read_answer(status, body).outcome is SendOutcome.UNKNOWN


def test_a_refusal_without_json_is_one_all_the_same() -> None:
    assert read_answer(503, b"<html>").outcome is SendOutcome.REJECTED


def test_usage_headers_are_kept_as_json() -> None:
    headers = [(b"X-App-Usage", b'{"call_count":28}'), (b"Date", b"x"), (b"x-business-use-case-usage", b"not JSON")]

    assert json.loads(usage_of(headers)) == {"x-app-usage": {"call_count": 28}, "x-business-use-case-usage": "not JSON"}


@given(
    JSON_VALUES
    | st.dictionaries(st.sampled_from(["to", "template", "recipient", "status", "type", "error"]), JSON_VALUES)
)
def test_nothing_in_a_body_raises(value: Any) -> None:
    body = json.dumps(value).encode()

    read_request(body)
    read_request(body, "application/x-www-form-urlencoded")
    read_answer(200, body)
    read_answer(400, body)


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    read_request(body, query=body)
    read_request(body, "multipart/form-data; boundary=0")
    read_answer(200, body)
    usage_of([(b"x-app-usage", body)])
