"""`wabawatch tokens`: made, shown once, listed, revoked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.command import run


def test_a_token_is_shown_once_and_listed_without_its_secret(tmp_path: Path) -> None:
    made = run(tmp_path, "tokens", "create", "shop", "--scope", "write,read", "--expires", "90d")
    listed = json.loads(run(tmp_path, "tokens", "list", "--json").stdout)

    assert made.stdout.startswith("wabawatch_")
    assert "shown only now" in made.stderr
    assert made.stdout.strip() not in json.dumps(listed)
    assert [(each["name"], each["scopes"], each["state"]) for each in listed] == [("shop", ["read", "write"], "live")]


def test_a_revoked_token_stays_in_the_list(tmp_path: Path) -> None:
    run(tmp_path, "tokens", "create", "shop", "--scope", "read")
    revoked = run(tmp_path, "tokens", "revoke", "shop")
    table = run(tmp_path, "tokens", "list").stdout

    assert (revoked.returncode, revoked.stdout) == (0, "shop is revoked\n")
    assert "revoked" in table


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "shop", "--scope", "reed"), "'reed' is none of write, read, admin"),
        (("create", "shop", "--scope", ""), "scope: missing"),
        (("create", "shop", "--scope", "read", "--expires", "soon"), "no number of days such as 90d"),
        (("revoke", "nobody"), "there is no token 'nobody'"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_made(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    failed = run(tmp_path, "tokens", *arguments)

    assert failed.returncode == 1
    assert said in " ".join(failed.stderr.split())
    assert json.loads(run(tmp_path, "tokens", "list", "--json").stdout) == []
