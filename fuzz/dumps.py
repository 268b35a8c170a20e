"""Dumps to import: any bytes are cut into bodies, the same ones however they come. `python -m fuzz.dumps`."""

from __future__ import annotations

import json
from random import Random

import atheris

from fuzz.running import instrumented, mutate_json, run
from fuzz.seeds import OURS, contents, documents

with instrumented(include=["wabawatch"]):
    from fuzz.claims import parsing_is_sound
    from wabawatch.domain.dumps import Dumped
    from wabawatch.ports import Body, BodyKind, BodySource
    from wabawatch.storage.bodies import decode_block, encode_block
    from wabawatch.storage.dump_text import bodies_in
    from wabawatch.storage.sealed import Keyring

RING = Keyring.generate()


def dumps_are_sound(content: bytes) -> None:
    """Nothing is raised, nothing depends on where the text is cut as it is read, and every body can be kept."""
    found = list(bodies_in([content] if content else []))
    for cut in {1, 2, 3, len(content) // 2, len(content) // 3} - {0}:
        if len(content) // cut < 2_000:
            pieces = [content[at : at + cut] for at in range(0, len(content), cut)]
            assert list(bodies_in(pieces)) == found, cut
    for dumped in found:
        must_be_keepable(dumped)
    for body in found[:3]:
        parsing_is_sound(body.content)


def must_be_keepable(dumped: Dumped) -> None:
    """The inbox takes it and gives it back."""
    received_at = 0 if dumped.received_at is None else dumped.received_at
    assert 0 <= received_at < 2**53
    assert len(dumped.app.encode()) <= 1_000
    assert "\x00" not in dumped.app
    body = Body(BodyKind.WEBHOOK, received_at, dumped.content, dumped.app, BodySource.IMPORT)
    assert decode_block(encode_block([body], RING, context=b"fuzz"), RING, context=b"fuzz") == [body]


def seeds() -> list[bytes]:
    """Bodies as lines, as a list, one after the other, and in wrappers of ours."""
    known = list(documents(OURS).values())[::20]
    wrapped = [{"body": body, "received_at": "2026-11-20T12:00:00Z", "app": "shop"} for body in known]
    as_text = [{"body": json.dumps(body), "received_at": 1_795_176_000_000} for body in known]
    lines = b"\n".join(json.dumps(body).encode() for body in [*known, *wrapped[:2], *as_text[:2]])
    return [
        lines,
        *(json.dumps(some).encode() for some in (known, wrapped, as_text[:3])),
        b"".join(list(contents(OURS).values())[:5]),
        json.dumps(wrapped[0], indent=1).encode(),
    ]


def mutate_lines(content: bytes, size: int, seed: int) -> bytes:
    """*content* with one of its lines changed, or as any JSON."""
    random = Random(seed)
    lines = content.split(b"\n")
    if len(lines) == 1 or random.random() < 0.2:
        return mutate_json(content, size, seed)
    at = random.randrange(len(lines))
    lines[at] = mutate_json(lines[at], size, seed)
    made = random.choice((b"\n", b"\n", b"\r\n", b"", b",", b"\n\n")).join(lines)
    return made if len(made) <= size else bytes(atheris.Mutate(content, size))


if __name__ == "__main__":
    run("dumps", dumps_are_sound, seeds(), mutate_lines)
