"""What an installation loads that does not need it."""

from __future__ import annotations

import os
import subprocess
import sys


def test_who_asks_meta_nothing_loads_no_library_to_ask_with() -> None:
    code = "import sys, wabawatch.app\nassert not {'httpx', 'apprise', 'pyarrow'} & set(sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ), timeout=60)
