"""The field `analytics` of an account: its parameters stand in its name, as in `analytics.start(1).end(2)`."""

from __future__ import annotations

import json
import re

from wabawatch.domain.facts import Millis
from wabawatch.simulator.analytics import Width
from wabawatch.simulator.application import Json
from wabawatch.simulator.failures import because
from wabawatch.simulator.office import Denied
from wabawatch.simulator.simulation import Simulation

_PARAMETER = re.compile(r"\.(\w+)\(([^)]*)\)")


def analytics(simulation: Simulation, waba: str, field: str, now: Millis) -> Json:
    """What Meta counted of an account, as *field* asks for it. Raises `Denied`."""
    given = dict(_PARAMETER.findall(field))
    width = given.get("granularity", "")
    if width not in set(Width):
        raise Denied(because(100, f"granularity is one of {', '.join(Width)} here."))
    start, end = (_second(given, name) for name in ("start", "end"))
    own = {one.phone: one.id for one in simulation.world.numbers if one.waba.id == waba}
    wanted = _list(given.get("phone_numbers", "[]")) or list(own)
    if strangers := [each for each in wanted if each not in own]:
        raise Denied(because(100, f"not numbers of this account: {', '.join(strangers)}"))
    points = simulation.engine.analytics.points(
        {own[each] for each in wanted}, start * 1_000, end * 1_000, Width(width), now
    )
    return {"phone_numbers": wanted, "granularity": width} | ({"data_points": points} if points else {})


def _second(given: dict[str, str], name: str) -> int:
    if not given.get(name, "").isdecimal():
        raise Denied(because(100, f"The parameter {name} is required."))
    return int(given[name])


def _list(written: str) -> list[str]:
    try:
        found = json.loads(written)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise Denied(because(100, "phone_numbers is a list."))
    return [str(each) for each in found]
