"""Writes docs/settings.md from the settings themselves. Run by `make docs`; a test compares."""

from __future__ import annotations

from dataclasses import fields
from itertools import groupby
from pathlib import Path

from wabawatch.settings import SETTINGS, Setting, Settings
from wabawatch.sources import NAME

PAGE = Path(__file__).with_name("settings.md")

OPENING = """\
# Settings

This page is generated (`make docs`).

Every setting has a default. `wabawatch.toml` in the working directory overrides defaults (`WABAWATCH_CONFIG` or
`--config` names another file), environment variables override both, and options of a [command](cli.md) override all
three. An empty variable counts as one that is not set. A change needs a new start.

**Secrets** can be read from a file: a second name that ends in `_FILE` (in the TOML file, a key that ends in
`_file`) takes the path of a text file, whose white space at both ends is cut off. A secret file wins over the plain
variable. Secrets are never printed, and never logged.

**Lists** are written with commas, or as a list in TOML. **Shares** are a percentage (`95`, `95%`) or a fraction
(`0.95`); a bare `1` is refused, because it could be either. **True or false** may also be yes, no, on, off, 1 or 0.

What is unknown or ill-formed stops the start: the message lists every mistake with its key, what is wrong, and the
nearest valid name. `wabawatch doctor` lists the same without starting anything.

```toml
app_env = "production"

[webhook]
verify_token_file = "/run/secrets/verify_token"
app_secret = "current, previous"

[apps.shop]                     # a further Meta app: its callback is /webhooks/whatsapp/shop
app_secret_file = "/run/secrets/shop_app_secret"

[thresholds]
delivery_rate = "97%"

[prices]                        # see costs.md
currency = "EUR"

[prices.marketing]
DE = 0.1131
default = 0.0604
```
"""

HEADING = "| Variable | Key in `wabawatch.toml` | Value | Default | |\n| --- | --- | --- | --- | --- |\n"


def page() -> str:
    """The page as it should be."""
    return OPENING + "".join(_section(name, list(some)) for name, some in groupby(SETTINGS, _section_of))


def _section_of(setting: Setting) -> str:
    # Of a price, which stands by its country in a section by its category, the section of all prices.
    return setting.key.removesuffix(f".{NAME}").rpartition(".")[0]


def _section(name: str, settings: list[Setting]) -> str:
    sentences = {said[1]: said[0].__doc__ for spot in fields(Settings) if (said := spot.metadata.get("section"))}
    heading = f"`[{name}]`\n\n{sentences[name]}" if name else "In general"
    return f"\n## {heading}\n\n{HEADING}{''.join(map(_row, settings))}"


def _row(setting: Setting) -> str:
    name, key = f"`{setting.name}`", f"`{setting.key}`"
    if setting.kind.is_secret:
        name, key = f"{name}, or `{setting.name}_FILE`", f"{key}, or `{setting.key}_file`"
    cells = (name, key, setting.kind.label, _default(setting.default), setting.sentence)
    return f"| {' | '.join(cells)} |\n"


def _default(value: object) -> str:
    match value:
        case None | () | "":
            return "not set"
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            return f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
