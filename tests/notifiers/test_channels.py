"""Channels from settings, signatures, Slack's threads and limits, and channels that other packages bring."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from tests.notifiers.contract.services import http_service
from tests.notifiers.contract.subjects import HERE, TAKEN, made
from tests.notifiers.notices import DELIVERY, EXAMPLES, notice
from wabawatch import settings_channels
from wabawatch.domain.notices import Delivered, Notice, NoticeKind, Outcome
from wabawatch.kinds import Secret
from wabawatch.notifiers import channels
from wabawatch.notifiers.answers import secrets_of, without
from wabawatch.notifiers.page import page_of
from wabawatch.notifiers.posting import Poster
from wabawatch.notifiers.slack import SlackBot
from wabawatch.notifiers.slack_blocks import MOST_BLOCKS, blocks_of
from wabawatch.notifiers.webhook import Webhook, key_of, signature
from wabawatch.notifying_ports import Notifier
from wabawatch.settings import Settings, SettingsError, load
from wabawatch.settings_channels import Channel

FIRING, RESOLVED = EXAMPLES["firing"], EXAMPLES["resolved"]


def test_a_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification, as its reference libraries test it.
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    assert (
        signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_a_receiver_can_check_each_attempt_by_its_own_time() -> None:
    with http_service() as service:
        times = iter((1_000.9, 2_000.1))
        channel = Webhook(service.url, "shared secret", Poster(HERE), now=lambda: next(times))
        channel.deliver(FIRING, "")
        channel.deliver(FIRING, "")

    first, again = service.requests
    assert first.headers["webhook-id"] == again.headers["webhook-id"] == FIRING.key
    assert (first.headers["webhook-timestamp"], again.headers["webhook-timestamp"]) == ("1000", "2000")
    for request in service.requests:
        signed = f"{FIRING.key}.{request.headers['webhook-timestamp']}.".encode() + request.body
        digest = hmac.digest(b"shared secret", signed, hashlib.sha256)
        assert request.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert json.loads(first.body)["data"]["alerts"][0]["scope"]["waba"] == "102290129340398"


def test_later_notices_answer_the_first_in_slack() -> None:
    with http_service() as service:
        service.body = TAKEN
        bot = SlackBot("xoxb-1", "C012AB3CD", Poster(HERE), url=service.url)
        thread = bot.deliver(FIRING, "").thread
        bot.deliver(EXAMPLES["reminder"], thread)
        bot.deliver(RESOLVED, thread)

    first, reminder, end = (json.loads(request.body) for request in service.requests)
    assert "thread_ts" not in first
    assert (reminder["thread_ts"], reminder["reply_broadcast"]) == ("1795256100.000200", False)
    assert (end["thread_ts"], end["reply_broadcast"]) == ("1795256100.000200", True)
    assert service.requests[0].headers["authorization"] == "Bearer xoxb-1"


@pytest.mark.parametrize("length", [1, 200, 100_000])
@pytest.mark.parametrize("alerts", [1, 4, 20])
def test_blocks_stay_within_slacks_limits(alerts: int, length: int) -> None:
    told = replace(DELIVERY, title="<&>" * length, about="*" * length, words="word " * length)
    by_type = tuple((f"RULE_{n}", n) for n in range(40))

    blocks = blocks_of(page_of(notice(NoticeKind.FIRING, *[told] * alerts, total=500, by_type=by_type)))

    assert len(blocks) <= MOST_BLOCKS
    assert len(json.dumps(blocks, ensure_ascii=False)) < 13_200
    for block in blocks:
        texts = [block.get("text"), *block.get("elements", ())]
        most = 150 if block["type"] == "header" else 3_000
        assert all(0 < len(text["text"]) <= most for text in texts if text)


def test_what_does_not_fit_in_slack_is_counted() -> None:
    told = replace(DELIVERY, value=None, words="word " * 90)

    texts = [
        block["text"]["text"]
        for block in blocks_of(page_of(notice(NoticeKind.FIRING, *[told] * 20)))
        if "text" in block
    ]

    shown = sum("Delivery rate low" in text for text in texts[1:])
    assert f"{20 - shown} more did not fit here." in texts


def given(**env: str) -> Settings:
    return load({f"WABAWATCH_CHANNELS_{name}": value for name, value in env.items() if name.isupper()})


def test_alert_email_and_slack_webhook_url_alone_are_channels() -> None:
    settings = load(
        {"ALERT_EMAIL": "a@x.example, b@x.example", "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T"}
    )

    found = settings.all_channels
    assert list(found) == ["email", "slack"]
    assert (found["email"].kind, found["email"].to) == ("email", ("a@x.example", "b@x.example"))
    assert found["slack"].url == Secret("https://hooks.slack.com/services/T")


def test_a_section_of_that_name_adds_to_it() -> None:
    settings = load({"ALERT_EMAIL": "a@x.example", "WABAWATCH_CHANNELS_EMAIL_TIME_ZONE": "Europe/Berlin"})

    assert settings.all_channels["email"].time_zone == "Europe/Berlin"
    assert settings.all_channels["email"].to == ("a@x.example",)


def test_a_disabled_channel_is_none() -> None:
    assert not load({"ALERT_EMAIL": "a@x.example", "WABAWATCH_CHANNELS_EMAIL_ENABLED": "no"}).all_channels


@pytest.mark.parametrize(
    ("env", "wrong"),
    [
        ({"OPS_TO": "a@x.example"}, "channels.ops.kind: missing"),
        ({"OPS_KIND": "pager"}, "channels.ops.kind: 'pager' is none of email, slack, webhook, apprise"),
        ({"OPS_KIND": "email"}, "channels.ops.to: missing"),
        ({"OPS_KIND": "slack"}, "channels.ops.url: missing"),
        ({"OPS_KIND": "slack", "OPS_TOKEN": "xoxb-s3cr3t"}, "channels.ops.channel: missing"),
        ({"OPS_KIND": "slack", "OPS_TOKEN": "xoxb-s3cr3t", "OPS_URL": "https://s3cr3t"}, "it does not go with url"),
        ({"OPS_KIND": "webhook", "OPS_URL": "s3cr3t"}, "channels.ops.url: it is not a web address"),
        ({"OPS_KIND": "webhook", "OPS_URL": "https://x", "OPS_SECRET": "whsec_s3cr3t!"}, "channels.ops.secret: "),
        ({"OPS_KIND": "apprise", "OPS_URL": "s3cr3t"}, "channels.ops.url: missing, or no address as Apprise writes it"),
    ],
)
def test_what_is_wrong_with_a_channel_is_told_at_the_start(env: dict[str, str], wrong: str) -> None:
    with pytest.raises(SettingsError) as error:
        given(**env)

    assert wrong in str(error.value)
    assert "s3cr3t" not in str(error.value)


class Pager:
    """A channel of another package."""

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        """Take it."""
        return Delivered(Outcome.SENT, f"paged about {notice.key}")


def make_pager(channel: Channel, means: channels.Means) -> Notifier:
    """As another package would."""
    return Pager()


def test_another_package_can_bring_a_kind_of_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("pager", f"{__name__}:make_pager", settings_channels.OUTSIDE)

    def installed(group: str, name: str = "pager") -> EntryPoints:
        return EntryPoints([entry]).select(group=group, name=name)

    monkeypatch.setattr(settings_channels, "entry_points", installed)
    monkeypatch.setattr(channels, "entry_points", installed)

    [channel] = given(OPS_KIND="pager").all_channels.values()

    assert made(channel).deliver(FIRING, "").detail == f"paged about {FIRING.key}"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("https://hooks.slack.com/services/T0123/B0123/Xyz9", {"T0123", "B0123", "Xyz9"}),
        ("https://user:p%40ss@desk.example.com:8443/in?token=abcd", {"p%40ss", "p@ss", "user", "abcd"}),
        ("https://desk.example.com?k=abcdef", {"abcdef"}),
    ],
)
def test_every_part_of_an_address_but_its_host_may_be_secret(url: str, secrets: set[str]) -> None:
    found = set(secrets_of(url))

    assert secrets <= found
    assert not {"hooks.slack.com", "desk.example.com", "in"} & found


def test_a_secret_is_taken_out_in_every_form() -> None:
    text = "s3/cr=t s3%2Fcr%3Dt s3/cr%3Dt czMvY3I9dA== Bearer abc.def https://u:p@host/x?y=z"

    assert without(["s3/cr=t"], text) == "… … … … Bearer … https://host/x?…"
