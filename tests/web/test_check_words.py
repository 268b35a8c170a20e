"""What checks are called on pages."""

from __future__ import annotations

import pytest

from wabawatch.domain.checks import CheckKind
from wabawatch.web.pages.check_words import KINDS, check_title


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("graph", "Graph API"),
        ("handshake:shop", "Callback URL, shop"),
        ("tls:watch.example.com:8443", "Certificate, watch.example.com:8443"),
        ("my shop", "my shop"),
    ],
)
def test_a_check_is_called_by_its_kind_and_what_it_looks_at(name: str, title: str) -> None:
    assert check_title(name) == title


def test_every_kind_that_wabawatch_brings_along_has_a_title() -> None:
    assert {str(kind) for kind in CheckKind} - {"http", "other"} == set(KINDS)
