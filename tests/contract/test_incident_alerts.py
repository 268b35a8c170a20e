"""Incidents and the alerts that they raise, each found from the other, on every database."""

from __future__ import annotations

from typing import cast

import pytest

from tests.support.alert_books import look
from tests.support.books import HandClock
from tests.support.checks import MINUTE, NOW, Watch
from tests.support.places import Place
from wabawatch.app_alerts import stands
from wabawatch.domain.alert_rules import BY_NAME
from wabawatch.domain.checks import Failure
from wabawatch.domain.readings_own import check_readings
from wabawatch.domain.rule_set import RuleSet
from wabawatch.flows.alert_desk import AlertDesk
from wabawatch.flows.looking_rates import RateLooks
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.web.answers_uptime import incident_answer


class Both:
    """Checks that are looked at, and alerts about them."""

    def __init__(self, place: Place) -> None:
        database = place.database()
        self.watch = Watch(database, HandClock(NOW))
        self.book = SqlAlerts(database)
        self.desk = AlertDesk(self.book, RuleSet(), cast(RateLooks, None), self.watch.clock)

    def run(self, minutes: int) -> None:
        """Let minutes pass, and look at the checks."""
        self.watch.run(minutes * MINUTE)
        now = self.watch.clock.now()
        for name, reading in check_readings([stands(each) for each in self.watch.books.views(now)], now):
            look(self.book, BY_NAME[name], reading)


@pytest.fixture
def both(place: Place) -> Both:
    return Both(place)


def test_an_incident_shows_its_alert_and_the_alert_its_incident(both: Both) -> None:
    both.run(5)
    both.watch.crew.failing["graph"] = Failure.TIMEOUT
    both.run(5)

    (incident,) = both.watch.desk.incidents(1)
    (alert,) = both.book.open()
    assert (alert.rule, alert.incidents) == ("API_ENDPOINT_DOWN", (incident.id,))
    assert both.watch.desk.incidents_of(alert) == [incident]
    raised = both.desk.of_incidents([incident])
    assert raised == {incident.id: [alert]}
    shown = incident_answer(incident, NOW, raised).alerts
    assert [(each.id, each.type, each.status) for each in shown] == [(alert.key, "API_ENDPOINT_DOWN", "firing")]


def test_an_incident_that_raised_nothing_shows_nothing(both: Both) -> None:
    both.run(5)
    both.watch.crew.failing["database"] = Failure.TIMEOUT  # no rule of this kind is asked here
    both.watch.run(5 * MINUTE)

    (incident,) = both.watch.desk.incidents(1)

    assert both.desk.of_incidents([incident]) == both.desk.of_incidents([]) == {}
