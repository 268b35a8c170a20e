"""The command `wabawatch`. Data goes to stdout, the rest to stderr; a failure says what to do and exits non-zero."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError
from rich.console import Console

from wabawatch.domain.errors import WabawatchError

WELL, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

COMMANDS = {
    "serve": "Receive webhooks, digest them, and serve the API.",
    "demo": "Show the whole system at work on simulated traffic.",
    "simulate": "Stand in for Meta: Graph endpoints and signed webhooks.",
    "import": "Import webhook bodies that were kept elsewhere.",
    "status": "Show deliveries, failures, quality, template use and webhook response.",
    "logs": "Show messages: search them, or follow them as they arrive.",
    "export": "Write every message that fits to a file: CSV, Excel, JSON lines or Parquet.",
    "archive": "Show what retention removes; list, check and restore archived days.",
    "costs": "Show what messages cost, by category, country and number.",
    "reconcile": "Show what Meta counted beside what was counted here, and why they differ.",
    "violations": "Show sends that broke the template rule, with the evidence.",
    "limits": "Show which limits of Meta's were hit, and how much more may be sent.",
    "uptime": "Show uptime: what is checked, how it stands, and what went wrong for how long.",
    "checks": "List the checks of uptime, and look at one now.",
    "preflight": "Ask before a campaign: go, risky or stop, with the reasons.",
    "alerts": "Show who is told of alerts and why not; try channels; read runbooks; silence.",
    "report": "Make a compliance report, signed; list those that were made; check that one is as it was made.",
    "monitor": "Start, stop or restart monitoring.",
    "users": "Say who may sign in and what they may do; see and end sessions.",
    "tokens": "Make, list and revoke tokens for the API.",
    "erase": "Erase one person for good; say who may not be erased, and show what was.",
    "audit": "Check that nobody has tampered with the audit trail, and keep proof of how it stands.",
    "keys": "Show the key that signs; renew the keys that seal what is stored.",
    "forward": "Show forward targets; list, replay and drop what they have not taken; pause them.",
    "backup": "Copy everything into a new folder, while the server works.",
    "restore": "Put a backup back, and check it.",
    "migrate": "Bring the tables up to date.",
    "copy": "Copy everything to another database, such as from SQLite to PostgreSQL.",
    "rebuild": "Hold the figures against the messages they count, and mend what differs.",
    "doctor": "Check settings, storage and server; say what to do about what is missing.",
}
"""In the order of the help, which is made without importing them: each stands in a module of its name."""

errors = Console(stderr=True, highlight=False, soft_wrap=True)

app = App(
    name="wabawatch",
    help="Watch a WhatsApp Business Platform integration: deliveries, quality, webhooks, uptime, compliance.",
    version=lambda: version("wabawatch"),
    error_console=Console(stderr=True, highlight=False),  # its boxes must be wrapped, not cut off
    sort_key=None,
)
for position, (name, sentence) in enumerate(COMMANDS.items()):
    module = {"import": "importing"}.get(name, name)
    app.command(f"wabawatch.cli.{module}:app", name=name, help=sentence, sort_key=position)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line *arguments* (default: those of this process) and exit."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line *arguments* and give the exit code: 0 well, 1 the command failed, 2 wrong arguments."""
    try:
        result = app(arguments, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return MISUSED  # cyclopts has said on stderr what is wrong, with the nearest valid name
    except WabawatchError as error:
        errors.print(f"wabawatch: {error}", style="red", markup=False)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return result if isinstance(result, int) else WELL
