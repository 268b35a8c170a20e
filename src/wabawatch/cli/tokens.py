"""`wabawatch tokens create|list|revoke`: who may use the API, and for what."""

from __future__ import annotations

import re
from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table

from wabawatch.cli.common import HERE, Where, opened, out, print_json, who
from wabawatch.cli.main import errors
from wabawatch.domain.access import ApiToken, Scope
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS
from wabawatch.storage.tokens import SqlTokens
from wabawatch.wire import iso

app = App(name="tokens")


@app.command
def create(
    name: str,
    *,
    scope: str,
    expires: Annotated[str | None, Parameter(help="When it ends, such as `90d`; without this it does not.")] = None,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Make a token and show it, this once: only what it hashes to is kept.

    Parameters
    ----------
    name
        Whose it is, such as `shop`.
    scope
        What it opens: `write` (log messages), `read` (look at them), `admin` (everything), with commas between them.
    json
        Print JSON.
    """
    scopes, days = scopes_of(scope), days_of(expires)
    with opened(where) as system:
        token, secret = system.tokens.create(name, scopes, days, who())
        now = system.clock.now()
    if json:
        print_json({"token": secret, **_shown(token, now)})
        return
    out.print(secret, markup=False)
    until = f"until {iso(token.expires_at)}" if token.expires_at else "until it is revoked"
    errors.print(f"{token.name} opens {', '.join(sorted(token.scopes))} {until}. Keep it: it is shown only now.")


@app.command(name="list")
def list_(*, json: bool = False, where: Where = HERE) -> None:
    """Show all tokens, without their secrets.

    Parameters
    ----------
    json
        Print JSON.
    """
    with opened(where) as system:
        tokens, now = SqlTokens(system.database).all(), system.clock.now()
    if json:
        print_json([_shown(token, now) for token in tokens])
        return
    if not tokens:
        out.print("no token yet: `wabawatch tokens create NAME --scope read` makes one", markup=False)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "scopes", "created", "last used", "expires", "state"):
        table.add_column(heading)
    for token in tokens:
        shown = _shown(token, now)
        scopes, created = ", ".join(sorted(token.scopes)), str(shown["created_at"])[:10]
        used, ends = str(shown["last_used"] or "never"), str(shown["expires_at"] or "never")[:10]
        table.add_row(token.name, scopes, created, used, ends, str(shown["state"]))
    out.print(table)


@app.command
def revoke(name: str, *, where: Where = HERE) -> None:
    """Let a token open nothing any more, within a second.

    Parameters
    ----------
    name
        Whose it was.
    """
    with opened(where) as system:
        before = system.tokens.revoke(name, who())
    out.print(f"{name} was revoked already" if before.revoked_at else f"{name} is revoked", markup=False)


def scopes_of(words: str) -> set[Scope]:
    """The scopes that *words* names, with commas between them. Raises BadRequest."""
    given = {word.strip() for word in words.split(",") if word.strip()}
    if unknown := given - set(Scope):
        raise BadRequest(f"scope: {min(unknown)!r} is none of {', '.join(Scope)}")
    return {Scope(word) for word in given}


def days_of(text: str | None) -> int | None:
    """How many days *text* says, such as `90d`. Raises BadRequest."""
    if text is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,3})d?", text)
    if found is None:
        raise BadRequest(f"expires: {text!r} is no number of days such as 90d")
    return int(found[1])


def _shown(token: ApiToken, now: Millis) -> dict[str, object]:
    state = "revoked" if token.revoked_at is not None else "live" if token.is_live(now) else "expired"
    used = None if token.used_day is None else str(iso(token.used_day * DAY_MS))[:10]
    return {
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": iso(token.created_at),
        "last_used": used,
        "expires_at": iso(token.expires_at),
        "state": state,
    }
