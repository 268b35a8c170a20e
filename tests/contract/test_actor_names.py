"""What users and tokens are called, on every database."""

from __future__ import annotations

from tests.support.access import NOW
from tests.support.books import Shelf
from wabawatch.domain.access import ApiToken, Role, Scope
from wabawatch.domain.actors import Names
from wabawatch.storage.actor_names import SqlRegister
from wabawatch.storage.tokens import SqlTokens
from wabawatch.storage.users import SqlUsers


def test_everybody_is_named_also_who_may_do_nothing_any_more(lasting_shelf: Shelf) -> None:
    lasting_shelf.clear()
    database = lasting_shelf.database
    users, tokens = SqlUsers(database), SqlTokens(database)
    users.add("root", Role.ADMIN, NOW, "cli")
    ann = users.add("ann", Role.VIEWER, NOW, "cli")
    users.disable(ann.id, NOW, "cli")
    shop = tokens.create(ApiToken(0, "shop", frozenset({Scope.READ}), NOW), b"digest", "cli")
    tokens.revoke("shop", NOW, "cli")

    names = SqlRegister(database).names()

    assert names == Names({ann.id - 1: "root", ann.id: "ann"}, {shop.id: "shop"})
