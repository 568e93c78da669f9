"""One cause shows in an application, its team and its model: one incident, of the narrowest."""

from datetime import timedelta
from itertools import permutations

import pytest

from cost_sentry.application.respond_to_anomaly import Response
from cost_sentry.domain.anomaly import Severity, minute_at, minute_number
from cost_sentry.domain.anomaly_rules import Action, AnomalyRule
from cost_sentry.domain.burn_minutes import Use
from cost_sentry.domain.incident import IncidentState, StepKind, scope_key
from cost_sentry.domain.model_id import base_model_id
from tests.fakes.admissions import DEAR
from tests.fakes.anomalies import BurnMeters
from tests.fakes.incident_desk import DOLLAR, FREEZE, SEARCH, TIGHTEN, Desk

CRITICAL = Severity.CRITICAL
WEB = {"team": "search", "application": "web"}
MODEL = {"model": base_model_id(DEAR)}
ALARM = {"usual": None, "seen": None, "percent": None, "how": ""}


@pytest.mark.parametrize("order", list(permutations([WEB, SEARCH, MODEL])))
def test_in_whatever_order_the_scopes_of_one_cause_are_told_it_is_one_incident(order):
    desk = Desk(FREEZE, scopes_per_hour_max=1)
    for scope in order:
        desk.see(scope=scope, severity=CRITICAL)
        desk.clock.advance(minutes=2)

    [incident] = desk.incidents.latest()
    assert len(desk.mails.mails) == 1
    [measure] = [one for one in desk.measures.on_record if one.is_in_force(desk.clock.now())]
    assert dict(measure.scope) == WEB, "what is acted on is the narrowest that explains it"
    assert incident.state is IncidentState.ACTING
    shown = {",".join(f"{k}={v}" for k, v in sorted(scope.items())) for scope in order}
    assert shown - {",".join(f"{k}={v}" for k, v in sorted(incident.scope.items()))} == set(
        incident.joined
    )


def test_another_cause_beside_it_is_an_incident_of_its_own():
    desk = Desk(FREEZE)
    desk.see(scope=WEB, severity=CRITICAL, usual=DOLLAR, seen=3 * DOLLAR)

    wide = desk.see(severity=CRITICAL, usual=3 * DOLLAR, seen=20 * DOLLAR)

    assert wide.response is Response.NEW
    assert len(desk.incidents.latest()) == 2


def test_what_goes_on_in_the_whole_though_its_part_is_frozen_has_another_cause():
    desk = Desk(FREEZE)
    desk.see(scope=WEB, severity=CRITICAL)
    desk.clock.advance(minutes=5)
    assert desk.see(severity=CRITICAL).response is Response.MORE, "joined"
    desk.clock.advance(minutes=6)

    assert desk.see(severity=CRITICAL).response is Response.NEW


def test_the_whole_is_acted_on_again_if_what_was_done_to_a_part_did_not_end_it():
    desk = Desk(FREEZE)
    desk.see(severity=CRITICAL)
    desk.clock.advance(minutes=2)
    desk.see(scope=WEB, severity=CRITICAL)
    assert dict(desk.standing().measure.scope) == WEB
    desk.clock.advance(minutes=11)

    wide = desk.see(severity=CRITICAL, is_compared=True).incident

    assert wide.step is StepKind.WORSE
    assert dict(wide.measure.scope) == SEARCH
    assert len(desk.in_force()) == 1


def test_a_part_is_slowed_to_its_own_usual_rate_by_its_own_rule():
    desk = Desk(AnomalyRule(scope={"application": "web"}, action=Action.FREEZE), TIGHTEN)
    desk.see()
    assert desk.in_force() == ["tighten"]
    desk.clock.advance(minutes=2)

    narrow = desk.see(scope=WEB, usual=2 * DOLLAR, seen=11 * DOLLAR).incident

    assert narrow.step is StepKind.ACTED, "it is news that more is done"
    assert (desk.in_force(), dict(narrow.measure.scope)) == (["freeze"], WEB)

    plain = Desk(TIGHTEN)
    plain.see()
    plain.clock.advance(minutes=2)
    slowed = plain.see(scope=WEB, usual=2 * DOLLAR, seen=11 * DOLLAR).incident
    assert (slowed.measure.amount, dict(slowed.measure.scope)) == (4 * DOLLAR, WEB)


def test_what_a_person_lifted_of_a_part_is_not_acted_on_in_the_whole_nor_the_other_way():
    for first, second in ((WEB, SEARCH), (SEARCH, WEB), (WEB, MODEL)):
        desk = Desk(FREEZE)
        desk.lift(desk.see(scope=first, severity=CRITICAL).incident.id)
        desk.clock.advance(minutes=5)

        assert desk.see(scope=second, severity=CRITICAL).response is Response.NONE
        assert desk.in_force() == []
        desk.clock.advance(minutes=60)
        assert desk.see(scope=second, severity=CRITICAL).response is Response.NEW


