"""What the receiver answered, written down every few seconds."""

from __future__ import annotations

import threading
from collections import Counter

from wabawatch.domain.facts import Millis
from wabawatch.flows.ingest import Acks, Admission, Handshakes
from wabawatch.storage.figures import SqlFigures


class AnswerBook:
    """Counts in memory, and what of them is not written yet."""

    def __init__(self, figures: SqlFigures) -> None:
        self.acks = Acks()
        self.handshakes = Handshakes()
        self._figures = figures
        self._answers: Counter[tuple[Millis, int]] = Counter()
        self._refusals: Counter[tuple[Millis, str, str]] = Counter()
        self._shaken: dict[str, Millis] = {}
        self._flushing = threading.Lock()

    def refused(self, app: str) -> dict[str, int]:
        """How many POSTs of *app* were turned away since the start, by reason."""
        tally = self.acks.totals().get(app)
        return {} if tally is None else {str(why): n for why, n in tally.refused.items()}

    def flush(self) -> bool:
        """Write down the receiver's answers since the last call. What cannot be written is tried again."""
        with self._flushing:
            for (minute, app), tally in self.acks.drain().items():
                self._answers.update({(minute, slot): n for slot, n in tally.ack_ms.items()})
                counted = tally.refused.items()
                self._refusals.update({(minute, app, why): n for why, n in counted if why is not Admission.PROBED})
            self._shaken |= self.handshakes.drain()
            if self._answers:
                self._figures.keep_answers(self._answers)
                self._answers.clear()
            if self._refusals:
                self._figures.keep_refusals(self._refusals)
                self._refusals.clear()
            if self._shaken:
                self._figures.keep_marks(self._shaken)
                self._shaken.clear()
        return False
