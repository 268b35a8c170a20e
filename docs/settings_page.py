"""Writes docs/settings.md from the settings themselves. Run by `make docs`; a test compares."""

from __future__ import annotations

from pathlib import Path

from wabawatch.settings import SETTINGS, Setting

PAGE = Path(__file__).with_name("settings.md")

OPENING = """\
# Settings

This page is generated (`make docs`).

Every setting has a default. `wabawatch.toml` in the working directory overrides defaults (`WABAWATCH_CONFIG` names
another file), and environment variables override both. An empty variable counts as one that is not set.

Each secret can also be read from a file: add `_FILE` to the variable (`_file` to the key) and give the path. A secret
file wins over the plain variable. Secrets are never printed.

What is unknown or ill-formed stops the start: the message lists every mistake with its key, what is wrong, and the
nearest valid name.

```toml
app_env = "production"

[webhook]
verify_token_file = "/run/secrets/verify_token"
app_secret = "current, previous"

[apps.shop]                     # a further Meta app: its callback is /webhooks/whatsapp/shop
app_secret_file = "/run/secrets/shop_app_secret"

[thresholds]
delivery_rate = "97%"
```

| Variable | Key in `wabawatch.toml` | Value | Default | |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The page as it should be."""
    return OPENING + "".join(f"{_row(setting)}\n" for setting in SETTINGS)


def _row(setting: Setting) -> str:
    cells = (f"`{setting.name}`", f"`{setting.key}`", setting.kind.label, _default(setting.default), setting.sentence)
    return f"| {' | '.join(cells)} |"


def _default(value: object) -> str:
    match value:
        case None | ():
            return "not set"
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            return f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
