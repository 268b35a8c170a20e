"""What /proc tells of a process."""

from __future__ import annotations

import os
import socket

from bench.machine import cpu_s, machine, memory_of


def test_memory_is_read_in_megabytes() -> None:
    found = memory_of(os.getpid())

    assert 10 < found.proportional < 10_000
    assert 10 < found.resident <= found.peak < 10_000


def test_processor_time_that_was_used_is_counted() -> None:
    before = cpu_s(os.getpid())
    while os.times().user + os.times().system < before + 0.1:
        pass

    assert cpu_s(os.getpid()) > before


def test_the_machine_is_described_without_its_name() -> None:
    assert "cores" in machine()
    assert socket.gethostname() not in machine()
