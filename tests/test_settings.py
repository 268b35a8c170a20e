"""Settings: what wins, what is refused, and that no secret is ever shown."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from docs import settings_page
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.kinds import AppEnv, GraphUrl, Secret
from wabawatch.settings import SETTINGS, Setting, Settings, SettingsError, check_production, load
from wabawatch.sources import Origin, in_force


def problems(env: dict[str, str], toml_path: Path | None = None, **overrides: object) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        load(env, toml_path, overrides)
    return refused.value.problems


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "wabawatch.toml"


class TestSources:
    def test_an_empty_environment_gives_the_documented_defaults(self) -> None:
        settings = load({})

        assert settings == Settings()
        assert settings.graph.url == GraphUrl("https://graph.facebook.com", "v25.0")
        assert settings.storage.key_path == Path("wabawatch-data/keys.json")
        assert (settings.thresholds.delivery_rate, settings.monitoring.interval_ms) == (0.95, 300_000)

    def test_code_wins_over_secret_file_over_environment_over_toml(self, toml: Path, tmp_path: Path) -> None:
        toml.write_text(
            '[graph]\ntoken = "toml"\n[server]\nport = 1\nhost = "::1"\n[monitoring]\ninterval_ms = 60000\n'
        )
        (tmp_path / "token").write_text("file\n")
        env = {
            "WHATSAPP_TOKEN": "env",
            "WHATSAPP_TOKEN_FILE": str(tmp_path / "token"),
            "WABAWATCH_PORT": "2",
            "MONITORING_INTERVAL": "70000",
        }

        settings = load(env, toml, {"WABAWATCH_PORT": 3, "server.host": None})

        assert settings.graph.token == (Secret("file"),)
        assert (settings.server.port, settings.server.host) == (3, "::1")
        assert settings.monitoring.interval_ms == 70_000

    def test_a_secret_file_can_be_named_in_toml(self, toml: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("new, old\n")
        toml.write_text(f'[webhook]\napp_secret_file = "{tmp_path / "secret"}"\napp_secret = "plain"\n')

        assert load({}, toml).webhook.app_secret == (Secret("new"), Secret("old"))

    def test_an_empty_variable_is_not_set(self) -> None:
        assert load({"WHATSAPP_TOKEN": "", "WABAWATCH_PORT": "", "WABAWATCH_NOT_OURS": ""}) == Settings()

    def test_variables_of_other_programs_are_left_alone(self) -> None:
        tests = {"WABAWATCH_CORPUS": "somewhere", "WABAWATCH_META_OPENAPI": "elsewhere"}

        assert load({"PATH": "/bin", "LANG": "C", "DATABASE_NAME": "x", **tests}) == Settings()

    def test_quality_weights_come_from_toml(self, toml: Path) -> None:
        toml.write_text("[quality.weights]\ndelivery = 1\nwebhook = 0\n")

        weights = load({}, toml).quality_weights

        assert (weights.delivery, weights.failure, weights.webhook) == (1, 0.2, 0)


class TestApps:
    def test_apps_come_from_toml_and_environment(self, toml: Path) -> None:
        toml.write_text('[apps.My-Shop]\napp_secret = ["a", "b"]\n[apps.bank]\nverify_token = "own"\n')
        env = {
            "WABAWATCH_APPS_MY_SHOP_VERIFY_TOKEN": "v",
            "WABAWATCH_APPS_CLUB_APP_SECRET": "c",
            "WABAWATCH_APP_SECRET": "d",
        }

        apps = load(env, toml).apps

        assert set(apps) == {"", "My-Shop", "bank", "club"}
        assert apps["My-Shop"].app_secret == (Secret("a"), Secret("b"))
        assert apps["My-Shop"].verify_token == Secret("v")
        assert apps[""].app_secret == (Secret("d"),)

    def test_an_app_without_a_verify_token_uses_the_common_one(self) -> None:
        env = {"WEBHOOK_VERIFY_TOKEN": "common", "WABAWATCH_APPS_SHOP_APP_SECRET": "s"}

        assert load(env).apps["shop"].verify_token == Secret("common")

    def test_an_app_secret_can_come_from_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "s").write_text("from-file")

        apps = load({"WABAWATCH_APPS_SHOP_APP_SECRET_FILE": str(tmp_path / "s")}).apps

        assert apps["shop"].app_secret == (Secret("from-file"),)


class TestValues:
    @pytest.mark.parametrize(("written", "share"), [("95", 0.95), ("95%", 0.95), (" 94.9 % ", 0.949), ("0.95", 0.95)])
    def test_a_share_may_be_written_three_ways(self, written: str, share: float) -> None:
        assert load({"DELIVERY_RATE_THRESHOLD": written}).thresholds.delivery_rate == share

    def test_a_share_of_one_is_refused_as_ambiguous(self) -> None:
        assert "could mean 1 % or all" in problems({"FAILURE_RATE_THRESHOLD": "1"})[0]
        assert load({"FAILURE_RATE_THRESHOLD": "1%"}).thresholds.failure_rate == 0.01

    @given(st.integers(2, 100))
    def test_whole_percentages_mean_the_same_with_and_without_the_sign(self, percent: int) -> None:
        plain, signed = (load({"QUALITY_SCORE_THRESHOLD": f"{percent}{sign}"}) for sign in ("", "%"))

        assert plain == signed

    @pytest.mark.parametrize(
        ("written", "url"),
        [
            ("https://graph.facebook.com/v23.0/", GraphUrl("https://graph.facebook.com", "v23.0")),
            ("http://127.0.0.1:9000", GraphUrl("http://127.0.0.1:9000", "v25.0")),
            ("https://proxy.example/meta/v24.0", GraphUrl("https://proxy.example/meta", "v24.0")),
        ],
    )
    def test_the_version_at_the_end_of_the_graph_address_is_ours(self, written: str, url: GraphUrl) -> None:
        assert load({"WHATSAPP_API_URL": written}).graph.url == url

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("APP_ENV", "prod"),
            ("MONITORING_ENABLED", "maybe"),
            ("MONITORING_INTERVAL", "59999"),
            ("MONITORING_INTERVAL", "5m"),
            ("DELIVERY_RATE_THRESHOLD", "101"),
            ("DELIVERY_RATE_THRESHOLD", "nan"),
            ("WABAWATCH_PORT", "65536"),
            ("WABAWATCH_PORT", "9" * 5000),
            ("WABAWATCH_MIN_SAMPLE", "0"),
            ("ALERT_EMAIL", "ops@example.com, nobody"),
            ("WABAWATCH_QUALITY_WEIGHT_NUMBER", "-1"),
            ("WHATSAPP_API_URL", "graph.facebook.com"),
            ("WHATSAPP_API_URL", "https://graph.facebook.com:port"),
            ("DATABASE_URL", "mysql://db/x"),
            ("WABAWATCH_APP_SECRET", " , "),
        ],
    )
    def test_an_ill_formed_value_is_refused_under_its_name(self, name: str, value: str) -> None:
        (problem,) = problems({name: value})

        assert problem.startswith(f"{name} (environment): ")

    def test_toml_values_have_types(self, toml: Path) -> None:
        toml.write_text("[server]\nport = true\nhost = 5\n[monitoring]\nenabled = false\n")

        assert [problem.split(" ")[0] for problem in problems({}, toml)] == ["server.port", "server.host"]

    def test_weights_that_are_all_zero_are_refused(self, toml: Path) -> None:
        toml.write_text("[quality.weights]\ndelivery=0\nfailure=0\nnumber=0\ntemplate=0\nwebhook=0\n")

        assert problems({}, toml)[0].startswith("quality.weights: ")


class TestMistakes:
    @pytest.mark.parametrize(
        ("written", "nearest"),
        [
            ("WABAWATCH_PROT", "WABAWATCH_PORT"),
            ("WEBHOOK_VERIFY_TOKN", "WEBHOOK_VERIFY_TOKEN"),
            ("MONITORING_INTERVALL", "MONITORING_INTERVAL"),
            ("WABAWATCH_ALERT_EMAIL", "ALERT_EMAIL"),
            ("WABAWATCH_APPS_SHOP_APP_SECRT", "WABAWATCH_APPS_<name>_APP_SECRET"),
        ],
    )
    def test_an_unknown_variable_is_refused_with_the_nearest_name(self, written: str, nearest: str) -> None:
        (problem,) = problems({written: "x"})

        assert problem.startswith(f"{written} (environment): unknown")
        assert nearest in problem

    def test_a_name_like_ours_is_somebody_elses_where_ours_is_set(self) -> None:
        assert load({"DATABASE_URI": "x", "DATABASE_URL": "sqlite:///a.db"}).storage.database_url

    @pytest.mark.parametrize(
        ("written", "nearest"),
        [
            ('[webhok]\nverify_token = "x"', "webhook.verify_token"),
            ('[webhook]\nverify_tokn = "x"', "webhook.verify_token"),
            ('WHATSAPP_TOKEN = "x"', "graph.token"),
            ('[apps.shop]\nsecret = "x"', "apps.<name>.app_secret"),
            ("[server]\nport_file = 'x'", "server.port"),
            ("server = 5", "server."),
            ("[emtpy]", ""),
        ],
    )
    def test_an_unknown_key_is_refused_with_the_nearest_name(self, toml: Path, written: str, nearest: str) -> None:
        toml.write_text(written)

        (problem,) = problems({}, toml)

        assert "(wabawatch.toml): unknown; the nearest valid name is " in problem
        assert nearest in problem

    def test_a_section_with_nothing_in_it_says_nothing(self, toml: Path) -> None:
        toml.write_text("[server]\n[quality]\n[quality.weights]\n[prices.marketing]\n")

        assert load({}, toml) == load({})

    def test_all_mistakes_are_reported_at_once(self, toml: Path) -> None:
        toml.write_text("[server]\nport = 'x'\nprot = 1\n")

        found = problems({"APP_ENV": "x", "WABAWATCH_NOPE": "1"}, toml, WABAWATCH_HOST=5)

        assert len(found) == 5

    def test_a_missing_secret_file_is_fatal(self, tmp_path: Path) -> None:
        (tmp_path / "empty").write_text("\n")
        env = {"WHATSAPP_TOKEN_FILE": str(tmp_path / "none"), "SLACK_WEBHOOK_URL_FILE": str(tmp_path / "empty")}

        slack, token = problems(env)

        assert slack.endswith("empty is empty")
        assert "none cannot be read (No such file or directory)" in token

    @pytest.mark.parametrize("content", [b"a = ", b"\xff", b"a = 1\na = 2"])
    def test_what_is_not_toml_is_refused(self, toml: Path, content: bytes) -> None:
        toml.write_bytes(content)

        assert "it is not TOML" in problems({}, toml)[0]

    def test_a_named_file_that_is_missing_is_refused(self, toml: Path) -> None:
        assert "cannot be read" in problems({}, toml)[0]

    def test_an_unknown_name_from_code_is_refused(self) -> None:
        assert problems({}, None, DELIVERY_RATE="0.9")[0].startswith("DELIVERY_RATE (code): unknown")


class TestSecrets:
    SECRETS = tuple(setting.name for setting in SETTINGS if setting.kind.is_secret and "<" not in setting.name)

    def test_a_secret_prints_as_stars(self) -> None:
        secret = Secret("hidden")

        assert (str(secret), repr(secret), f"{secret}", secret.reveal()) == ("***", "***", "***", "hidden")

    def test_no_form_of_the_settings_shows_a_secret(self) -> None:
        values = dict.fromkeys(self.SECRETS, "https://hidden.example") | {
            "DATABASE_URL": "postgresql://u:hidden@db/x",
            "WABAWATCH_SMTP_URL": "smtps://u:hidden@mail.example",
        }

        settings = load(values)

        assert "hidden" not in repr(settings) + str(dataclasses.asdict(settings)) + repr(settings.apps)

    @pytest.mark.parametrize("name", SECRETS)
    @pytest.mark.parametrize("value", [5, {"hidden": "hidden"}, ["hidden", 5]])
    def test_no_complaint_shows_a_secret(self, name: str, value: object) -> None:
        assert "hidden" not in str(problems({}, None, **{name: value}))

    @pytest.mark.parametrize("name", ["DATABASE_URL", "SLACK_WEBHOOK_URL", "WABAWATCH_SMTP_URL"])
    def test_no_complaint_shows_a_secret_address(self, name: str) -> None:
        assert "hidden" not in str(problems({name: "hidden://[\n"}))


class TestProduction:
    def test_a_missing_app_secret_stops_the_start(self) -> None:
        settings = load({"APP_ENV": "production"})

        with pytest.raises(SettingsError, match="WABAWATCH_APP_SECRET: missing"):
            check_production(settings)

    def test_unsigned_webhooks_are_never_accepted(self) -> None:
        settings = load({"APP_ENV": "production", "WABAWATCH_APP_SECRET": "s", "WABAWATCH_ALLOW_UNSIGNED": "true"})

        with pytest.raises(SettingsError, match="WABAWATCH_ALLOW_UNSIGNED"):
            check_production(settings)

    @pytest.mark.parametrize("name", ["WABAWATCH_APP_SECRET", "WABAWATCH_APPS_SHOP_APP_SECRET"])
    def test_one_app_with_a_secret_is_enough(self, name: str) -> None:
        check_production(load({"APP_ENV": "production", name: "s"}))

    def test_elsewhere_nothing_is_asked(self) -> None:
        settings = load({"APP_ENV": "development", "WABAWATCH_ALLOW_UNSIGNED": "yes"})

        check_production(settings)

        assert settings.app_env is AppEnv.DEVELOPMENT


class TestDocuments:
    def test_the_settings_page_is_current(self) -> None:
        assert settings_page.PAGE.read_text("utf-8") == settings_page.page(), "run `make docs`"

    def test_every_setting_has_one_name_and_one_key(self) -> None:
        assert (
            len({setting.name for setting in SETTINGS}) == len({setting.key for setting in SETTINGS}) == len(SETTINGS)
        )

    @pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
    def test_every_setting_has_a_sentence(self, setting: Setting) -> None:
        assert setting.sentence.endswith(".")


def test_it_is_known_where_each_value_was_given_the_last_that_wins(tmp_path: Path) -> None:
    toml = tmp_path / "wabawatch.toml"
    channel = '[channels.Big-Ops]\nkind = "slack"\ntoken = "x"\nchannel = "c"\n'
    toml.write_text(f'[server]\nport = 1\nhost = "a.example"\n{channel}')
    secret = tmp_path / "token"
    secret.write_text("t0ken")
    env = {"WABAWATCH_PORT": "2", "WHATSAPP_TOKEN_FILE": str(secret), "WABAWATCH_CHANNELS_BIG_OPS_CHANNEL": "d"}

    settings = load(env, toml, {"server.port": 3})

    found = {each.setting.key: each for each in in_force(settings, settings.told)}
    assert found["server.port"].value == 3
    assert found["server.port"].origin == Origin("server.port", "code")
    assert found["server.host"].origin == Origin("server.host", "wabawatch.toml")
    assert found["graph.token"].origin == Origin("WHATSAPP_TOKEN_FILE", "environment")
    assert found["channels.Big-Ops.channel"].origin == Origin("WABAWATCH_CHANNELS_BIG_OPS_CHANNEL", "environment")
    assert found["channels.Big-Ops.kind"].setting.name == "WABAWATCH_CHANNELS_BIG_OPS_KIND"
    assert found["storage.body_retention_days"].origin is None
    assert {key for key, each in found.items() if each.origin} == set(settings.told)
