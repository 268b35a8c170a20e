"""API tokens, and answers kept under an Idempotency-Key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.support.books import HandClock
from tests.support.places import Place
from wabawatch.domain.access import KEPT_MS, UNDER_WAY_MS, ApiToken, Scope
from wabawatch.domain.errors import BadRequest, Conflict, NotAllowed, NotFound
from wabawatch.domain.standing import DAY_MS
from wabawatch.flows.access import FRESH_MS, Doorkeeper, TokenDesk, digest_of
from wabawatch.storage.api_answers import SqlAnswers
from wabawatch.storage.database import Database
from wabawatch.storage.schema import api_answers, api_tokens, audit_entries
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.tokens import SqlTokens

NOW = 1_795_176_000_000
READ = {Scope.READ}


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = place.database()
    yield database
    database.close()


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOW)


@pytest.fixture
def desk(database: Database, clock: HandClock) -> TokenDesk:
    return TokenDesk(SqlTokens(database), clock)


@pytest.fixture
def door(desk: TokenDesk, clock: HandClock) -> Doorkeeper:
    return Doorkeeper(clock, (), desk.tokens, 0)


def deeds(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as connection:
        return [(row.actor, row.action, row.subject) for row in connection.execute(select(audit_entries))]


def test_a_token_is_found_by_its_secret_which_is_kept_nowhere(database: Database, desk: TokenDesk) -> None:
    token, secret = desk.create("shop", {Scope.WRITE, Scope.READ}, 90, "cli")

    assert desk.tokens.find(digest_of(secret.encode())) == token
    assert token == ApiToken(token.id, "shop", frozenset({Scope.WRITE, Scope.READ}), NOW, NOW + 90 * DAY_MS)
    with database.reading() as connection:
        assert secret not in repr(connection.execute(select(api_tokens)).all())
    assert len(secret) >= 43


def test_what_is_done_with_tokens_is_in_the_audit_trail(database: Database, desk: TokenDesk) -> None:
    desk.create("shop", READ, None, "cli")
    desk.revoke("shop", "user:1")
    desk.revoke("shop", "user:2")

    assert deeds(database) == [("cli", "token_created", "token:1"), ("user:1", "token_revoked", "token:1")]


def test_a_name_is_given_once(desk: TokenDesk) -> None:
    desk.create("shop", READ, None, "cli")
    desk.revoke("shop", "cli")

    with pytest.raises(Conflict, match="take another name"):
        desk.create("shop", READ, None, "cli")
    with pytest.raises(NotFound, match="tokens list"):
        desk.revoke("shopp", "cli")


@pytest.mark.parametrize("name", ["", " ", "a\0b", "ü", "x" * 65])
def test_a_name_is_plain(desk: TokenDesk, name: str) -> None:
    with pytest.raises(BadRequest, match="name"):
        desk.create(name, READ, None, "cli")


def test_a_revoked_token_opens_nothing_a_second_later(door: Doorkeeper, desk: TokenDesk, clock: HandClock) -> None:
    _, secret = desk.create("shop", READ, None, "cli")
    assert door.identify(secret.encode()).scopes == READ
    desk.revoke("shop", "cli")
    clock.turn_to(NOW + FRESH_MS)

    with pytest.raises(NotAllowed, match="revoked"):
        door.identify(secret.encode())


def test_a_token_ends_when_it_should_to_the_millisecond(door: Doorkeeper, desk: TokenDesk, clock: HandClock) -> None:
    _, secret = desk.create("shop", READ, 1, "cli")
    clock.turn_to(NOW + DAY_MS - 1)
    door.identify(secret.encode())
    clock.turn_to(NOW + DAY_MS)

    with pytest.raises(NotAllowed, match="expired"):
        door.identify(secret.encode())


def test_the_last_day_of_use_is_noted(door: Doorkeeper, desk: TokenDesk, clock: HandClock) -> None:
    _, secret = desk.create("shop", READ, None, "cli")
    used = [desk.tokens.all()[0].used_day]
    for at in (NOW, NOW + DAY_MS):
        clock.turn_to(at)
        door.identify(secret.encode())
        used.append(desk.tokens.all()[0].used_day)

    assert used == [None, NOW // DAY_MS, NOW // DAY_MS + 1]


@pytest.fixture
def answers(database: Database) -> SqlAnswers:
    return SqlAnswers(database, Keyring.generate())


def test_an_answer_is_kept_for_a_day(answers: SqlAnswers) -> None:
    assert answers.claim(b"key", b"request", NOW) is None
    answers.keep(b"key", 202, b"{}")

    known = answers.claim(b"key", b"other", NOW + KEPT_MS - 1)
    assert known == (b"request", 202, b"{}")
    assert answers.claim(b"key", b"other", NOW + KEPT_MS) is None


def test_a_request_under_way_holds_its_key_until_it_must_be_dead(answers: SqlAnswers) -> None:
    answers.claim(b"key", b"request", NOW)

    assert answers.claim(b"key", b"request", NOW + UNDER_WAY_MS - 1) == (b"request", None, b"")
    assert answers.claim(b"key", b"request", NOW + UNDER_WAY_MS) is None


def test_a_key_given_back_is_free(answers: SqlAnswers) -> None:
    answers.claim(b"key", b"request", NOW)
    answers.release(b"key")

    assert answers.claim(b"key", b"other", NOW) is None


def test_answers_are_sealed(answers: SqlAnswers, database: Database) -> None:
    answers.claim(b"key", b"request", NOW)
    answers.keep(b"key", 202, b"wamid.secret")

    with database.reading() as connection:
        assert b"secret" not in bytes(connection.execute(select(api_answers.c.content)).scalar_one())
