"""What the pages about templates need from the outside, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.metrics import Tally
from wabawatch.domain.platform import States
from wabawatch.domain.rollups import Tier
from wabawatch.domain.standing import TemplateUse
from wabawatch.domain.told import Told
from wabawatch.ports import Held, Window


@dataclass(frozen=True, slots=True)
class Part:
    """Messages of one template that are alike."""

    number: str
    country: str
    """Two letters; "" unknown"""
    category: str
    """As what they are charged; "" they are not"""
    error_code: int | None
    n: int


class TemplateBooks(Protocol):
    """What the books hold of templates. Counts are answered from roll-ups; each method raises StoreUnavailable."""

    def owners(self) -> Mapping[str, str]:
        """The WABA of every number, "" unknown."""

    def states(self, waba: str) -> States:
        """What Meta says of the templates of an account; "": of all of them."""

    def counts(self, window: Window, numbers: Collection[str] | None) -> Mapping[tuple[str, TemplateRef], Tally]:
        """How many messages of each standing each number has of each template, in the whole hours (of old times: days)
        that hold *window*; of *numbers* only, if given."""

    def series(self, window: Window, ref: TemplateRef, numbers: Collection[str], tier: Tier) -> Mapping[Millis, Tally]:
        """The same of one template in each bucket of *tier* that touches *window*, by its start."""

    def is_known(self, ref: TemplateRef) -> bool:
        """Whether anything ever spoke of it."""

    def history(self, waba: str, ref: TemplateRef, most: int) -> Sequence[Told]:
        """What was told of a template of an account, the newest *most*, the newest first."""

    def languages(self, waba: str, name: str) -> States:
        """What Meta says of the templates of an account that have this name."""

    def content(self, waba: str, ref: TemplateRef) -> str:
        """The newest that Meta told of its text and buttons, as it came; "" nothing."""

    def parts(self, window: Window, ref: TemplateRef, numbers: Collection[str], most: int) -> tuple[list[Part], bool]:
        """The failed and the charged messages of a template, by what they share, among the newest *most* messages of
        *numbers* in *window*; and whether those are all."""

    def judged(
        self, use: TemplateUse, window: Window, ref: TemplateRef, numbers: Collection[str], most: int
    ) -> list[Held]:
        """The newest *most* messages of a template in *window* that stand so to the template rule."""
