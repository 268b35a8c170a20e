"""The parser: any bytes, and any change of a good body. `python -m fuzz.parser`."""

from __future__ import annotations

from fuzz.running import instrumented, mutate_json, run

with instrumented(include=["wabawatch"]):
    from fuzz.claims import parsing_is_sound
    from fuzz.seeds import OURS, contents, theirs

if __name__ == "__main__":
    run("parser", parsing_is_sound, contents(OURS, theirs()).values(), mutate_json)
