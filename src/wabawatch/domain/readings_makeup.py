"""What a breach is made of: the numbers, templates, error codes and countries with the most bad cases."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from wabawatch.domain.alert_evidence import Slices, largest
from wabawatch.domain.alerts import Contributor
from wabawatch.domain.metrics import Rate, Tally, delivery_rate, failure_rate
from wabawatch.domain.readings_parts import Parts

Bad = tuple[int, int]
"""How many of how many are bad"""


class Makeup:
    """The contributors to breaches in one window: each slice is looked through once, however many scopes are bad."""

    def __init__(self, parts: Parts, slices: Slices) -> None:
        self._parts, self._slices = parts, slices
        self._codes: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for (number, code), n in slices.errors.items():
            self._codes[number][code] += n
        self._templates: dict[bool, Mapping[str, list[tuple[str, Bad]]]] = {}
        self._countries: dict[bool, list[tuple[str, Bad]]] = {}

    def contributors(self, numbers: Collection[str], *, is_delivery: bool) -> tuple[Contributor, ...]:
        """The slices with the most bad cases: of several numbers each, and countries over everything; templates, error
        codes. *is_delivery*: bad is what did not arrive; else what failed."""
        found = list(self._of_several(numbers, is_delivery)) if len(numbers) > 1 else []
        by_number = self._by_number(is_delivery)
        templates = _added(slice_ for number in numbers for slice_ in by_number.get(number, ()))
        found += [Contributor("template", template, *bad) for template, bad in templates.items()]
        codes: Counter[int] = Counter()
        for number in numbers:
            codes.update(self._codes.get(number, {}))
        failed = sum(codes.values())
        found += [Contributor("error", str(code), n, failed) for code, n in codes.items()]
        return largest([each for each in found if each.n > 0])

    def _of_several(self, numbers: Collection[str], is_delivery: bool) -> Iterator[Contributor]:
        for number in numbers:
            part = self._parts.of([number])
            yield Contributor("number", number, *_bad(part.delivered if is_delivery else part.failed, is_delivery))
        if is_delivery not in self._countries:
            countries = self._slices.countries.items()
            self._countries[is_delivery] = [(country, _bad_of(tally, is_delivery)) for country, tally in countries]
        for country, bad in self._countries[is_delivery]:
            yield Contributor("country", country, *bad)

    def _by_number(self, is_delivery: bool) -> Mapping[str, list[tuple[str, Bad]]]:
        if is_delivery not in self._templates:
            found: defaultdict[str, list[tuple[str, Bad]]] = defaultdict(list)
            for (number, template), tally in self._slices.templates.items():
                found[number].append((template, _bad_of(tally, is_delivery)))
            self._templates[is_delivery] = found
        return self._templates[is_delivery]


def _bad_of(tally: Tally, is_delivery: bool) -> Bad:
    return _bad(delivery_rate(tally) if is_delivery else failure_rate(tally), is_delivery)


def _bad(rate: Rate, is_delivery: bool) -> Bad:
    return (rate.n - rate.hits if is_delivery else rate.hits), rate.n


def _added(slices: Iterable[tuple[str, Bad]]) -> dict[str, Bad]:
    found: dict[str, Bad] = {}
    for name, (bad, n) in slices:
        before = found.get(name, (0, 0))
        found[name] = before[0] + bad, before[1] + n
    return found
