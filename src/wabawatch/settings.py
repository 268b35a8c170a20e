"""What an operator can set: one frozen tree, and how it is loaded. The only reader of the environment.

Each field carries its name in the environment, the kind of its value, its default and one sentence; loading and the
documents are computed from that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from wabawatch import kinds
from wabawatch.domain.rule_set import RuleSet
from wabawatch.kinds import AppEnv, GraphUrl, Kind, Secret, whole
from wabawatch.price_settings import Prices
from wabawatch.settings_access import Access
from wabawatch.settings_alerts import Alerts, Maintenance, maintenance_mistakes
from wabawatch.settings_archive import Archive
from wabawatch.settings_channels import Channel, channel_mistakes, channels_of
from wabawatch.settings_checks import Check, Uptime, mistakes_in_checks
from wabawatch.settings_exports import Exports
from wabawatch.settings_forward import Forward, mistakes
from wabawatch.settings_graph import Gateway, Graph, Polling
from wabawatch.settings_log import Log
from wabawatch.settings_mail import Mail
from wabawatch.settings_oidc import Oidc
from wabawatch.settings_reports import Reports
from wabawatch.settings_rules import read_rules
from wabawatch.sources import (
    Origin,
    Reading,
    Setting,
    SettingsError,
    Unseal,
    documented,
    section,
    sections,
    setting,
)

__all__ = [
    "SETTINGS",
    "Access",
    "Alerts",
    "App",
    "AppEnv",
    "Archive",
    "Channel",
    "Exports",
    "Forward",
    "Gateway",
    "Graph",
    "GraphUrl",
    "Log",
    "Mail",
    "Maintenance",
    "Monitoring",
    "Network",
    "Oidc",
    "Polling",
    "Prices",
    "QualityWeights",
    "Secret",
    "Server",
    "Setting",
    "Settings",
    "SettingsError",
    "Storage",
    "Thresholds",
    "Webhook",
    "check_production",
    "load",
    "load_process",
    "secret_setting",
]

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Webhook:
    """What the webhook receiver accepts."""

    verify_token: Secret | None = setting(
        "WEBHOOK_VERIFY_TOKEN", kinds.SECRET, None, "What Meta must send when the callback URL is verified."
    )
    app_secret: tuple[Secret, ...] = setting(
        "WABAWATCH_APP_SECRET",
        kinds.SECRETS,
        (),
        "Secrets of the Meta app that sign its webhooks; several, so that one can be rotated.",
    )
    app_id: str | None = setting(
        "WABAWATCH_APP_ID",
        kinds.ID,
        None,
        "Id of that app; with it and the secret, its subscription to webhooks can be looked at.",
    )
    allow_unsigned: bool = setting(
        "WABAWATCH_ALLOW_UNSIGNED",
        kinds.SWITCH,
        False,
        "Accept webhooks without a signature where no app secret is set; refused in production.",
    )
    max_body_bytes: int = setting(
        "WABAWATCH_MAX_BODY_BYTES", whole(1024, unit="bytes"), 4 * MIB, "Larger webhook bodies are answered with 413."
    )


@dataclass(frozen=True, slots=True)
class Server:
    """Where wabawatch listens, and to whom."""

    host: str = setting("WABAWATCH_HOST", kinds.TEXT, "127.0.0.1", "Address to listen on.")
    port: int = setting("WABAWATCH_PORT", whole(0, 65535), 8080, "Port to listen on; 0 takes a free one.")
    api_token: tuple[Secret, ...] = setting(
        "WABAWATCH_API_TOKEN",
        kinds.SECRETS,
        (),
        "Bearer tokens, each of which opens all of `/api/v1`; `wabawatch tokens` makes ones that open less.",
    )
    public_url: str | None = setting(
        "WABAWATCH_PUBLIC_URL",
        kinds.WEB_ADDRESS,
        None,
        "Where people open wabawatch, such as `https://watch.example.com`; not set: notices carry no links.",
    )
    api_rate_limit: int = setting(
        "WABAWATCH_API_RATE_LIMIT", whole(0), 6_000, "Requests a minute that each API token may make; 0: any number."
    )


@dataclass(frozen=True, slots=True)
class Network:
    """Where URLs that users give may lead."""

    allow_private_urls: tuple[str, ...] = setting(
        "WABAWATCH_ALLOW_PRIVATE_URLS",
        kinds.HOSTS,
        (),
        "Hosts and networks of private ranges that forward targets, checks and channels may reach all the same.",
    )


@dataclass(frozen=True, slots=True)
class Storage:
    """Where everything is kept, and for how long."""

    data_dir: Path = setting(
        "WABAWATCH_DATA_DIR", kinds.PATH, Path("wabawatch-data"), "Folder of the SQLite files and of the key file."
    )
    database_url: Secret | None = setting(
        "DATABASE_URL",
        kinds.DATABASE_URL,
        None,
        "Database: `postgresql://USER:PASSWORD@HOST/NAME` or `sqlite:///PATH`; not set: SQLite in the data folder.",
    )
    key_file: Path | None = setting(
        "WABAWATCH_KEY_FILE",
        kinds.PATH,
        None,
        "Keys that seal stored bodies and secrets, made at first start; when not set, `keys.json` in the data folder.",
    )
    keys: Secret | None = setting(
        "WABAWATCH_KEYS",
        kinds.SECRET,
        None,
        "What a key file holds, instead of one, where secrets come from outside; `wabawatch keys new` prints it.",
    )
    free_space_reserve: int = setting(
        "WABAWATCH_FREE_SPACE_RESERVE",
        whole(0, unit="bytes"),
        1024 * MIB,
        "With less free space than this, webhooks are answered with 503, so that Meta sends them again later.",
    )
    body_retention_days: int = setting(
        "WABAWATCH_BODY_RETENTION_DAYS", whole(0, unit="days"), 7, "How long sealed raw bodies are kept for replay."
    )

    @property
    def key_path(self) -> Path:
        """The key file in use."""
        return self.key_file or self.data_dir / "keys.json"


@dataclass(frozen=True, slots=True)
class Monitoring:
    """When figures are judged."""

    enabled: bool = setting(
        "MONITORING_ENABLED", kinds.SWITCH, True, "Whether monitoring starts by itself; receiving never depends on it."
    )
    interval_ms: int = setting(
        "MONITORING_INTERVAL", whole(60_000, unit="milliseconds"), 300_000, "Time between two monitoring cycles."
    )
    heartbeat_url: Secret | None = setting(
        "WABAWATCH_HEARTBEAT_URL",
        kinds.SECRET_URL,
        None,
        "Address that is called after each cycle that ended well: an outside service tells you when it is silent.",
    )
    heartbeat_method: str = setting("WABAWATCH_HEARTBEAT_METHOD", kinds.CALL, "GET", "How it is called.")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What counts as compliant."""

    delivery_rate: float = setting("DELIVERY_RATE_THRESHOLD", kinds.SHARE, 0.95, "Least delivery rate.")
    failure_rate: float = setting("FAILURE_RATE_THRESHOLD", kinds.SHARE, 0.05, "Highest failure rate.")
    quality_score: float = setting("QUALITY_SCORE_THRESHOLD", kinds.SHARE, 0.90, "Least quality score.")
    delivery_grace_s: int = setting(
        "WABAWATCH_DELIVERY_GRACE",
        whole(0, unit="seconds"),
        900,
        "Age from which a message counts in the delivery rate.",
    )
    min_sample: int = setting(
        "WABAWATCH_MIN_SAMPLE", whole(1), 30, "Below this many messages a verdict is `insufficient_data`."
    )


