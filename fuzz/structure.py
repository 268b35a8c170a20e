"""Every body of the corpus with every thing wrong, one at a time: `python -m fuzz.structure`."""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from random import Random
from typing import Any, Final

from fuzz import claims, seeds
from fuzz.mutants import Mutant, Place, at, mutants, with_numbers_swapped, with_unknown_keys, written
from wabawatch.domain.facts import Fact
from wabawatch.meta import messaging
from wabawatch.meta.webhooks import parse

LISTS: Final = {
    *("statuses", "messages", "message_echoes", "errors", "user_actions", "calls", "groups", "history"),
    *("user_preferences", "user_id_update", "automatic_events", "messaging_handovers"),
}
"""Lists of a value whose items are read one by one."""


def facts_of(content: bytes) -> tuple[Fact, ...]:
    """The facts in a body."""
    return parse(content, received_at=claims.RECEIVED_AT).facts


def accompanied(document: Any) -> Any:
    """*document* with a good change in each entry and a good entry at its end, so that everything stands beside one."""
    document = copy.deepcopy(document)
    entries = document.get("entry")
    if isinstance(entries, list):
        entries.append({"id": "201100000000001", "changes": []})
        for number, entry in enumerate(entries):
            if isinstance(entry, dict) and isinstance(entry.get("changes"), list):
                entry["changes"].append(_good(f"wamid.beside{number}"))
    return document


def _good(wamid: str) -> Any:
    status = {"id": wamid, "status": "read", "timestamp": "1795175970", "recipient_id": "15550101001"}
    return {"field": "messages", "value": {"metadata": {"phone_number_id": "301100000000001"}, "statuses": [status]}}


class Body:
    """One document, and what is known of it and of it without one of its items."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.facts = facts_of(written(document))
        self._beside: dict[Place, Counter[Fact]] = {}

    def beside(self, place: Place) -> Counter[Fact]:
        """The facts of everything but the innermost item in which *place* lies."""
        item = next((place[:n] for n in range(len(place), 1, -1) if self._is_item(place[:n])), ())
        if item not in self._beside:
            self._beside[item] = self._told_without(item) if item else Counter()
        return self._beside[item]

    def _is_item(self, place: Place) -> bool:
        if not isinstance(place[-1], int):
            return False
        if len(place) <= 4:
            return place[0] == "entry" and place[2:3] in ((), ("changes",)) and len(place) % 2 == 0
        change = at(self.document, place[:4])
        inside = [key for key in place[5:] if key != "standby"]
        names, indexes = inside[::2], inside[1::2]
        return (
            isinstance(change, dict)
            and change.get("field") in messaging.FIELDS
            and len(names) == len(indexes)
            and names[:1] != []
            and names[0] in LISTS
            and (names[1:] == [] or names in (["history", "threads"], ["history", "threads", "messages"]))
        )

    def _told_without(self, item: Place) -> Counter[Fact]:
        rest = copy.deepcopy(self.document)
        del at(rest, item[:-1])[item[-1]]
        return Counter(claims.understood(facts_of(written(rest))))


def check_mutant(body: Body, mutant: Mutant) -> None:
    """Hold every claim about a body with one thing wrong against *mutant*."""
    facts = claims.parsing_is_sound(mutant.content)
    claims.siblings_are_kept(body.beside(mutant.place), facts)
    if not mutant.empties:
        claims.nothing_vanishes(body.facts, facts)


def check_same(body: Body, mutant: Mutant) -> None:
    """Hold against *mutant* that it tells just what the body tells."""
    told = claims.bare(claims.parsing_is_sound(mutant.content))
    assert told == claims.bare(body.facts), f"{claims.bare(body.facts) - told} became {told - claims.bare(body.facts)}"


def faults(document: Any, step: int = 1) -> Iterator[str]:
    """What is wrong with how *document* and each *step*-th of its mutants are read."""
    body = Body(accompanied(document))
    for mutant in mutants(body.document, step):
        yield from _fault(check_mutant, body, mutant)
    for mutant in chain(with_unknown_keys(body.document, step), with_numbers_swapped(body.document, step)):
        yield from _fault(check_same, body, mutant)


def _fault(check: Any, body: Body, mutant: Mutant) -> Iterator[str]:
    try:
        check(body, mutant)
    except AssertionError as error:
        yield f"{mutant}: {error}"


def main() -> int:
    """Check every body, as far as the time goes, in an order that is another each time; print what is wrong."""
    options = argparse.ArgumentParser(prog="python -m fuzz.structure")
    options.add_argument("--seconds", type=int, default=600, help="at most so long")
    options.add_argument("--step", type=int, default=1, help="look at each so-many-th mutant only")
    chosen = options.parse_args()
    until = time.monotonic() + chosen.seconds
    left = list(seeds.documents(seeds.OURS, seeds.theirs()).items())
    everything = len(left)
    Random().shuffle(left)
    found = 0
    while left and time.monotonic() < until:
        name, document = left.pop()
        for fault in faults(document, chosen.step):
            print(f"{name}: {fault}", flush=True)
            found += 1
    print(f"{everything - len(left)} of {everything} bodies with everything wrong, one at a time: {found} faults")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
