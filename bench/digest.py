"""How fast the digest alone is: realistic signed status webhooks in an inbox, digested by one thread into SQLite.

    python -m bench.digest [--bodies 60000] [--profile]

Half of the messages were recorded before (their records are digested first, outside the measurement); the others are
known by their webhooks only. 50 numbers, 8 messages per contact, 3 % failed, phone number and BSUID each, in the order
in which they would come at 4,000 webhooks a second. Prints bodies per second, processor time per body, and with
`--profile` where it goes.
"""

from __future__ import annotations

import argparse
import cProfile
import heapq
import pstats
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from wabawatch.app import System
from wabawatch.cli.process import tune_interpreter
from wabawatch.flows.digest import Digest
from wabawatch.flows.recording import body_of, record_message
from wabawatch.meta.signature import sign
from wabawatch.ports import DIGESTED, Body, BodyKind
from wabawatch.settings import load
from wabawatch.simulator.application import Json
from wabawatch.simulator.envelope import encode
from wabawatch.simulator.ids import digits, stream, wamid
from wabawatch.wire import MessageIn

SECRET = b"bench-secret"
START_MS = 1_790_000_000_000
PER_SECOND = 4_000
COMMIT = 8
"""So many bodies share a commit of the inbox: about what comes together at that rate"""
NUMBERS, WABAS, TEMPLATES = 50, 10, 200
COUNTRIES = ("1", "44", "49", "55", "91", "62", "52", "34", "39", "33")
"""Where recipients live, by calling code"""