class TestAlarms:
    @pytest.fixture
    def desk(self):
        """Meters: web spends three dollars a minute on eight days, shop two."""
        desk = Desk(FREEZE)
        desk.meters = BurnMeters()
        self.spend(desk, web=3, shop=2, days=range(1, 8))
        return desk

    @staticmethod
    def spend(desk, *, web, shop, days=(0,)):
        for day in days:
            around = 40 if day else 8
            middle = minute_number(desk.clock.now() - day * timedelta(days=1))
            for minute in range(middle - around, middle + (around if day else 0)):
                for scope, dollars in (
                    (("application", "search/web"), web),
                    (("application", "search/shop"), shop),
                    (("team", "search"), web + shop),
                    (("model", DEAR), web + shop),
                ):
                    desk.meters.add(scope, minute, Use(10, dollars * DOLLAR, 1_000))

    @pytest.mark.parametrize("scope", [SEARCH, MODEL])
    def test_an_alarm_of_a_team_or_a_model_is_told_of_the_application_that_explains_it(
        self, desk, scope
    ):
        self.spend(desk, web=30, shop=2)

        done = desk.see(scope=scope, severity=CRITICAL, source="band", **ALARM).incident

        assert dict(done.scope) == WEB
        assert (done.usual, done.seen) == (3 * DOLLAR, 30 * DOLLAR)
        [measure] = desk.measures.on_record
        assert dict(measure.scope) == WEB

    @pytest.mark.parametrize("scope", [SEARCH, MODEL])
    def test_an_application_whose_record_nobody_can_read_explains_no_alarm(self, desk, scope):
        self.spend(desk, web=30, shop=2)
        desk.incidents.unreadable = frozenset({scope_key(WEB)})

        done = desk.see(scope=scope, severity=CRITICAL, source="band", **ALARM)

        assert (dict(done.incident.scope), desk.in_force()) == (scope, ["freeze"])
        assert len(desk.mails.mails) == 1
        assert done.unreadable == (scope_key(WEB),)

    def test_two_alarms_of_one_cause_are_one_incident(self, desk):
        self.spend(desk, web=30, shop=2)
        desk.see(scope=SEARCH, severity=CRITICAL, source="of-team", **ALARM)
        desk.see(scope=MODEL, severity=CRITICAL, source="of-model", **ALARM)

        [incident] = desk.incidents.latest()
        assert len(incident.joined) == 2
        assert len(desk.mails.mails) == 1

    def test_an_alarm_that_comes_when_its_cause_is_held_already_joins_it(self, desk):
        self.spend(desk, web=30, shop=2)
        desk.see(scope=WEB, severity=CRITICAL)
        desk.clock.advance(minutes=12)
        assert desk.meters.minutes(("team", "search"), minute_at(0), desk.clock.now())

        late = desk.see(scope=SEARCH, severity=CRITICAL, source="band", **ALARM)

        assert late.response is Response.MORE
        assert dict(late.incident.scope) == WEB

    def test_where_no_part_explains_it_the_whole_has_the_incident(self, desk):
        self.spend(desk, web=15, shop=14)

        done = desk.see(scope=SEARCH, severity=CRITICAL, source="band", **ALARM).incident

        assert dict(done.scope) == SEARCH

    def test_the_end_of_an_alarm_is_the_end_of_the_incident_that_it_opened(self, desk):
        desk.rules()
        self.spend(desk, web=30, shop=2)
        opened = desk.see(scope=SEARCH, source="band", **ALARM).incident
        desk.clock.advance(minutes=3)

        calm = desk.see(scope=SEARCH, source="band", has_ended=True, **ALARM).incident

        assert (calm.id, calm.step) == (opened.id, StepKind.CALMED)
        other = desk.see(scope=MODEL, source="other", has_ended=True, **ALARM)
        assert other.response is Response.NONE

    def test_what_a_person_lifted_of_the_whole_is_not_acted_on_in_its_part_when_it_fires_again(
        self, desk
    ):
        self.spend(desk, web=15, shop=14)
        whole = desk.see(scope=SEARCH, severity=CRITICAL, source="band", **ALARM).incident
        desk.lift(whole.id)
        desk.clock.advance(minutes=20)
        self.spend(desk, web=27, shop=2)

        again = desk.see(scope=SEARCH, severity=CRITICAL, source="band", **ALARM)

        assert again.response is Response.NONE
        assert desk.in_force() == []

    def test_while_the_meters_are_away_an_alarm_is_told_as_it_is(self, desk):
        desk.meters.is_silent = True

        done = desk.see(scope=SEARCH, severity=CRITICAL, source="band", **ALARM).incident

        assert dict(done.scope) == SEARCH
        assert desk.in_force() == ["freeze"]
