"""What hatchling runs before it makes a wheel: the files that the console's pages load are built into it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Builds the assets. Not for an editable install, which is one line in a .pth file: there `make assets` does it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling, with the name of what it is about to make."""
        if version != "editable":
            sys.path.insert(0, str(Path(self.root)))
            from assets.build import build

            build()
