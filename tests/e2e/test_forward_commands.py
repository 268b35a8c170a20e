"""`wabawatch forward`: what a target has not taken is listed, sent again, given up; mistakes are named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.command import run
from tests.support.forwarding import refuse
from tests.support.server import environment

from wabawatch.app import System
from wabawatch.cli.common import who
from wabawatch.domain.standing import HOUR_MS
from wabawatch.ports import Body, BodyKind
from wabawatch.settings import load
from wabawatch.storage.schema import audit_entries

SETTINGS = {
    "WABAWATCH_FORWARD_CRM_URL": "https://crm.example/hook",
    "WABAWATCH_FORWARD_CRM_APP": "default",
}


@dataclass
class Desk:
    """An installation whose target has a body of each kind. No server runs."""

    folder: Path
    dead: int = 0
    retrying: int = 0
    waiting: int = 0

    def lay_out(self) -> None:
        system = self.system()
        try:
            store, now = system.forwards.store, system.clock.now()
            store.register(["crm"], 0)
            bodies = [Body(BodyKind.WEBHOOK, now, content) for content in (b"one", b"four", b"seven")]
            self.dead, self.retrying, self.waiting = system.inbox.append_all(bodies)
            refuse(store, "crm", self.dead, now)
            refuse(store, "crm", self.retrying, now, again_at=now + HOUR_MS)
        finally:
            system.close()

    def system(self) -> System:
        settings = {n: v for n, v in environment(self.folder, SETTINGS).items() if n.startswith(("WABA", "WEBHOOK"))}
        return System(load(settings))

    def run(self, *arguments: str) -> CompletedProcess[str]:
        return run(self.folder, "forward", *arguments, settings=SETTINGS)

    def told(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def bodies(self, command: str) -> list[int]:
        return [each["body"] for each in self.told(command, "crm")]

    def deeds(self) -> list[tuple[str, str, str]]:
        """The audit trail: who did what to what."""
        system = self.system()
        try:
            with system.database.reading() as connection:
                return [(row.actor, row.action, row.subject) for row in connection.execute(select(audit_entries))]
        finally:
            system.close()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    found = Desk(tmp_path)
    found.lay_out()
    return found


def test_what_was_not_taken_is_listed_for_people_and_as_json(desk: Desk) -> None:
    (dead,), (retrying,) = desk.told("dead", "crm"), desk.told("retrying", "crm")

    assert (dead["body"], dead["tries"], dead["next_try_at"], dead["outcome"]) == (desk.dead, 9, None, "refused")
    assert dead["dead_at"] is not None
    assert (retrying["body"], retrying["dead_at"], retrying["detail"]) == (desk.retrying, None, "HTTP 404")
    assert retrying["next_try_at"] > retrying["received_at"]
    assert "HTTP 404" in desk.run("dead", "crm").stdout
    assert dead["received_at"] in desk.run("dead", "crm").stdout  # nothing is cut off in a pipe
    assert desk.told("list")[0]["oldest_waiting_at"] in desk.run("list").stdout
    assert "HTTP 404" in desk.run("retrying", "crm", "--limit", "1").stdout


def test_a_dry_run_says_what_would_be_sent_and_changes_nothing(desk: Desk) -> None:
    told = desk.told("replay", "crm", "--dry-run")
    shown = desk.run("replay", "crm", "--dry-run").stdout

    assert (told["target"], told["dry_run"]) == ("crm", True)
    assert [(each["body"], each["bytes"], each["is_split"], each["was"]) for each in told["bodies"]] == [
        (desk.dead, 3, False, "dead")
    ]
    assert "unchanged, dead" in shown
    assert "1 body would be sent to crm" in shown
    assert (desk.bodies("dead"), desk.bodies("retrying")) == ([desk.dead], [desk.retrying])
    assert desk.deeds() == []


def test_dead_letters_are_sent_again(desk: Desk) -> None:
    done = desk.run("replay", "crm")

    assert "1 body is sent as soon as the server runs" in done.stdout
    assert (desk.bodies("dead"), desk.bodies("retrying")) == ([], [desk.dead, desk.retrying])
    assert desk.deeds() == [(who(), "forward_replayed", "crm: 1")]


def test_one_body_or_a_time_is_sent_again_whatever_became_of_it(desk: Desk) -> None:
    one = desk.told("replay", "crm", "--body", str(desk.waiting))["bodies"]
    all_ = desk.told("replay", "crm", "--all", "--from", "2020-01-01T00:00:00Z", "--dry-run")["bodies"]
    before = desk.told("replay", "crm", "--all", "--from", "2020-01-01T00:00:00Z", "--to", "2020-01-02T00:00:00Z")

    assert [(each["body"], each["was"]) for each in one] == [(desk.waiting, "")]
    assert [each["was"] for each in all_] == ["dead", "retrying", "retrying"]
    assert before["bodies"] == []


def test_nothing_is_dropped_without_being_told_twice(desk: Desk) -> None:
    refused = desk.run("drop", "crm")

    assert (refused.returncode, "say --yes" in refused.stderr) == (1, True)
    assert desk.bodies("dead") == [desk.dead]


def test_dead_letters_are_dropped_and_what_is_tried_again_only_if_asked(desk: Desk) -> None:
    other = desk.run("drop", "crm", "--body", str(desk.retrying), "--yes")  # it is no dead letter
    dropped = desk.run("drop", "crm", "--yes")
    assert (other.stdout, dropped.stdout) == ("0 dropped\n", "1 dropped\n")
    assert (desk.bodies("dead"), desk.bodies("retrying")) == ([], [desk.retrying])

    assert desk.run("drop", "crm", "--retrying", "--body", str(desk.retrying), "--yes").stdout == "1 dropped\n"
    assert desk.bodies("retrying") == []
    assert (who(), "forward_dropped", "crm: 1") in desk.deeds()


def test_what_waits_is_skipped(desk: Desk) -> None:
    assert desk.told("list")[0]["waiting"] == 1

    assert "begins with what comes from now on" in desk.run("drop", "crm", "--waiting", "--yes").stdout
    assert desk.told("list")[0]["waiting"] == 0
    assert desk.bodies("dead") == [desk.dead]


def test_a_pause_outlives_the_command(desk: Desk) -> None:
    assert desk.run("pause", "crm").returncode == 0
    assert desk.told("list")[0]["state"] == "paused"
    assert desk.run("resume", "crm").returncode == 0

    assert desk.told("list")[0]["state"] == "open"
    assert [deed for _, deed, _ in desk.deeds()] == ["forward_paused", "forward_resumed"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("dead", "shop"), 1, "shop: there is no such forward target; there are crm"),
        (("retrying", "shop"), 1, "there are crm"),
        (("replay", "shop"), 1, "there are crm"),
        (("drop", "shop", "--yes"), 1, "there are crm"),
        (("pause", "shop"), 1, "there are crm"),
        (("dead",), 2, "name"),
        (("dead", "crm", "--limit", "0"), 2, "limit"),
        (("replay", "crm", "--all"), 1, "from: missing"),
        (("replay", "crm", "--from", "soon"), 1, "soon"),
        (("replay", "crm", "--body", "99"), 1, "body 99: not kept any more, or nothing in it is for crm"),
        (("replay", "crm", "--body", "one"), 2, "body"),
        (("drop", "crm", "--waiting", "--body", "1", "--yes"), 1, "waiting: goes neither with"),
        (("drop", "crm", "--waiting", "--retrying", "--yes"), 1, "waiting: goes neither with"),
    ],
)
def test_a_mistake_is_named_on_stderr_and_nothing_is_done(
    desk: Desk, arguments: tuple[str, ...], code: int, said: str
) -> None:
    failed = desk.run(*arguments)

    assert (failed.returncode, failed.stdout) == (code, ""), failed.stderr
    assert said in " ".join(failed.stderr.split())
    assert desk.deeds() == []
