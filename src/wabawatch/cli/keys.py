"""`wabawatch keys`: the key that signs, and the keys that seal."""

from __future__ import annotations

import sys

from cyclopts import App

from wabawatch.cli.common import HERE, Where, opened, print_json

app = App(name="keys")


@app.command
def public(*, json: bool = False, where: Where = HERE) -> None:
    """Print the public keys with which signatures of reports and of checkpoints can be checked, the newest first.

    Parameters
    ----------
    json
        Print JSON.
    """
    with opened(where) as system:
        system.signing.sign(b"", b"")  # so that there is one
        keys = system.signing.public_keys()
    if json:
        print_json([{"key": key.key_id, "pem": key.to_pem()} for key in keys])
    else:
        sys.stdout.write("".join(key.to_pem() for key in keys))
