"""`wabawatch users`: who may sign in, what they may do, and where they are signed in."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table
from rich.text import Text

from wabawatch.cli.common import HERE, Where, opened, out, print_json, who
from wabawatch.cli.main import errors
from wabawatch.domain.access import Right, Role
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.users import Session, User
from wabawatch.wire import iso

app = App(name="users")

Json = Annotated[bool, Parameter(negative="", help="Print JSON.")]
Unmask = Annotated[
    bool | None, Parameter(help="Whether they may see whole phone numbers, which is audited; an admin may anyway.")
]


@app.command(name="list")
def list_(*, json: Json = False, where: Where = HERE) -> None:
    """Show everybody who may sign in, also those who are disabled."""
    with opened(where) as system:
        users = system.access.desk.users.all()
    if json:
        print_json([_shown(user) for user in users])
        return
    if not users:
        out.print("nobody yet: `wabawatch serve` prints a link that makes the first admin", markup=False)
        return
    headings = ("name", "role", "sees numbers", "second factor", "last signed in", "state")
    _print_table(headings, [_row(user) for user in users])


@app.command
def add(name: str, *, role: str, unmask: Unmask = None, json: Json = False, where: Where = HERE) -> None:
    """Add somebody, and print the link with which they set their own password: it works once, for three days.

    Parameters
    ----------
    name
        What they sign in with, such as `ann` or `ann@example.com`.
    role
        `viewer` (looks), `operator` (acknowledges, silences, replays, exports, too) or `admin` (everything).
    """
    wanted = role_of(role)
    with opened(where) as system:
        user, link = system.access.desk.add(name, wanted, who(), is_unmasking=bool(unmask))
        address = system.access.address(link.path)
    _print_link(user.name, address, link.ends_at, is_json=json)


@app.command
def role(name: str, role: str, *, unmask: Unmask = None, json: Json = False, where: Where = HERE) -> None:
    """Change what somebody may do, from their next request on.

    Parameters
    ----------
    name
        Whose it is.
    role
        `viewer`, `operator` or `admin`.
    """
    wanted = role_of(role)
    with opened(where) as system:
        before = system.access.desk.set_role(name, wanted, who(), is_unmasking=unmask)
    _say(f"{before.name} is {wanted} (before: {before.role})", {"name": before.name, "role": wanted}, is_json=json)


@app.command
def password(
    name: str,
    *,
    stdin: Annotated[bool, Parameter(negative="", help="Read the new password from the standard input.")] = False,
    json: Json = False,
    where: Where = HERE,
) -> None:
    """Print a link with which somebody sets a new password: it works once, for three days.

    The old password is good until then.

    Parameters
    ----------
    name
        Whose it is.
    """
    with opened(where) as system:
        if stdin:
            system.access.desk.set_password(name, sys.stdin.readline().rstrip("\r\n"), who())
            _say(f"{name} has a new password; all their sessions ended", {"name": name}, is_json=json)
            return
        link = system.access.desk.password_link(name, who())
        address = system.access.address(link.path)
    _print_link(name, address, link.ends_at, is_json=json)


@app.command
def disable(name: str, *, json: Json = False, where: Where = HERE) -> None:
    """Let somebody in no more; their sessions end at once.

    Parameters
    ----------
    name
        Who it is.
    """
    with opened(where) as system:
        before = system.access.desk.disable(name, who())
    said = "was disabled already" if before.disabled_at is not None else "is disabled"
    _say(f"{before.name} {said}", {"name": before.name, "state": "disabled"}, is_json=json)


@app.command
def enable(name: str, *, json: Json = False, where: Where = HERE) -> None:
    """Let somebody in again who was disabled, with the password they had.

    Parameters
    ----------
    name
        Who it is.
    """
    with opened(where) as system:
        before = system.access.desk.enable(name, who())
    said = "is enabled" if before.disabled_at is not None else "was enabled already"
    _say(f"{before.name} {said}", {"name": before.name, "state": "enabled"}, is_json=json)


@app.command
def unlock(name: str, *, json: Json = False, where: Where = HERE) -> None:
    """Let somebody try at once who made too many tries to sign in, or under whose name others did.

    Parameters
    ----------
    name
        Who it is.
    """
    with opened(where) as system:
        user = system.access.desk.unlock(name, who())
    _say(f"{user.name} may try again", {"name": user.name}, is_json=json)


@app.command(name="reset-totp")
def reset_totp(name: str, *, json: Json = False, where: Where = HERE) -> None:
    """Ask somebody for no code any more who lost their phone and recovery codes; their sessions end.

    Parameters
    ----------
    name
        Who it is.
    """
    with opened(where) as system:
        was_asked = system.access.desk.reset_totp(name, who())
    said = "signs in with the password alone" if was_asked else "has no second factor"
    _say(f"{name} {said}", {"name": name, "was_reset": was_asked}, is_json=json)


@app.command
def unlink(name: str, *, json: Json = False, where: Where = HERE) -> None:
    """Let nobody sign in as somebody with single sign-on any more; their sessions end. A password they have stays good.

    Parameters
    ----------
    name
        Whose it is.
    """
    with opened(where) as system:
        was_linked = system.access.desk.unlink(name, who())
    said = "signs in with a password alone" if was_linked else "has never signed in with single sign-on"
    _say(f"{name} {said}", {"name": name, "was_linked": was_linked}, is_json=json)


@app.command
def sessions(name: str, *, json: Json = False, where: Where = HERE) -> None:
    """Show where somebody is signed in.

    Parameters
    ----------
    name
        Who it is.
    """
    with opened(where) as system:
        found = system.access.desk.sessions_of(name)
    if json:
        print_json([_session(each) for each in found])
    elif not found:
        out.print(f"{name} is signed in nowhere", markup=False)
    else:
        rows = [tuple(str(value) for value in _session(each).values()) for each in found]
        _print_table(("number", "since", "last used", "until", "address", "browser"), rows)


@app.command
def revoke(name: str, number: int | None = None, *, json: Json = False, where: Where = HERE) -> None:
    """End a session of somebody, or all: whoever uses it must sign in again.

    Parameters
    ----------
    name
        Whose it is.
    number
        Which one, by `wabawatch users sessions NAME`; without it, all.
    """
    with opened(where) as system:
        ended = system.access.desk.revoke(name, number, who())
    said = "1 session" if ended == 1 else f"{ended} sessions"
    _say(f"{said} of {name} ended", {"name": name, "ended": ended}, is_json=json)


def role_of(text: str) -> Role:
    """The role that *text* names. Raises BadRequest."""
    try:
        return Role(text.strip().lower())
    except ValueError:
        raise BadRequest(f"role: {text!r} is none of {', '.join(Role)}") from None


def _print_link(name: str, address: str, ends_at: int, *, is_json: bool) -> None:
    if is_json:
        print_json({"name": name, "link": address, "ends_at": iso(ends_at)})
        return
    out.print(address, markup=False)
    errors.print(f"Give this link to {name}: with it they set their password. It works once, until {iso(ends_at)}.")


def _say(sentence: str, told: dict[str, object], *, is_json: bool) -> None:
    if is_json:
        print_json(told)
    else:
        out.print(sentence, markup=False)


def _print_table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading)
    for row in rows:
        table.add_row(*map(Text, row))  # what a browser calls itself is a stranger's words: no markup
    out.print(table)


def _shown(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "role": user.role,
        "rights": sorted(user.rights),
        "state": _state(user),
        "second_factor": user.has_totp,
        "single_sign_on": user.is_outside,
        "created_at": iso(user.created_at),
        "last_signed_in": iso(user.seen_at),
    }


def _row(user: User) -> tuple[str, ...]:
    sees_numbers, seen = _yes(Right.UNMASK in user.rights), str(iso(user.seen_at) or "never")
    return user.name, user.role.value, sees_numbers, _yes(user.has_totp), seen, _state(user)


def _session(session: Session) -> dict[str, object]:
    return {
        "number": session.id,
        "since": iso(session.created_at),
        "last_used": iso(session.used_at),
        "until": iso(session.ends_at),
        "address": session.address,
        "browser": session.agent,
    }


def _state(user: User) -> str:
    if user.disabled_at is not None:
        return "disabled"
    return "enabled" if user.has_password or user.is_outside else "no password yet"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
