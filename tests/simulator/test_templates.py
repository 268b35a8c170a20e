"""Templates at the Graph endpoints: what clients do to them, what is commanded, what is told, and what is true."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.simulator.scenes import START, simulation, values
from tests.simulator.test_commands import command, error, get, told, waba
from tests.simulator.test_graph import CALM, call, send, text

from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import PostWebhook
from wabawatch.simulator.world import Template

STATUS = "message_template_status_update"
NEW = {
    "name": "fresh_news",
    "language": "de",
    "category": "UTILITY",
    "components": [{"type": "BODY", "text": "Hallo"}],
}


@pytest.fixture
def made() -> Simulation:
    made = simulation(messages=0, mix=CALM)
    tuple(made.steps())
    return made


def one(made: Simulation) -> Template:
    return made.world.usable[waba(made)][0]


def listed(made: Simulation, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(made, f"{waba(made)}/message_templates?limit=100&{query}").json()["data"]
    return found


def create(made: Simulation, **more: Any) -> httpx.Response:
    return call(made, "POST", f"/v25.0/{waba(made)}/message_templates", json=NEW | more)


def sent(made: Simulation, name: str, language: str) -> httpx.Response:
    return send(made, text(type="template", template={"name": name, "language": {"code": language}}))


def states(made: Simulation, template_id: str) -> list[tuple[str, int | None]]:
    every = call(made, "GET", "/truth").json()["templates"]
    found = next(each for each in every if each["id"] == template_id)
    return [(state["status"], state["told_at"]) for state in found["states"]]


def test_a_template_is_created_approved_and_sent(made: Simulation) -> None:
    new = create(made).json()
    pending = error(sent(made, "fresh_news", "de"))[0]
    command(made, "template", id=new["id"], status="APPROVED")

    assert (new["status"], new["category"], pending) == ("PENDING", "UTILITY", 132001)
    assert sent(made, "fresh_news", "de").status_code == 200
    assert [one["event"] for one in told(made, STATUS)] == ["APPROVED"]
    assert states(made, new["id"]) == [("PENDING", None), ("APPROVED", START)]


@pytest.mark.parametrize(
    ("wrong", "subcode"),
    [
        ({"name": ""}, 0),
        ({"name": "Ünfit"}, 0),
        ({"category": "SPAM"}, 0),
        ({"components": []}, 0),
    ],
)
def test_a_template_out_of_form_is_not_created(made: Simulation, wrong: dict[str, Any], subcode: int) -> None:
    assert error(create(made, **wrong)) == (100, subcode)


def test_a_name_is_taken_once_a_language(made: Simulation) -> None:
    create(made)

    assert error(create(made)) == (100, 2388024)
    assert create(made, language="fr").status_code == 200


def test_an_edited_template_is_reviewed_anew(made: Simulation) -> None:
    path, body = f"/v25.0/{one(made).id}", {"components": [{"type": "BODY", "text": "Hi {{1}}"}]}

    assert call(made, "POST", path, json=body).json()["success"] is True
    assert call(made, "GET", path).json()["status"] == "PENDING"
    assert error(call(made, "POST", path, json=body)) == (100, 2388039)
    assert told(made, "message_template_components_update")[0]["message_template_element"] == "Hi {{1}}"


def test_deleting_a_name_deletes_all_its_languages_or_one(made: Simulation) -> None:
    ids = [create(made, language=language).json()["id"] for language in ("de", "fr", "es")]
    path = f"/v25.0/{waba(made)}/message_templates?name=fresh_news"
    call(made, "DELETE", f"{path}&hsm_id={ids[1]}")
    left = [found["id"] for found in listed(made, "name=fresh_news")]
    call(made, "DELETE", path)

    assert (left, listed(made, "name=fresh_news")) == ([ids[0], ids[2]], [])
    assert error(call(made, "DELETE", path)) == (100, 2593002)
    assert [found["event"] for found in told(made, STATUS)] == ["DELETED"] * 3


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        ("status=PAUSED", lambda found: found["status"] == "PAUSED"),
        ('status=["PAUSED","REJECTED"]', lambda found: found["status"] in ("PAUSED", "REJECTED")),
        ("category=MARKETING,UTILITY", lambda found: found["category"] in ("MARKETING", "UTILITY")),
        ("language=de", lambda found: found["language"] == "de"),
        ("name=order", lambda found: "order" in found["name"]),
        ("name_or_content=order", lambda found: "order" in found["name"]),
    ],
)
def test_a_list_can_be_filtered(made: Simulation, query: str, passes: Any) -> None:
    command(made, "template", id=one(made).id, status="PAUSED")
    create(made)

    assert listed(made, query) == [found for found in listed(made) if passes(found)]


def test_a_list_of_what_changed_since(made: Simulation) -> None:
    later = START // 1_000 + 1

    assert listed(made, f"since={later}") == []
    assert listed(made, f"since={later - 1}") == listed(made)


def test_pages_lead_to_the_next_and_a_summary_counts(made: Simulation) -> None:
    path = f"/v25.0/{waba(made)}/message_templates?limit=5&summary=total_count,message_template_limit"
    first = call(made, "GET", path).json()
    names, page = [found["id"] for found in first["data"]], first
    while "next" in page["paging"]:
        page = call(made, "GET", page["paging"]["next"]).json()
        names += [found["id"] for found in page["data"]]

    assert names == [found["id"] for found in listed(made)]
    assert first["summary"] == {"total_count": len(names), "message_template_limit": 6_000}


@pytest.mark.parametrize(("status", "code"), [("PAUSED", 132015), ("DISABLED", 132016), ("REJECTED", 132001)])
def test_a_template_that_may_not_be_sent_is_refused_and_counts_as_rejected(
    made: Simulation, status: str, code: int
) -> None:
    command(made, "template", id=one(made).id, status=status)

    assert error(sent(made, one(made).name, one(made).language))[0] == code
    assert made.totals()["rejected"] == 1


def test_a_paused_template_is_unpaused_by_its_owner(made: Simulation) -> None:
    path = f"/v25.0/{one(made).id}/unpause"
    command(made, "template", id=one(made).id, status="PAUSED")

    assert call(made, "POST", path).json() == {"success": True}
    assert error(call(made, "POST", path))[0] == 100
    assert [found["other_info"]["title"] for found in told(made, STATUS)] == ["FIRST_PAUSE", "UNPAUSE"]


def test_a_change_known_by_poll_only_is_not_told(made: Simulation) -> None:
    command(made, "template", id=one(made).id, status="PAUSED", told=False)

    assert tuple(made.steps()) == ()
    assert get(made, one(made).id).json()["status"] == "PAUSED"
    assert states(made, one(made).id)[-1] == ("PAUSED", None)


def test_a_change_told_late_says_when_it_happened(made: Simulation) -> None:
    command(made, "template", id=one(made).id, status="PAUSED", late_s=600)

    (step,) = made.steps()

    assert isinstance(step, PostWebhook)
    assert step.at == START + 600_000
    assert json.loads(step.body)["entry"][0]["time"] == START // 1_000
    assert states(made, one(made).id)[-1] == ("PAUSED", START + 600_000)


def test_rejection_disabling_and_rating_are_told_with_what_belongs_to_them(made: Simulation) -> None:
    first, second = made.world.usable[waba(made)][:2]
    command(made, "template", id=first.id, status="REJECTED", reason="SCAM", quality="RED")
    command(made, "template", waba=second.waba, name=second.name, language=second.language, status="DISABLED")

    steps = tuple(made.steps())
    rejected, disabled = values(steps, STATUS)

    assert (rejected["reason"], disabled["disable_info"]) == ("SCAM", {"disable_date": START // 1_000})
    assert get(made, f"{first.id}?fields=rejected_reason").json()["rejected_reason"] == "SCAM"
    assert values(steps, "message_template_quality_update")[0]["new_quality_score"] == "RED"


def test_a_category_is_noticed_first_and_then_changed(made: Simulation) -> None:
    utility = next(each for each in made.world.usable[waba(made)] if each.category == "utility")
    command(made, "template", id=utility.id, correct_category="MARKETING")
    noticed = get(made, f"{utility.id}?fields=category,correct_category").json()
    command(made, "template", id=utility.id, category="MARKETING")

    notice, change = told(made, "template_category_update")

    assert (noticed["category"], noticed["correct_category"]) == ("UTILITY", "MARKETING")
    assert (notice["new_category"], notice["correct_category"]) == ("UTILITY", "MARKETING")
    assert (change["previous_category"], change["new_category"]) == ("UTILITY", "MARKETING")
    assert get(made, f"{utility.id}?fields=category,previous_category").json()["previous_category"] == "UTILITY"


def test_a_command_for_no_template_is_not_obeyed(made: Simulation) -> None:
    assert call(made, "POST", "/control/template", json={"id": "404", "status": "PAUSED"}).status_code == 400
