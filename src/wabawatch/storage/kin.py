"""Which contacts are one person: whoever is tied to another by a link, or by a chain of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, select

from wabawatch.domain.erasure import MOST_IDS
from wabawatch.storage.bulk import Lookup
from wabawatch.storage.schema import contact_links


def linked(connection: Connection, ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Of each of *ids* all that are the same person, itself included.

    A chain is no longer followed once it has more than twice `MOST_IDS` ids: then two persons that were credible, and
    are not so together, are still found whole.
    """
    wanted = set(ids)
    found = {i: {i} for i in wanted}
    edges: dict[int, set[int]] = {}
    while True:
        open_ = {i for same in found.values() if len(same) <= 2 * MOST_IDS for i in same} - edges.keys()
        if open_:
            edges |= _neighbours(connection, open_)
        grown = {i: same.union(*(edges[other] for other in same if other in edges)) for i, same in found.items()}
        # Nothing is open, and yet there is more to follow: what one of them met, another may not have met yet.
        if not open_ and grown == found:
            return {i: frozenset(same) for i, same in found.items()}
        found = grown


def _neighbours(connection: Connection, ids: Iterable[int]) -> dict[int, set[int]]:
    links: defaultdict[int, set[int]] = defaultdict(set, {i: set() for i in ids})
    for lookup in (_others, _mine):
        for mine, other in lookup(connection, list(links)):
            links[mine].add(other)
    return links


_mine, _others = (
    Lookup(lambda some, a=a, b=b: select(a, b).where(a.in_(some)))  # type: ignore[misc]
    for a, b in (
        (contact_links.c.contact_id, contact_links.c.other_id),
        (contact_links.c.other_id, contact_links.c.contact_id),
    )
)

ties = (_mine, _others)
"""What finds the links of contacts, from either end."""
