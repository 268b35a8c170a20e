"""Every other service, by an address as Apprise writes it.

Apprise runs in a process of its own for each notice: its memory is given back, its log (which may show addresses) ends
there, whatever hangs can be ended, and each of its connections passes the guard (`apprise_child`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

from wabawatch.domain.notices import Delivered, Notice
from wabawatch.net import Guard
from wabawatch.notifiers.answers import judged, refused, retry, secrets_of, sent, without
from wabawatch.notifiers.page import Tone, page_of
from wabawatch.notifiers.text import text_of

_TYPES = {Tone.CRITICAL: "failure", Tone.WARNING: "warning", Tone.INFO: "info", Tone.GOOD: "success"}
CHILD = "wabawatch.notifiers.apprise_child"


@dataclass(frozen=True, slots=True)
class Apprise:
    """Hands notices to the services of *url*: one, or several with commas between."""

    url: str = field(repr=False)
    guard: Guard
    timeout_s: float = 15.0
    zone: tzinfo = UTC

    def check(self) -> Delivered:
        """Whether Apprise understands the address. Nothing is sent."""
        return self._asked({"is_check": True})

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        """Deliver *notice*. No thread: only some services have any, and Apprise tells none."""
        page = page_of(notice, self.zone)
        return self._asked({"title": page.headline, "body": text_of(page), "type": _TYPES[page.tone]})

    def _asked(self, what: dict[str, Any]) -> Delivered:
        asked = {
            **what,
            "url": self.url,
            "hosts": sorted(self.guard.hosts),
            "networks": [str(each) for each in self.guard.networks],
            "timeout_s": self.timeout_s,
        }
        try:
            done = subprocess.run(
                [sys.executable, "-m", CHILD],
                input=json.dumps(asked).encode(),
                capture_output=True,
                timeout=self.timeout_s + 5,  # and so long to start
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},  # no proxy, and no secret of ours
                check=False,
            )
        except subprocess.TimeoutExpired:
            return retry("the service did not answer in time")
        except OSError as error:
            return retry(f"no process could be started: {error.strerror}")
        return self._judged(done)

    def _judged(self, done: subprocess.CompletedProcess[bytes]) -> Delivered:
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            return retry(f"Apprise ended with {done.returncode} and said nothing that can be read")
        said = without(secrets_of(self.url, has_host=False), str(answer.get("detail", "")))
        match answer.get("outcome"):
            case "sent":
                return sent()
            case "refused":
                return refused(said)
            case "status":
                return judged(int(answer["status"]))
            case _:
                return retry(said or "the service did not take it")