def main() -> None:
    """Prepare, digest, print."""
    asked = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="wabawatch-bench-"))
    try:
        system = System(load({"WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_FREE_SPACE_RESERVE": "0"}))
        traffic = Traffic(asked.bodies)
        webhooks = list(traffic.webhooks())
        _keep(system, traffic.records)
        system.drain()
        _keep(system, webhooks)
        _measure(system, len(webhooks), asked.profile)
        system.close()
    finally:
        shutil.rmtree(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bodies", type=int, default=60_000)
    parser.add_argument("--profile", action="store_true", help="show where the time goes (and take longer)")
    return parser.parse_args()


class Traffic:
    """Webhooks of messages that are sent evenly over time, and the records of half of them."""

    def __init__(self, bodies: int) -> None:
        self.records: list[Body] = []
        self._left = bodies
        self._random = stream(612, "traffic")
        self._numbers = [digits(self._random, 15) for _ in range(NUMBERS)]
        self._lines = [f"1555{digits(self._random, 7)}" for _ in range(NUMBERS)]
        self._wabas = [digits(self._random, 15) for _ in range(WABAS)]

    def webhooks(self) -> Iterator[Body]:
        """The bodies in the order of their arrival."""
        due: list[tuple[int, int, Json]] = []
        messages, gap_ms = 0, 3_000 / PER_SECOND
        people = [self._person() for _ in range(max(1, self._left // 3 // 8))]
        while self._left:
            at = START_MS + int(messages * gap_ms)
            for order, (after_ms, status) in enumerate(self._message(at, messages, self._random.choice(people))):
                heapq.heappush(due, (at + after_ms, messages * 4 + order, status))
            messages += 1
            while due and due[0][0] <= at and self._left:
                self._left -= 1
                arrived_at, _, body = heapq.heappop(due)
                content = encode(body)
                yield Body(BodyKind.WEBHOOK, arrived_at, content, signature=sign(content, SECRET))

    def _person(self) -> tuple[str, str, str]:
        phone = self._random.choice(COUNTRIES) + digits(self._random, 10)
        return phone, f"US.{digits(self._random, 17)}", f"Person {digits(self._random, 4)}"

    def _message(self, at: int, n: int, person: tuple[str, str, str]) -> Iterator[tuple[int, Json]]:
        """The webhooks of one message, and after how long each comes."""
        rng = self._random
        place = rng.randrange(NUMBERS)
        category = ("marketing", "utility", "authentication")[rng.randrange(200) % 3]
        sent = wamid(person[0], rng, from_business=True)
        if n % 2:
            self.records.append(self._record(at, n, place, category, person, sent))
        delay = int(rng.expovariate(1 / 700)) + 300
        if rng.random() < 0.03:
            yield delay, self._body(place, category, person, sent, "failed", at + delay)
            return
        for status, mean_ms in (("sent", 700), ("delivered", 1_500), ("read", 4_000)):
            yield delay, self._body(place, category, person, sent, status, at + delay)
            delay += int(rng.expovariate(1 / mean_ms))

    def _record(self, at: int, n: int, place: int, category: str, person: tuple[str, str, str], sent: str) -> Body:
        message = MessageIn(
            phone_number=person[0],
            template_name=f"template_{n % TEMPLATES}",
            template_language="en",
            category=category,
            phone_number_id=self._numbers[place],
            message_id=sent,
            user_id=f"user-{n % 5_000}",
            lead_id=f"lead-{n % 20_000}",
            at=at,
        )
        return body_of(record_message(message, at), at)

    def _body(self, place: int, category: str, person: tuple[str, str, str], sent: str, status: str, at: int) -> Json:
        phone, bsuid, name = person
        told: Json = {"id": sent, "status": status, "timestamp": str(at // 1_000), "recipient_id": phone}
        value: Json = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": self._lines[place], "phone_number_id": self._numbers[place]},
        }
        if status == "failed":
            details = {"details": "Message undeliverable."}
            error = {"code": 131026, "title": "Message undeliverable", "message": "Message undeliverable"}
            told["errors"] = [{**error, "error_data": details, "href": "/documentation/error-codes"}]
        else:
            told["recipient_user_id"] = bsuid
            value["contacts"] = [{"profile": {"name": name}, "wa_id": phone, "user_id": bsuid}]
        if status in ("sent", "delivered"):
            told["conversation"] = {"id": sent[-24:-2].lower(), "origin": {"type": category}}
            told["pricing"] = {"billable": True, "pricing_model": "PMP", "category": category, "type": "regular"}
        value["statuses"] = [told]
        changes = [{"value": value, "field": "messages"}]
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": self._wabas[place % WABAS], "changes": changes}],
        }


def _keep(system: System, bodies: list[Body]) -> None:
    for first in range(0, len(bodies), COMMIT):
        system.inbox.append_all(bodies[first : first + COMMIT])


def _measure(system: System, bodies: int, with_profile: bool) -> None:
    digest = system.digest()
    tune_interpreter()
    profile = cProfile.Profile()
    steps: list[Step] = []
    began, cpu = time.perf_counter(), time.process_time()
    if with_profile:
        profile.enable()
    while step := _step(system, digest):
        steps.append(step)
    profile.disable()
    took, used = time.perf_counter() - began, time.process_time() - cpu
    quiet = sorted(step.cpu_us / step.bodies for step in steps)[len(steps) // 4]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{bodies:,} bodies in {took:.2f} s: {bodies / took:,.0f}/s; processor time each {used / bodies * 1e6:.0f} us, "
        f"{quiet:.0f} in the quickest quarter of {len(steps)} steps, the longest of which took "
        f"{max(step.ms for step in steps):.0f} ms; peak {peak:.0f} MiB"
    )
    if with_profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)


class Step(NamedTuple):
    """What one step of the digest did and took."""

    bodies: int
    ms: float
    cpu_us: float


def _step(system: System, digest: Digest) -> Step | None:
    waiting = system.inbox.waiting(system.figures.mark(DIGESTED))
    began, cpu = time.perf_counter(), time.process_time()
    if not digest.step():
        return None
    ms, cpu_us = (time.perf_counter() - began) * 1e3, (time.process_time() - cpu) * 1e6
    return Step(waiting - system.inbox.waiting(system.figures.mark(DIGESTED)), ms, cpu_us)


if __name__ == "__main__":
    main()
