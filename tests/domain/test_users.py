"""People who sign in: rights, names, passwords, how long sessions last, and where one goes afterwards."""

from __future__ import annotations

import pytest

from wabawatch.domain.access import Right, Role, may, rights_of
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.users import Session, Stage, User, as_typed, check_password, name_of, path_after

LOOK, ACT, RULE, CLEAR = Right.VIEW, Right.OPERATE, Right.ADMINISTER, Right.UNMASK


@pytest.mark.parametrize(
    ("role", "is_unmasking", "rights"),
    [
        (Role.VIEWER, False, {LOOK}),
        (Role.VIEWER, True, {LOOK, CLEAR}),
        (Role.OPERATOR, False, {LOOK, ACT}),
        (Role.OPERATOR, True, {LOOK, ACT, CLEAR}),
        (Role.ADMIN, False, {LOOK, ACT, RULE, CLEAR}),
        (Role.ADMIN, True, {LOOK, ACT, RULE, CLEAR}),
    ],
)
def test_each_role_has_its_rights_and_seeing_numbers_is_granted_by_itself(
    role: Role, is_unmasking: bool, rights: set[Right]
) -> None:
    assert rights_of(role, is_unmasking=is_unmasking) == rights
    assert {right for right in Right if may(role, right, is_unmasking=is_unmasking)} == rights


def test_a_user_is_named_in_the_audit_trail_by_number() -> None:
    user = User(7, "ann@example.com", Role.VIEWER, 0)

    assert user.actor == "user:7"
    assert user.rights == {LOOK}


@pytest.mark.parametrize(
    ("typed", "name"), [("Ann", "ann"), (" ann@Example.com ", "ann@example.com"), ("a.b_c+d-1", "a.b_c+d-1")]
)
def test_a_name_is_small_letters_without_space_around(typed: str, name: str) -> None:
    assert name_of(typed) == name


@pytest.mark.parametrize("typed", ["", " ", "-ann", "a b", "änne", "ann\0", "x" * 65, "<b>", "a/b"])
def test_nobody_is_called_otherwise(typed: str) -> None:
    with pytest.raises(BadRequest, match="name: "):
        name_of(typed)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short words", "at least 12"),
        ("aaaaaaaaaaaaaaaa", "different"),
        ("ann@example.com1", "more than the name"),
        ("x1y2z3" * 200, "at most 1024 bytes"),
    ],
)
def test_a_password_that_can_be_guessed_is_refused(password: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        check_password(password, "ann@example.com")


@pytest.mark.parametrize("password", ["correct horse battery", "пароль из слов", "ann@example.com and seven more"])
def test_words_of_any_language_do(password: str) -> None:
    check_password(password, "ann@example.com")


def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    assert as_typed("caf\u00e9 noir matin") == as_typed("cafe\u0301 noir matin")


@pytest.mark.parametrize(("now", "is_live"), [(1_000, True), (1_999, True), (2_000, False), (2_499, False)], ids=str)
def test_a_session_ends_when_it_was_not_used(now: int, is_live: bool) -> None:
    session = Session(1, 7, Stage.WHOLE, 500, used_at=1_000, ends_at=10_000)

    assert session.is_live(now, idle_ms=1_000) is is_live


def test_a_session_ends_at_its_end_however_much_it_is_used() -> None:
    session = Session(1, 7, Stage.WHOLE, 500, used_at=9_999, ends_at=10_000)

    assert session.is_live(9_999, idle_ms=1_000)
    assert not session.is_live(10_000, idle_ms=1_000)


@pytest.mark.parametrize("path", ["/", "/logs", "/logs?q=a%20b&range=24h", "/messages/12", "/loginx"])
def test_after_signing_in_one_goes_where_one_wanted(path: str) -> None:
    assert path_after(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "logs",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/logs\r\nSet-Cookie: a=b",
        "/ä",
        "/login?next=/logs",
        "/logout",
        "/" + "x" * 3000,
    ],
)
def test_but_never_to_another_site(path: str) -> None:
    assert path_after(path) == "/"