@dataclass(frozen=True, slots=True)
class QualityWeights:
    """How much each part weighs in the quality score; parts without data are left out."""

    delivery: float = setting("WABAWATCH_QUALITY_WEIGHT_DELIVERY", kinds.WEIGHT, 0.30, "Weight of the delivery rate.")
    failure: float = setting("WABAWATCH_QUALITY_WEIGHT_FAILURE", kinds.WEIGHT, 0.20, "Weight of 1 - failure rate.")
    number: float = setting("WABAWATCH_QUALITY_WEIGHT_NUMBER", kinds.WEIGHT, 0.25, "Weight of the numbers' quality.")
    template: float = setting("WABAWATCH_QUALITY_WEIGHT_TEMPLATE", kinds.WEIGHT, 0.15, "Weight of template health.")
    webhook: float = setting("WABAWATCH_QUALITY_WEIGHT_WEBHOOK", kinds.WEIGHT, 0.10, "Weight of webhook success.")


@dataclass(frozen=True, slots=True)
class App:
    """One Meta app that sends webhooks."""

    app_secret: tuple[Secret, ...] = setting(
        "WABAWATCH_APPS_<name>_APP_SECRET",
        kinds.SECRETS,
        (),
        "Secrets of the further Meta app whose callback path is `/webhooks/whatsapp/<name>`.",
    )
    verify_token: Secret | None = setting(
        "WABAWATCH_APPS_<name>_VERIFY_TOKEN",
        kinds.SECRET,
        None,
        "Its verify token; when not set, `WEBHOOK_VERIFY_TOKEN`.",
    )
    app_id: str | None = setting(
        "WABAWATCH_APPS_<name>_APP_ID", kinds.ID, None, "Its id, with which its subscription can be looked at."
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Frozen: a change needs a new start."""

    app_env: AppEnv = setting("APP_ENV", kinds.APP_ENV, AppEnv.DEVELOPMENT, "Where this runs.")
    graph: Graph = section(Graph, "graph")
    gateway: Gateway = section(Gateway, "gateway")
    polling: Polling = section(Polling, "polling")
    webhook: Webhook = section(Webhook, "webhook")
    server: Server = section(Server, "server")
    access: Access = section(Access, "access")
    oidc: Oidc = section(Oidc, "oidc")
    network: Network = section(Network, "network")
    storage: Storage = section(Storage, "storage")
    exports: Exports = section(Exports, "exports")
    archive: Archive = section(Archive, "archive")
    log: Log = section(Log, "log")
    reports: Reports = section(Reports, "reports")
    monitoring: Monitoring = section(Monitoring, "monitoring")
    uptime: Uptime = section(Uptime, "uptime")
    thresholds: Thresholds = section(Thresholds, "thresholds")
    quality_weights: QualityWeights = section(QualityWeights, "quality.weights")
    alerts: Alerts = section(Alerts, "alerts")
    channels: Mapping[str, Channel] = sections(Channel, "channels")
    mail: Mail = section(Mail, "mail")
    maintenance: Mapping[str, Maintenance] = sections(Maintenance, "maintenance")
    prices: Prices = section(Prices, "prices")
    named_apps: Mapping[str, App] = sections(App, "apps")
    forward: Mapping[str, Forward] = sections(Forward, "forward")
    checks: Mapping[str, Check] = sections(Check, "checks")
    rules: RuleSet = field(default_factory=RuleSet)
    told: Mapping[str, Origin] = field(default_factory=dict, compare=False, repr=False)
    """Where what is no default was given, by key"""
    sealed: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """What stands sealed in its place, by key"""

    @property
    def apps(self) -> dict[str, App]:
        """All apps by the name in their callback path; "" is the one without a name."""
        shared = self.webhook.verify_token
        named = {name: replace(app, verify_token=app.verify_token or shared) for name, app in self.named_apps.items()}
        return {"": App(self.webhook.app_secret, shared, self.webhook.app_id), **named}

    @property
    def is_one_app(self) -> bool:
        """Whether there is no more than one of Meta's apps."""
        return len(self.named_apps) + bool(self.webhook.app_secret) <= 1

    @property
    def app_tokens(self) -> dict[str, Secret]:
        """The tokens of the apps whose id and secret are known, by id."""
        known = [app for app in self.apps.values() if app.app_id and app.app_secret]
        return {app.app_id or "": Secret(f"{app.app_id}|{app.app_secret[0].reveal()}") for app in known}

    @property
    def all_channels(self) -> dict[str, Channel]:
        """All channels that are enabled, by name, with those that `ALERT_EMAIL` and `SLACK_WEBHOOK_URL` make."""
        return channels_of(self.channels, self.alerts.email, self.alerts.slack_webhook_url)

    @property
    def is_production(self) -> bool:
        """Whether the stricter rules hold."""
        return self.app_env is AppEnv.PRODUCTION


SETTINGS: tuple[Setting, ...] = tuple(documented(Settings))
"""Every setting there is, in the order of the documents."""

# WABAWATCH_CONFIG says where the TOML file is; the others are the test suite's.
_NO_SETTINGS = frozenset({"WABAWATCH_CONFIG", "WABAWATCH_CORPUS", "WABAWATCH_META_OPENAPI"})


def load(
    env: Mapping[str, str],
    toml_path: Path | None = None,
    overrides: Mapping[str, object] | None = None,
    unsealing: Callable[[Storage], Unseal] | None = None,
) -> Settings:
    """Read defaults < *toml_path* < *env* < its `*_FILE` secrets < *overrides*, and check all of it.

    Overrides come from code, under either name of a setting; None: not given. *unsealing* opens what stands sealed in
    its place, with the keys of the installation. Raises SettingsError with every mistake.
    """
    reading = _reading()
    if toml_path is not None:
        reading.take_toml(toml_path)
    reading.take_env(env)
    reading.take_code(overrides or {})
    if reading.sealed:
        reading.unseal(None if unsealing is None else unsealing(reading.tree(Storage, "storage.")))
    settings: Settings = reading.tree(Settings)
    if not any(getattr(settings.quality_weights, spot.name) for spot in fields(QualityWeights)):
        reading.problems.append("quality.weights: all of them are 0, so there would be no score")
    settings = replace(
        settings, told=reading.told, sealed=reading.sealed, rules=read_rules(settings.thresholds, reading, toml_path)
    )
    reading.problems += settings.prices.problems()
    reading.problems += settings.oidc.mistakes(settings.server.public_url)
    reading.problems += mistakes(settings.forward, settings.apps)
    reading.problems += mistakes_in_checks(settings.checks)
    reading.problems += maintenance_mistakes(settings.maintenance)
    reading.problems += channel_mistakes(settings.channels, settings.alerts.email, settings.alerts.slack_webhook_url)
    if reading.problems:
        raise SettingsError(tuple(reading.problems))
    return settings


def _reading() -> Reading:
    return Reading(SETTINGS, prefix="WABAWATCH_", no_settings=_NO_SETTINGS)


def secret_setting(name: str) -> tuple[str, Kind]:
    """The key and the kind of the secret setting that *name* names, either way. Raises ValueError."""
    return _reading().key_of_secret(name)


def load_process(
    toml_path: Path | None = None,
    overrides: Mapping[str, object] | None = None,
    unsealing: Callable[[Storage], Unseal] | None = None,
) -> Settings:
    """Load with the environment of this process, and *toml_path*, else WABAWATCH_CONFIG, else `wabawatch.toml`."""
    usual, named = Path("wabawatch.toml"), os.environ.get("WABAWATCH_CONFIG")
    toml_path = toml_path or (Path(named) if named else usual if usual.exists() else None)
    return load(os.environ, toml_path, overrides, unsealing)


def check_production(settings: Settings) -> None:
    """Refuse to serve in production what nobody could trust. Raises SettingsError; elsewhere it does nothing."""
    problems = []
    if settings.is_production and not any(app.app_secret for app in settings.apps.values()):
        problems.append(
            "WABAWATCH_APP_SECRET: missing; in production every webhook must be signed. "
            "Set it to the app secret that Meta's app dashboard shows under App settings > Basic"
        )
    if settings.is_production and settings.webhook.allow_unsigned:
        problems.append("WABAWATCH_ALLOW_UNSIGNED: unsigned webhooks are never accepted in production; remove it")
    if problems:
        raise SettingsError(tuple(problems))
