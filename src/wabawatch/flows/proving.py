"""The evidence behind "only approved templates"."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import count
from wabawatch.domain.standing import HOUR_MS, TemplateUse, look
from wabawatch.domain.violations import SendEvidence, Violations, evidence
from wabawatch.flows.judging import said_of
from wabawatch.limits_ports import Evidence
from wabawatch.ports import Clock, Figures, Window

LISTED = 100
"""So many sends of each kind are listed, the newest."""


@dataclass(frozen=True, slots=True)
class Proving:
    """Reads which sends violate the rule, and by what they were judged."""

    figures: Figures
    books: Evidence
    clock: Clock

    def violations(self, hours: int = 24, most: int = LISTED) -> Violations:
        """The template sends of the last *hours* (0: all) that violate the rule or are unverified, and opt-outs."""
        now = self.clock.now()
        start = now - hours * HOUR_MS if hours else None
        tally = self.figures.tally(Window(start, now))
        violations = count(tally, lambda s: s.template_use is TemplateUse.VIOLATION)
        unverified = count(tally, lambda s: s.template_use is TemplateUse.UNVERIFIED)
        return Violations(
            start,
            now,
            violations,
            unverified,
            self._sends(TemplateUse.VIOLATION, start, now, most) if violations else (),
            self._sends(TemplateUse.UNVERIFIED, start, now, most) if unverified else (),
            tuple(self.books.opt_outs(start, now, most)),
        )

    def _sends(self, use: TemplateUse, start: Millis | None, end: Millis, most: int) -> tuple[SendEvidence, ...]:
        # An unlinked send is in no figure: nobody knows what became of it.
        held = [h for h in self.books.judged(use, start, end, most) if h.message.wamid or look(h.message).is_rejected]
        said = said_of(self.books, [h.message for h in held])
        return tuple(evidence(h.id, h.message, h.judgement, *theirs) for h, theirs in zip(held, said, strict=True))
