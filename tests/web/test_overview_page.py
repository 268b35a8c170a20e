"""`/`, without a browser: what its verdict says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.pages.stage import fill
from tests.support.console import client, system_in

from wabawatch.domain.histograms import Histogram, index_of

PERCENTILE = r"Webhook response 25[\d.]* s</strong> at the 99th percentile, the limit is 20 s"
SHARE = (
    r"Webhook response 0 s</strong> at the 99th percentile, but 3.8 % of 156 bodies were not answered within 20 s: "
    r"at most 1 % may be"
)


@pytest.mark.parametrize(
    ("answers", "unanswered", "said"),
    [({index_of(10): 150, index_of(25_000): 6}, 0, PERCENTILE), ({index_of(10): 150}, 6, SHARE)],
    ids=["answered late", "never answered"],
)
def test_the_verdict_says_by_which_measure_webhooks_are_answered_too_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: Histogram, unanswered: int, said: str
) -> None:
    system = system_in(tmp_path)
    monkeypatch.setattr(system.figures, "application_answers", lambda _window: (answers, unanswered))
    try:
        fill(system, 60, 1)
        text = client(system).get("/").text
    finally:
        system.close()

    verdict = text.partition('aria-label="Verdict"')[2].partition("</section>")[0]
    assert re.search(said, verdict), verdict
