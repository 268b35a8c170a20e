"""Whether webhooks come, told by evidence and not by silence (USERS.md 4.1, 4.2).

A quiet night is no outage, and a check that is green is no proof. What counts: sends that were accepted and of which no
status came back, who is subscribed, where Meta sends, and an event of our own that must come through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wabawatch.domain.alert_evidence import Minute
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram, percentile
from wabawatch.domain.standing import HOUR_MS, MINUTE_MS

LEAST_WAIT_MS = 5 * MINUTE_MS
"""Now and then all webhooks of a number come minutes late (`bench/quiet_world.py`): that is no silence."""
MOST_WAIT_MS = 30 * MINUTE_MS
TIMES_USUAL = 3.0
"""A status that takes so many times as long as 99 of 100 usually do is missing."""
FEW_DELAYS = 50
ENOUGH_SILENT = 5
"""So many sends without a status, and none with one since, are no chance."""
LOOKED_BACK_MS = HOUR_MS


class Connection(StrEnum):
    """How the way from Meta to us stands."""

    WORKING = "working"
    """Sends have got their statuses"""
    QUIET = "quiet"
    """Nothing was sent, so nothing need come"""
    SUSPICIOUS = "suspicious"
    """Sends have got no status, or Meta is told to send elsewhere"""
    REFUSED = "refused"
    """Meta does not accept the access token"""
    UNREACHABLE = "unreachable"
    """Meta does not answer, or our address is not reached"""


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of the way from Meta to one number."""

    minutes: Sequence[Minute]
    """Its sends of the last hour, minute by minute, the oldest first"""
    wait_ms: Millis
    """After this time a status is missing"""
    wrong: tuple[str, ...] = ()
    """What is wrong with subscription or address, a sentence each"""
    missing: tuple[str, ...] = ()
    """Events of our own that did not come back, and addresses that are not reached, a sentence each"""
    refused: str = ""
    """Why the token is not accepted; "" it is, or nobody knows"""
    unreachable: str = ""
    """Why Meta's API is not reached"""
    is_behind: bool = False
    """We have webhooks that we have not read yet: what seems to be missing may be among them"""


@dataclass(frozen=True, slots=True)
class Judged:
    """How a connection stands, and why."""

    state: Connection
    reasons: tuple[str, ...]
    """A sentence each"""
    sent: int = 0
    silent: int = 0
    since: Millis | None = None
    is_certain: bool = True
    """False: too little is known to say"""


def usual_wait(of_number: Histogram, at_this_hour: Histogram) -> Millis:
    """After how long a status is missing, by the delays of the number's last days and of this hour of the week."""
    waits = [LEAST_WAIT_MS]
    for delays in (of_number, at_this_hour):
        p99 = percentile(delays, 0.99) if sum(delays.values()) >= FEW_DELAYS else None
        if p99 is not None:
            waits.append(int(TIMES_USUAL * p99))
    return min(MOST_WAIT_MS, max(waits))


def judge(signs: Signs, now: Millis) -> Judged:
    """How the connection stands at the time *now*, with every reason."""
    sent, silent, since = _silence(signs, now)
    is_silent = silent >= ENOUGH_SILENT and silent == sent
    reasons = [*signs.wrong, *signs.missing]
    if is_silent:
        minutes = signs.wait_ms / MINUTE_MS
        reasons.insert(0, f"{silent} sends in a row were accepted and got no status within {minutes:.0f} min")
    if signs.refused:
        return Judged(Connection.REFUSED, (signs.refused, *reasons), sent, silent, since)
    if signs.unreachable:
        return Judged(Connection.UNREACHABLE, (signs.unreachable, *reasons), sent, silent, since)
    if is_silent and signs.is_behind:
        return Judged(Connection.SUSPICIOUS, tuple(reasons), sent, silent, since, is_certain=False)
    if reasons:
        return Judged(Connection.SUSPICIOUS, tuple(reasons), sent, silent, since)
    total = sum(minute.sent for minute in signs.minutes)
    if not total:
        return Judged(Connection.QUIET, ("nothing was sent in the last hour, so no status need come",))
    if any(minute.sent > minute.silent for minute in signs.minutes):
        answered = sum(minute.sent - minute.silent for minute in signs.minutes)
        return Judged(Connection.WORKING, (f"{answered} of {total} sends have got a status",), sent, silent)
    return Judged(Connection.QUIET, (f"{total} sends, too few or too young to miss their statuses",), sent, silent)


def _silence(signs: Signs, now: Millis) -> tuple[int, int, Millis | None]:
    """The newest sends that are old enough, up to the last minute in which one was answered: how many, how many of
    them are silent, and since when."""
    sent = silent = 0
    since: Millis | None = None
    # A status that came for a younger send: webhooks do come, whatever became of the older ones.
    if any(m.sent > m.silent for m in signs.minutes if m.at + MINUTE_MS > now - signs.wait_ms):
        return 0, 0, None
    for minute in reversed(signs.minutes):
        if minute.at + MINUTE_MS > now - signs.wait_ms or minute.at < now - LOOKED_BACK_MS or not minute.sent:
            continue
        if minute.silent < minute.sent:
            break
        sent, silent, since = sent + minute.sent, silent + minute.silent, minute.at
    return sent, silent, since


def wrong_address(found: str, wanted: str | None, path: str) -> str:
    """What is wrong with the address *found* to which Meta sends an app's webhooks; "" nothing that we know of.

    *wanted*: the address of the settings; *path*: that of the app, as in `/webhooks/whatsapp/shop`.
    """
    if not found:
        return ""
    if found == "none":
        return "the app has no callback URL: Meta sends its webhooks nowhere"
    if wanted and found.rstrip("/") != wanted.rstrip("/") + path.removeprefix("/webhooks/whatsapp"):
        return f"Meta sends webhooks to {found}, and not to {wanted}"
    return ""


def not_subscribed(apps: Mapping[str, Sequence[str]], ours: frozenset[str]) -> dict[str, str]:
    """Accounts whose webhooks we do not get, with why. *apps*: who gets those of each; *ours*: our apps' ids."""
    wrong = {}
    for waba, subscribers in sorted(apps.items()):
        if tuple(subscribers) == ("none",):
            wrong[waba] = f"no app is subscribed to account {waba}: none of its webhooks is sent"
        elif ours and subscribers and not ours & set(subscribers):
            wrong[waba] = f"our app is not subscribed to account {waba}: only others get its webhooks"
    return wrong
