"""Large bodies of many shapes: twice the size takes about twice the time. `python -m fuzz.sizes`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from random import sample
from typing import Any, Final

from wabawatch.meta.webhooks import FIELDS, OBJECT, parse

LARGEST: Final = 1 << 20
LIMIT: Final = 3.0
"""Times as long for twice as much: 2 when it is linear, 4 when it is quadratic."""

STATUS: Final = {"id": "wamid.x", "status": "sent", "timestamp": "1795175970", "recipient_id": "15550101001"}


def body(*changes: Any) -> bytes:
    """A body with *changes* in one entry."""
    return json.dumps({"object": OBJECT, "entry": [{"id": "1", "changes": list(changes)}]}).encode()


def of(field: str, **value: Any) -> bytes:
    """A body with one change."""
    return body({"field": field, "value": value})


def times(part: Any, size: int) -> list[Any]:
    """*part* as often as it fits into *size* bytes."""
    return [part] * max(1, size // (len(json.dumps(part)) + 2))


def nested(size: int, opening: bytes, closing: bytes) -> bytes:
    """As deep as it goes."""
    return of("messages", statuses=["deep", STATUS]).replace(b'"deep"', opening * (size // 2) + closing * (size // 2))


SHAPES: Final[dict[str, Callable[[int], bytes]]] = {
    "entries": lambda n: json.dumps({"object": OBJECT, "entry": times({"changes": []}, n)}).encode(),
    "entries that are none": lambda n: json.dumps({"object": OBJECT, "entry": times(1, n)}).encode(),
    "changes": lambda n: body(*times({"field": "messages", "value": {"statuses": [STATUS]}}, n)),
    "changes that are none": lambda n: body(*times(1, n)),
    "statuses": lambda n: of("messages", statuses=times(STATUS, n)),
    "statuses that are none": lambda n: of("messages", statuses=times(1, n)),
    "errors of a status": lambda n: of("messages", statuses=[STATUS | {"errors": times({"code": 1}, n)}]),
    "contacts": lambda n: of("messages", contacts=[{"wa_id": str(i)} for i in range(n // 20)], statuses=[STATUS] * 9),
    "one long id": lambda n: of("messages", statuses=[STATUS | {"id": "\u20ac" * (n // 6)}]),
    "keys": lambda n: of("messages", statuses=[STATUS], **{f"k{i}": [i] for i in range(n // 16)}),
    "keys of a status": lambda n: of("messages", statuses=[STATUS | {f"k{i}": i for i in range(n // 14)}]),
    "fields": lambda n: body(*({"field": f"f{i}", "value": i} for i in range(n // 36))),
    "contacts that are synchronised": lambda n: of("smb_app_state_sync", state_sync=times({"action": "add"}, n)),
    "new actions": lambda n: of("smb_app_state_sync", state_sync=[{"action": f"a{i}"} for i in range(n // 20)]),
    "threads": lambda n: of("history", history=[{"threads": times({"id": "1", "messages": [{"id": "x"}]}, n)}]),
    "restrictions": lambda n: of("account_update", event="X", restriction_info=times({"restriction_type": "Y"}, n)),
    "settings": lambda n: of("account_settings_update", phone_number_settings={f"k{i}": i for i in range(n // 14)}),
    "arrays": lambda n: nested(n, b"[", b"]"),
    "arrays that never end": lambda n: nested(n, b"[", b""),
    "objects": lambda n: nested(n // 5, b'{"a":', b"}").replace(b":}", b":1}"),
    "backslashes": lambda n: b'{"object":"' + b"\\" * n,
    "quotes": lambda n: b'{"object":"' + b'\\"' * (n // 2),
    "strings that end": lambda n: b"[" * 2_000 + b'"",' * (n // 3),
    "digits": lambda n: of("messages", statuses=[STATUS | {"x": "D"}]).replace(b'"D"', b"9" * n),
    "numbers": lambda n: of("messages", statuses=[STATUS | {"x": "D"}]).replace(
        b'"D"', b"[" + b",".join([b"9" * 4_000] * (n // 4_001)) + b"]"
    ),
    "digits of a fraction": lambda n: of("messages", x="D").replace(b'"D"', b"0." + b"9" * n),
    "half characters": lambda n: of("messages", statuses=[STATUS | {"id": "D"}]).replace(b"D", b"\\ud800" * (n // 6)),
    "bytes that are no text": lambda n: b"\xff" * n,
    "blanks": lambda n: b" " * n,
    "standby in itself": lambda n: of("standby", standby="D").replace(
        b'"D"', b'{"statuses":[1,1,1,1],"standby":' * (n // 33) + b"1" + b"}" * (n // 33)
    ),
} | {
    f"a list as {field}": lambda n, field=field: body({"field": field, "value": {"event": "x", "x": times([{}], n)}})
    for field in FIELDS
}


def seconds(content: bytes) -> float:
    """How long reading takes, in seconds of this process."""
    start = time.process_time()
    parse(content, received_at=1_795_176_000_000)
    return time.process_time() - start


def main() -> int:
    """Measure every shape, as far as the time goes; print what grows too fast."""
    options = argparse.ArgumentParser(prog="python -m fuzz.sizes")
    options.add_argument("--seconds", type=int, default=600, help="at most so long")
    until = time.monotonic() + options.parse_args().seconds
    found = done = 0
    for name, make in sample(list(SHAPES.items()), len(SHAPES)):
        if time.monotonic() > until:
            break
        half, whole = make(LARGEST // 2), make(LARGEST)
        ratio, took = min((t / max(seconds(half), 0.01), t) for t in (seconds(whole) for _ in range(2)))
        done += 1
        print(f"{name}: {len(whole) / 1e6:.1f} MB in {took:.2f} s, {ratio:.1f} times half of it", flush=True)
        found += ratio > LIMIT or took > 10
    print(f"{done} of {len(SHAPES)} shapes, {found} grow too fast")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
