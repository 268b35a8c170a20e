"""What the commands share: where the installation is, and how things are printed."""

from __future__ import annotations

import inspect
import os
import platform
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from wabawatch.app import System
from wabawatch.app_places import unsealing
from wabawatch.asked_from import asked_from
from wabawatch.domain.audit_trail import Plain
from wabawatch.ports import Deed
from wabawatch.settings import Settings, load_process
from wabawatch.storage.deeds import SqlAuditTrail

PIPED_WIDTH = 1_000
"""Columns of a table that goes into a file or a pipe: there nothing may be cut off."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Command(App):
    """A command whose help is its sentence in the list of commands, and then what its function says of itself."""

    @property
    def help(self) -> str:
        """In plain text."""
        more = inspect.getdoc(self.default_command) if callable(self.default_command) else None
        if self._help is None or more is None:
            return self._help or more or ""
        own_words, _, _ = more.partition("Parameters\n---")  # the rest is shown parameter by parameter
        return f"{self._help}\n\n{own_words}".strip()

    @help.setter
    def help(self, value: str | None) -> None:
        self._help = value


@Parameter(name="*")
@dataclass(frozen=True)
class Where:
    """Which installation a command works on."""

    config: Annotated[Path | None, Parameter(help="The settings file (default: ./wabawatch.toml if there is one).")] = (
        None
    )
    data_dir: Annotated[Path | None, Parameter(help="The folder of SQLite files and keys (WABAWATCH_DATA_DIR).")] = None
    database_url: Annotated[str | None, Parameter(help="The database (DATABASE_URL).")] = None

    def settings(self, **overrides: object) -> Settings:
        """The settings of this installation. Raises SettingsError with every mistake."""
        given = {"WABAWATCH_DATA_DIR": self.data_dir, "DATABASE_URL": self.database_url, **overrides}
        told = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
        return load_process(self.config, told, unsealing)


HERE = Where()


@contextmanager
def opened(where: Where) -> Iterator[System]:
    """The installation, opened and closed again. The tables are brought up to date. Whatever is done with it was asked
    for from this machine."""
    system = System(where.settings())
    try:
        with asked_from(platform.node()):
            yield system
    finally:
        system.close()


def who() -> str:
    """Who runs the command, as the audit trail names them: by their account on this machine."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # an account without a name, as in a container
        return "cli"


def note(system: System, action: str, subject: str, **detail: Plain) -> None:
    """Write into the audit trail that whoever runs the command did this. Raises StoreUnavailable."""
    with asked_from(platform.node()):
        SqlAuditTrail(system.database).note(system.clock.now(), Deed(who(), action, subject, detail))


def print_json(value: object) -> None:
    """Print *value* as indented JSON on stdout, and nothing else."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def progress_bar() -> Progress:
    """A progress bar on stderr that shows how much of how much, and how long it will take."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
