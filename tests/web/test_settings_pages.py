"""`/settings`: what holds and where it comes from; channels tried; API tokens made and revoked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape

import pytest
from tests.support.installed import Installed

from wabawatch.domain.notices import Delivered, Notice, Outcome
from wabawatch.flows.channel_desk import Fitted

TOML = """
[thresholds]
failure_rate = "4%"
[channels.ops]
kind = "webhook"
url = "https://hooks.example.com/T0PSECRET"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
[forward.shop]
url = "https://user:T0PSECRET@shop.example.com/T0PSECRET"
app = "*"
"""
SECRETS = {
    "WHATSAPP_TOKEN": "T0PSECRET-token",
    "WABAWATCH_APP_SECRET": "T0PSECRET-one,T0PSECRET-two",
    "WEBHOOK_VERIFY_TOKEN": "T0PSECRET-verify",
    "WABAWATCH_API_TOKEN": "T0PSECRET-api-token",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0PSECRET",
    "WABAWATCH_POLL_CALLS_PER_HOUR": "0",
}


class Taken:
    """A channel that takes what it is given, or does not."""

    def __init__(self) -> None:
        self.outcome = Delivered(Outcome.SENT, "taken")

    def deliver(self, _notice: Notice, _thread: str) -> Delivered:
        return self.outcome


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("settings")
    toml = folder / "wabawatch.toml"
    toml.write_text(TOML)
    place = Installed(folder / "data", toml, WABAWATCH_MIN_SAMPLE="50", **SECRETS)
    yield place
    place.system.close()


def rows(place: Installed, query: str = "") -> dict[str, str]:
    """What is said of each setting, by its key."""
    text = place.browser().get(f"/settings{query}").text
    found = re.findall(r"<br><code>([^<]+)</code></th>(.*?)</tr>", text, re.S)
    return {key: " ".join(unescape(re.sub(r"<[^>]+>", " ", rest)).split()) for key, rest in found}


def test_every_setting_says_what_holds_and_where_it_comes_from(place: Installed) -> None:
    told = rows(place)

    assert told["thresholds.delivery_rate"].startswith("95 % default Set DELIVERY_RATE_THRESHOLD in the environment")
    assert told["thresholds.failure_rate"] == (
        "4 % wabawatch.toml default: 5 % Change thresholds.failure_rate in wabawatch.toml."
    )
    assert told["thresholds.min_sample"].startswith("50 the environment default: 30 Change WABAWATCH_MIN_SAMPLE where")
    assert told["storage.body_retention_days"].startswith("7 days default")
    assert told["monitoring.enabled"].startswith("yes default")
    assert told["uptime.enabled"].startswith("no the environment default: yes")
    assert told["forward.shop.url"].startswith("Set: https://shop.example.com/… wabawatch.toml Change forward.shop.url")


def test_secrets_are_set_and_never_shown(place: Installed) -> None:
    browser = place.browser()

    pages = "".join(browser.get(path).text for path in ("/settings", "/settings/channels", "/settings/tokens"))

    assert "T0PSECRET" not in pages
    assert "MfKQ9r8GKYq" not in pages
    told = rows(place)
    assert told["graph.token"].startswith("Set the environment")
    assert told["webhook.app_secret"].startswith("2 set the environment")
    assert told["monitoring.heartbeat_url"].startswith("Not set default")


def test_one_can_look_at_what_is_no_default_alone(place: Installed) -> None:
    told = rows(place, "?only=given")

    assert "thresholds.failure_rate" in told
    assert "thresholds.delivery_rate" not in told
    assert len(told) == sum("default Set" not in words for words in rows(place).values())


def test_a_channel_is_tried_and_the_page_says_how_it_went(place: Installed) -> None:
    taken, browser = Taken(), place.browser()
    channels = {name: Fitted(each.kind, each.place, taken) for name, each in place.system.channels.channels.items()}
    object.__setattr__(place.system.channels, "channels", channels)

    def tested() -> str:
        sent = browser.submit("/settings/channels", "/settings/channels/ops/test")
        assert sent.headers["location"] == "/settings/channels?tested=ops"
        return browser.get(sent.headers["location"]).text

    assert "The test was taken by ops" in tested()
    assert ">Works<" in browser.get("/settings/channels").text
    taken.outcome = Delivered(Outcome.REFUSED, "410: the address is gone")
    assert "The test did not arrive at ops: 410: the address is gone" in tested()
    assert "hooks.slack.com" in browser.get("/settings/channels").text
    assert (place.keeper.actor, "channel_tested", "ops") in place.deeds()
    assert browser.submit("/settings/channels", "/settings/channels/nobody/test").status_code == 404


def test_a_token_is_made_shown_once_and_revoked(place: Installed) -> None:
    browser, before = place.browser(), place.trail()

    made = browser.submit("/settings/tokens", name="shop", scope="read", lasts="90")

    secret = re.findall(r'value="(wabawatch_[\w-]+)"', made.text)[0]
    assert opens(place, secret)
    listed = browser.get("/settings/tokens").text
    assert secret not in listed
    assert re.search(r'<th scope="row">shop<br>.*?</th>\s*<td data-label="opens">read</td>', listed)
    assert "1 more stands in the settings" in listed
    (token,) = place.system.tokens.tokens.all()
    revoked = browser.submit("/settings/tokens", f"/settings/tokens/{token.id}/revoke")
    assert "within a second it opens nothing" in browser.get(revoked.headers["location"]).text
    place.turn(1_000)
    assert not opens(place, secret)
    assert place.deeds(before) == [
        (place.keeper.actor, "token_created", f"token:{token.id}"),
        (place.keeper.actor, "token_revoked", f"token:{token.id}"),
    ]


def opens(place: Installed, secret: str) -> bool:
    answer = place.browser().ask("GET", "/api/v1/status", {"authorization": f"Bearer {secret}"})
    assert json.loads(answer.text)
    return answer.status_code == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "", "scope": "read", "lasts": "90"}, "Name: up to 64 letters"),
        ({"name": "till", "lasts": "90"}, "Scope: choose at least one thing"),
        ({"name": "till", "scope": "root", "lasts": "90"}, "Scope: &#39;root&#39; is none of"),
        ({"name": "till", "scope": "read", "lasts": "7"}, "Lasts: choose how long it lasts"),
    ],
)
def test_what_is_wrong_with_a_token_is_said(place: Installed, fields: dict[str, str], said: str) -> None:
    before = place.trail()

    answer = place.browser().submit("/settings/tokens", **fields)

    assert answer.status_code == 422
    assert said in answer.text
    assert place.trail() == before


def test_a_token_that_is_not_there_is_not_found(place: Installed) -> None:
    assert place.browser().submit("/settings/tokens", "/settings/tokens/999/revoke").status_code == 404
