"""Doctoring, of forward targets: can they be reached, do they take what comes. Pure judgements."""

from __future__ import annotations

from collections.abc import Iterator

from wabawatch.domain.findings import Finding, failed, ok, warning
from wabawatch.domain.forwarding import TargetState
from wabawatch.domain.premises import TargetLook


def target(look: TargetLook) -> Iterator[Finding]:
    """Whether one target can be reached, and whether it takes what comes."""
    check = f"forward target ({look.name})"
    if look.trouble:
        yield failed(check, f"{look.address}: {look.trouble}", _mend(look.trouble))
    else:
        yield ok(check, f"{look.address} takes connections")
    if look.state is not None:
        yield deliveries(look.state)


def _mend(trouble: str) -> str:
    if "private address" in trouble:
        return "if it is yours, name its host or network in WABAWATCH_ALLOW_PRIVATE_URLS"
    return "start it, or correct its url; what comes meanwhile is kept for it for 7 days"


def deliveries(state: TargetState) -> Finding:
    """Whether a target takes what comes, and what it never took."""
    check, name = f"forwarded ({state.name})", state.name
    since = f"; the last failure: {state.trouble}" if state.trouble else ""
    if state.is_paused:
        return warning(check, "paused by hand: what comes waits", f"wabawatch forward resume {name}")
    if state.open_since is not None:
        said = f"left alone, for too many attempts failed in a row{since}"
        return failed(check, said, f"look at the application's log; `wabawatch forward retrying {name}` lists them")
    if state.dead:
        fix = f"wabawatch forward dead {name}; then replay or drop them"
        return warning(check, f"{state.dead:,} dead letters, which it did not take for 7 days", fix)
    if state.retrying:
        return ok(check, f"{state.retrying:,} bodies are tried again{since}")
    return ok(check, "everything was taken")
