"""How much is tried: what a run of a quarter of an hour has time for, or all of it (`make thorough`)."""

from __future__ import annotations

import os

IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"


def examples(usually: int) -> int:
    """How many examples a costly property gets, that *usually* gets so many: ten times as many in a thorough run."""
    return 10 * usually if IS_THOROUGH else usually
