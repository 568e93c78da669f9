"""Which rule decides about a cause that other scopes show too, and what its measure concerns."""

from itertools import permutations

import pytest

from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import Action, AnomalyRule
from cost_sentry.domain.model_id import base_model_id
from tests.fakes.admissions import DEAR
from tests.fakes.incident_desk import DOLLAR, FREEZE, SEARCH, TIGHTEN, Desk

CRITICAL = Severity.CRITICAL
WEB = {"team": "search", "application": "web"}
MODEL = {"model": base_model_id(DEAR)}
SHOWN = {"joined": ("team=search", f"model={MODEL['model']}")}
FREEZE_MODEL = AnomalyRule(scope=MODEL, action=Action.FREEZE)
TIGHTEN_MODEL = AnomalyRule(scope=MODEL, action=Action.TIGHTEN, percent=100, floor=DOLLAR)


def held(desk):
    """What is in force: kind and scope."""
    now = desk.clock.now()
    return [(m.kind.value, dict(m.scope)) for m in desk.measures.on_record if m.is_in_force(now)]


@pytest.mark.parametrize("order", list(permutations([WEB, SEARCH, MODEL])))
def test_a_rule_of_a_model_acts_on_the_cause_that_the_model_shows_in_whatever_order_it_is_told(
    order,
):
    desk = Desk(FREEZE_MODEL, scopes_per_hour_max=1)
    for scope in order:
        desk.see(scope=scope, severity=CRITICAL)
        desk.clock.advance(minutes=2)

    [_] = desk.incidents.latest()
    [(kind, scope)] = held(desk)
    assert (kind, scope) in [("freeze", {**WEB, **MODEL}), ("freeze", {**SEARCH, **MODEL})]
    assert scope == {**WEB, **MODEL}, "what explains it, and its calls of this model only"


def test_the_strictest_rule_counts_and_of_equally_strict_ones_the_causes_own():
    team = AnomalyRule(scope=SEARCH, action=Action.TIGHTEN, percent=300, floor=DOLLAR)
    strict = Desk(team, FREEZE_MODEL)
    strict.see(scope=WEB, **SHOWN)
    assert held(strict) == [("freeze", WEB)], "both want it acted on: so the whole of it"

    equal = Desk(team, TIGHTEN_MODEL)
    incident = equal.see(scope=WEB, **SHOWN).incident
    assert (incident.measure.amount, held(equal)) == (9 * DOLLAR, [("tighten", WEB)])


def test_a_rule_for_everything_freezes_the_cause_and_never_the_model_for_everybody():
    desk = Desk(FREEZE)

    desk.see(scope=WEB, severity=CRITICAL, **SHOWN)

    assert held(desk) == [("freeze", WEB)]


def test_what_is_told_only_of_the_cause_is_told_those_whom_the_models_rule_names_too():
    rule = AnomalyRule(scope=MODEL, tell=("models@example.com",))
    desk = Desk(rule)

    incident = desk.see(scope=WEB, **SHOWN).incident

    assert (incident.action, incident.told) == (Action.TELL, ("models@example.com",))


def test_a_model_that_shows_it_later_makes_what_is_done_stricter_and_not_narrower():
    desk = Desk(TIGHTEN, FREEZE_MODEL)
    desk.see(scope=WEB)
    assert held(desk) == [("tighten", WEB)]
    desk.clock.advance(minutes=2)

    desk.see(scope=MODEL)

    assert held(desk) == [("freeze", WEB)]
    assert len(desk.incidents.latest()) == 1


def test_what_holds_the_calls_of_one_model_stays_so_when_the_rules_want_less():
    desk = Desk(FREEZE_MODEL)
    desk.see(scope=WEB, **SHOWN)
    desk.rules()
    desk.clock.advance(minutes=2)

    desk.see(scope=WEB, severity=CRITICAL, percent=2_000, **SHOWN)

    assert held(desk) == [("freeze", {**WEB, **MODEL})]


def test_a_model_that_does_not_show_the_cause_has_no_part_in_it():
    desk = Desk(FREEZE_MODEL)

    desk.see(scope=WEB, joined=("team=search", "model=another.model-v1:0"))

    assert held(desk) == []


def test_a_model_that_no_part_explains_is_acted_on_itself():
    desk = Desk(FREEZE_MODEL)

    desk.see(scope=MODEL, is_compared=True)

    assert held(desk) == [("freeze", MODEL)]


def test_the_measure_says_in_the_mail_whose_calls_of_which_model_it_concerns():
    desk = Desk(FREEZE_MODEL)
    desk.see(scope=WEB, **SHOWN)

    [mail] = desk.mails.mails.values()
    said = " ".join(mail.body.split())
    assert f"froze team=search, application=web, model={MODEL['model']} until" in said
