"""Polling: what Meta tells only when it is asked. One call at a time, evenly spread; every change becomes an event."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from wabawatch.domain.error_codes import BAD_TOKEN_CODES
from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.platform import Seen, Subject, gone
from wabawatch.domain.polls import (
    Ask,
    Load,
    Poll,
    Usage,
    answered,
    claimed,
    continued,
    failed,
    gap_ms,
    next_poll,
    polls_of,
    usages_after,
)
from wabawatch.domain.reconciliation import days_to_ask
from wabawatch.flows.knowing import learn, testify
from wabawatch.polling_ports import Board, Boards, Graph, Told
from wabawatch.ports import MONITORING, RUNNING, Books, Clock

log = logging.getLogger(__name__)

SEEN_DAYS = 30
"""A WABA of which no message came for so long is asked about no more, unless it is named or the token reaches it."""
MOST_PAGES = 1_000
"""A list that is longer is cut: no account may have so many templates."""
RHYTHM_MS = 5_000
"""How often there is a step; at a quicker pace one step asks several times."""
DAY_S = DAY_MS // 1_000
OVERLAP_MS = 600_000
"""What changed is asked for from this much before the last list on: Meta's clock is not ours."""


@dataclass(slots=True)
class _Run:
    """A list that is read page by page."""

    began_at: Millis
    after: str
    seen: set[Subject]
    pages: int = 1


@dataclass(slots=True)
class Polling:
    """Asks Meta. Belongs to monitoring: it rests while that is stopped."""

    graph: Graph
    boards: Boards
    books: Books
    clock: Clock
    wabas: Collection[str] = ()
    """That are asked about, besides those that messages or the token name"""
    apps: Collection[str] = ()
    """Of which we have the secret"""
    calls_per_hour: int = 300
    _runs: dict[tuple[Ask, str], _Run] = field(default_factory=dict)
    _missing: dict[str, set[Subject]] = field(default_factory=dict)
    """Templates that the last whole list of an account lacked"""

    def step(self) -> bool:
        """Ask what is due, if monitoring is wanted. Gives False: nothing has to be asked at once."""
        if self.books.mark(MONITORING) != RUNNING:
            return False
        board, began_at = self._board(), self.clock.now()
        gap = gap_ms(self.calls_per_hour, board.numbers, board.usages, began_at)
        if self._ask_next(board, gap):
            for _ in range(1, RHYTHM_MS // gap):
                if self.clock.now() - began_at >= RHYTHM_MS or not self._ask_next(self._board(), 0):
                    break
        return False

    def _board(self) -> Board:
        return self.boards.board(self.clock.now() - SEEN_DAYS * DAY_MS)

    def _ask_next(self, board: Board, gap: Millis) -> bool:
        now = self.clock.now()
        wabas = set(self.wabas) | board.wabas | board.targets
        polls = polls_of(wabas, self.apps, board.polls, self.boards.doubted(now), board.lines)
        poll = next_poll(polls, board.usages, now, gap, is_token_bad=board.is_token_bad)
        if poll is None:
            return False
        mine = claimed(poll, now)
        if not self.boards.claim(poll, mine):
            return False
        self._ask(poll, mine, board)
        return True

    def _ask(self, before: Poll, poll: Poll, board: Board) -> None:
        key, asked_at = (poll.ask, poll.subject), poll.asked_at
        run = self._runs.pop(key, None)
        told = self.graph.ask(poll.ask, poll.subject, run.after if run else "", *_span_s(poll, board.polls))
        usages = usages_after(poll, _loads(poll, told), told.problem, board.usages, self.clock.now())
        if told.problem is not None:
            self._note_problem(failed(poll, told.problem), usages, board)
            return
        run = _grown(run, told, asked_at)
        if told.after and run.pages < MOST_PAGES:
            self._runs[key] = run
            after = continued(poll, before)
        else:
            after = answered(poll, run.began_at)
        self._keep(after, told, usages, run, is_whole=not told.after)

    def _keep(self, poll: Poll, told: Told, usages: list[Usage], run: _Run, *, is_whole: bool) -> None:
        asked_at, now = poll.asked_at, self.clock.now()
        with self.books.writing() as ledger:
            looks = list(told.seen)
            if poll.ask is Ask.TEMPLATES and is_whole:
                lost = gone(run.seen, ledger.templates(poll.subject), run.began_at)
                looks += self._twice_missing(poll.subject, lost)
            states = ledger.states({seen.subject for seen in looks})
            learn(ledger, looks, states, asked_at, now)
            if poll.ask is Ask.ONE_TEMPLATE:
                testify(ledger, looks, states, asked_at, now)
            if poll.ask is Ask.ANALYTICS:
                waba, _, line = poll.subject.partition("/")
                ledger.note_days(waba, line.partition("/")[0], told.days, asked_at)
            ledger.save_poll(poll, usages)

    def _twice_missing(self, waba: str, lost: Collection[Subject]) -> list[Seen]:
        """Deleted is what two whole lists lack: while one is read page by page, an item may slip from page to page."""
        before, self._missing[waba] = self._missing.get(waba, set()), set(lost)
        return [Seen(subject, {"status": "DELETED"}) for subject in lost if subject in before]

    def _note_problem(self, poll: Poll, usages: list[Usage], board: Board) -> None:
        context = {"action": "poll_failed", "ask": str(poll.ask), "subject": poll.subject, "code": poll.error_code}
        log.warning("asking Meta for %s failed: %s", poll.ask, poll.error, extra=context)
        with self.books.writing() as ledger:
            ledger.save_poll(poll, usages)
            if poll.error_code in BAD_TOKEN_CODES and poll.ask is not Ask.TOKEN:
                # Is it the token, or only this call? It tells itself, and until then nothing else is asked.
                asked = next((each for each in board.polls if each.ask is Ask.TOKEN), Poll(Ask.TOKEN))
                ledger.save_poll(replace(asked, due_at=0), ())


def _grown(run: _Run | None, told: Told, asked_at: Millis) -> _Run:
    seen = {each.subject for each in told.seen}
    if run is None:
        return _Run(asked_at, told.after, seen)
    return _Run(run.began_at, told.after, run.seen | seen, run.pages + 1)


def _span_s(poll: Poll, polls: Collection[Poll]) -> tuple[int, int]:
    """From when, and up to when, is asked for, in seconds; 0: that does not matter."""
    if poll.ask is Ask.ANALYTICS:
        days = days_to_ask(poll.asked_at)
        return days.start * DAY_S, days.stop * DAY_S
    return (_since_s(poll, polls), 0) if poll.ask is Ask.NEW_TEMPLATES else (0, 0)


def _since_s(poll: Poll, polls: Collection[Poll]) -> int:
    """From when on changes are asked for: the newest list of either kind; 0: there was none, so all are."""
    asks = (Ask.TEMPLATES, Ask.NEW_TEMPLATES)
    newest = max((each.ok_at for each in polls if each.subject == poll.subject and each.ask in asks), default=0)
    return max(0, newest - OVERLAP_MS) // 1000


def _loads(poll: Poll, told: Told) -> Mapping[str, Load]:
    """What an answer told of the limits, by scope: those of business objects count for the account asked about."""
    loads: dict[str, Load] = {}
    if told.app_load is not None:
        loads[""] = told.app_load
    if told.loads and poll.account:
        of_them = list(told.loads.values())
        loads[poll.account] = Load(max(each.percent for each in of_them), max(each.regain_ms for each in of_them))
    return loads
