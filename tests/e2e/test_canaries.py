"""Nothing secret is said or written: canaries are planted in a real system at work, and looked for in all that it left.

Every secret that it knows is one: of the settings, those that people and programs show at the door, right and wrong,
and those that it makes. Everything that it can be asked is asked, and as much as possible goes wrong meanwhile.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest
from assets.build import BUILT, build
from pyotp import TOTP
from tests.notifiers.contract.services import HttpService, MailService, http_service, mail_service
from tests.support.browser import Browser
from tests.support.canaries import Canaries, Said, command_lines
from tests.support.command import run
from tests.support.gateway_scene import Scene, staged
from tests.support.health import eventually
from tests.support.places import the_postgres
from tests.support.server import HOST, PLAIN, Server, bearer

from wabawatch.meta.signature import sign
from wabawatch.settings import SETTINGS
from wabawatch.storage.sealed import Keyring

OUTSIDE = ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json")
PHONE = "+15550002222"
SPARED = ("keys.json", "simulator.log")
"""The key file holds the keys; the simulator is Meta"""


def settings_of(canaries: Canaries, mail: MailService, hook: HttpService) -> dict[str, str]:
    """Every secret that can be set is a canary."""
    plant = canaries.plant
    return {
        "WABAWATCH_APP_SECRET": f"{plant('app-secret')},{plant('older-app-secret')}",
        "WABAWATCH_APPS_SHOP_APP_SECRET": plant("app-secret-of-another"),
        "WABAWATCH_APPS_SHOP_VERIFY_TOKEN": plant("verify-token-of-another"),
        "WEBHOOK_VERIFY_TOKEN": plant("verify-token"),
        "WABAWATCH_API_TOKEN": plant("api-token"),
        "WABAWATCH_GATEWAY_TOKEN": plant("gateway-token"),
        "WHATSAPP_TOKEN": plant("whatsapp-token"),
        "SLACK_WEBHOOK_URL": f"{hook.url}/services/{plant('slack')}",
        "WABAWATCH_SMTP_URL": f"smtp://ops:{mail.password}@{HOST}:{mail.port}",
        "ALERT_EMAIL": "ops@example.com",
        "WABAWATCH_MAIL_FROM": "alerts@example.com",
        "WABAWATCH_CHANNELS_HOOK_KIND": "webhook",
        "WABAWATCH_CHANNELS_HOOK_URL": f"{hook.url}/hook/{plant('hook-path')}?key={plant('hook-query')}",
        "WABAWATCH_CHANNELS_HOOK_SECRET": plant("hook-secret"),
        "WABAWATCH_CHANNELS_MANY_KIND": "apprise",
        "WABAWATCH_CHANNELS_MANY_URL": f"json://ops:{plant('apprise')}@{HOST}:{hook.port}/",
        "WABAWATCH_CHANNELS_BOT_KIND": "slack",
        "WABAWATCH_CHANNELS_BOT_TOKEN": plant("slack-bot"),
        "WABAWATCH_CHANNELS_BOT_CHANNEL": "C012AB3CD",
        "WABAWATCH_CHANNELS_BOT_ENABLED": "false",  # it would ask Slack
        "WABAWATCH_ARCHIVE_BUCKET": "s3://archive/here",
        "WABAWATCH_ARCHIVE_BUCKET_ENDPOINT": hook.url,
        "WABAWATCH_ARCHIVE_BUCKET_REGION": "here",
        "WABAWATCH_ARCHIVE_BUCKET_ACCESS_KEY": "its-id",
        "WABAWATCH_ARCHIVE_BUCKET_SECRET_KEY": plant("bucket-secret"),
        "WABAWATCH_HEARTBEAT_URL": f"{hook.url}/ping/{plant('heartbeat')}",
        "WABAWATCH_CHECKS_SHOP_URL": f"{hook.url}/health/{plant('check-url')}",
        "WABAWATCH_CHECKS_SHOP_HEADERS": f"Authorization: Bearer {plant('check-header')}",
        "WABAWATCH_FORWARD_CRM_URL": f"{hook.url}/crm/{plant('forward-url')}",
        "WABAWATCH_FORWARD_CRM_APP": "default",
        "WABAWATCH_FORWARD_CRM_SECRET": plant("forward-secret"),
        "WABAWATCH_OIDC_ISSUER": "https://127.0.0.1:9",
        "WABAWATCH_OIDC_CLIENT_ID": "wabawatch",
        "WABAWATCH_OIDC_CLIENT_SECRET": plant("oidc-secret"),
        "WABAWATCH_OIDC_DEFAULT_ROLE": "viewer",
        "WABAWATCH_ALLOW_PRIVATE_URLS": HOST,
        "WABAWATCH_CHECK_INTERVAL": "1",
        "WABAWATCH_CHECK_TIMEOUT": "1",
        "WABAWATCH_STATUS_FEED": "false",
        "WABAWATCH_GROUP_WAIT": "0",
        "WABAWATCH_POLL_CALLS_PER_HOUR": "5000",
    }


Headers: TypeAlias = dict[str, str]


@dataclass
class Watched:
    """A real server, those whom it tells, and everything that it said."""

    scene: Scene
    mail: MailService
    hook: HttpService
    canaries: Canaries
    control: Canaries
    """Whatever is planted here must be found: the search works"""
    said: Said = field(default_factory=Said)

    @property
    def server(self) -> Server:
        return self.scene.server

    @property
    def token(self) -> str:
        return self.server.settings["WABAWATCH_API_TOKEN"]

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes = b""
    ) -> httpx.Response:
        """Ask the server, and keep its answer."""
        answer = httpx.request(method, self.server.url + path, headers=headers, content=content, **PLAIN)
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        self.said.add(f"{method} {path.partition('?')[0]}", head.encode() + answer.content)
        return answer

    def command(self, *arguments: str) -> str:
        """Run a command, and keep what it printed. Gives its stdout."""
        done = run(self.server.folder, *arguments, settings=self.server.settings)
        self.said.add(" ".join(arguments), done.stdout + done.stderr)
        return done.stdout


@contextmanager
def watched(folder: Path, more: Callable[[Canaries], dict[str, str]] = lambda _: {}) -> Iterator[Watched]:
    if not (BUILT / "manifest.json").is_file():
        build()
    canaries = Canaries()
    with mail_service(canaries.plant("smtp-password")) as mail, http_service() as hook:
        hook.echoes = True  # it throws everything back that it was sent
        settings = settings_of(canaries, mail, hook) | more(canaries)
        token = settings["WHATSAPP_TOKEN"]
        # Not a fork of ours: its command line is its own.
        with staged(folder, settings, 100, starts=False, token=token, under=("/usr/bin/env",)) as scene:
            scene.server.settings["WABAWATCH_PUBLIC_URL"] = scene.server.url
            yield Watched(scene, mail, hook, canaries, Canaries())


@pytest.mark.timeout(200)
def test_nothing_secret_is_said_or_written(tmp_path: Path) -> None:
    with watched(tmp_path) as found, command_lines() as lines:
        found.server.start()
        plant_keys(found)
        browser = somebody_signs_in(found)
        traffic(found)
        strangers(found)
        channels_work_and_fail(found)
        everything_is_asked(found, browser)
        commands(found)
        found.server.terminate()

        assert {*found.control.found_below(tmp_path)} >= {"data/wabawatch.db", "all.csv", "kept/wabawatch.db"}
        assert "GET /api/v1/messages" in found.said.found(found.control)
        assert found.said.found(found.canaries) == {}
        assert found.canaries.found_below(tmp_path, *SPARED) == {}
        ours = {line for line in lines if b"simulate" not in line}
        assert any(b"serve" in line for line in ours)
        assert [line for line in ours if found.canaries.found_in(line)] == []
        assert [mail for mail in found.mail.raw if found.canaries.found_in(mail)] == []
        bodies = [request.body for request in found.hook.requests if not request.path.startswith("/crm/")]
        assert bodies
        assert [body for body in bodies if found.canaries.found_in(body)] == []


def test_nor_on_postgresql_though_it_goes_away_meanwhile(tmp_path: Path) -> None:
    """What the database makes of it: its tables, what it says, what is said when it is gone, and a backup of it."""
    postgres, keys = the_postgres(), Keyring.generate()
    name = postgres.create()

    def more(canaries: Canaries) -> dict[str, str]:
        for key in json.loads(keys.to_json())["keys"].values():
            canaries.plant("key", key)
        url = postgres.url(name).replace("postgres@", f"postgres:{canaries.plant('database-password')}@")
        return {"DATABASE_URL": url, "WABAWATCH_KEYS": keys.to_json()}

    with watched(tmp_path, more) as found:
        found.server.start()
        somebody_signs_in(found)
        traffic(found)
        strangers(found)
        postgres.shut(name)
        for path in ("/healthz", "/metrics", "/api/v1/status", "/api/v1/messages"):
            found.ask("GET", path, bearer(found.token))
        found.command("status")
        postgres.open(name)
        eventually(lambda: found.ask("GET", "/api/v1/messages", bearer(found.token)).status_code == 200)
        for words in ("doctor --json", "keys list", "audit verify"):
            found.command(*words.split())
        found.command("backup", str(tmp_path / "kept"))
        found.server.terminate()
        (tmp_path / "postgres.log").write_text(postgres.log)
        (tmp_path / "tables.dump").write_bytes(postgres.dump(name))

        assert {*found.control.found_below(tmp_path)} >= {"tables.dump", "kept/wabawatch.db"}
        assert found.said.found(found.canaries) == {}
        assert found.canaries.found_below(tmp_path, *SPARED) == {}
    postgres.drop(name)


def test_every_secret_that_can_be_set_is_planted() -> None:
    with mail_service("") as mail, http_service() as hook:
        planted = {*settings_of(Canaries(), mail, hook), "DATABASE_URL", "WABAWATCH_KEYS"}

    patterns = [each.name.replace("<name>", "[A-Z]+") for each in SETTINGS if each.kind.is_secret]
    assert [each for each in patterns if not any(re.fullmatch(each, name) for name in planted)] == []


def plant_keys(found: Watched) -> None:
    for key_id, key in json.loads((found.server.folder / "data" / "keys.json").read_text())["keys"].items():
        found.canaries.plant(f"key-{key_id}", key)


def somebody_signs_in(found: Watched) -> Browser:
    """With a password, a second factor and recovery codes, which are canaries from then on, as the link was."""
    link = re.findall(r"http://\S+(/setup/\S+)", found.server.log)[-1]
    browser, password = Browser(url=found.server.url), found.canaries.plant("password")
    browser.submit(link, name="ann", password=password, again=password)
    browser.submit("/account", "/account/totp", current=password)
    (seed,) = re.findall(r"Key: <code>(\w+)</code>", browser.get("/account").text)
    found.canaries.plant("totp-seed", seed)
    codes = browser.submit("/account", "/account/totp/confirm", code=TOTP(seed).now())
    for number, code in enumerate(re.findall(r"<li><code>([^<]+)</code></li>", codes.text)):
        found.canaries.plant(f"recovery-code-{number}", code)
    assert "recovery-code-0" in found.canaries.values
    for name, value in browser.cookies.items():
        found.canaries.plant(f"cookie-{name}", value)
    wrong = found.canaries.plant("wrong-password")
    Browser(url=found.server.url).sign_in("ann", wrong)
    Browser(url=found.server.url).sign_in(found.canaries.plant("password-typed-as-name"), wrong)
    return browser


def traffic(found: Watched) -> None:
    """Sends through the gateway, webhooks that come, and such as are refused or cannot be read."""
    given = found.server.settings
    door = bearer(given["WHATSAPP_TOKEN"]) | {"x-wabawatch-token": given["WABAWATCH_GATEWAY_TOKEN"]}
    send = {"messaging_product": "whatsapp", "to": PHONE, "type": "text", "text": {"body": "hello"}}
    path = f"/graph/v25.0/{found.scene.number}/messages"
    typed = door | {"content-type": "application/json"}
    assert found.ask("POST", path, typed, json.dumps(send).encode()).status_code == 200
    logged = {"phone_number": PHONE, "user_id": found.control.plant("user")}
    api = bearer(found.token) | {"content-type": "application/json"}
    assert found.ask("POST", "/api/v1/messages", api, json.dumps(logged).encode()).status_code < 300
    found.ask("POST", path, typed, b'{"to":')
    found.ask("GET", f"/graph/v25.0/{found.scene.number}?access_token={given['WHATSAPP_TOKEN']}", door)
    found.ask("POST", path, bearer(given["WABAWATCH_GATEWAY_TOKEN"]) | typed, json.dumps(send).encode())
    for body in (b"{", b'{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"odd"}]}]}'):
        for secret in given["WABAWATCH_APP_SECRET"].split(","):
            found.ask("POST", "/webhooks/whatsapp", {"x-hub-signature-256": sign(body, secret.encode())}, body)
    query = f"?hub.mode=subscribe&hub.challenge=1&hub.verify_token={given['WEBHOOK_VERIFY_TOKEN']}"
    assert found.ask("GET", "/webhooks/whatsapp" + query).text == "1"
    eventually(lambda: any(request.path.startswith("/crm/") for request in found.hook.requests))


def strangers(found: Watched) -> None:
    """Whoever shows the wrong thing may have shown a secret that belongs elsewhere."""
    plant, number = found.canaries.plant, found.scene.number
    found.ask("GET", f"/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1&hub.verify_token={plant('wrong-verify')}")
    found.ask("POST", "/webhooks/whatsapp", {"x-hub-signature-256": f"sha256={plant('wrong-signature')}"}, b"{}")
    found.ask("GET", "/api/v1/status", bearer(plant("wrong-api-token")))
    found.ask("GET", f"/api/v1/status?token={plant('token-in-a-query')}", bearer(found.token))
    door = {"x-wabawatch-token": plant("wrong-gateway-token")}
    found.ask("POST", f"/graph/v25.0/{number}/messages", door | bearer(plant("other-token")), b"{}")
    good = {"x-wabawatch-token": found.server.settings["WABAWATCH_GATEWAY_TOKEN"]}
    found.ask("POST", f"/graph/v25.0/{number}/messages", good | bearer(plant("dead-token")), b"{}")
    found.ask("GET", f"/graph/v25.0/{number}?access_token={plant('token-in-the-gateways-query')}", good)
    for path in ("/login/code", "/setup/" + plant("wrong-link"), "/nowhere/" + plant("wrong-path")):
        httpx.get(found.server.url + path, **PLAIN)  # an answer may repeat what a stranger asked for
    found.ask("POST", "/api/v1/messages", bearer(found.token), b'{"phone_number": 7}')


def channels_work_and_fail(found: Watched) -> None:
    """A test of each; the services throw back what they were sent, and refuse. Then an alert that all are told of."""
    for channel in ("many", "slack", "email", "hook"):
        for status, reply in ((403, "550 no"), (200, "250 OK")):
            found.hook.status, found.mail.replies["RCPT"] = status, reply
            tried = found.ask("POST", f"/api/v1/alerts/channels/{channel}/test", bearer(found.token))
            assert tried.json()["outcome"] == ("sent" if status == 200 else "refused"), tried.text
    assert found.ask("POST", "/api/v1/monitoring/start", bearer(found.token)).status_code < 300
    # Of the check that always fails: it is asked with GET, which the service does not know.
    eventually(lambda: any(b"alert.firing" in request.body for request in found.hook.requests))
    eventually(lambda: len(found.mail.mails) > 1)


def everything_is_asked(found: Watched, browser: Browser) -> None:
    """Every page that a link leads to, every part of the API that can be read, an export."""
    document = found.ask("GET", "/openapi.json").json()
    for path, methods in document["paths"].items():
        if "get" in methods and "{" not in path:
            found.ask("GET", path if path in OUTSIDE else f"/api/v1{path}", bearer(found.token))
    for path in OUTSIDE:
        found.ask("GET", path, bearer(found.token))
    order = json.dumps({"format": "jsonl", "unmask": True}).encode()
    found.ask("POST", "/api/v1/exports", bearer(found.token) | {"content-type": "application/json"}, order)
    made = found.ask("POST", "/api/v1/exports", bearer(found.token), b'{"format": "xlsx"}')
    assert made.status_code < 300, made.text
    eventually(lambda: found.ask("GET", "/api/v1/exports", bearer(found.token)).text.count('"done"') == 2, 30)
    cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    waiting, seen, alike = ["/"], {"/"}, Counter[tuple[str, ...]]()
    while waiting:
        path = waiting.pop()
        alike[kind_of(path)] += 1
        if alike[kind_of(path)] > 2:
            continue
        page = found.ask("GET", path, cookies)
        links = {link.partition("?")[0] for link in re.findall(r'(?:href|hx-get)="(/[^"#]*)"', page.text)}
        new = {link for link in links - seen if not link.startswith(("/static", "/live", "/runbooks"))}
        seen |= new
        waiting += sorted(new)
    assert {"/settings", "/users", "/audit", "/system", "/webhooks/forwarding/crm", "/alerts/rules"} <= seen


def kind_of(path: str) -> tuple[str, ...]:
    """Pages of one kind show the same of different things."""
    parts = path.split("/")[1:]
    return (*parts[: 2 if parts[0] == "parts" else 1], str(len(parts)))


def commands(found: Watched) -> None:
    """What prints, and what writes files."""
    made = run(found.server.folder, "tokens", "create", "shop", "--scope", "read", "--json")
    token = json.loads(made.stdout)["token"]
    found.canaries.plant("made-token", token)
    found.ask("GET", "/api/v1/status", bearer(token))
    for words in ("doctor --json", "alerts channels", "forward list", "checks run shop", "keys list", "audit verify"):
        found.command(*words.split())
    found.command("backup", str(found.server.folder / "kept"))
    found.command("export", "-o", str(found.server.folder / "all.csv"), "--unmask")
    found.command("logs", "--contact", PHONE, "--unmask")
    held = found.command("logs", "--contact", PHONE, "--unmask", "--json")
    assert PHONE.removeprefix("+") in held
    trail = found.command("audit", "export")
    assert '"messages_unmasked"' in trail
    assert re.findall(f"wamid|{PHONE[1:]}", trail) == [], "no person's number, no message's id"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("DATABASE_URL", "mysql://ops:{}@db.example/wabawatch"),
        ("DATABASE_URL", "postgresql://ops:{}@127.0.0.1:9/wabawatch"),
        ("DATABASE_URL", "postgresql://ops:{}@127.0.0.1:port/wabawatch"),
        ("WABAWATCH_SMTP_URL", "smtp://ops:{}@mail.example:port"),
        ("WABAWATCH_SMTP_URL", "http://ops:{}@mail.example"),
        ("SLACK_WEBHOOK_URL", "ftp://hooks.example/{}"),
        ("WABAWATCH_HEARTBEAT_URL", "ping.example/{}"),
        ("WABAWATCH_CHANNELS_HOOK_URL", "hook.example/{}"),
        ("WABAWATCH_CHANNELS_HOOK_SECRET", "whsec_{}"),
        ("WABAWATCH_FORWARD_CRM_URL", "crm.example/{}"),
        ("WABAWATCH_CHECKS_SHOP_HEADERS", "{}"),
        ("WHATSAPP_TOKEN_FILE", "{}"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_without_its_value(tmp_path: Path, setting: str, value: str) -> None:
    canaries, said = Canaries(), Said()
    given = {setting: value.format(canaries.plant("secret"))}
    if setting.startswith("WABAWATCH_CHANNELS"):
        given["WABAWATCH_CHANNELS_HOOK_KIND"] = "webhook"

    for command in ("serve", "status", "doctor"):
        done = run(tmp_path, command, settings=given)
        said.add(command, done.stdout + done.stderr)
        assert done.returncode == 1

    assert said.found(canaries) == {}
    assert canaries.found_below(tmp_path) == {}
