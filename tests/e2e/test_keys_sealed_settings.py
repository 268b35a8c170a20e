"""Secrets may stand sealed in the settings: they open for their own setting, with the installation's keys, only."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.command import run

from wabawatch.app_places import unsealing
from wabawatch.cli import keys
from wabawatch.settings import Settings, SettingsError, load

TOKEN = "EAAtoken,EAAolder"
Seal = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seal:
    """Seals a secret for a setting, in the installation of the test."""
    monkeypatch.setattr(keys, "WAIT_S", 0.0)

    def sealed(setting: str, plain: str, **settings: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(plain + "\n"))
        return run(tmp_path, "keys", "seal", setting, settings=settings)

    return sealed


def read(folder: Path, toml: str = "", **env: str) -> Settings:
    file = folder / "some.toml"
    file.write_text(toml)
    return load({"WABAWATCH_DATA_DIR": str(folder / "data"), **env}, file, None, unsealing)


def mistakes(folder: Path, **env: str) -> str:
    with pytest.raises(SettingsError) as wrong:
        read(folder, **env)
    return str(wrong.value)


def test_what_is_sealed_stands_anywhere_a_secret_may_and_is_the_secret(tmp_path: Path, seal: Seal) -> None:
    token = seal("WHATSAPP_TOKEN", TOKEN).stdout.strip()
    secret = seal("apps.shop.app_secret", "shop's").stdout.strip()
    assert token.startswith("sealed:")
    assert "EAA" not in token
    (tmp_path / "token").write_text(token)

    by_variable = read(tmp_path, f'[apps.shop]\napp_secret = "{secret}"\n', WHATSAPP_TOKEN=token)
    by_file = read(tmp_path, WHATSAPP_TOKEN_FILE=str(tmp_path / "token"))

    for found in (by_variable, by_file):
        assert [each.reveal() for each in found.graph.token] == ["EAAtoken", "EAAolder"]
    assert [each.reveal() for each in by_variable.apps["shop"].app_secret] == ["shop's"]
    assert read(tmp_path, f'[graph]\ntoken = "{token}"\n', WHATSAPP_TOKEN="plain").sealed == {}, "a later source wins"


def test_it_opens_for_no_other_setting_not_changed_and_not_without_its_key(tmp_path: Path, seal: Seal) -> None:
    token = seal("WHATSAPP_TOKEN", TOKEN).stdout.strip()

    assert "belongs in another place" in mistakes(tmp_path, WABAWATCH_APP_SECRET=token)
    assert "was changed" in mistakes(tmp_path, WHATSAPP_TOKEN=token[:-6] + "AAAAA=")
    assert "was changed" in mistakes(tmp_path, WHATSAPP_TOKEN="sealed:x")
    assert "cannot be sealed" in mistakes(tmp_path, DATABASE_URL=token)
    key_file = tmp_path / "data" / "keys.json"
    right = key_file.read_text()
    key_file.unlink()
    assert "is missing" in mistakes(tmp_path, WHATSAPP_TOKEN=token)
    assert not key_file.exists()
    assert read(tmp_path, WHATSAPP_TOKEN=token, WABAWATCH_KEYS=right).graph.token


@pytest.mark.parametrize(
    ("setting", "plain", "said"),
    [
        ("WHATSAPP_TOKN", "x", "WHATSAPP_TOKEN"),
        ("WABAWATCH_PUBLIC_URL", "https://example.com", "it is no secret"),
        ("DATABASE_URL", "postgresql://x@y/z", "cannot be sealed"),
        ("SLACK_WEBHOOK_URL", "not an address", "SLACK_WEBHOOK_URL: "),
        ("WHATSAPP_TOKEN", "", "WHATSAPP_TOKEN: "),
    ],
)
def test_what_cannot_be_sealed_is_told(seal: Seal, setting: str, plain: str, said: str) -> None:
    done = seal(setting, plain)

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_keys_that_settings_need_are_kept_and_what_is_to_be_sealed_anew_is_named(tmp_path: Path, seal: Seal) -> None:
    settings = {"WHATSAPP_TOKEN": seal("WHATSAPP_TOKEN", TOKEN).stdout.strip()}

    def told(*arguments: str) -> dict[str, object]:
        done = run(tmp_path, "keys", *arguments, "--json", settings=settings)
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found

    assert told("rotate")["settings_with_older_keys"] == ["graph.token"]
    assert told("drop") == {"dropped": []}
    settings = {"WHATSAPP_TOKEN": seal("WHATSAPP_TOKEN", TOKEN, **settings).stdout.strip()}
    assert len(str(told("drop")["dropped"])) > 8
