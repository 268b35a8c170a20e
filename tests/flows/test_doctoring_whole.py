"""Every defect that doctor can show is provoked: each place that calls something failed or doubtful is reached."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import pytest

from tests.flows import test_doctoring as ours
from tests.flows import test_doctoring_forward as forwards
from tests.flows import test_doctoring_meta as metas
from tests.support.premises import NOTHING, SET_UP, WELL_KEPT, books, inbox
from wabawatch.domain import findings
from wabawatch.domain.findings import Finding
from wabawatch.domain.platform import Kind
from wabawatch.domain.premises import ServerLook
from wabawatch.flows import doctoring, doctoring_forward, doctoring_meta, doctoring_storage, doctoring_webhooks
from wabawatch.ports import MONITORING, RUNNING
from wabawatch.settings import load

MODULES = (doctoring, doctoring_forward, doctoring_meta, doctoring_storage, doctoring_webhooks)
BAD = ("failed", "warning")
Place = tuple[str, str, int]
"""Module, which of the two, line"""


def written(module: ModuleType) -> set[Place]:
    """Where *module* calls something failed or doubtful."""
    calls = (node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call))
    named = [(call.func.id, call.lineno) for call in calls if isinstance(call.func, ast.Name)]
    return {(module.__name__, name, line) for name, line in named if name in BAD}


def provoke_everything() -> None:
    """Every defect of the tables in the tests beside this one."""
    for premises, _, _ in ours.WRONG.values():
        ours.troubles(premises)
    for changes, _ in ours.SETTINGS.values():
        ours.troubles(WELL_KEPT, load(SET_UP | changes))
    ours.troubles(replace(WELL_KEPT, books=NOTHING.books, server=None))
    ours.troubles(replace(NOTHING, server=WELL_KEPT.server))
    stale = books(marks={MONITORING: RUNNING})
    nobody = ServerLook("http://[::1]:1", answers=False)
    ours.troubles(replace(stale, inbox=inbox(oldest_waiting_at=1).inbox, server=nobody))
    for meta, _, _ in metas.WRONG.values():
        metas.troubles(meta)
    metas.troubles(metas.look(Kind.APP, callback="none"))
    metas.troubles(metas.look(Kind.APP, callback="https://old.example/hook"), {"WABAWATCH_CALLBACK_URL": ""})
    for state in forwards.WRONG:
        forwards.judged(replace(forwards.LOOK, state=state))
    forwards.judged(replace(forwards.LOOK, trouble="no connection"))


def test_every_defect_that_can_be_shown_is_provoked(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: set[Place] = set()

    def watched(name: str) -> Callable[[str, str, str], Finding]:
        judge: Callable[[str, str, str], Finding] = getattr(findings, name)

        def call(check: str, found: str, fix: str) -> Finding:
            caller = sys._getframe(1)
            reached.add((caller.f_globals["__name__"], name, caller.f_lineno))
            return judge(check, found, fix)

        return call

    for module in MODULES:
        for name in BAD:
            monkeypatch.setattr(module, name, watched(name))
    provoke_everything()

    everything = set().union(*map(written, MODULES))
    assert len(everything) > 60
    assert everything - reached == set()
