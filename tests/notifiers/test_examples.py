"""How each kind of notice looks in each channel: stored examples, to be read. `python -m tests.notifiers.test_examples`
writes them again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.notifiers.notices import EXAMPLES
from wabawatch.domain.notices import Notice
from wabawatch.notifiers.html import html_of
from wabawatch.notifiers.json_body import body_of
from wabawatch.notifiers.mail import mail_of
from wabawatch.notifiers.page import page_of
from wabawatch.notifiers.slack_blocks import blocks_of, fallback_of
from wabawatch.notifiers.text import text_of

FOLDER = Path(__file__).with_name("examples")


def _slack(notice: Notice) -> str:
    page = page_of(notice)
    return json.dumps({"text": fallback_of(page), "blocks": blocks_of(page)}, indent=1, ensure_ascii=False) + "\n"


def _webhook(notice: Notice) -> str:
    page = page_of(notice)
    return json.dumps(json.loads(body_of(notice, page, text_of(page))), indent=1, ensure_ascii=False) + "\n"


def _headers(notice: Notice) -> str:
    mail = mail_of(notice, page_of(notice), "alerts@example.com", ["ops@example.com", "boss@example.com"], "")
    return "".join(f"{name}: {value}\n" for name, value in mail.items())


WAYS: dict[str, Callable[[Notice], str]] = {
    "txt": lambda notice: text_of(page_of(notice)),
    "html": lambda notice: html_of(page_of(notice)),
    "headers": _headers,
    "slack.json": _slack,
    "webhook.json": _webhook,
}


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("way", WAYS)
def test_a_notice_reads_as_its_stored_example(name: str, way: str) -> None:
    assert WAYS[way](EXAMPLES[name]) == (FOLDER / f"{name}.{way}").read_text("utf-8")


def test_there_is_no_stored_example_of_nothing() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.{way}" for name in EXAMPLES for way in WAYS}


if __name__ == "__main__":
    for name, notice in EXAMPLES.items():
        for way, write in WAYS.items():
            (FOLDER / f"{name}.{way}").write_text(write(notice), "utf-8")
