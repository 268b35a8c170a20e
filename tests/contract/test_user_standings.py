"""How things stand with users, on every database: signed in, locked, with an open link, known from elsewhere."""

from __future__ import annotations

import pytest

from tests.support.access import NOW, Porch
from wabawatch.access_ports import Origin
from wabawatch.domain.access import Role
from wabawatch.domain.errors import NotAllowed, NotFound
from wabawatch.domain.lockout import MINUTE_MS
from wabawatch.flows.user_desk import LINK_MS
from wabawatch.storage.schema_access import users


def test_the_list_says_where_people_are_signed_in_who_is_locked_and_whose_link_is_open(porch: Porch) -> None:
    porch.add("root", Role.ADMIN)
    porch.add("ann")
    porch.desk.add("new", Role.VIEWER, "cli")
    porch.enter("ann")
    porch.enter("ann", origin=Origin("198.51.100.9", "Safari"))
    for _ in range(5):
        with pytest.raises(NotAllowed):
            porch.enter("root", "wrong")

    ann, new, root = porch.desk.standings()

    assert (ann.user.name, ann.sessions, ann.locked_until, ann.link_until) == ("ann", 2, None, None)
    assert (new.user.name, new.sessions, new.locked_until, new.link_until) == ("new", 0, None, NOW + LINK_MS)
    assert (root.user.name, root.sessions, root.locked_until, root.link_until) == ("root", 0, NOW + MINUTE_MS, None)
    assert porch.desk.standing(ann.user.id) == ann
    porch.wait(LINK_MS)
    assert {(each.sessions, each.locked_until, each.link_until) for each in porch.desk.standings()} == {(0, None, None)}


def test_who_signs_in_elsewhere_is_shown_so(porch: Porch) -> None:
    ann = porch.add("ann")
    assert not ann.is_outside

    with porch.database.writing() as connection:
        connection.execute(users.update().where(users.c.id == ann.id).values(outside="https://id.example ann"))

    assert porch.desk.standing(ann.id).user.is_outside
    with pytest.raises(NotFound):
        porch.desk.standing(ann.id + 1)
