"""How the process of a server is set up."""

from __future__ import annotations

import ctypes
import gc
import sys

_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
"""Options of `mallopt` in the C library of GNU (malloc.h)."""

LARGE_BYTES = 128 * 1024


def tune_allocator() -> None:
    """Have the C library keep one heap for all threads, and give what is large back to the system when it is freed.

    Call it before there are threads.

    Otherwise each of a dozen threads fills a heap of its own, though Python lets one run at a time, and the buffers of
    packing and compressing stay for good. Where that library is another one, nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for option, value in ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, LARGE_BYTES), (_TRIM_THRESHOLD, LARGE_BYTES)):
        mallopt(option, value)


def tune_interpreter() -> None:
    """Set Python up for a server whose threads share one interpreter. Call it once a process has started.

    A batch of webhooks makes thousands of values and no rings of them: looking for rings after every 700 new values, as
    Python does by itself, takes an eighth of the digest's time. And a thread that digests gives way to the one that
    answers after 1 ms, not 5.
    """
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    sys.setswitchinterval(0.001)
