"""Archived messages on the pages of the log: searched like the live ones, and never together with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from wabawatch.domain.archives import day_name, day_of
from wabawatch.domain.facts import Millis
from wabawatch.domain.search import MessageFilter
from wabawatch.flows.browsing import Browsing
from wabawatch.web.message_answers import MessageRow

ARCHIVED = "archived"
"""Whether the archive is searched instead of the live messages: with any value"""
DAY = "@"
"""Between our number of an archived message and its day, which says where it is"""


@dataclass(frozen=True, slots=True)
class Archived:
    """The archive, for those pages."""

    browsing: Browsing
    of_day: Callable[[str], Browsing | None]
    """The messages of one day, named as in `day_name`; None: there is no such day"""
    held_in: Callable[[MessageFilter], int]
    """How many messages there are of the days that are searched, whether they fit or not"""


def placed(row: MessageRow, at: Millis) -> MessageRow:
    """*row* with an id that says where the archived message is."""
    return msgspec.structs.replace(row, id=f"{row.id}{DAY}{day_name(day_of(at))}")


def split(id: str) -> tuple[str, str]:
    """An id of a page, and the day if the message is archived; "" if it is live."""
    number, at, day = id.rpartition(DAY)
    return (number, day) if at and number.isdecimal() else (id, "")
