"""`wabawatch users`: added, changed, disabled, listed; links are shown once, and everything is audited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import run


def told(folder: Path, *arguments: str) -> Any:
    done = run(folder, "users", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_who_is_added_gets_a_link_and_is_listed(tmp_path: Path) -> None:
    assert "serve` prints a link" in run(tmp_path, "users", "list").stdout

    added = run(tmp_path, "users", "add", "Ann", "--role", "operator", "--unmask")

    assert added.stdout.startswith("http://127.0.0.1:8080/setup/")
    assert "works once" in added.stderr
    assert told(tmp_path, "list") == [
        {
            "name": "ann",
            "role": "operator",
            "rights": ["operate", "unmask", "view"],
            "state": "no password yet",
            "second_factor": False,
            "single_sign_on": False,
            "created_at": told(tmp_path, "list")[0]["created_at"],
            "last_signed_in": None,
        }
    ]
    table = run(tmp_path, "users", "list").stdout
    assert "operator" in table
    assert added.stdout.strip() not in table


def test_the_link_leads_to_the_public_address(tmp_path: Path) -> None:
    settings = {"WABAWATCH_PUBLIC_URL": "https://watch.example.com/"}
    added = run(tmp_path, "users", "add", "ann", "--role", "viewer", settings=settings)

    assert added.stdout.startswith("https://watch.example.com/setup/")


def test_roles_passwords_and_states_are_changed(tmp_path: Path) -> None:
    for name, role in (("root", "admin"), ("ann", "viewer")):
        told(tmp_path, "add", name, "--role", role)
    assert told(tmp_path, "role", "ann", "operator") == {"name": "ann", "role": "operator"}
    assert told(tmp_path, "disable", "ann")["state"] == "disabled"
    assert run(tmp_path, "users", "disable", "ann").stdout == "ann was disabled already\n"
    assert told(tmp_path, "list")[0]["state"] == "disabled"
    assert run(tmp_path, "users", "enable", "ann").stdout == "ann is enabled\n"
    assert told(tmp_path, "password", "ann")["link"].startswith("http://127.0.0.1:8080/setup/")
    assert run(tmp_path, "users", "unlock", "ann").stdout == "ann may try again\n"
    assert told(tmp_path, "reset-totp", "ann") == {"name": "ann", "was_reset": False}
    assert told(tmp_path, "sessions", "ann") == []
    assert told(tmp_path, "revoke", "ann") == {"name": "ann", "ended": 0}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "ann", "--role", "boss"), "'boss' is none of viewer, operator, admin"),
        (("add", "a b", "--role", "viewer"), "name: up to 64 letters"),
        (("add", "root", "--role", "viewer"), "there is a user 'root' already"),
        (("role", "nobody", "viewer"), "there is no user 'nobody'"),
        (("role", "root", "viewer"), "last user who administers"),
        (("disable", "root"), "last user who administers"),
        (("revoke", "root", "7"), "has none with the number 7"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_changed(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    told(tmp_path, "add", "root", "--role", "admin")
    before = told(tmp_path, "list")

    failed = run(tmp_path, "users", *arguments)

    assert failed.returncode == 1
    assert said in " ".join(failed.stderr.split())
    assert told(tmp_path, "list") == before
